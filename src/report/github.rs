//! Annotations of a GitHub workflow: a command a finding, which the runner takes from the output of a step.

use std::io::{self, Write};

use super::place::path_of;
use super::{Report, words};
use crate::rules::schema::Severity;

/// Writes the findings, and what went wrong.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for problem in &report.discovery.problems {
        writeln!(out, "::error title=wattlint::{}", message(&problem.to_string()))?;
    }
    for finding in report.findings {
        let place = finding.primary.place;
        let document = report.discovery.open(place.file);
        let (start, end) = (document.position(place.span.start), document.position(place.span.end));
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        write!(out, "::{command} file={},line={}", property(&path_of(report, place.file)), start.line)?;
        // Columns of places over several lines are refused.
        if start.line == end.line {
            // The last column is one that belongs to the place.
            let last = (end.column - 1).max(start.column);
            write!(out, ",col={},endColumn={last}", start.column)?;
        } else {
            write!(out, ",endLine={}", end.line)?;
        }
        let title = property(&format!("wattlint: {}", finding.rule.name));
        writeln!(out, ",title={title}::{}", message(&words(finding)))?;
    }
    Ok(())
}

/// Escaped as the text of a command.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escaped as a value in front of the text.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
