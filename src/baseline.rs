//! The findings there were when wattlint came: known, not counted, and taken off the list as they go.
//!
//! A finding is known by its [`Identity`], never by its line: edits elsewhere in the file change nothing.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::config::{Config, Profile};
use crate::discover::{Discovery, display_path};
use crate::finding::identity::{Identities, Identity, relative};
use crate::finding::{Finding, Silencer, Suppression};
use crate::rules::Selection;
use crate::rules::settle::Settled;

/// The name `wattlint baseline create` gives the file where nothing else is said.
pub const FILE_NAME: &str = "wattlint-baseline.json";

/// The version of the file's shape.
const VERSION: u32 = 1;

/// Why a baseline can't be used.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// It can't be read.
    #[error("{path}: the baseline cannot be read: {source}; `wattlint baseline create` writes it")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// It is no baseline.
    #[error("{path}:{line}: is no baseline: {why}; `wattlint baseline create --force` writes it anew")]
    Malformed {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// It is of another wattlint.
    #[error("{path}: has the version {version}, and this wattlint knows {VERSION}: is it of a newer one?")]
    Version {
        /// The file.
        path: String,
        /// Its version.
        version: u32,
    },
}

/// An entry of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    file: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    property: String,
    value: String,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    count: usize,
}

fn one() -> usize {
    1
}

fn is_one(count: &usize) -> bool {
    *count == 1
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    findings: Vec<Entry>,
}

/// Known findings, and how many there are of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    known: BTreeMap<Identity, usize>,
}

impl Baseline {
    /// Reads a file.
    ///
    /// # Errors
    /// It is not there, or is no baseline.
    pub fn read(path: &Path) -> Result<Self, BaselineError> {
        let shown = display_path(path);
        let text =
            fs::read(path).map_err(|source| BaselineError::Unreadable { path: shown.clone(), source })?;
        Self::parse(&text, shown)
    }

    /// Reads its text. `path` is for messages.
    ///
    /// # Errors
    /// It is no baseline.
    pub fn parse(text: &[u8], path: String) -> Result<Self, BaselineError> {
        let file: File = match serde_json::from_slice(text) {
            Ok(file) => file,
            Err(error) => {
                // What the parser says ends with the place, which stands in front here.
                let line = error.line();
                let why = error.to_string();
                let why = why.split(" at line ").next().unwrap_or_default().to_owned();
                return Err(BaselineError::Malformed { path, line, why });
            }
        };
        if file.version != VERSION {
            return Err(BaselineError::Version { path, version: file.version });
        }
        let mut known = BTreeMap::new();
        for Entry { rule, file, property, value, count } in file.findings {
            let sum: &mut usize = known.entry(Identity { rule, file, property, value }).or_default();
            *sum = sum.saturating_add(count);
        }
        Ok(Baseline { known })
    }

    /// What the findings of a run would be known by. Rules that nobody may silence stay out.
    pub fn of(discovery: &Discovery, config: &Config, findings: &[Finding]) -> Self {
        let mut identities = Identities::new(discovery, &config.root);
        let mut known = BTreeMap::new();
        for finding in findings.iter().filter(|finding| config.is_ignorable(&finding.rule.name)) {
            *known.entry(identities.of(finding)).or_default() += 1;
        }
        Baseline { known }
    }

    /// Writes it: an entry a line, sorted by file, so that two branches merge.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut entries: Vec<_> = self.known.iter().collect();
        entries.sort_by_key(|(identity, _)| (&identity.file, *identity));
        writeln!(out, "{{\n  \"version\": {VERSION},\n  \"findings\": [")?;
        for (index, (identity, count)) in entries.iter().enumerate() {
            let Identity { rule, file, property, value } = (*identity).clone();
            let entry = Entry { rule, file, property, value, count: **count };
            let comma = if index + 1 < entries.len() { "," } else { "" };
            writeln!(out, "    {}{comma}", serde_json::to_string(&entry)?)?;
        }
        writeln!(out, "  ]\n}}")
    }

    /// How many findings it knows.
    pub fn len(&self) -> usize {
        self.known.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// How many findings it knows of each rule, by name.
    pub fn by_rule(&self) -> BTreeMap<&str, usize> {
        let mut rules = BTreeMap::new();
        for (identity, count) in &self.known {
            let sum: &mut usize = rules.entry(identity.rule.as_str()).or_default();
            *sum = sum.saturating_add(*count);
        }
        rules
    }

    /// Takes what is known off the findings that count. What is left over of the baseline is returned: known, and not
    /// found.
    pub fn apply(&self, discovery: &Discovery, config: &Config, settled: &mut Settled) -> Baseline {
        let mut rest = self.known.clone();
        let mut identities = Identities::new(discovery, &config.root);
        let known = |finding: &mut Finding| {
            let path = &discovery.document(finding.primary.place.file).path;
            if !config.is_ignorable(&finding.rule.name) {
                return false;
            }
            let Some(count) = rest.get_mut(&identities.of(finding)).filter(|count| **count > 0) else {
                return false;
            };
            *count -= 1;
            let shown = config.profile(path) == Profile::Audit;
            if !shown {
                finding.suppressed = Some(Suppression { by: Silencer::Baseline, reason: String::new() });
            }
            !shown
        };
        settled.suppressed.extend(settled.findings.extract_if(.., known));
        crate::rules::sort(&mut settled.suppressed);
        rest.retain(|_, count| *count > 0);
        Baseline { known: rest }
    }

    /// Of what was not found, that which is gone: its file was looked at or is no longer there, and its rule ran or is no
    /// rule any more.
    pub fn gone(mut self, discovery: &Discovery, selection: &Selection) -> Baseline {
        let root = &selection.config.root;
        let looked_at: HashSet<String> = discovery
            .documents
            .iter()
            .filter(|document| !document.context)
            .map(|document| relative(document, root))
            .collect();
        let reported = selection.rules().filter(|rule| selection.reports(rule));
        let running: HashSet<&str> = reported.map(|rule| rule.name.as_ref()).collect();
        self.known.retain(|identity, _| {
            let ran = running.contains(identity.rule.as_str())
                || !selection.config.rule_names().any(|name| name == identity.rule);
            ran && (looked_at.contains(&identity.file) || !root.join(&identity.file).exists())
        });
        self
    }

    /// Without the entries of another one.
    pub fn without(mut self, other: &Baseline) -> Baseline {
        for (identity, gone) in &other.known {
            if let Some(count) = self.known.get_mut(identity) {
                *count = count.saturating_sub(*gone);
            }
        }
        self.known.retain(|_, count| *count > 0);
        self
    }

    /// With the entries of another one.
    pub fn with(mut self, other: Baseline) -> Baseline {
        for (identity, count) in other.known {
            let sum = self.known.entry(identity).or_default();
            *sum = sum.saturating_add(count);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(rule: &str, file: &str) -> Identity {
        Identity { rule: rule.into(), file: file.into(), property: "p".into(), value: "0".repeat(16) }
    }

    #[test]
    fn what_is_written_reads_back() {
        let known = [(identity("b", "x/y"), 2), (identity("a", "x/z \"\u{e9}\n"), 1)].into();
        let baseline = Baseline { known };
        let mut text = Vec::new();
        baseline.write(&mut text).expect("memory takes all");
        assert_eq!(Baseline::parse(&text, String::new()).expect("a baseline"), baseline);
        assert_eq!(text.split(|byte| *byte == b'\n').count(), 8);
        let none = Baseline::default();
        let mut text = Vec::new();
        none.write(&mut text).expect("memory takes all");
        assert_eq!(Baseline::parse(&text, String::new()).expect("a baseline"), none);
    }

    #[test]
    fn what_is_no_baseline_is_told_with_its_line() {
        let wrong = |text: &str| Baseline::parse(text.as_bytes(), "f".into()).expect_err(text).to_string();
        assert!(
            wrong("{\n\"version\": 1,\n\"findings\": [{}]}")
                .starts_with("f:3: is no baseline: missing field `rule`;")
        );
        assert!(wrong("").starts_with("f:1: is no baseline: EOF while parsing a value;"));
        assert!(wrong("{\"version\": 7, \"findings\": []}").contains("the version 7"));
    }

    #[test]
    fn baselines_add_and_subtract() {
        let of = |list: &[(&str, usize)]| Baseline {
            known: list.iter().map(|(rule, count)| (identity(rule, "f"), *count)).collect(),
        };
        let (both, gone) = (of(&[("a", 3), ("b", 1)]), of(&[("a", 1), ("b", 1), ("c", 1)]));
        assert_eq!(both.clone().without(&gone), of(&[("a", 2)]));
        assert_eq!(both.with(of(&[("b", 1), ("c", 1)])), of(&[("a", 3), ("b", 2), ("c", 1)]));
        assert_eq!(gone.len(), 3);
    }
}
