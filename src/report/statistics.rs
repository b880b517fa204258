//! How often each rule finds something.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::Report;
use crate::finding::Finding;
use crate::rules::schema::{Safety, Severity};

/// The findings of one rule, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statistic<'r> {
    /// The rule's name.
    pub rule: &'r str,
    /// The worst severity among the findings.
    pub severity: Severity,
    /// How many findings there are.
    pub count: usize,
    /// How many `wattlint fix` takes away.
    pub fixable: usize,
    /// How many more it takes away with `--unsafe`.
    pub fixable_unsafe: usize,
}

impl Statistic<'_> {
    /// What can be fixed, in a few words; empty if nothing can.
    pub fn fixes(&self) -> String {
        match (self.fixable, self.fixable_unsafe) {
            (0, 0) => String::new(),
            (safe, 0) => format!("{safe} fixable"),
            (0, more) => format!("{more} with --unsafe"),
            (safe, more) => format!("{safe} fixable, {more} with --unsafe"),
        }
    }
}

/// The rules that found something, the most frequent first, then by name.
pub fn by_rule(findings: &[Finding]) -> Vec<Statistic<'_>> {
    let mut rules: BTreeMap<&str, Statistic<'_>> = BTreeMap::new();
    for finding in findings {
        let rule = finding.rule.name.as_ref();
        let new = Statistic { rule, severity: finding.severity, count: 0, fixable: 0, fixable_unsafe: 0 };
        let one = rules.entry(rule).or_insert(new);
        one.severity = one.severity.max(finding.severity);
        one.count += 1;
        match finding.fix.as_ref().map(|fix| fix.safety) {
            Some(Safety::Safe) => one.fixable += 1,
            Some(Safety::Unsafe) => one.fixable_unsafe += 1,
            Some(Safety::Manual) | None => {}
        }
    }
    let mut list: Vec<Statistic<'_>> = rules.into_values().collect();
    list.sort_by_key(|one| (Reverse(one.count), one.rule));
    list
}

/// Writes them as a table for people.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let list = by_rule(report.findings);
    if list.is_empty() {
        return Ok(());
    }
    let width = list.iter().map(|one| one.rule.len()).max().unwrap_or_default();
    for one in &list {
        let line =
            format!("{:>6}  {:<7}  {:<width$}  {}", one.count, one.severity.name(), one.rule, one.fixes());
        writeln!(out, "{}", line.trim_end())?;
    }
    writeln!(out)
}
