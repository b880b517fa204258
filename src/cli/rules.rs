//! `wattlint rules`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Console, FAILED, Settings};
use crate::report::rules as report;
use crate::rules::examples::Trial;
use crate::rules::schema::Rule;
use crate::rules::{builtin, own};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct RulesArgs {
    #[command(subcommand)]
    command: Option<Command>,
    /// How to print them
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the examples of your own rules: the rule alone, its findings to the line, its fixes to the byte
    Test {
        /// Rule files [default: those that wattlint.toml names]
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        settings: Settings,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people at a terminal
    Human,
    /// One JSON document, with all that rule files say
    Json,
    /// A table for each family
    Markdown,
}

pub fn run(args: &RulesArgs, console: &mut Console) -> u8 {
    if let Some(Command::Test { files, settings }) = &args.command {
        return test(files, settings, console);
    }
    let Some(config) = args.settings.load(&[PathBuf::from(".")], console) else { return FAILED };
    let rules: Vec<&'static Rule> = builtin().iter().chain(config.rules.iter().copied()).collect();
    console.put(|out| match args.format {
        Format::Human => report::human(&rules, out),
        Format::Json => report::json(&rules, out),
        Format::Markdown => out.write_all(report::markdown(&rules, |_| None).as_bytes()),
    });
    0
}

fn test(files: &[PathBuf], settings: &Settings, console: &mut Console) -> u8 {
    let rules = if files.is_empty() {
        let Some(config) = settings.load(&[PathBuf::from(".")], console) else { return FAILED };
        config.rules
    } else {
        match files.iter().map(|file| own::read(file)).collect() {
            Ok(rules) => rules,
            Err(error) => {
                console.say(format!("error: {error}"));
                return FAILED;
            }
        }
    };
    if rules.is_empty() {
        console.say("error: there are no rules to test: name files, or put `rules = [\"policy/*.toml\"]` into wattlint.toml");
        return FAILED;
    }
    let mut broken = 0;
    for rule in &rules {
        let problems = problems(rule);
        let count = rule.examples.len();
        console.put(|out| match problems.as_slice() {
            [] => writeln!(out, "{}: {count} example{} ok", rule.name, if count == 1 { "" } else { "s" }),
            problems => problems.iter().try_for_each(|problem| writeln!(out, "{}: {problem}", rule.name)),
        });
        broken += usize::from(!problems.is_empty());
    }
    let count = rules.len();
    let noun = if count == 1 { "rule" } else { "rules" };
    match broken {
        0 => console.say(format!("{count} {noun} tested: all do what their examples say")),
        broken => console.say(format!("{broken} of {count} {noun} do otherwise than their examples say")),
    }
    u8::from(broken > 0)
}

/// What a rule's examples promise and do not keep, and what they leave unshown.
fn problems(rule: &'static Rule) -> Vec<String> {
    let mut problems = Vec::new();
    for example in rule.examples.iter() {
        let found = Trial::new(rule, example).map(|trial| trial.problems()).unwrap_or_else(|why| vec![why]);
        problems.extend(found.into_iter().map(|problem| format!("example '{}': {problem}", example.name)));
    }
    if !rule.examples.iter().any(|example| !example.finds.is_empty()) {
        problems.push("there is no [[example]] in which it finds something".to_owned());
    }
    if !rule.examples.iter().any(|example| example.finds.is_empty()) {
        problems.push("there is no [[example]] in which it finds nothing".to_owned());
    }
    problems
}
