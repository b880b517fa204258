//! `wattlint.toml`: read, or refused with a place; and what it says of files and findings.

use std::path::Path;

use wattlint::config::{Config, ConfigError, FILE_NAME};
use wattlint::discover::Discovery;
use wattlint::instance::{Given, Instance};
use wattlint::rules::settle::settle;
use wattlint::rules::{self, Selection};

use super::rule::installation;

/// A folder that is not there: patterns of rule files find nothing.
const ROOT: &str = "/nowhere/at/all";

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if text.len() > 4_096 || reaches_out(text) {
        return;
    }
    let config = match Config::from_text(text, Path::new(ROOT)) {
        Ok(config) => config,
        Err(error) => return refused(&error, text),
    };
    let again = Config::from_text(text, Path::new(ROOT)).expect("it was read before");
    assert_eq!(format!("{config:?}"), format!("{again:?}"));
    assert!(config.largest_file() > 0);
    let ends = config.ignores.iter().flat_map(|table| [table.span, table.list]);
    ends.for_each(|span| assert!(span.start <= span.end && span.range().end <= text.len(), "{span:?}"));
    judge(config);
}

/// Whether it names rule files that may lie anywhere in this machine.
fn reaches_out(text: &str) -> bool {
    let table = text.parse::<toml::Table>().unwrap_or_default();
    let rules = table.get("rules").and_then(toml::Value::as_array).into_iter().flatten();
    rules.filter_map(toml::Value::as_str).any(|rule| rule.starts_with('/') || rule.contains(".."))
}

fn refused(error: &ConfigError, text: &str) {
    let ConfigError::Wrong { place, why } = error else { return };
    assert!(!why.is_empty());
    if let Some(line) = place.strip_prefix(FILE_NAME).and_then(|rest| rest.strip_prefix(':')) {
        let line: usize = line.parse().expect("a number");
        assert!((1..=text.matches('\n').count() + 1).contains(&line), "{place} in {text:?}");
    }
}

/// What counts of the findings of a small installation: never more than was found, but for what is said of silencing.
fn judge(config: Config) {
    let mut discovery: Discovery = installation();
    config.inform(&mut discovery);
    let selection = Selection { only: Vec::new(), config: config.into() };
    let instances = Instance::all(&discovery, Given::default());
    let found: Vec<_> = instances.flat_map(|instance| rules::check(&instance, &selection)).collect();
    let (before, settled) = (found.len(), settle(&discovery, &selection, found));
    let of_instances =
        settled.findings.iter().filter(|finding| !rules::settle::is_of_run(finding.rule)).count();
    assert!(of_instances + settled.suppressed.len() <= before);
    for finding in settled.findings.iter().chain(&settled.suppressed) {
        let document = discovery.document(finding.primary.place.file);
        assert!(finding.primary.place.span.range().end <= document.bytes().len());
    }
}
