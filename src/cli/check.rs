//! `wattlint check`

use std::sync::Arc;

use clap::Args;

use super::{Console, FAILED, Input, Rules, lint};
use crate::config::{FailOn, Profile};
use crate::discover::Discovery;
use crate::report::{self, Format, Report};
use crate::rules::schema::Severity;
use crate::rules::settle::Settled;

#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    rules: Rules,
    /// How to print findings
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// The least severity that makes the exit code 1 [default: warning; info with the profile strict]
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    /// Report what comments and wattlint.toml silence, too
    #[arg(long)]
    no_ignores: bool,
    /// Print the files that would be read, with role and instance, and stop
    #[arg(long)]
    list_files: bool,
}

/// Whether a finding makes the exit code 1.
fn fails(severity: Severity, fail_on: FailOn) -> bool {
    match fail_on {
        FailOn::Error => severity >= Severity::Error,
        FailOn::Warning => severity >= Severity::Warning,
        FailOn::Info => true,
        FailOn::Never => false,
    }
}

pub fn run(args: &CheckArgs, console: &mut Console) -> u8 {
    let Some(mut config) = args.input.config(console) else { return FAILED };
    config.no_ignores = args.no_ignores;
    let config = Arc::new(config);
    let discovery = args.input.discover(&config);
    let Some(selection) = args.rules.selection(config, console) else { return FAILED };
    let failed = console.say_discovery(&discovery);
    if args.list_files {
        list_files(&discovery, console);
        return if failed { FAILED } else { 0 };
    }
    let (settled, servers) = lint(&discovery, args.input.given(), &selection);
    let Settled { findings, suppressed } = settled;
    console.say_assumptions(servers.iter());
    let rules: Vec<_> = selection.rules().collect();
    let report = Report {
        discovery: &discovery,
        findings: &findings,
        suppressed: &suppressed,
        rules: &rules,
        root: &selection.config.root,
        servers: &servers,
    };
    let color = console.color;
    console.put(|out| report::write(args.format, &report, color, out));
    let fail_on = args.fail_on.or(selection.config.fail_on);
    let judged = findings.iter().any(|finding| {
        let path = &discovery.document(finding.primary.place.file).path;
        let usual = match selection.config.profile(path) {
            Profile::Strict => FailOn::Info,
            Profile::Regular | Profile::Audit => FailOn::Warning,
        };
        fails(finding.severity, fail_on.unwrap_or(usual))
    });
    if !discovery.groups.is_empty() {
        let left_out = match discovery.notes.len() {
            0 => String::new(),
            1 => "; 1 file was left out, see the note above".to_owned(),
            count => format!("; {count} files were left out, see the notes above"),
        };
        let silenced = match suppressed.len() {
            0 => String::new(),
            1 => "; 1 silenced".to_owned(),
            count => format!("; {count} silenced"),
        };
        console.say(format!("{}{silenced}{left_out}", report.summary()));
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
