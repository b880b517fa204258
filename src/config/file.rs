//! `wattlint.toml` as it is written: every key it may have, and nothing else.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::catalog::Policy;
use crate::rules::schema::Severity;

/// The settings of `wattlint.toml`. Paths are patterns from the folder the file lies in: `prod/**`, `*/server.cnf`; the
/// name of a folder stands for all that is in it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(title = "wattlint.toml"))]
pub struct File {
    /// Release of the servers, such as "10.15", if their files do not tell
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub release: Option<Spanned<String>>,
    /// Java version, such as "8u292" or "11.0.21", if the files do not tell
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub jdk: Option<Spanned<String>>,
    /// How strict to be
    pub profile: Option<Profile>,
    /// The level of Mozilla's guideline that protocols and cipher suites must keep to
    pub tls_policy: Option<Policy>,
    /// The least severity that makes the exit code 1
    pub fail_on: Option<FailOn>,
    /// Also read config/backup and backups of the JVM
    pub include_backups: Option<bool>,
    /// Files and folders to leave out
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub exclude: Vec<Spanned<String>>,
    /// The file that holds the findings there were when wattlint came
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub baseline: Option<Spanned<String>>,
    /// Files with rules of your own
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub rules: Vec<Spanned<String>>,
    /// Names of settings of your own, which are then no unknown ones; * stands for any text
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub properties: Vec<Spanned<String>>,
    /// Rules that no comment, no [[ignore]] and no baseline may silence
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub not_ignorable: Vec<Spanned<String>>,
    /// Another severity for a rule, or for all rules of a family
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, Level>"))]
    pub severity: BTreeMap<Spanned<String>, Level>,
    /// Bounds on what is read
    #[serde(default)]
    pub limits: Limits,
    /// Findings that do not count
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<Ignore>"))]
    pub ignore: Vec<Spanned<Ignore>>,
    /// Settings for some paths, such as those of production; of several that fit a file the first counts
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, Environment>"))]
    pub environment: BTreeMap<Spanned<String>, Environment>,
}

/// Settings for some paths. What is not set here is as for all.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Environment {
    /// The paths
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub paths: Vec<Spanned<String>>,
    /// Release of the servers there
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub release: Option<Spanned<String>>,
    /// Java version there
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub jdk: Option<Spanned<String>>,
    /// How strict to be there
    pub profile: Option<Profile>,
    /// The level of Mozilla's guideline that protocols and cipher suites must keep to there
    pub tls_policy: Option<Policy>,
    /// Another severity for a rule, or for all rules of a family
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "BTreeMap<String, Level>"))]
    pub severity: BTreeMap<Spanned<String>, Level>,
}

/// Findings that do not count: those of these rules, in these paths, about these properties.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Ignore {
    /// The rules
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub rules: Spanned<Vec<Spanned<String>>>,
    /// Only in these files and folders; everywhere if absent
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub paths: Option<Spanned<Vec<Spanned<String>>>>,
    /// Only about these settings, JVM options (such as -Djavax.net.debug) or port fields; * stands for any text
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub properties: Option<Spanned<Vec<Spanned<String>>>>,
    /// Why; the profile strict asks for it
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub reason: Option<Spanned<String>>,
}

/// How strict to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Profile {
    /// What most teams want
    #[default]
    Regular,
    /// Whatever is silenced needs a reason, and infos fail too
    Strict,
    /// Everything is shown, also what is silenced, in the baseline or switched off
    Audit,
}

/// The least severity that makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum FailOn {
    /// Errors only
    Error,
    /// Warnings and errors
    Warning,
    /// Every finding
    Info,
    /// No finding
    Never,
}

/// A severity, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Level {
    /// Worth knowing
    Info,
    /// Weaker than it should be, or not what it seems
    Warning,
    /// Connections fail, secrets leak, or a protection is off
    Error,
    /// Findings of the rule are not reported
    Off,
}

impl Level {
    /// The severity; `None` for off.
    pub fn severity(self) -> Option<Severity> {
        match self {
            Level::Info => Some(Severity::Info),
            Level::Warning => Some(Severity::Warning),
            Level::Error => Some(Severity::Error),
            Level::Off => None,
        }
    }
}

/// Bounds on what is read.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Limits {
    /// Files above this many bytes are left out, with a note; 33554432 (32 MiB) at most and unless set
    #[cfg_attr(test, schemars(range(min = 1, max = 33_554_432)))]
    pub file_bytes: Option<u64>,
    /// Findings above this number are counted, not printed, for people
    pub findings: Option<usize>,
}

impl File {
    /// This file with what `over` sets in its place; lists are replaced, tables joined.
    pub fn overridden(self, over: File) -> File {
        let list = |under: Vec<Spanned<String>>, over: Vec<Spanned<String>>| {
            if over.is_empty() { under } else { over }
        };
        let mut severity = self.severity;
        severity.retain(|name, _| !over.severity.contains_key(name.get_ref().as_str()));
        let said: Vec<String> = over.severity.keys().map(|name| name.get_ref().clone()).collect();
        severity.extend(over.severity);
        let mut environment = self.environment;
        // What is said later holds everywhere.
        for special in environment.values_mut() {
            special.release = special.release.take().filter(|_| over.release.is_none());
            special.jdk = special.jdk.take().filter(|_| over.jdk.is_none());
            special.profile = special.profile.filter(|_| over.profile.is_none());
            special.tls_policy = special.tls_policy.filter(|_| over.tls_policy.is_none());
            special.severity.retain(|name, _| !said.contains(name.get_ref()));
        }
        environment.extend(over.environment);
        let mut ignore = self.ignore;
        ignore.extend(over.ignore);
        File {
            release: over.release.or(self.release),
            jdk: over.jdk.or(self.jdk),
            profile: over.profile.or(self.profile),
            tls_policy: over.tls_policy.or(self.tls_policy),
            fail_on: over.fail_on.or(self.fail_on),
            include_backups: over.include_backups.or(self.include_backups),
            exclude: list(self.exclude, over.exclude),
            baseline: over.baseline.or(self.baseline),
            rules: list(self.rules, over.rules),
            properties: list(self.properties, over.properties),
            not_ignorable: list(self.not_ignorable, over.not_ignorable),
            severity,
            limits: Limits {
                file_bytes: over.limits.file_bytes.or(self.limits.file_bytes),
                findings: over.limits.findings.or(self.limits.findings),
            },
            ignore,
            environment,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::File;

    /// `UPDATE_SCHEMA=1 cargo test` writes the schema anew.
    #[test]
    fn the_schema_is_that_of_these_types() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/config/schema.json");
        let schema = serde_json::to_string_pretty(&schemars::schema_for!(File)).expect("a schema") + "\n";
        if std::env::var_os("UPDATE_SCHEMA").is_some() {
            std::fs::write(path, &schema).expect("the schema can be written");
        }
        assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), schema);
    }
}
