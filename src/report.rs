//! Findings for people and machines: one file a format, on one model.

pub mod checkstyle;
pub mod concise;
pub mod diagnose;
pub mod file;
pub mod github;
pub mod gitlab;
pub mod human;
pub mod json;
pub mod jsonl;
pub mod junit;
pub mod markdown;
mod place;
pub mod posture;
pub mod rules;
pub mod sarif;
pub mod show;
pub mod statistics;
mod xml;

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::discover::Discovery;
use crate::finding::Finding;
use crate::finding::identity::Identities;
use crate::fix::Fix;
use crate::instance::{Instance, Kind};
use crate::rules::schema::{Rule, Severity};
use crate::secrets;
use crate::syntax::{display_text, printable};

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people at a terminal
    Human,
    /// A line a finding
    Concise,
    /// One JSON document
    Json,
    /// A JSON document a finding, each on a line of its own
    Jsonl,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
    /// Code Quality report of GitLab
    Gitlab,
    /// JUnit XML, for whatever shows test results
    Junit,
    /// Checkstyle XML
    Checkstyle,
    /// A summary in Markdown, for the page of a job
    Markdown,
}

/// How a format is to look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// With colours, where a format has any.
    pub color: bool,
    /// With links that a terminal can open.
    pub links: bool,
    /// With counts by rule, where a format can do without.
    pub statistics: bool,
    /// How many findings people get to see; all if `None`.
    pub most: Option<usize>,
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
    /// Whether a finding fails the run.
    pub fails: &'r dyn Fn(&Finding) -> bool,
    /// The exit code of the run.
    pub exit_code: u8,
}

impl<'r> Report<'r> {
    /// All findings, also those that do not count, sorted, each with its fingerprint: so the fingerprints stay when some
    /// are suppressed.
    pub fn fingerprinted(&self) -> Vec<(&'r Finding, String)> {
        let mut all: Vec<&Finding> = self.findings.iter().chain(self.suppressed).collect();
        all.sort_by_key(|finding| {
            let place = finding.primary.place;
            (place.file, place.span.start, finding.rule.name.as_ref(), &finding.message)
        });
        let mut identities = Identities::new(self.discovery, self.root);
        all.into_iter().map(|finding| (finding, identities.fingerprint(finding))).collect()
    }

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

/// A rule's page on the web, if one of its references is one.
fn url(rule: &Rule) -> Option<&str> {
    let links = |reference: &&str| {
        reference.starts_with("https://") && reference.bytes().all(|byte| byte.is_ascii_graphic())
    };
    rule.references.iter().map(AsRef::as_ref).find(links)
}

/// The findings people get to see, and what is to be said of the rest.
fn shown<'r>(report: &Report<'r>, look: Look) -> (&'r [Finding], Option<String>) {
    match report.findings.split_at_checked(look.most.unwrap_or(usize::MAX)) {
        Some((shown, rest)) if !rest.is_empty() => {
            let more = format!(
                "and {} more, which are not shown: limits.findings in wattlint.toml says so",
                rest.len()
            );
            (shown, Some(more))
        }
        _ => (report.findings, None),
    }
}

/// A finding's fix, unless it writes a secret into another line: masked, it would write the mask.
fn shown_fix(finding: &Finding) -> Option<&Fix> {
    let writes_secret = |fix: &Fix| {
        fix.edits.iter().any(|edit| {
            let text = display_text(&edit.text).into_owned();
            secrets::masked(text.clone()) != text
        })
    };
    finding.fix.as_ref().filter(|fix| !writes_secret(fix))
}

/// A finding in full sentences' stead: the message, a line for each further fact, and what can be done.
fn words(finding: &Finding) -> String {
    let mut lines = vec![finding.message.clone()];
    lines.extend(finding.notes.iter().cloned());
    lines.extend(finding.assumed.iter().map(|assumed| format!("assumed: {assumed}")));
    lines.extend(finding.advice().map(|advice| format!("help: {advice}")));
    let lines: Vec<_> = lines.iter().map(|line| printable(line)).collect();
    lines.join("\n")
}

/// Writes findings in a format.
pub fn write(format: Format, report: &Report<'_>, look: Look, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, look, out),
        Format::Concise => concise::write(report, out),
        Format::Json => json::write(report, look, out),
        Format::Jsonl => jsonl::write(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Github => github::write(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Checkstyle => checkstyle::write(report, out),
        Format::Markdown => markdown::write(report, out),
    }
}
