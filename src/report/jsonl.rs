//! A JSON document a finding, a line each: for what reads findings one by one. The fields are those of `json`.

use std::io::{self, Write};

use super::{Report, json};

/// Writes the findings.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (finding, fingerprint) in report.fingerprinted() {
        if finding.suppressed.is_none() {
            json::line(&json::one(report.discovery, finding, fingerprint), out)?;
        }
    }
    Ok(())
}
