//! A line a finding, in the manner of compilers: `file:line:column: severity[rule]: message`.

use std::io::{self, Write};

use super::Report;
use crate::syntax::printable;

/// Writes the findings.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        let document = report.discovery.open(finding.primary.place.file);
        let at = document.position(finding.primary.place.span.start);
        writeln!(
            out,
            "{}:{}:{}: {}[{}]: {}",
            document.display,
            at.line,
            at.column,
            finding.severity.name(),
            finding.rule.name,
            printable(&finding.message)
        )?;
    }
    Ok(())
}
