//! `wattlint baseline`

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::{Console, FAILED, Input, lint};
use crate::baseline::{Baseline, FILE_NAME};
use crate::config::Config;
use crate::discover::{Discovery, display_path};
use crate::report::file;
use crate::rules::Selection;
use crate::rules::settle::Settled;

#[derive(Debug, Args)]
pub struct BaselineArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write down all findings there are: from then on they do not count
    Create {
        #[command(flatten)]
        of: Of,
        /// Write over a baseline that is there
        #[arg(long)]
        force: bool,
    },
    /// Take off what is no longer found
    Update {
        #[command(flatten)]
        of: Of,
        /// Also write down what is new
        #[arg(long)]
        add: bool,
    },
    /// Tell how many findings are known, gone and new; exit code 1 if any is gone or new
    Check {
        #[command(flatten)]
        of: Of,
    },
}

#[derive(Debug, Args)]
struct Of {
    #[command(flatten)]
    input: Input,
    /// The file [default: what wattlint.toml says; else wattlint-baseline.json beside it]
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
}

pub fn run(args: &BaselineArgs, console: &mut Console) -> u8 {
    let (Command::Create { of, .. } | Command::Update { of, .. } | Command::Check { of }) = &args.command;
    let Some((mut discovery, config)) = of.input.open(console) else { return FAILED };
    if console.say_discovery(&discovery) {
        console.say("nothing was written");
        return FAILED;
    }
    let set = of.baseline.clone().or_else(|| config.baseline.clone());
    let path = set.unwrap_or_else(|| config.root.join(FILE_NAME));
    let selection = Selection { config, ..Selection::default() };
    let (settled, servers) = lint(&mut discovery, of.input.given(), &selection);
    console.say_assumptions(servers.iter());
    let run = Run { discovery, selection, settled, path, named: of.baseline.is_some() };
    match args.command {
        Command::Create { force, .. } => run.create(force, console),
        Command::Update { add, .. } => run.update(add, console),
        Command::Check { .. } => run.check(console),
    }
}

struct Run {
    discovery: Discovery,
    selection: Selection,
    settled: Settled,
    path: PathBuf,
    /// Whether the command line names the file.
    named: bool,
}

/// A baseline against what is found now.
struct Compared {
    known: Baseline,
    gone: Baseline,
    new: Baseline,
}

impl Run {
    fn create(self, force: bool, console: &mut Console) -> u8 {
        if self.path.exists() && !force {
            console.say(format!(
                "error: {}: is there already; `wattlint baseline update` takes off what is gone, --force writes it anew",
                display_path(&self.path)
            ));
            return FAILED;
        }
        let config = &self.selection.config;
        let baseline = Baseline::of(&self.discovery, config, &self.settled.findings);
        table(&[("known", &baseline)], console);
        let code = self.write(&baseline, console);
        let left = self.settled.findings.len() - baseline.len();
        if code == 0 && left > 0 {
            console.say(format!(
                "{left} left out: wattlint.toml says that nobody may silence {}",
                if left == 1 { "its rule" } else { "their rules" }
            ));
        }
        if code == 0 && config.baseline.is_none() {
            self.say_how_to_use(config, console);
        }
        code
    }

    fn update(mut self, add: bool, console: &mut Console) -> u8 {
        let Some(Compared { known, gone, new }) = self.compare(console) else { return FAILED };
        table(&[("known", &known), ("gone", &gone), ("new", &new)], console);
        let adds = add && !new.is_empty();
        if gone.is_empty() && !adds {
            console.say(format!("{}: nothing to change", display_path(&self.path)));
        } else {
            let baseline = if add { known.with(new.clone()) } else { known };
            if self.write(&baseline, console) != 0 {
                return FAILED;
            }
        }
        if !add && !new.is_empty() {
            console.say(format!("{} new, not written down: fix them, or use --add", new.len()));
        }
        0
    }

    fn check(mut self, console: &mut Console) -> u8 {
        let Some(Compared { known, gone, new }) = self.compare(console) else { return FAILED };
        table(&[("known", &known), ("gone", &gone), ("new", &new)], console);
        if !gone.is_empty() {
            console.say(format!("{} gone: `wattlint baseline update` takes them off", gone.len()));
        }
        if !new.is_empty() {
            console.say(format!("{} new: `wattlint check` shows them", new.len()));
        }
        u8::from(!gone.is_empty() || !new.is_empty())
    }

    /// Holds the file against what is found; `None` if it can't be read, and said so.
    fn compare(&mut self, console: &mut Console) -> Option<Compared> {
        let whole = match Baseline::read(&self.path) {
            Ok(baseline) => baseline,
            Err(error) => {
                console.say(format!("error: {error}"));
                return None;
            }
        };
        let config = Arc::clone(&self.selection.config);
        let rest = whole.apply(&self.discovery, &config, &mut self.settled);
        let gone = rest.gone(&self.discovery, &self.selection);
        let new = Baseline::of(&self.discovery, &config, &self.settled.findings);
        Some(Compared { known: whole.without(&gone), gone, new })
    }

    fn write(&self, baseline: &Baseline, console: &mut Console) -> u8 {
        let shown = display_path(&self.path);
        let target = file::target(&self.path);
        if self.discovery.documents.iter().any(|document| document.real() == target) {
            console.say(format!(
                "error: {shown}: is a file that was checked, and no baseline is written over it"
            ));
            return FAILED;
        }
        match file::put(&target, |out| baseline.write(out)) {
            Ok(()) => {
                let count = baseline.len();
                console.say(format!(
                    "wrote {shown}: {count} finding{} known",
                    if count == 1 { "" } else { "s" }
                ));
                0
            }
            Err(error) => {
                console.say(format!("error: {shown}: cannot be written: {error}"));
                FAILED
            }
        }
    }

    fn say_how_to_use(&self, config: &Config, console: &mut Console) {
        match self.path.strip_prefix(&config.root).ok().and_then(|path| path.to_str()) {
            Some(inside) if !self.named => console.say(format!(
                "put `baseline = \"{inside}\"` into wattlint.toml, above its tables, and only new findings count"
            )),
            _ => console.say(format!("`wattlint check --baseline {}` counts only new findings", display_path(&self.path))),
        }
    }
}

/// Counts by rule, a column a baseline.
fn table(columns: &[(&str, &Baseline)], console: &mut Console) {
    let counts: Vec<_> = columns.iter().map(|(_, baseline)| baseline.by_rule()).collect();
    let rules: BTreeSet<&str> = counts.iter().flat_map(|counts| counts.keys().copied()).collect();
    if rules.is_empty() {
        return;
    }
    console.put(|out| {
        for (name, _) in columns {
            write!(out, "{name:>7}")?;
        }
        writeln!(out)?;
        for rule in &rules {
            for counts in &counts {
                write!(out, "{:>7}", counts.get(rule).copied().unwrap_or_default())?;
            }
            writeln!(out, "  {rule}")?;
        }
        Ok(())
    });
}
