//! A summary in Markdown, as the page of a job shows one.

use std::io::{self, Write};

use super::place::path_of;
use super::{Report, statistics};
use crate::syntax::printable;

/// Findings listed at most: pages of jobs hold a megabyte.
const MOST: usize = 1_000;

/// Writes counts, a table by rule, and the findings, the worst first.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## wattlint\n\n{}", report.summary())?;
    for problem in &report.discovery.problems {
        writeln!(out, "\n**Error:** {}", escaped(&problem.to_string()))?;
    }
    if !report.suppressed.is_empty() {
        writeln!(out, "\n{} suppressed", report.suppressed.len())?;
    }
    if report.findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n| Count | Severity | Rule | Fixes |\n| ---: | --- | --- | --- |")?;
    for one in statistics::by_rule(report.findings) {
        let (rule, fixes) = (escaped(one.rule), escaped(&one.fixes()));
        writeln!(out, "| {} | {} | {rule} | {fixes} |", one.count, one.severity.name())?;
    }
    writeln!(out, "\n| Severity | Place | Rule | Message |\n| --- | --- | --- | --- |")?;
    let mut findings: Vec<_> = report.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in findings.iter().take(MOST) {
        let place = finding.primary.place;
        let line = report.discovery.open(place.file).line_of(place.span.start);
        writeln!(
            out,
            "| {} | {}:{line} | {} | {} |",
            finding.severity.name(),
            escaped(&path_of(report, place.file)),
            escaped(&finding.rule.name),
            escaped(&finding.message)
        )?;
    }
    if findings.len() > MOST {
        writeln!(out, "\n{} more are not listed here.", findings.len() - MOST)?;
    }
    Ok(())
}

/// A text that Markdown shows as it is, also in the cell of a table.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in printable(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '>' | '#' | '|' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
