//! The Code Quality report of GitLab: a JSON list in the shape of Code Climate's issues.

use std::io::{self, Write};

use serde::Serialize;

use super::json::document;
use super::place::path_of;
use super::{Report, words};
use crate::rules::schema::Severity;
use crate::syntax::printable;

#[derive(Serialize)]
struct Issue<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    check_name: &'a str,
    description: String,
    content: Content,
    severity: &'static str,
    fingerprint: String,
    location: Location,
}

#[derive(Serialize)]
struct Content {
    body: String,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

/// Writes the findings.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut issues = Vec::new();
    for (finding, fingerprint) in report.fingerprinted() {
        if finding.suppressed.is_some() {
            continue;
        }
        let place = finding.primary.place;
        let document = report.discovery.open(place.file);
        let begin = document.line_of(place.span.start);
        issues.push(Issue {
            kind: "issue",
            check_name: &finding.rule.name,
            description: printable(&finding.message).into_owned(),
            content: Content { body: words(finding) },
            severity: match finding.severity {
                Severity::Error => "critical",
                Severity::Warning => "major",
                Severity::Info => "info",
            },
            fingerprint,
            location: Location {
                path: path_of(report, place.file),
                lines: Lines { begin, end: document.line_of(place.span.end).max(begin) },
            },
        });
    }
    document(&issues, out)
}
