//! One JSON document. Its `version` changes when a field changes its meaning or goes; new fields may come at any time.

use std::io::{self, Write};

use serde::Serialize;

use super::statistics::{self, Statistic};
use super::{Look, Report, Server, shown_fix};
use crate::discover::Discovery;
use crate::document::Place;
use crate::finding::{Finding, Label, Silencer};
use crate::rules::schema::Severity;
use crate::syntax::{display_text, is_hidden};

/// The version of the document's shape.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Root<'a> {
    version: u32,
    tool: &'static str,
    tool_version: &'static str,
    findings: Vec<JsonFinding<'a>>,
    /// Those that do not count.
    suppressed: Vec<JsonFinding<'a>>,
    assumptions: Vec<&'a str>,
    instances: &'a [Server],
    notes: &'a [String],
    errors: Vec<String>,
    summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    statistics: Option<Vec<Statistic<'a>>>,
}

#[derive(Serialize)]
struct Summary {
    errors: usize,
    warnings: usize,
    infos: usize,
}

/// A finding, in the document and as a line of `jsonl`.
#[derive(Serialize)]
pub struct JsonFinding<'a> {
    rule: &'a str,
    severity: &'static str,
    basis: &'static str,
    message: &'a str,
    summary: &'a str,
    instance: &'a str,
    #[serde(flatten)]
    location: Location<'a>,
    related: Vec<Related<'a>>,
    notes: &'a [String],
    assumed: &'a [String],
    advice: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<JsonFix<'a>>,
    /// The same for the same finding in a later run, whatever line it is on then.
    fingerprint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppression: Option<JsonSuppression<'a>>,
}

/// Who said that a finding does not count, and why.
#[derive(Serialize)]
struct JsonSuppression<'a> {
    by: &'static str,
    reason: &'a str,
}

/// A place: byte offsets from 0 (end exclusive), lines and columns (in characters) from 1.
#[derive(Serialize)]
struct Location<'a> {
    file: &'a str,
    start: Point,
    end: Point,
}

#[derive(Serialize)]
struct Point {
    offset: u32,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Related<'a> {
    #[serde(flatten)]
    location: Location<'a>,
    message: &'a str,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    title: &'a str,
    safety: &'static str,
    edits: Vec<JsonEdit<'a>>,
}

/// Bytes `start` to `end` of the file give way to `text`.
#[derive(Serialize)]
struct JsonEdit<'a> {
    file: &'a str,
    start: u32,
    end: u32,
    text: String,
}

/// Writes the findings.
pub fn write(report: &Report<'_>, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let (suppressed, findings) =
        report.fingerprinted().into_iter().partition(|(finding, _)| finding.suppressed.is_some());
    let all = |list: Vec<(_, String)>| {
        list.into_iter().map(|(finding, print)| one(report.discovery, finding, print)).collect()
    };
    let root = Root {
        version: VERSION,
        tool: "wattlint",
        tool_version: env!("CARGO_PKG_VERSION"),
        findings: all(findings),
        suppressed: all(suppressed),
        assumptions: report.servers.iter().filter_map(|server| server.assumed.as_deref()).collect(),
        instances: report.servers,
        notes: &report.discovery.notes,
        errors: report.discovery.problems.iter().map(ToString::to_string).collect(),
        summary: Summary {
            errors: report.count(Severity::Error),
            warnings: report.count(Severity::Warning),
            infos: report.count(Severity::Info),
        },
        statistics: look.statistics.then(|| statistics::by_rule(report.findings)),
    };
    document(&root, out)
}

/// A JSON document.
pub fn document(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(Escaped(out), value)?;
    writeln!(out)
}

/// A JSON document in one line.
pub fn line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(Escaped(out), value)?;
    writeln!(out)
}

/// JSON in which every character that a terminal would obey is written as `\u`; outside strings JSON has none but line
/// ends. (serde_json leaves the control characters from U+007F on as they are.)
struct Escaped<'w>(&'w mut dyn Write);

impl Write for Escaped<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    /// The serializer hands over whole strings, never half a character.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let hidden = |c: char| is_hidden(c) && c != '\n';
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.is_ascii() || text.contains('\u{7f}') => {
                let mut rest = text;
                while let Some((at, c)) = rest.char_indices().find(|(_, c)| hidden(*c)) {
                    write!(self.0, "{}\\u{:04x}", &rest[..at], u32::from(c))?;
                    rest = &rest[at + c.len_utf8()..];
                }
                self.0.write_all(rest.as_bytes())
            }
            _ => self.0.write_all(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// One finding.
pub fn one<'a>(discovery: &'a Discovery, finding: &'a Finding, fingerprint: String) -> JsonFinding<'a> {
    JsonFinding {
        rule: &finding.rule.name,
        severity: finding.severity.name(),
        basis: finding.basis.name(),
        message: &finding.message,
        summary: &finding.rule.summary,
        instance: &finding.instance,
        location: location(discovery, finding.primary.place),
        related: finding
            .related
            .iter()
            .map(|Label { place, text }| Related { location: location(discovery, *place), message: text })
            .collect(),
        notes: &finding.notes,
        assumed: &finding.assumed,
        advice: finding.advice(),
        fix: shown_fix(finding).map(|fix| JsonFix {
            title: &fix.title,
            safety: fix.safety.name(),
            edits: fix
                .edits
                .iter()
                .map(|edit| JsonEdit {
                    file: &discovery.document(edit.file).display,
                    start: edit.span.start,
                    end: edit.span.end,
                    text: display_text(&edit.text).into_owned(),
                })
                .collect(),
        }),
        fingerprint,
        suppression: finding.suppressed.as_ref().map(|suppression| JsonSuppression {
            by: match suppression.by {
                Silencer::Comment => "comment",
                Silencer::Config => "config",
                Silencer::Baseline => "baseline",
            },
            reason: &suppression.reason,
        }),
    }
}

fn location(discovery: &Discovery, place: Place) -> Location<'_> {
    let document = discovery.open(place.file);
    let point = |offset| {
        let position = document.position(offset);
        Point { offset, line: position.line, column: position.column }
    };
    Location {
        file: &discovery.document(place.file).display,
        start: point(place.span.start),
        end: point(place.span.end),
    }
}
