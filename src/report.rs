//! Findings for people and machines: one file a format, on one model.

pub mod concise;
pub mod diagnose;
pub mod human;
pub mod json;
pub mod posture;
pub mod show;

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::discover::Discovery;
use crate::finding::Finding;
use crate::instance::{Instance, Kind};
use crate::rules::schema::{Rule, Severity};

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people at a terminal
    Human,
    /// A line a finding
    Concise,
    /// One JSON document
    Json,
}

/// What a run found.
pub struct Report<'r> {
    /// The documents the findings speak of.
    pub discovery: &'r Discovery,
    /// The findings that count, sorted.
    pub findings: &'r [Finding],
    /// Those that do not, sorted: each tells who said so.
    pub suppressed: &'r [Finding],
    /// The rules that ran, sorted by name.
    pub rules: &'r [&'static Rule],
    /// The folder that formats for repositories name files from, absolute.
    pub root: &'r Path,
    /// The instances looked at.
    pub servers: &'r [Server],
}

impl Report<'_> {
    /// How many findings have a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// One line: "3 errors, 1 warning, 2 fixable with `wattlint fix`".
    pub fn summary(&self) -> String {
        if self.findings.is_empty() {
            return "no problems found".to_owned();
        }
        let counts = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "info")];
        let parts: Vec<String> = counts
            .into_iter()
            .map(|(severity, name)| (self.count(severity), name))
            .filter(|(count, _)| *count > 0)
            .map(|(count, name)| {
                format!("{count} {name}{}", if count == 1 || name == "info" { "" } else { "s" })
            })
            .collect();
        let tier = |safety| {
            self.findings.iter().filter(|f| f.fix.as_ref().is_some_and(|fix| fix.safety == safety)).count()
        };
        let (safe, more) =
            (tier(crate::rules::schema::Safety::Safe), tier(crate::rules::schema::Safety::Unsafe));
        let fixable = match (safe, more) {
            (0, 0) => String::new(),
            (safe, 0) => format!("; {safe} fixable with `wattlint fix`"),
            (0, more) => format!("; {more} fixable with `wattlint fix --unsafe`"),
            (safe, more) => format!("; {safe} fixable with `wattlint fix`, {more} more with --unsafe"),
        };
        format!("{}{fixable}", parts.join(", "))
    }
}

/// What a report tells of an instance that was looked at; the instance itself, with all its settings, is gone by then.
#[derive(Debug, Clone, Serialize)]
pub struct Server {
    /// Its name.
    pub name: String,
    /// Its folder, in the user's words.
    pub root: String,
    /// Its release.
    pub release: String,
    /// How the release is known.
    pub release_source: String,
    /// Its Java version.
    pub jdk: String,
    /// How the Java version is known.
    pub jdk_source: String,
    /// What was assumed because no file tells it, for people.
    #[serde(skip)]
    pub assumed: Option<String>,
}

impl Server {
    /// The report's view of an instance.
    pub fn of(instance: &Instance<'_>) -> Self {
        let root = instance.display_root();
        let mut parts = Vec::new();
        if instance.release.is_assumed() && instance.kind != Kind::OtherProfile {
            parts.push(format!("release {}", instance.release));
        }
        if instance.jdk.is_assumed() {
            parts.push(format!("Java {}", instance.jdk));
        }
        Server {
            name: instance.name.to_owned(),
            release: instance.release.value.to_string(),
            release_source: instance.release.source(),
            jdk: instance.jdk.value.to_string(),
            jdk_source: instance.jdk.source(),
            assumed: (!parts.is_empty()).then(|| format!("{root}: {}", parts.join("; "))),
            root,
        }
    }
}

/// Writes findings in a format.
pub fn write(format: Format, report: &Report<'_>, color: bool, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, color, out),
        Format::Concise => concise::write(report, out),
        Format::Json => json::write(report, out),
    }
}
