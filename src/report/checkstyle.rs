//! Checkstyle XML, which many servers and editors read.

use std::io::{self, Write};

use super::Report;
use super::place::path_of;
use super::xml::Xml;
use crate::document::FileId;
use crate::syntax::printable;

/// Writes the findings, and what went wrong.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut xml = Xml::new(out)?;
    // The version of Checkstyle whose form this is.
    xml.open("checkstyle", &[("version", "10.0")])?;
    for problem in &report.discovery.problems {
        xml.open("file", &[("name", problem.path())])?;
        let text = problem.to_string();
        let attributes = [("line", "1"), ("severity", "error"), ("message", &text), ("source", "wattlint")];
        xml.empty("error", &attributes)?;
        xml.close("file")?;
    }
    let mut open: Option<FileId> = None;
    for finding in report.findings {
        let place = finding.primary.place;
        if open != Some(place.file) {
            if open.is_some() {
                xml.close("file")?;
            }
            xml.open("file", &[("name", &path_of(report, place.file))])?;
            open = Some(place.file);
        }
        let position = report.discovery.open(place.file).position(place.span.start);
        xml.empty(
            "error",
            &[
                ("line", &position.line.to_string()),
                ("column", &position.column.to_string()),
                ("severity", finding.severity.name()),
                ("message", &printable(&finding.message)),
                ("source", &format!("wattlint.{}.{}", finding.rule.family, finding.rule.name)),
            ],
        )?;
    }
    if open.is_some() {
        xml.close("file")?;
    }
    xml.close("checkstyle")?;
    xml.end()
}
