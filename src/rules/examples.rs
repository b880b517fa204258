//! The examples in rule files, executed: the rule alone, its findings to the line, its fixes to the byte.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use similar::TextDiff;

use super::schema::{Basis, Example, Rule, Safety, Severity};
use super::settle::settle;
use super::{Selection, check};
use crate::config::{Config, FILE_NAME};
use crate::discover::Discovery;
use crate::finding::Finding;
use crate::fix::apply::{Permit, converge};
use crate::instance::{Given, Instance};

/// An example, made ready to run its rule on.
pub struct Trial<'e> {
    rule: &'static Rule,
    example: &'e Example,
    selection: Selection,
    /// The versions the example names.
    pub given: Given,
}

impl<'e> Trial<'e> {
    /// Reads the versions and the configuration of an example: a `wattlint.toml` among its files.
    ///
    /// # Errors
    /// They can't be used; the text says why.
    pub fn new(rule: &'static Rule, example: &'e Example) -> Result<Self, String> {
        let text = example.files.iter().find(|(path, _)| path == FILE_NAME);
        let config =
            text.map(|(_, text)| Config::from_text(text, Path::new("")).map_err(|error| error.to_string()));
        let config = Arc::new(config.transpose()?.unwrap_or_default());
        let given = Given {
            release: example
                .release
                .as_ref()
                .map(|text| text.parse().map_err(of("release", text)))
                .transpose()?,
            jdk: example.jdk.as_ref().map(|text| text.parse().map_err(of("jdk", text))).transpose()?,
        };
        Ok(Trial { rule, example, selection: Selection { only: vec![rule], config }, given })
    }

    /// Its files, but for the configuration.
    pub fn discovery(&self) -> Discovery {
        let files = self.example.files.iter().filter(|(path, _)| path != FILE_NAME);
        let mut discovery =
            Discovery::from_memory(files.map(|(path, text)| (path.as_ref(), text.as_bytes().to_vec())));
        discovery.paths.push(PathBuf::new());
        self.selection.config.inform(&mut discovery);
        discovery
    }

    /// What the rule finds in some files.
    pub fn findings(&self, discovery: &Discovery) -> Vec<Finding> {
        let instances = Instance::all(discovery, self.given);
        let found: Vec<Finding> = instances.flat_map(|instance| check(&instance, &self.selection)).collect();
        settle(discovery, &self.selection, found).findings
    }

    /// Everything the example promises and does not keep, in words.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let before = self.discovery();
        let notes = before.notes.iter().map(|note| format!("not read: {note}"));
        problems.extend(notes.chain(before.problems.iter().map(ToString::to_string)));
        if before.groups.len() > 1 {
            problems.push(format!("the files belong to {} instances; one is needed", before.groups.len()));
        }
        let findings = self.findings(&before);
        let expected = self.example.finds.iter().map(|place| (place.file.to_string(), place.line));
        let expected: Vec<(String, usize)> = expected.collect();
        let found = places(&before, &findings);
        if found != expected {
            problems.push(format!("finds {}, not {}", listed(&found), listed(&expected)));
        }
        self.judge(&findings, &mut problems);
        self.fix(before, findings.len(), &mut problems);
        problems
    }

    /// Findings keep to what the rule declares.
    fn judge(&self, findings: &[Finding], problems: &mut Vec<String>) {
        for finding in findings {
            if finding.basis == Basis::Inferred && finding.severity == Severity::Error {
                problems.push("an inferred verdict is no error".to_owned());
            }
            if finding.severity > self.rule.severity {
                problems.push(format!("'{}' is above the rule's severity", finding.severity.name()));
            }
            let declared = self.rule.fix.as_ref().map_or(Safety::Manual, |fix| fix.safety);
            if let Some(fix) = finding.fix.as_ref().filter(|fix| fix.safety > declared) {
                let (found, declared) = (fix.safety.name(), declared.name());
                problems.push(format!("the fix is {found}, and the rule says {declared}"));
            }
        }
    }

    /// The fixes make what the example says, and leave nothing to fix.
    fn fix(&self, mut discovery: Discovery, findings: usize, problems: &mut Vec<String>) {
        let permit = Permit { tier: Safety::Unsafe, secrets: true };
        let outcome = match converge(&mut discovery, self.given, &self.selection, permit) {
            Ok(outcome) => outcome,
            Err(error) => return problems.push(error.to_string()),
        };
        let changed: BTreeMap<&str, String> = outcome
            .changes
            .iter()
            .map(|change| {
                let path = discovery.document(change.file).display.as_str();
                (path, String::from_utf8_lossy(&change.after).into_owned())
            })
            .collect();
        let wanted: BTreeMap<&str, String> =
            self.example.fixed.iter().map(|(path, text)| (path.as_ref(), text.to_string())).collect();
        for path in changed.keys().chain(wanted.keys()).collect::<BTreeSet<_>>() {
            let (found, expected) = (changed.get(path), wanted.get(path));
            if found != expected {
                let none = String::new();
                let (found, expected) = (found.unwrap_or(&none), expected.unwrap_or(&none));
                let difference = TextDiff::from_lines(expected, found).unified_diff().to_string();
                problems.push(format!("{path} is fixed otherwise than the example says:\n{difference}"));
            }
        }
        let fixable = |finding: &Finding| finding.fix.as_ref().is_some_and(|fix| fix.safety > Safety::Manual);
        if outcome.remaining.iter().any(fixable) {
            problems.push("a fixable finding remains after the fixes".to_owned());
        }
        // What is assumed without the flags may change with the files; with them it must not.
        if self.findings(&discovery).len() > findings {
            problems.push("the fixes make new findings".to_owned());
        }
    }
}

fn of<E: ToString>(key: &str, text: &str) -> impl Fn(E) -> String {
    move |error| format!("{key} = \"{text}\": {}", error.to_string())
}

fn places(discovery: &Discovery, findings: &[Finding]) -> Vec<(String, usize)> {
    let place = |finding: &Finding| {
        let document = discovery.document(finding.primary.place.file);
        (document.display.clone(), document.line_of(finding.primary.place.span.start))
    };
    findings.iter().map(place).collect()
}

fn listed(places: &[(String, usize)]) -> String {
    let list: Vec<String> = places.iter().map(|(file, line)| format!("{file}:{line}")).collect();
    if list.is_empty() { "nothing".to_owned() } else { list.join(", ") }
}
