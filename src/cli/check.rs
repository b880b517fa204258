//! `wattlint check`

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{Console, FAILED, Input, Rules};
use crate::discover::Discovery;
use crate::instance::Instance;
use crate::report::file::{self, Output};
use crate::report::{self, Format, Look, Report, Server};
use crate::rules;
use crate::rules::schema::Severity;

#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    rules: Rules,
    /// How to print findings
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// Also write a report to a file, as in sarif=wattlint.sarif; may be given several times
    #[arg(long, value_name = "FORMAT=FILE", conflicts_with = "list_files")]
    output: Vec<Output>,
    /// Count the findings of each rule (human and json; markdown always does)
    #[arg(long)]
    statistics: bool,
    /// The least severity that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "warning")]
    fail_on: FailOn,
    /// Do not let findings make the exit code 1
    #[arg(long)]
    exit_zero: bool,
    /// Where the file stands that is read from the standard input, given as -
    #[arg(long, value_name = "FILE")]
    stdin_filename: Option<PathBuf>,
    /// Print the files that would be read, with role and instance, and stop
    #[arg(long)]
    list_files: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Info,
}

impl FailOn {
    fn severity(self) -> Severity {
        match self {
            FailOn::Error => Severity::Error,
            FailOn::Warning => Severity::Warning,
            FailOn::Info => Severity::Info,
        }
    }
}

pub fn run(args: &CheckArgs, console: &mut Console) -> u8 {
    let discovery = match stdin_name(args) {
        Ok(None) => args.input.discover(),
        Ok(Some(name)) => Discovery::from_stream(name, std::io::stdin().lock(), args.input.options()),
        Err(error) => {
            console.say(format!("error: {error}"));
            return FAILED;
        }
    };
    let failed = console.say_discovery(&discovery);
    if args.list_files {
        list_files(&discovery, console);
        return if failed { FAILED } else { 0 };
    }
    let selection = args.rules.selection();
    let mut findings = Vec::new();
    let mut servers = Vec::with_capacity(discovery.groups.len());
    // One instance at a time: its settings are dropped before the next one is read.
    for instance in Instance::all(&discovery, args.input.given()) {
        findings.extend(rules::check(&instance, &selection));
        servers.push(Server::of(&instance));
    }
    rules::sort(&mut findings);
    console.say_assumptions(servers.iter());
    let fail_on = args.fail_on.severity();
    let judged = !args.exit_zero && findings.iter().any(|finding| finding.severity >= fail_on);
    let exit_code = match (failed, judged) {
        (true, _) => FAILED,
        (false, true) => 1,
        (false, false) => 0,
    };
    let root = std::env::current_dir().unwrap_or_default();
    let rules: Vec<_> = selection.rules().collect();
    let report = Report {
        discovery: &discovery,
        findings: &findings,
        suppressed: &[],
        rules: &rules,
        root: &root,
        servers: &servers,
        fail_on,
        exit_code,
    };
    let look = Look { color: console.color, links: console.links(), statistics: args.statistics };
    console.put(|out| report::write(args.format, &report, look, out));
    let plain = Look { color: false, links: false, ..look };
    let unwritten = file::write_all(&args.output, &report, plain);
    for error in &unwritten {
        console.say(format!("error: {error}"));
    }
    if !discovery.groups.is_empty() {
        let left_out = match discovery.notes.len() {
            0 => String::new(),
            1 => "; 1 file was left out, see the note above".to_owned(),
            count => format!("; {count} files were left out, see the notes above"),
        };
        console.say(format!("{}{left_out}", report.summary()));
    }
    if unwritten.is_empty() { exit_code } else { FAILED }
}

/// The name of what comes from the standard input, if that is what to read.
fn stdin_name(args: &CheckArgs) -> Result<Option<&Path>, &'static str> {
    let dash = args.input.paths.iter().any(|path| path.as_os_str() == "-");
    match (dash, args.stdin_filename.as_deref()) {
        (false, None) => Ok(None),
        (false, Some(_)) => Err("--stdin-filename is of use with - only, which reads the standard input"),
        (true, None) => Err(
            "-: the standard input needs a name, as in --stdin-filename config/server.cnf: it tells what kind of \
                 file it is (a file of this name is ./-)",
        ),
        (true, Some(_)) if args.input.paths.len() > 1 => {
            Err("-: the standard input is read by itself, with no other path beside it")
        }
        (true, Some(name)) => Ok(Some(name)),
    }
}

fn list_files(discovery: &Discovery, console: &mut Console) {
    let mut owners: Vec<Vec<&str>> = vec![Vec::new(); discovery.documents.len()];
    for group in &discovery.groups {
        for id in &group.files {
            owners[id.0].push(&group.name);
        }
    }
    for (document, owners) in discovery.documents.iter().zip(owners) {
        let owner = if owners.is_empty() { "-".to_owned() } else { owners.join(", ") };
        let context = if document.context { " (context)" } else { "" };
        console.put(|out| {
            writeln!(out, "{:<18} {:<12} {}{context}", document.role.name(), owner, document.display)
        });
    }
}
