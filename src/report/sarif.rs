//! SARIF 2.1.0, the OASIS standard that code scanning services and editors read. Only what is written here of it has a
//! type: [`types`] holds them in the standard's words.

mod types;

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use types::*;

use super::json::document;
use super::place::{Text, Uri, encoding, file as file_uri};
use super::{Report, shown_fix, url, words};
use crate::document::{FileId, Place};
use crate::finding::identity::property_at;
use crate::finding::{Finding, Label, Silencer};
use crate::fix::{Edit, Fix};
use crate::rules::schema::{Basis, Rule, Severity};
use crate::syntax::{Span, printable};

/// The name that stands for the root of the report.
const ROOT: &str = "%SRCROOT%";

/// The name our fingerprints have; its number changes when they are worked out in another way.
const FINGERPRINT: &str = "wattlint/v1";

/// Writes the findings.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let run = Log::new(report);
    let log = Root {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [run.run()],
    };
    document(&log, out)
}

/// What is worked out once a run.
struct Log<'r> {
    report: &'r Report<'r>,
    uris: Vec<ArtifactLocation>,
    /// The number of each rule.
    rules: HashMap<&'r str, usize>,
}

impl<'r> Log<'r> {
    fn new(report: &'r Report<'r>) -> Self {
        let documents = &report.discovery.documents;
        let location = |(index, document)| match Uri::of(document, report.root) {
            Uri::Inside(uri) => ArtifactLocation { uri, uri_base_id: Some(ROOT), index: Some(index) },
            Uri::Outside(uri) => ArtifactLocation { uri, uri_base_id: None, index: Some(index) },
        };
        Log {
            report,
            uris: documents.iter().enumerate().map(location).collect(),
            rules: report.rules.iter().enumerate().map(|(index, rule)| (rule.name.as_ref(), index)).collect(),
        }
    }

    fn run(&self) -> Run<'_> {
        let root = self.report.root;
        let uri = root.is_absolute().then(|| {
            let uri = file_uri(root);
            if uri.ends_with('/') { uri } else { uri + "/" }
        });
        let description = Message::new("The root of the repository, or the folder wattlint ran in");
        Run {
            tool: Tool {
                driver: Driver {
                    name: "wattlint",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    short_description: Message::new(env!("CARGO_PKG_DESCRIPTION")),
                    rules: self.report.rules.iter().map(|rule| descriptor(rule)).collect(),
                },
            },
            original_uri_base_ids: BTreeMap::from([(ROOT, UriBase { uri, description })]),
            invocations: [self.invocation()],
            artifacts: self.artifacts(),
            results: self.results(),
            column_kind: "unicodeCodePoints",
            newline_sequences: ["\r\n", "\n", "\r"],
        }
    }

    fn invocation(&self) -> Invocation {
        let discovery = self.report.discovery;
        let notification = |level, text: &str| Notification { level, message: Message::new(text) };
        let errors = discovery.problems.iter().map(|problem| notification("error", &problem.to_string()));
        let notes = discovery.notes.iter().map(|note| notification("note", note));
        let assumed = self.report.servers.iter().filter_map(|server| server.assumed.as_deref());
        let assumed = assumed.map(|assumed| notification("note", &format!("assumed for {assumed}")));
        Invocation {
            execution_successful: discovery.problems.is_empty(),
            exit_code: self.report.exit_code,
            tool_execution_notifications: errors.chain(notes).chain(assumed).collect(),
        }
    }

    fn artifacts(&self) -> Vec<Artifact<'_>> {
        let documents = self.report.discovery.documents.iter();
        documents
            .zip(&self.uris)
            .map(|(document, location)| Artifact {
                location: ArtifactLocation { index: None, ..location.clone() },
                encoding: encoding(document),
                length: document.length(),
                roles: if document.context { &[] } else { &["analysisTarget"] },
            })
            .collect()
    }

    fn results(&self) -> Vec<SarifResult<'_>> {
        let all = self.report.fingerprinted();
        all.into_iter().map(|(finding, fingerprint)| self.result(finding, fingerprint)).collect()
    }

    fn result(&self, finding: &'r Finding, fingerprint: String) -> SarifResult<'_> {
        let place = finding.primary.place;
        let document = self.report.discovery.open(place.file);
        let property = property_at(&document, place);
        let logical = property.map(|name| {
            vec![LogicalLocation { fully_qualified_name: printable(&name).into_owned(), kind: "property" }]
        });
        let label = |text: &str| (!text.is_empty()).then(|| Message::new(text));
        let related = |(id, Label { place, text }): (usize, &Label)| RelatedLocation {
            id,
            location: Location {
                physical_location: self.physical(*place),
                logical_locations: None,
                message: label(text),
            },
        };
        SarifResult {
            rule_id: &finding.rule.name,
            rule_index: self.rules.get(finding.rule.name.as_ref()).copied(),
            level: level(finding.severity),
            message: Message { text: words(finding) },
            locations: [Location {
                physical_location: self.physical(place),
                logical_locations: logical,
                message: label(&finding.primary.text),
            }],
            related_locations: finding.related.iter().enumerate().map(related).collect(),
            partial_fingerprints: BTreeMap::from([(FINGERPRINT, fingerprint)]),
            fixes: shown_fix(finding).and_then(|fix| self.fix(fix)).into_iter().collect(),
            suppressions: suppressions(finding),
            properties: ResultProperties {
                basis: finding.basis.name(),
                instance: &finding.instance,
                assumed: &finding.assumed,
            },
        }
    }

    fn physical(&self, place: Place) -> PhysicalLocation {
        PhysicalLocation {
            artifact_location: self.uris[place.file.0].clone(),
            region: self.region(place.file, place.span),
        }
    }

    fn region(&self, file: FileId, span: Span) -> Region {
        let document = self.report.discovery.open(file);
        let text = Text::of(&document);
        let ((start_line, start_column), (end_line, end_column)) =
            (text.position(span.start), text.position(span.end));
        Region {
            start_line,
            start_column,
            end_line,
            end_column,
            byte_offset: span.start,
            byte_length: span.range().len(),
        }
    }

    /// A fix; `None` if it writes bytes that are no text in the encoding of their file.
    fn fix(&self, fix: &Fix) -> Option<SarifFix> {
        let mut changes: Vec<ArtifactChange> = Vec::new();
        for files in fix.edits.chunk_by(|a, b| a.file == b.file) {
            let replacements: Option<Vec<_>> = files.iter().map(|edit| self.replacement(edit)).collect();
            let location = self.uris[files.first()?.file.0].clone();
            changes.push(ArtifactChange { artifact_location: location, replacements: replacements? });
        }
        if changes.is_empty() {
            return None;
        }
        Some(SarifFix {
            description: Message::new(&format!("{} ({})", fix.title, fix.safety.name())),
            artifact_changes: changes,
        })
    }

    fn replacement(&self, edit: &Edit) -> Option<Replacement> {
        let text = Text::of(self.report.discovery.document(edit.file)).decode(&edit.text)?;
        Some(Replacement {
            deleted_region: self.region(edit.file, edit.span),
            inserted_content: (!text.is_empty()).then_some(Content { text }),
        })
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// None for a finding that counts: an empty list says so, no list would leave it open.
fn suppressions(finding: &Finding) -> Vec<Suppression<'_>> {
    let one = finding.suppressed.as_ref().map(|suppression| Suppression {
        kind: if suppression.by == Silencer::Comment { "inSource" } else { "external" },
        status: "accepted",
        justification: (!suppression.reason.is_empty()).then_some(suppression.reason.as_str()),
    });
    one.into_iter().collect()
}

fn descriptor(rule: &Rule) -> Descriptor<'_> {
    let (text, markdown) = help(rule);
    Descriptor {
        id: &rule.name,
        short_description: Message::new(&rule.summary),
        full_description: Message::new(rule.why.trim()),
        help: Help { text, markdown },
        help_uri: url(rule),
        default_configuration: Configuration { level: level(rule.severity) },
        properties: RuleProperties {
            tags: [&rule.family],
            precision: match rule.basis {
                Basis::Measured => "very-high",
                Basis::Documented => "high",
                Basis::Inferred => "medium",
            },
            basis: rule.basis.name(),
            releases: rule.releases.as_deref(),
            jdks: rule.jdks.as_deref(),
            fix: rule.fix.as_ref().map(|fix| fix.safety.name()),
        },
    }
}

/// A rule's help, plain and in Markdown.
fn help(rule: &Rule) -> (String, String) {
    let mut text = rule.why.trim().to_owned();
    let mut markdown = format!("**{}**\n\n{text}", rule.summary);
    if let Some(fix) = &rule.fix {
        text += &format!("\n\nFix ({}): {}", fix.safety.name(), fix.title);
        markdown += &format!("\n\n**Fix** ({}): {}", fix.safety.name(), fix.title);
    }
    text += &format!("\n\nKnown how: {}", rule.basis.name());
    markdown += &format!("\n\n**Known how**: {}", rule.basis.name());
    if !rule.references.is_empty() {
        text += "\n\nReferences:";
        markdown += "\n\n**References**\n";
        for reference in rule.references.iter() {
            text += &format!("\n{reference}");
            markdown += &if reference.starts_with("https://") {
                format!("\n- <{reference}>")
            } else {
                format!("\n- {reference}")
            };
        }
    }
    (text, markdown)
}
