//! `wattlint diagnose`

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{Console, FAILED, is_asked_for};
use crate::diagnosis::{self, Joined};
use crate::discover::{self, Discovery};
use crate::handshake::reader::{self, LogError};
use crate::handshake::record::{Fact, Handshake, Moment, Outcome};
use crate::handshake::scan::Scanner;
use crate::handshake::summary::Summary;
use crate::handshake::verdict::{Verdict, verdict};
use crate::instance::release::{Jdk, Release};
use crate::instance::{Given, Instance};
use crate::report::Server;
use crate::report::diagnose::{self as report, Array, Places};
use crate::tls::Provider;

/// Handshakes that `--details` keeps.
const MOST_DETAILS: usize = 2_000;

#[derive(Debug, Args)]
pub struct DiagnoseArgs {
    /// Logs, folders with wrapper.log in them, or - for standard input; rotated and compressed ones too
    #[arg(value_name = "LOG", required = true)]
    logs: Vec<PathBuf>,
    /// Show each handshake with all that is known of it, not only failures by peer and cause
    #[arg(long)]
    details: bool,
    /// Only handshakes that end at or after this moment, such as '2026-03-12' or '2026-03-12 14:30'
    #[arg(long, value_name = "TIME", value_parser = moment_from)]
    since: Option<Moment>,
    /// Only handshakes that begin at or before this moment
    #[arg(long, value_name = "TIME", value_parser = moment_until)]
    until: Option<Moment>,
    /// Folder or files of the server that wrote the log, such as its instance's folder (no wattlint.toml): shows which
    /// line led to each failure, and the patch
    #[arg(long, value_name = "SERVER")]
    config: Vec<PathBuf>,
    /// Release of the server, such as 10.15, if its files do not tell
    #[arg(long, value_name = "RELEASE", value_parser = super::release, requires = "config")]
    release: Option<Release>,
    /// Java version, such as 8u292 or 11.0.21, if its files do not tell
    #[arg(long, value_name = "VERSION", requires = "config")]
    jdk: Option<Jdk>,
    /// Wait for more at the end of the log, and tell each failure as it comes; the log's present content is passed over
    #[arg(long, conflicts_with_all = ["format", "config", "details", "since", "until"])]
    follow: bool,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: DiagnoseFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DiagnoseFormat {
    /// For people at a terminal
    Human,
    /// One JSON document
    Json,
}

fn moment_from(text: &str) -> Result<Moment, String> {
    moment(text, "00:00:00")
}

fn moment_until(text: &str) -> Result<Moment, String> {
    moment(text, "23:59:59")
}

/// A moment, its missing end filled in.
fn moment(text: &str, rest: &str) -> Result<Moment, String> {
    let text = text.trim().replace('T', " ");
    let whole = match text.len() {
        10 => format!("{text} {rest}"),
        16 => format!("{text}:{}", &rest[6..]),
        _ => text,
    };
    crate::handshake::carrier::moment(whole.as_bytes())
        .filter(|_| whole.len() == 19)
        .ok_or_else(|| "write it as 2026-03-12, or with a time of day: '2026-03-12 14:30'".to_owned())
}

/// What a run gathers.
struct Run<'a> {
    args: &'a DiagnoseArgs,
    summary: Summary,
    places: Places,
    array: Array,
    kept: Vec<(Handshake, Verdict)>,
}

impl Run<'_> {
    fn take(&mut self, scanner: &mut Scanner, console: &mut Console) {
        for handshake in scanner.drain() {
            let Some((first, last)) = handshake.time else {
                self.one(handshake, console);
                continue;
            };
            let early = self.args.since.is_some_and(|since| last < since);
            let late = self.args.until.is_some_and(|until| first > until);
            if !early && !late {
                self.one(handshake, console);
            }
        }
    }

    fn one(&mut self, handshake: Handshake, console: &mut Console) {
        let Some(verdict) = verdict(&handshake) else { return };
        if self.args.format == DiagnoseFormat::Json {
            let (array, places) = (&mut self.array, &self.places);
            console.put(|out| array.put(&handshake, &verdict, places, out));
        } else if self.args.details && self.kept.len() < MOST_DETAILS {
            self.kept.push((handshake.clone(), verdict.clone()));
        }
        self.summary.add(handshake, &verdict);
    }
}

pub fn run(args: &DiagnoseArgs, console: &mut Console) -> u8 {
    let files = match reader::files(&args.logs) {
        Ok(files) => files,
        Err(error) => {
            console.say(format!("error: {error}"));
            return FAILED;
        }
    };
    if let Some(path) = args.config.iter().find(|path| is_own_settings(path)) {
        console.say(format!(
            "error: {}: with diagnose, --config takes the configuration of the server that wrote the log (the folder of \
             its instance, or its server.cnf), not settings of wattlint",
            crate::discover::display_path(path)
        ));
        return FAILED;
    }
    if args.follow {
        return follow(&files, console);
    }
    let mut run = Run {
        args,
        summary: Summary::default(),
        places: Places::default(),
        array: Array::default(),
        kept: Vec::new(),
    };
    let mut scanner = Scanner::default();
    let mut bytes = 0;
    let mut failed = false;
    for file in &files {
        let name = crate::discover::display_path(file);
        run.places
            .begin(scanner.lines(), if name == "-" { "standard input".to_owned() } else { name.clone() });
        let read = reader::open(file).and_then(|input| {
            reader::read(input, &mut scanner, &mut |scanner| run.take(scanner, console))
                .map_err(|source| LogError::Io { path: name, source })
        });
        match read {
            Ok(length) => bytes += length,
            Err(error) => {
                console.say(format!("error: {error}"));
                failed = true;
            }
        }
    }
    scanner.finish();
    run.take(&mut scanner, console);
    run.summary.notes = scanner.notes();
    if run.summary.debug_is_insufficient() && run.summary.is_empty() {
        run.one(narrow(&run.summary), console);
    }
    run.summary.sort();
    let mut findings = findings(&run.summary, &run.places);
    let discovery =
        (!args.config.is_empty()).then(|| Discovery::from_paths(&args.config, discover::Options::default()));
    let mut joined = Vec::new();
    if let Some(discovery) = &discovery {
        failed |= console.say_discovery(discovery);
        joined = join_all(args, discovery, &run.summary, &mut findings, console);
    } else if run.summary.failed > 0 {
        let text = "with --config PATH (the folder of the instance, and that of its profile) each failure is held \
                    against the server's own settings, and the patch is given";
        findings.push(("no-config", text.to_owned(), None));
    }
    let settings = report::Settings { color: console.color, details: args.details };
    console.put(|out| match args.format {
        DiagnoseFormat::Json => {
            run.array.end(out)?;
            report::json_summary(&run.summary, &findings, &report::config(&run.summary, &joined), out)
        }
        DiagnoseFormat::Human => {
            report::human(&run.summary, &findings, &joined, &run.places, settings, out)?;
            run.kept.iter().try_for_each(|(handshake, verdict)| {
                report::details(handshake, verdict, &run.places, settings, out)
            })
        }
    });
    if bytes == 0 && !failed {
        console.say("error: there is nothing in the log: it is empty");
        failed = true;
    }
    let binary =
        run.summary.notes.nuls * 4 > run.summary.notes.lines && run.summary.failed + run.summary.ok == 0;
    if binary && !failed {
        console.say(
            "error: this is no text: it has NUL bytes all over (a log in UTF-16 has to be converted first)",
        );
        failed = true;
    }
    if failed { FAILED } else { u8::from(run.summary.failed > 0) }
}

/// Whether somebody gave what `--config` takes elsewhere: a wattlint.toml, or settings in its place.
fn is_own_settings(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "toml")
        || (path.to_string_lossy().contains('=') && !path.exists())
}

/// Debug output that shows no handshake, as one record: silence must not pass for health.
fn narrow(summary: &Summary) -> Handshake {
    let mut handshake = Handshake { provider: Some(Provider::Jsse), ..Handshake::default() };
    handshake.lines = summary.notes.jsse.unwrap_or_default();
    handshake.facts.add(Fact::Narrow);
    handshake
}

/// Tells failures as they come, until the output is closed or the program is stopped.
fn follow(files: &[PathBuf], console: &mut Console) -> u8 {
    let Some(file) = files.last().filter(|file| file.as_os_str() != "-") else {
        console.say("error: --follow needs the log's file");
        return FAILED;
    };
    let name = crate::discover::display_path(file);
    console.say(format!("note: waiting for handshakes in {name}; end with Ctrl-C"));
    let mut places = Places::default();
    places.begin(0, name.clone());
    let settings = report::Settings { color: console.color, details: true };
    let mut scanner = Scanner::default();
    let result = crate::handshake::follow::follow(file, &mut scanner, &mut |scanner| {
        for handshake in scanner.drain() {
            let Some(verdict) = verdict(&handshake) else { continue };
            if verdict.outcome == Outcome::Failed {
                console.put(|out| {
                    report::failure(&handshake, &verdict, &places, settings, out)?;
                    out.flush()
                });
            }
        }
        console.broken.is_none()
    });
    match result {
        Ok(()) => 0,
        Err(error) => {
            console.say(format!("error: {name}: {error}"));
            FAILED
        }
    }
}

/// Holds each kind of failure against the first instance of the configuration that a server starts with.
fn join_all(
    args: &DiagnoseArgs,
    discovery: &Discovery,
    summary: &Summary,
    findings: &mut Vec<(&'static str, String, Option<u64>)>,
    console: &mut Console,
) -> Vec<Option<Joined>> {
    let given = Given { release: args.release, jdk: args.jdk };
    let instances: Vec<Instance<'_>> = Instance::all(discovery, given).collect();
    let servers: Vec<usize> =
        (0..instances.len()).filter(|&index| is_asked_for(discovery, &instances[index])).collect();
    let Some(&first) = servers.first() else {
        let text = "no server.cnf, wrapper or ports file was found at --config".to_owned();
        findings.push(("no-config", text, None));
        return Vec::new();
    };
    if servers.len() > 1 {
        let root = instances[first].display_root();
        console.say(format!("note: --config has {} instances; {root} is taken for the log's", servers.len()));
    }
    console.say_assumptions([Server::of(&instances[first])].iter());
    summary.groups.iter().map(|group| diagnosis::join(discovery, first, given, group)).collect()
}

/// What is to be said of the log itself.
fn findings(summary: &Summary, places: &Places) -> Vec<(&'static str, String, Option<u64>)> {
    let mut findings = Vec::new();
    let mut add = |name, text: String, line: Option<u64>| {
        findings.push((name, text, line.map(|line| places.of(line).1)))
    };
    for (name, line, count) in &summary.notes.secrets {
        let what = match *name {
            "master-secret" => {
                "the master secrets of connections: whoever has it can read their recorded traffic"
            }
            "payload" => "the content of connections in the clear, passwords included",
            "authorization-header" => "Authorization headers: passwords or tokens",
            "cookie" => "cookies, which open sessions",
            _ => "private keys",
        };
        let (_, first) = places.of(*line);
        add(
            "secrets-in-log",
            format!(
                "the log holds {what} (first in line {first}, {count} in all). Keep it to yourself, delete it when done, \
                 and run `wattlint debug off`."
            ),
            Some(*line),
        );
    }
    if summary.debug_is_insufficient() {
        add(
            "debug-insufficient",
            "SSL debug is on, but its value prints no handshake messages (javax.net.debug=ssl does so on Java 11 and \
             21). `wattlint debug on PATH` gives the patch for ssl:handshake."
                .to_owned(),
            summary.notes.jsse.map(|(first, _)| first),
        );
    } else if summary.has_no_debug() {
        add(
            "no-debug",
            "there is no SSL debug output in the log. `wattlint debug on PATH` gives the patch that turns it on for the \
             provider in use; restart, repeat the call, and run this again."
                .to_owned(),
            None,
        );
    }
    if summary.notes.cut > 0 {
        add("lines-cut", format!("{} very long lines were looked at in part only", summary.notes.cut), None);
    }
    findings
}
