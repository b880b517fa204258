//! `wattlint check`

use clap::{Args, ValueEnum};

use super::{Console, FAILED, Input, Rules};
use crate::discover::Discovery;
use crate::instance::Instance;
use crate::report::{self, Format, Report, Server};
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
    /// The least severity that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "warning")]
    fail_on: FailOn,
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
    let discovery = args.input.discover();
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
    let root = std::env::current_dir().unwrap_or_default();
    let rules: Vec<_> = selection.rules().collect();
    let report = Report {
        discovery: &discovery,
        findings: &findings,
        suppressed: &[],
        rules: &rules,
        root: &root,
        servers: &servers,
    };
    let color = console.color;
    console.put(|out| report::write(args.format, &report, color, out));
    let judged = findings.iter().any(|finding| finding.severity >= args.fail_on.severity());
    if !discovery.groups.is_empty() {
        let left_out = match discovery.notes.len() {
            0 => String::new(),
            1 => "; 1 file was left out, see the note above".to_owned(),
            count => format!("; {count} files were left out, see the notes above"),
        };
        console.say(format!("{}{left_out}", report.summary()));
    }
    match (failed, judged) {
        (true, _) => FAILED,
        (false, true) => 1,
        (false, false) => 0,
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
