//! JUnit XML: a suite a file, a test a finding. A file without findings is a test that passes; a finding below the
//! severity that fails a run is one too, and what is suppressed is skipped.

use std::collections::HashMap;
use std::io::{self, Write};

use super::place::path_of;
use super::xml::Xml;
use super::{Report, words};
use crate::discover::is_linted;
use crate::document::FileId;
use crate::finding::Finding;
use crate::finding::identity::property_at;
use crate::syntax::printable;

/// Tests in numbers.
#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    skipped: usize,
}

/// Writes the findings, and what went wrong.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut files: HashMap<FileId, Vec<&Finding>> = HashMap::new();
    for finding in report.findings.iter().chain(report.suppressed) {
        files.entry(finding.primary.place.file).or_default().push(finding);
    }
    let documents = report.discovery.documents.iter().enumerate();
    let looked_at: Vec<FileId> = documents
        .filter(|(index, document)| {
            files.contains_key(&FileId(*index)) || is_linted(document.role) && !document.context
        })
        .map(|(index, _)| FileId(index))
        .collect();
    let of = |file: &FileId| files.get(file).map(Vec::as_slice).unwrap_or_default();
    let problems = &report.discovery.problems;
    let mut all = Counts { tests: problems.len(), ..Counts::default() };
    for file in &looked_at {
        let counts = count(report, of(file));
        all.tests += counts.tests;
        all.failures += counts.failures;
        all.skipped += counts.skipped;
    }
    let mut xml = Xml::new(out)?;
    open(&mut xml, "testsuites", "wattlint", &all, problems.len())?;
    if !problems.is_empty() {
        let counts = Counts { tests: problems.len(), ..Counts::default() };
        open(&mut xml, "testsuite", "wattlint", &counts, problems.len())?;
        for problem in problems {
            xml.open("testcase", &[("classname", "wattlint"), ("name", problem.path())])?;
            xml.empty("error", &[("type", "problem"), ("message", &problem.to_string())])?;
            xml.close("testcase")?;
        }
        xml.close("testsuite")?;
    }
    for file in &looked_at {
        suite(report, *file, of(file), &mut xml)?;
    }
    xml.close("testsuites")?;
    xml.end()
}

fn count(report: &Report<'_>, findings: &[&Finding]) -> Counts {
    Counts {
        tests: findings.len().max(1),
        failures: findings.iter().filter(|finding| fails(report, finding)).count(),
        skipped: findings.iter().filter(|finding| finding.suppressed.is_some()).count(),
    }
}

fn fails(report: &Report<'_>, finding: &Finding) -> bool {
    finding.suppressed.is_none() && (report.fails)(finding)
}

fn open(xml: &mut Xml<'_>, element: &str, name: &str, counts: &Counts, errors: usize) -> io::Result<()> {
    let numbers = [counts.tests, counts.failures, errors, counts.skipped].map(|count| count.to_string());
    let attributes = [
        ("name", name),
        ("tests", &numbers[0]),
        ("failures", &numbers[1]),
        ("errors", &numbers[2]),
        ("skipped", &numbers[3]),
    ];
    // The outermost element has no count of skipped tests.
    xml.open(element, &attributes[..if element == "testsuites" { 4 } else { 5 }])
}

fn suite(report: &Report<'_>, file: FileId, findings: &[&Finding], xml: &mut Xml<'_>) -> io::Result<()> {
    let path = path_of(report, file);
    open(xml, "testsuite", &path, &count(report, findings), 0)?;
    if findings.is_empty() {
        xml.empty("testcase", &[("classname", "wattlint"), ("name", &path)])?;
    }
    // Servers tell tests apart by their names; a line in one would make every edit above it a new test.
    let mut seen: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        let document = report.discovery.open(file);
        let property = property_at(&document, finding.primary.place).unwrap_or_default();
        let class = format!("wattlint.{}.{}", finding.rule.family, finding.rule.name);
        let mut name = format!("{path} {}", printable(&property)).trim_end().to_owned();
        let number = seen.entry(format!("{class} {name}")).or_default();
        *number += 1;
        if *number > 1 {
            name = format!("{name} #{number}");
        }
        case(report, finding, &class, &name, xml)?;
    }
    xml.close("testsuite")
}

fn case(
    report: &Report<'_>,
    finding: &Finding,
    class: &str,
    name: &str,
    xml: &mut Xml<'_>,
) -> io::Result<()> {
    let place = finding.primary.place;
    let at = report.discovery.open(place.file).position(place.span.start);
    let path = path_of(report, place.file);
    let text = format!("{path}:{}:{}: {}", at.line, at.column, words(finding));
    xml.open("testcase", &[("classname", class), ("name", name)])?;
    let message = printable(&finding.message);
    match &finding.suppressed {
        Some(suppression) => xml.empty("skipped", &[("message", &suppression.reason)])?,
        None if fails(report, finding) => {
            xml.text("failure", &[("type", finding.severity.name()), ("message", &message)], &text)?;
        }
        None => xml.text("system-out", &[], &format!("{}: {text}", finding.severity.name()))?,
    }
    xml.close("testcase")
}
