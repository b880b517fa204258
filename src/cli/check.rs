//! `wattlint check`

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::{Console, FAILED, Input, Rules, lint};
use crate::baseline::Baseline;
use crate::config::{FailOn, Profile};
use crate::discover::{self, Discovery, display_path};
use crate::finding::{Finding, Silencer};
use crate::report::file::{self, Output};
use crate::report::{self, Format, Look, Report};
use crate::rules::Selection;
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
    /// Also write a report to a file, as in sarif=wattlint.sarif; may be given several times
    #[arg(long, value_name = "FORMAT=FILE", conflicts_with = "list_files")]
    output: Vec<Output>,
    /// Count the findings of each rule (human and json; markdown always does)
    #[arg(long)]
    statistics: bool,
    /// The least severity that makes the exit code 1 [default: warning; info with the profile strict]
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<FailOn>,
    /// Do not let findings make the exit code 1
    #[arg(long, conflicts_with = "fail_on")]
    exit_zero: bool,
    /// The findings that do not count since they were there before [default: what wattlint.toml says]
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Report what comments, wattlint.toml and the baseline silence, too
    #[arg(long)]
    no_ignores: bool,
    /// Where the file stands that is read from the standard input, given as -
    #[arg(long, value_name = "FILE")]
    stdin_filename: Option<PathBuf>,
    /// Print the files that would be read, with role and instance, and stop
    #[arg(long)]
    list_files: bool,
}

/// Bytes of configuration files kept in memory from one step of a run to the next.
const KEPT: u64 = 4 << 20;

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
    let name = match stdin_name(args) {
        Ok(name) => name,
        Err(error) => {
            console.say(format!("error: {error}"));
            return FAILED;
        }
    };
    let paths = name.map_or(args.input.paths.clone(), |name| vec![name.to_owned()]);
    let Some(mut config) = args.input.settings.load(&paths, console) else { return FAILED };
    config.no_ignores = args.no_ignores;
    let config = Arc::new(config);
    let mut discovery = match name {
        None => {
            let options = discover::Options { keep: Some(KEPT), ..args.input.options(&config) };
            args.input.discover_with(options, &config)
        }
        Some(name) => {
            let options = args.input.options(&config);
            let mut discovery = Discovery::from_stream(name, std::io::stdin().lock(), options);
            config.inform(&mut discovery);
            discovery
        }
    };
    let Some(selection) = args.rules.selection(config, console) else { return FAILED };
    let failed = console.say_discovery(&discovery);
    if args.list_files {
        list_files(&discovery, console);
        return if failed { FAILED } else { 0 };
    }
    let (settled, servers) = lint(&mut discovery, args.input.given(), &selection);
    let Some(settled) = known(args, &discovery, &selection, settled, console) else { return FAILED };
    let Settled { findings, suppressed } = settled;
    console.say_assumptions(servers.iter());
    let fail_on =
        if args.exit_zero { Some(FailOn::Never) } else { args.fail_on.or(selection.config.fail_on) };
    let fails = |finding: &Finding| {
        let path = &discovery.document(finding.primary.place.file).path;
        let usual = match selection.config.profile(path) {
            Profile::Strict => FailOn::Info,
            Profile::Regular | Profile::Audit => FailOn::Warning,
        };
        fails(finding.severity, fail_on.unwrap_or(usual))
    };
    let exit_code = match (failed, findings.iter().any(fails)) {
        (true, _) => FAILED,
        (false, true) => 1,
        (false, false) => 0,
    };
    let rules: Vec<_> = selection.rules().collect();
    let report = Report {
        discovery: &discovery,
        findings: &findings,
        suppressed: &suppressed,
        rules: &rules,
        root: &selection.config.root,
        servers: &servers,
        fails: &fails,
        exit_code,
    };
    let most = selection.config.most_findings;
    let look = Look { color: console.color, links: console.links(), statistics: args.statistics, most };
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
        let by_baseline = |finding: &&Finding| {
            finding.suppressed.as_ref().is_some_and(|suppression| suppression.by == Silencer::Baseline)
        };
        let known = suppressed.iter().filter(by_baseline).count();
        let other = [(known, "in the baseline"), (suppressed.len() - known, "silenced")];
        let other = other.into_iter().filter(|(count, _)| *count > 0);
        let other: String = other.map(|(count, how)| format!("; {count} {how}")).collect();
        console.say(format!("{}{other}{left_out}", report.summary()));
    }
    let changed = discovery.changed();
    for problem in &changed {
        console.say(format!("error: {problem}"));
    }
    if unwritten.is_empty() && changed.is_empty() { exit_code } else { FAILED }
}

/// Takes off what the baseline knows; `None` if it can't be read, and said so.
fn known(
    args: &CheckArgs,
    discovery: &Discovery,
    selection: &Selection,
    mut settled: Settled,
    console: &mut Console,
) -> Option<Settled> {
    let config = &selection.config;
    let Some(path) = args.baseline.as_ref().or(config.baseline.as_ref()).filter(|_| !args.no_ignores) else {
        return Some(settled);
    };
    match Baseline::read(path) {
        Ok(baseline) => {
            let rest = baseline.apply(discovery, config, &mut settled);
            let gone = rest.gone(discovery, selection).len();
            if gone > 0 {
                let (number, them) = if gone == 1 { ("finding", "it") } else { ("findings", "them") };
                console.say(format!(
                    "note: {}: {gone} {number} of the baseline {} gone; `wattlint baseline update` takes {them} off",
                    display_path(path),
                    if gone == 1 { "is" } else { "are" },
                ));
            }
            Some(settled)
        }
        Err(error) => {
            console.say(format!("error: {error}"));
            None
        }
    }
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
