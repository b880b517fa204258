//! The objects of SARIF 2.1.0 that are written, with the fields that are. What a field means is the standard's to say
//! (OASIS, Static Analysis Results Interchange Format 2.1.0, section 3).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::syntax::printable;

/// `sarifLog`
#[derive(Serialize)]
pub struct Root<'a> {
    #[serde(rename = "$schema")]
    pub schema: &'static str,
    pub version: &'static str,
    pub runs: [Run<'a>; 1],
}

/// `run`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run<'a> {
    pub tool: Tool<'a>,
    pub original_uri_base_ids: BTreeMap<&'static str, UriBase>,
    pub invocations: [Invocation; 1],
    pub artifacts: Vec<Artifact<'a>>,
    pub results: Vec<SarifResult<'a>>,
    pub column_kind: &'static str,
    pub newline_sequences: [&'static str; 3],
}

/// `tool`
#[derive(Serialize)]
pub struct Tool<'a> {
    pub driver: Driver<'a>,
}

/// `toolComponent`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Driver<'a> {
    pub name: &'static str,
    pub semantic_version: &'static str,
    pub short_description: Message,
    pub rules: Vec<Descriptor<'a>>,
}

/// `reportingDescriptor`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor<'a> {
    pub id: &'a str,
    pub short_description: Message,
    pub full_description: Message,
    pub help: Help,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help_uri: Option<&'a str>,
    pub default_configuration: Configuration,
    pub properties: RuleProperties<'a>,
}

/// `multiformatMessageString`
#[derive(Serialize)]
pub struct Help {
    pub text: String,
    pub markdown: String,
}

/// `reportingConfiguration`
#[derive(Serialize)]
pub struct Configuration {
    pub level: &'static str,
}

/// The property bag of a rule. `precision` is what GitHub sorts by.
#[derive(Serialize)]
pub struct RuleProperties<'a> {
    pub tags: [&'a str; 1],
    pub precision: &'static str,
    pub basis: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub releases: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jdks: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<&'static str>,
}

/// `message`
#[derive(Serialize)]
pub struct Message {
    pub text: String,
}

impl Message {
    /// A text of one line or paragraph; control characters become visible.
    pub fn new(text: &str) -> Self {
        let lines: Vec<_> = text.lines().map(printable).collect();
        Message { text: lines.join("\n") }
    }
}

/// `artifactLocation` of a `uriBaseId`
#[derive(Serialize)]
pub struct UriBase {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    pub description: Message,
}

/// `invocation`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Invocation {
    pub execution_successful: bool,
    pub exit_code: u8,
    pub tool_execution_notifications: Vec<Notification>,
}

/// `notification`
#[derive(Serialize)]
pub struct Notification {
    pub level: &'static str,
    pub message: Message,
}

/// `artifact`
#[derive(Serialize)]
pub struct Artifact<'a> {
    pub location: ArtifactLocation,
    pub encoding: &'a str,
    pub length: usize,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub roles: &'static [&'static str],
}

/// `artifactLocation`
#[derive(Serialize, Clone)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactLocation {
    pub uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri_base_id: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
}

/// `result`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SarifResult<'a> {
    pub rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_index: Option<usize>,
    pub level: &'static str,
    pub message: Message,
    pub locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related_locations: Vec<RelatedLocation>,
    pub partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<SarifFix>,
    pub suppressions: Vec<Suppression<'a>>,
    pub properties: ResultProperties<'a>,
}

/// The property bag of a result.
#[derive(Serialize)]
pub struct ResultProperties<'a> {
    pub basis: &'static str,
    pub instance: &'a str,
    pub assumed: &'a [String],
}

/// `location`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    pub physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logical_locations: Option<Vec<LogicalLocation>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
}

/// `location` with an id
#[derive(Serialize)]
pub struct RelatedLocation {
    pub id: usize,
    #[serde(flatten)]
    pub location: Location,
}

/// `logicalLocation`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogicalLocation {
    pub fully_qualified_name: String,
    pub kind: &'static str,
}

/// `physicalLocation`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PhysicalLocation {
    pub artifact_location: ArtifactLocation,
    pub region: Region,
}

/// `region`: as text, and as bytes
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Region {
    pub start_line: usize,
    pub start_column: usize,
    pub end_line: usize,
    pub end_column: usize,
    pub byte_offset: u32,
    pub byte_length: usize,
}

/// `suppression`
#[derive(Serialize)]
pub struct Suppression<'a> {
    pub kind: &'static str,
    pub status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub justification: Option<&'a str>,
}

/// `fix`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SarifFix {
    pub description: Message,
    pub artifact_changes: Vec<ArtifactChange>,
}

/// `artifactChange`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactChange {
    pub artifact_location: ArtifactLocation,
    pub replacements: Vec<Replacement>,
}

/// `replacement`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Replacement {
    pub deleted_region: Region,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inserted_content: Option<Content>,
}

/// `artifactContent`
#[derive(Serialize)]
pub struct Content {
    pub text: String,
}
