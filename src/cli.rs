//! The command line: one file a command.

mod check;
mod debug;
mod explain;
mod fix;
mod rules;
mod show;
mod tls;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::discover::{self, Discovery};
use crate::instance::release::{Jdk, RELEASES, Release, VersionError};
use crate::instance::{Given, Instance};
use crate::report::Server;
use crate::rules::Selection;
use crate::rules::schema::Rule;

/// Lint, fix and explain the TLS and JVM configuration of webMethods Integration Server
///
/// Reads the files of an Integration Server, API Gateway or Microservices Runtime, works out what the server will
/// really do in a TLS handshake, and says what is wrong. Never opens a network connection.
#[derive(Debug, Parser)]
#[command(name = "wattlint", version, max_term_width = 100)]
pub struct Cli {
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    color: ColorWhen,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ColorWhen {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Report what is wrong
    Check(check::CheckArgs),
    /// Print the patch that fixes what can be fixed, or apply it
    Fix(fix::FixArgs),
    /// Turn SSL debug on or off, or show what is on
    Debug(debug::DebugArgs),
    /// Show what the server really does in a TLS handshake, and whether one with a given peer would work
    Tls(tls::TlsArgs),
    /// Show effective settings, JVM arguments, ports or files, each with the place it comes from
    Show(show::ShowArgs),
    /// Explain a rule, a setting, a protocol or a cipher suite
    Explain(explain::ExplainArgs),
    /// List the rules
    Rules(rules::RulesArgs),
}

/// What to read, and what is known of it.
#[derive(Debug, Args)]
struct Input {
    /// Installations, instances, config folders, profiles, repositories or single files
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Release of the server, such as 10.15, if its files do not tell
    #[arg(long, value_name = "RELEASE", value_parser = release)]
    release: Option<Release>,
    /// Java version, such as 8u292 or 11.0.21, if its files do not tell
    #[arg(long, value_name = "VERSION")]
    jdk: Option<Jdk>,
    /// Also read config/backup and backups of the JVM
    #[arg(long)]
    include_backups: bool,
}

impl Input {
    fn given(&self) -> Given {
        Given { release: self.release, jdk: self.jdk }
    }

    fn options(&self) -> discover::Options {
        discover::Options { include_backups: self.include_backups }
    }

    fn discover(&self) -> Discovery {
        Discovery::from_paths(&self.paths, self.options())
    }
}

/// Which rules to run.
#[derive(Debug, Args)]
struct Rules {
    /// Only this rule; may be given several times
    #[arg(long, value_name = "RULE", value_parser = rule)]
    only: Vec<&'static Rule>,
}

impl Rules {
    fn selection(&self) -> Selection {
        Selection { only: self.only.clone() }
    }
}

/// A release that exists, or one newer than this program knows.
fn release(text: &str) -> Result<Release, String> {
    let release: Release = text.parse().map_err(|error: VersionError| error.to_string())?;
    let newest = RELEASES[RELEASES.len() - 1];
    if release > newest || RELEASES.contains(&release) {
        return Ok(release);
    }
    let known: Vec<String> = RELEASES.iter().map(Release::to_string).collect();
    Err(format!("there is no release {release}; there are {}", known.join(", ")))
}

fn rule(name: &str) -> Result<&'static Rule, String> {
    let nearest = || nearest(name, crate::rules::builtin().iter().map(|rule| rule.name.as_ref()));
    crate::rules::find(name).ok_or_else(|| match nearest() {
        Some(known) => format!("there is no such rule; did you mean {known}?"),
        None => "there is no such rule; `wattlint rules` lists them".to_owned(),
    })
}

/// The name most like a misspelt one, if any is like it.
fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names
        .map(|known| (strsim::levenshtein(name, known), known))
        .min()
        .filter(|(distance, known)| *distance <= known.len() / 3)
        .map(|(_, known)| known)
}

/// The output streams of a run.
struct Console {
    color: bool,
    out: io::BufWriter<io::Stdout>,
    /// Why nothing more can be written to stdout.
    broken: Option<io::Error>,
}

impl Console {
    fn new(when: ColorWhen) -> Self {
        let stdout = io::stdout();
        let color = match when {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never,
        };
        Console { color, out: io::BufWriter::with_capacity(64 << 10, stdout), broken: None }
    }

    /// Whether stdout is a terminal that opens links.
    fn links(&self) -> bool {
        self.color && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout)
    }

    /// Writes to stdout.
    fn put(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        if self.broken.is_none() {
            self.broken = write(&mut self.out).err();
        }
    }

    /// A line for people on stderr, which never mixes with results.
    fn say(&mut self, line: impl AsRef<str>) {
        self.put(|out| out.flush());
        // A closed stderr leaves nobody to tell.
        writeln!(io::stderr(), "{}", line.as_ref()).ok();
    }

    /// Notes and problems of discovery; true if there were problems.
    fn say_discovery(&mut self, discovery: &Discovery) -> bool {
        for note in &discovery.notes {
            self.say(format!("note: {note}"));
        }
        for folder in &discovery.interrupted {
            let folder = discover::display_path(folder);
            self.say(format!(
                "note: {folder}: a run was interrupted here while it wrote; the next `fix --write` finishes it or takes it \
                 back"
            ));
        }
        for problem in &discovery.problems {
            self.say(format!("error: {problem}"));
        }
        !discovery.problems.is_empty()
    }

    /// What was assumed of the instances, once a run.
    fn say_assumptions<'s>(&mut self, servers: impl Iterator<Item = &'s Server> + Clone) {
        const MOST: usize = 5;
        let lines = servers.filter_map(|server| server.assumed.as_deref());
        for line in lines.clone().take(MOST) {
            self.say(format!("assumed for {line}"));
        }
        let more = lines.skip(MOST).count();
        if more > 0 {
            self.say(format!("assumed for {more} more; give --release and --jdk to be sure"));
        }
    }
}

/// Whether an instance has anything a server is started with (a lone java.security has not).
fn is_asked_for(discovery: &Discovery, instance: &Instance<'_>) -> bool {
    instance.files.iter().any(|&id| {
        let document = discovery.document(id);
        document.role.is_primary() || document.setenv().is_some()
    })
}

/// The exit code when the tool could not do its work.
const FAILED: u8 = 2;

/// Runs a command. 0: done, nothing to report; 1: findings; 2: the tool could not do its work.
pub fn run(cli: Cli) -> ExitCode {
    let mut console = Console::new(cli.color);
    let code = match cli.command {
        Command::Check(args) => check::run(&args, &mut console),
        Command::Fix(args) => fix::run(&args, &mut console),
        Command::Debug(args) => debug::run(&args, &mut console),
        Command::Tls(args) => tls::run(&args, &mut console),
        Command::Show(args) => show::run(&args, &mut console),
        Command::Explain(args) => explain::run(&args, &mut console),
        Command::Rules(args) => rules::run(&args, &mut console),
    };
    console.put(|out| out.flush());
    match console.broken.take() {
        // A closed pipe is no error: the reader has seen enough.
        Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            console.say(format!("error: the output could not be written to its end: {error}"));
            ExitCode::from(FAILED)
        }
        _ => ExitCode::from(code),
    }
}
