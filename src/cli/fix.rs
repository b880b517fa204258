//! `wattlint fix`

mod ask;

use std::collections::HashSet;
use std::sync::Arc;

use clap::Args;

use super::{Console, FAILED, Input, Rules};
use crate::config::Config;
use crate::discover::Discovery;
use crate::document::{FileId, Role};
use crate::finding::Finding;
use crate::fix::apply::{self, Change, Outcome, Permit};
use crate::fix::patch;
use crate::fix::write::{self, How, Recovered};
use crate::instance::Instance;
use crate::parallel;
use crate::report::Server;
use crate::rules::schema::Safety;

use ask::Question;

#[derive(Debug, Args)]
pub struct FixArgs {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    rules: Rules,
    /// Also apply fixes that may cut off a peer or change what a service gets
    #[arg(long = "unsafe")]
    include_unsafe: bool,
    /// Ask at the terminal which fixes to make
    #[arg(long)]
    interactive: bool,
    /// Make the exit code 1 if anything was fixed, or would be
    #[arg(long)]
    exit_non_zero_on_fix: bool,
    #[command(flatten)]
    output: WriteArgs,
}

/// What to do with changed files: used by every command that changes some.
#[derive(Debug, Args)]
pub struct WriteArgs {
    /// Change the files instead of printing a patch
    #[arg(long)]
    pub write: bool,
    /// Write even though a server seems to run (it may overwrite the change when it saves its settings)
    #[arg(long)]
    pub force: bool,
    /// With --write: print the patch of what is written too
    #[arg(long, requires = "write")]
    pub diff: bool,
    /// With --write: keep each old text beside its file, with .bak behind its name
    #[arg(long, requires = "write")]
    pub backup: bool,
}

pub fn run(args: &FixArgs, console: &mut Console) -> u8 {
    let Some((mut discovery, config)) = open(&args.input, args.output.write, console) else { return FAILED };
    let Some(selection) = args.rules.selection(config, console) else { return FAILED };
    if console.say_discovery(&discovery) {
        console.say("nothing was changed");
        return FAILED;
    }
    let given = args.input.given();
    let server = |group| Server::of(&Instance::new(&discovery, group, given));
    let servers = parallel::map(&discovery.groups, server);
    console.say_assumptions(servers.iter());
    let permit = Permit {
        tier: if args.include_unsafe { Safety::Unsafe } else { Safety::Safe },
        secrets: args.output.write && !args.output.diff,
    };
    let mut chosen = HashSet::new();
    if args.interactive {
        let findings = apply::fixable(&discovery, given, &selection, permit);
        match ask::ask(&discovery, &selection.config.root, &findings, console) {
            Some(answer) => chosen = answer,
            None => return FAILED,
        }
    }
    let root = &selection.config.root;
    let wanted = |discovery: &Discovery, finding: &Finding| {
        !args.interactive || chosen.contains(&Question::of(discovery, root, finding))
    };
    let outcome = match apply::converge_wanted(&mut discovery, given, &selection, permit, &wanted) {
        Ok(outcome) => outcome,
        Err(error) => {
            console.say(format!("error: {error}"));
            return FAILED;
        }
    };
    let code = deliver(&discovery, &outcome.changes, &args.output, console);
    if code != 0 {
        return code;
    }
    let verb = if args.output.write { "fixed" } else { "would fix" };
    for (rule, count) in &outcome.applied {
        console.say(format!("{verb} {count} {rule}"));
    }
    for finding in &outcome.withheld {
        let place = finding.primary.place;
        let document = discovery.document(place.file);
        console.say(format!(
            "left out: {} at {}:{}, since a patch would show a secret beside it; --write can fix it",
            finding.rule.name,
            document.display,
            document.line_of(place.span.start)
        ));
    }
    say_conflicts(&discovery, &outcome, console);
    let remaining = outcome.remaining.len() - outcome.withheld.len();
    let unsafe_left = outcome
        .remaining
        .iter()
        .filter(|finding| {
            finding.fix.as_ref().is_some_and(|fix| fix.safety == Safety::Unsafe && !fix.edits.is_empty())
        })
        .count();
    if outcome.applied.is_empty() && outcome.withheld.is_empty() && outcome.conflicts.is_empty() {
        console.say("nothing to fix");
    }
    if remaining > 0 {
        let more = if unsafe_left > 0 && !args.include_unsafe {
            format!(" ({unsafe_left} fixable with --unsafe)")
        } else {
            String::new()
        };
        let noun = if remaining == 1 { "finding remains" } else { "findings remain" };
        console.say(format!("{remaining} {noun}{more}"));
    }
    u8::from(args.exit_non_zero_on_fix && !outcome.changes.is_empty())
}

/// Tells which fixes were left out because something new would be wrong, and what a fix asked for by name brought up.
fn say_conflicts(discovery: &Discovery, outcome: &Outcome, console: &mut Console) {
    for conflict in &outcome.conflicts {
        let (rules, path) = (conflict.rules.join(", "), &discovery.document(conflict.file).display);
        let only: Vec<String> = conflict.rules.iter().map(|rule| format!("--only {rule}")).collect();
        console.say(format!(
            "left out: {rules}, since the fix would bring {} in {path}; {} makes it all the same",
            conflict.new,
            only.join(" ")
        ));
    }
    for (rule, file) in &outcome.uncovered {
        console.say(format!("note: there is {rule} in {} now", discovery.document(*file).display));
    }
}

/// Prints the patch of some changes, or writes them to disk.
pub fn deliver(discovery: &Discovery, changes: &[Change], output: &WriteArgs, console: &mut Console) -> u8 {
    if changes.is_empty() {
        return 0;
    }
    if !output.write {
        let (base, bytes) = patch::of(discovery, changes);
        console.put(|out| out.write_all(&bytes));
        if std::env::current_dir().and_then(std::fs::canonicalize).is_ok_and(|current| current != base) {
            console.say(format!("apply this patch in {}", crate::discover::display_path(&base)));
        }
        return 0;
    }
    let changed: HashSet<FileId> = changes.iter().map(|change| change.file).collect();
    let touched = discovery.groups.iter().filter(|group| group.files.iter().any(|id| changed.contains(id)));
    // A server keeps `bin/.lock` there while it runs.
    let running = touched
        .flat_map(|group| &group.files)
        .map(|&id| discovery.document(id))
        .find(|document| document.role == Role::Lock)
        .map(|document| &document.display);
    if let (Some(lock), false) = (running, output.force) {
        console.say(format!(
            "error: {lock} is there, so the server seems to run, and it would write over the change when it saves its \
             settings; stop it first, or use --force; nothing was changed"
        ));
        return FAILED;
    }
    let written = match write::write(discovery, changes, How { backup: output.backup }) {
        Ok(written) => written,
        Err(error) => {
            console.say(format!("error: {error}"));
            return FAILED;
        }
    };
    if output.diff {
        let (_, bytes) = patch::of(discovery, changes);
        console.put(|out| out.write_all(&bytes));
    }
    for change in changes {
        console.say(format!("changed {}", discovery.document(change.file).display));
    }
    for note in written.notes {
        console.say(format!("note: {note}"));
    }
    0
}

/// Reads what a command that may write is to work on. What an interrupted run left is finished or taken back before.
/// `None` if that is not possible, and said so.
pub fn open(input: &Input, writes: bool, console: &mut Console) -> Option<(Discovery, Arc<Config>)> {
    let (discovery, config) = input.open(console)?;
    if discovery.interrupted.is_empty() || !writes {
        return Some((discovery, config));
    }
    match write::recover(discovery.interrupted.iter().map(std::path::PathBuf::as_path)) {
        Ok(recovered) => {
            for one in recovered {
                console.say(match one {
                    Recovered::TakenBack { folder } => format!(
                        "note: {}: a run was interrupted here before it changed a file; what it left is gone",
                        crate::discover::display_path(&folder)
                    ),
                    Recovered::Finished { files } => {
                        let names: Vec<String> =
                            files.iter().map(|file| crate::discover::display_path(file)).collect();
                        format!("note: finished what an interrupted run began: changed {}", names.join(", "))
                    }
                });
            }
            Some((input.discover(&config), config))
        }
        Err(error) => {
            console.say(format!("error: {error}"));
            None
        }
    }
}
