//! The command line: one file a command.

mod baseline;
mod check;
mod completions;
mod debug;
mod diagnose;
mod explain;
mod fix;
mod init;
mod man;
mod rules;
mod show;
mod tls;

use std::collections::HashSet;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{self, Config};
use crate::discover::{self, Discovery, Group};
use crate::document::FileId;
use crate::instance::release::{Jdk, Release};
use crate::instance::{Given, Instance};
use crate::parallel;
use crate::report::Server;
use crate::rules::Selection;
use crate::rules::schema::Rule;
use crate::rules::settle::{Settled, Settling};
use crate::suggest::nearest;

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
    /// Take note of the findings there are, so that only new ones count
    Baseline(baseline::BaselineArgs),
    /// Turn SSL debug on or off, or show what is on
    Debug(debug::DebugArgs),
    /// Show what the server really does in a TLS handshake, and whether one with a given peer would work
    Tls(tls::TlsArgs),
    /// Read handshakes off a wrapper.log: why each failed, and which setting to change
    Diagnose(diagnose::DiagnoseArgs),
    /// Show effective settings, JVM arguments, ports or files, each with the place it comes from
    Show(show::ShowArgs),
    /// Explain a rule, a setting, a protocol or a cipher suite
    Explain(explain::ExplainArgs),
    /// List the rules
    Rules(rules::RulesArgs),
    /// Write a wattlint.toml to start from
    Init(init::InitArgs),
    /// Print the script that lets a shell complete commands and options
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or write the pages of all commands
    Man(man::ManArgs),
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
    #[command(flatten)]
    settings: Settings,
}

/// Where the settings of a run come from.
#[derive(Debug, Args)]
struct Settings {
    /// Another file than wattlint.toml, or settings in its place such as 'profile = "strict"'; settings may be given
    /// several times
    #[arg(long, value_name = "FILE|SETTING")]
    config: Vec<String>,
    /// Do not look for wattlint.toml
    #[arg(long, conflicts_with = "config")]
    no_config: bool,
}

impl Settings {
    /// The settings for what lies at some paths; `None` if they can't be used, and said so.
    fn load(&self, paths: &[PathBuf], console: &mut Console) -> Option<Config> {
        let source = config::Source { given: &self.config, none: self.no_config };
        match config::load(paths, source) {
            Ok(config) => Some(config),
            Err(error) => {
                console.say(format!("error: {error}"));
                None
            }
        }
    }
}

impl Input {
    fn given(&self) -> Given {
        Given { release: self.release, jdk: self.jdk }
    }

    /// The settings of the run; `None` if they can't be used, and said so.
    fn config(&self, console: &mut Console) -> Option<Config> {
        self.settings.load(&self.paths, console)
    }

    fn options(&self, config: &Arc<Config>) -> discover::Options {
        let include_backups = self.include_backups || config.include_backups;
        discover::Options { include_backups, config: Arc::clone(config), keep: None }
    }

    /// Reads what is asked for.
    fn discover(&self, config: &Arc<Config>) -> Discovery {
        self.discover_with(self.options(config), config)
    }

    fn discover_with(&self, options: discover::Options, config: &Config) -> Discovery {
        let mut discovery = Discovery::from_paths(&self.paths, options);
        config.inform(&mut discovery);
        discovery
    }

    /// The settings of the run, and what is asked for.
    fn open(&self, console: &mut Console) -> Option<(Discovery, Arc<Config>)> {
        let config = Arc::new(self.config(console)?);
        Some((self.discover(&config), config))
    }
}

/// Which rules to run.
#[derive(Debug, Args)]
struct Rules {
    /// Only this rule; may be given several times
    #[arg(long, value_name = "RULE")]
    only: Vec<String>,
}

impl Rules {
    /// The rules named; `None` if there is none of that name, and said so.
    fn selection(&self, config: Arc<Config>, console: &mut Console) -> Option<Selection> {
        let only: Result<_, String> = self.only.iter().map(|name| rule(name, &config)).collect();
        match only {
            Ok(only) => Some(Selection { only, config }),
            Err(why) => {
                console.say(format!("error: {why}"));
                None
            }
        }
    }
}

fn release(text: &str) -> Result<Release, String> {
    Release::existing(text)
}

/// The rule of a name, built-in or of the site's own.
fn rule(name: &str, config: &Config) -> Result<&'static Rule, String> {
    let found = crate::rules::find(name).or_else(|| config.own_rule(name));
    found.ok_or_else(|| match nearest(name, config.rule_names()) {
        Some(known) => format!("there is no rule {name}; did you mean {known}?"),
        None => format!("there is no rule {name}; `wattlint rules` lists them"),
    })
}

/// Instances checked at a time.
const PORTION: usize = 64;

/// Checks all instances of a run, and drops what their files hold where the run is too large to keep it.
fn lint(discovery: &mut Discovery, given: Given, selection: &Selection) -> (Settled, Vec<Server>) {
    let mut settling = Settling::new(discovery, selection);
    let mut servers = Vec::with_capacity(discovery.groups.len());
    for start in (0..discovery.groups.len()).step_by(PORTION) {
        let groups = &discovery.groups[start..discovery.groups.len().min(start + PORTION)];
        let check = |group: &Group| {
            let instance = Instance::new(discovery, group, given);
            (crate::rules::check(&instance, selection), Server::of(&instance))
        };
        let found = parallel::map(groups, check);
        for (group, (findings, server)) in groups.iter().zip(found) {
            settling.listen(discovery, group.files.iter().copied());
            settling.add(discovery, findings);
            servers.push(server);
        }
        let files: Vec<FileId> = groups.iter().flat_map(|group| group.files.iter().copied()).collect();
        discovery.set_aside(files);
    }
    // Files of no instance have comments too.
    let seen: HashSet<FileId> =
        discovery.groups.iter().flat_map(|group| group.files.iter().copied()).collect();
    let others = (0..discovery.documents.len()).map(FileId).filter(|id| !seen.contains(id));
    settling.listen(discovery, others);
    (settling.finish(discovery), servers)
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
        // Names of files and folders may hold anything: no control character of theirs reaches a terminal.
        let lines: Vec<_> = line.as_ref().split('\n').map(crate::syntax::printable).collect();
        writeln!(io::stderr(), "{}", lines.join("\n")).ok();
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
        Command::Baseline(args) => baseline::run(&args, &mut console),
        Command::Debug(args) => debug::run(&args, &mut console),
        Command::Tls(args) => tls::run(&args, &mut console),
        Command::Diagnose(args) => diagnose::run(&args, &mut console),
        Command::Show(args) => show::run(&args, &mut console),
        Command::Explain(args) => explain::run(&args, &mut console),
        Command::Rules(args) => rules::run(&args, &mut console),
        Command::Init(args) => init::run(&args, &mut console),
        Command::Completions(args) => completions::run(&args, &mut console),
        Command::Man(args) => man::run(&args, &mut console),
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
