//! What a team says about its own servers, in `wattlint.toml`: versions, severities, what does not count, own rules.

pub mod file;
mod find;
mod own;

use std::path::{Path, PathBuf};

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use thiserror::Error;
use toml::Spanned;

pub use file::{FailOn, Level, Profile};
pub use find::{FILE_NAME, Source, load};

use crate::catalog::Policy;
use crate::discover::{Discovery, Group, MAX_FILE_BYTES};
use crate::document::{Document, Role};
use crate::instance::Given;
use crate::instance::release::{Jdk, Release, VersionError};
use crate::rules::schema::{Rule, Severity};
use crate::syntax::Span;
use file::File;

/// The JSON schema of `wattlint.toml`.
pub const SCHEMA: &str = include_str!("config/schema.json");

/// Why a configuration can't be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// It can't be read.
    #[error("{path}: cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// Something in it is wrong.
    #[error("{place}: {why}")]
    Wrong {
        /// The file and line, or the argument.
        place: String,
        /// What is wrong, and what to do.
        why: String,
    },
    /// Two inputs of one run have different configurations.
    #[error(
        "the paths have different configurations, {first} and {second}: check them one by one, or name one with --config"
    )]
    Several {
        /// One.
        first: String,
        /// Another.
        second: String,
    },
}

/// Patterns of paths, from the folder of the configuration. Empty, they match nothing.
#[derive(Debug, Clone, Default)]
pub struct Paths(GlobSet);

impl Paths {
    fn new(patterns: &[Spanned<String>], text: &Text<'_>) -> Result<Self, ConfigError> {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            let plain = pattern.get_ref().trim_start_matches("./").trim_end_matches('/');
            // A folder stands for all that is in it.
            for form in [plain.to_owned(), format!("{plain}/**")] {
                let glob = GlobBuilder::new(&form).literal_separator(true).build();
                set.add(glob.map_err(|error| {
                    text.wrong(pattern, format!("is no pattern of paths: {}", error.kind()))
                })?);
            }
        }
        Ok(Paths(set.build().map_err(|error| text.wrong_anywhere(error.to_string()))?))
    }

    /// Whether a path, relative to the folder of the configuration, is meant.
    pub fn matches(&self, path: &Path) -> bool {
        self.0.is_match(path)
    }

    /// Whether there is no pattern.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Patterns of names, in which `*` stands for any text.
#[derive(Debug, Clone, Default)]
pub struct Names(GlobSet);

impl Names {
    fn new(patterns: &[Spanned<String>], text: &Text<'_>) -> Result<Self, ConfigError> {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            let glob = Glob::new(pattern.get_ref());
            set.add(
                glob.map_err(|error| {
                    text.wrong(pattern, format!("is no pattern of names: {}", error.kind()))
                })?,
            );
        }
        Ok(Names(set.build().map_err(|error| text.wrong_anywhere(error.to_string()))?))
    }

    /// Whether a name is meant.
    pub fn matches(&self, name: &str) -> bool {
        !self.0.is_empty() && self.0.is_match(name)
    }
}

/// The text of a configuration, to name places in it.
struct Text<'t> {
    /// The file as shown, or the argument.
    name: &'t str,
    text: &'t str,
}

impl Text<'_> {
    fn place(&self, start: usize) -> String {
        let before = self.text.get(..start).unwrap_or_default();
        format!("{}:{}", self.name, before.matches('\n').count() + 1)
    }

    fn wrong(&self, at: &Spanned<String>, why: String) -> ConfigError {
        ConfigError::Wrong { place: self.place_of(at), why: format!("'{}' {why}", at.get_ref()) }
    }

    /// Whether a text of the settings stands in the file: it may come from the command line, too.
    fn holds(&self, at: &Spanned<String>) -> bool {
        self.text.get(at.span()).is_some_and(|raw| raw.contains(at.get_ref().as_str()))
    }

    fn place_of(&self, at: &Spanned<String>) -> String {
        if self.holds(at) { self.place(at.span().start) } else { "--config".to_owned() }
    }

    fn wrong_anywhere(&self, why: String) -> ConfigError {
        ConfigError::Wrong { place: self.name.to_owned(), why }
    }
}

/// An `[[ignore]]`.
#[derive(Debug, Clone)]
pub struct Ignored {
    /// The rules, and where each is named.
    pub rules: Vec<(String, Span)>,
    /// Where the files are; everywhere if `None`.
    paths: Option<Paths>,
    /// What it is about; everything if `None`.
    properties: Option<Names>,
    /// Why; empty if no reason is given.
    pub reason: String,
    /// Whether it stands in the file, and not on the command line.
    pub in_file: bool,
    /// The whole table, with its line end.
    pub span: Span,
    /// The list of rules.
    pub list: Span,
}

impl Ignored {
    /// Whether it means a file and a property (any of `properties` that a finding may be about).
    pub fn covers(&self, path: &Path, properties: &[&str]) -> bool {
        self.paths.as_ref().is_none_or(|paths| paths.matches(path))
            && self.properties.as_ref().is_none_or(|names| properties.iter().any(|name| names.matches(name)))
    }
}

/// What holds for some paths, or for all.
#[derive(Debug, Clone, Default)]
struct Part {
    release: Option<Release>,
    jdk: Option<Jdk>,
    profile: Option<Profile>,
    tls_policy: Option<Policy>,
    severity: Vec<(String, Level)>,
}

/// The settings of a run.
#[derive(Debug, Default)]
pub struct Config {
    /// The folder all its paths start from, absolute: that of `wattlint.toml`, or of the repository.
    pub root: PathBuf,
    /// The file, its name as shown and its text.
    pub file: Option<(PathBuf, String, String)>,
    /// The least severity that makes the exit code 1, if it is set.
    pub fail_on: Option<FailOn>,
    /// Whether to read backups too.
    pub include_backups: bool,
    /// What to leave out.
    pub exclude: Paths,
    /// The baseline file.
    pub baseline: Option<PathBuf>,
    /// Rules of the site's own, sorted by name.
    pub rules: Vec<&'static Rule>,
    /// The files of these rules, as shown.
    pub rule_files: Vec<String>,
    /// Names of settings of the site's own.
    pub properties: Names,
    /// Rules nobody may silence, and where each is named.
    pub not_ignorable: Vec<String>,
    /// What does not count.
    pub ignores: Vec<Ignored>,
    /// The largest file to read, in bytes; 0 for the most there is.
    pub file_bytes: u64,
    /// How many findings people get to see.
    pub most_findings: Option<usize>,
    /// Whether what is silenced counts after all (`--no-ignores`).
    pub no_ignores: bool,
    all: Part,
    environments: Vec<(String, Paths, Part)>,
}

impl Config {
    /// The settings of files that lie somewhere, the most special first.
    fn parts(&self, path: &Path) -> impl Iterator<Item = &Part> {
        let inside = path.strip_prefix(&self.root).unwrap_or(path);
        let special = self.environments.iter().find(|(_, paths, _)| paths.matches(inside));
        special.map(|(_, _, part)| part).into_iter().chain([&self.all])
    }

    /// How strict to be with a file.
    pub fn profile(&self, path: &Path) -> Profile {
        self.parts(path).find_map(|part| part.profile).unwrap_or_default()
    }

    /// The policy for protocols and suites of a server.
    pub fn tls_policy(&self, path: &Path) -> Option<Policy> {
        self.parts(path).find_map(|part| part.tls_policy)
    }

    /// What becomes of a rule's findings in a file: `None` for as they are.
    pub fn level(&self, rule: &Rule, path: &Path) -> Option<Level> {
        let named = |part: &Part, name: &str| {
            part.severity.iter().find(|(known, _)| known == name).map(|(_, level)| *level)
        };
        self.parts(path).find_map(|part| named(part, &rule.name).or_else(|| named(part, &rule.family)))
    }

    /// The severity of a finding in a file; `None` if it is not reported.
    pub fn severity(&self, rule: &Rule, found: Severity, path: &Path) -> Option<Severity> {
        match self.level(rule, path) {
            _ if self.profile(path) == Profile::Audit => Some(found),
            None => Some(found),
            Some(level) => level.severity(),
        }
    }

    /// Whether nobody may silence a rule.
    pub fn is_ignorable(&self, rule: &str) -> bool {
        !self.not_ignorable.iter().any(|known| known == rule)
    }

    /// A rule of the site's own.
    pub fn own_rule(&self, name: &str) -> Option<&'static Rule> {
        self.rules.iter().copied().find(|rule| rule.name == name)
    }

    /// The names of all rules there are.
    pub fn rule_names(&self) -> impl Iterator<Item = &str> {
        crate::rules::builtin()
            .iter()
            .map(|rule| rule.name.as_ref())
            .chain(self.rules.iter().map(|rule| rule.name.as_ref()))
    }

    /// The size above which a file is not read, in bytes.
    pub fn largest_file(&self) -> u64 {
        match self.file_bytes {
            0 => MAX_FILE_BYTES,
            bytes => bytes.min(MAX_FILE_BYTES),
        }
    }

    /// Whether a file is left out.
    pub fn excludes(&self, path: &Path) -> bool {
        !self.exclude.is_empty() && self.exclude.matches(path.strip_prefix(&self.root).unwrap_or(path))
    }

    /// Tells each group of a run what the configuration says of its versions, and joins the file itself to the documents.
    pub fn inform(&self, discovery: &mut Discovery) {
        let given = |discovery: &Discovery, group: &Group| {
            let first = group.files.iter().map(|&id| discovery.document(id));
            let path = first
                .min_by_key(|document| document.role)
                .map_or(group.root.as_path(), |document| &document.path);
            Given {
                release: self.parts(path).find_map(|part| part.release),
                jdk: self.parts(path).find_map(|part| part.jdk),
            }
        };
        for index in 0..discovery.groups.len() {
            discovery.groups[index].given = given(discovery, &discovery.groups[index]);
        }
        if let Some((path, shown, text)) = &self.file {
            let document = Document::new(path.clone(), shown.clone(), Role::Config, text.as_bytes());
            discovery.documents.push(document);
        }
    }

    /// Works out what a file, and arguments in its place, say.
    fn new(file: File, root: PathBuf, text: &Text<'_>) -> Result<Self, ConfigError> {
        let (rules, rule_files) = own::load(&root, &file.rules, text)?;
        let mut config = Config {
            fail_on: file.fail_on,
            include_backups: file.include_backups.unwrap_or_default(),
            exclude: Paths::new(&file.exclude, text)?,
            baseline: file.baseline.as_ref().map(|name| root.join(name.get_ref())),
            properties: Names::new(&file.properties, text)?,
            file_bytes: file.limits.file_bytes.unwrap_or_default(),
            most_findings: file.limits.findings,
            rules,
            rule_files,
            root,
            ..Config::default()
        };
        for name in &file.not_ignorable {
            config.known_rule(name, false, text)?;
            config.not_ignorable.push(name.get_ref().clone());
        }
        config.all = Part {
            release: version(file.release.as_ref(), Release::existing, text)?,
            jdk: version(file.jdk.as_ref(), jdk, text)?,
            profile: file.profile,
            tls_policy: file.tls_policy,
            severity: config.severities(&file.severity, text)?,
        };
        let mut environments: Vec<_> = file.environment.into_iter().collect();
        environments.sort_by_key(|(name, _)| name.span().start);
        for (name, environment) in environments {
            let part = Part {
                release: version(environment.release.as_ref(), Release::existing, text)?,
                jdk: version(environment.jdk.as_ref(), jdk, text)?,
                profile: environment.profile,
                tls_policy: environment.tls_policy,
                severity: config.severities(&environment.severity, text)?,
            };
            let paths = Paths::new(&environment.paths, text)?;
            config.environments.push((name.into_inner(), paths, part));
        }
        for ignore in file.ignore {
            config.ignores.push(ignored(&ignore, text)?);
        }
        Ok(config)
    }

    /// The severities of a table, its names checked.
    fn severities(
        &self,
        table: &std::collections::BTreeMap<Spanned<String>, Level>,
        text: &Text<'_>,
    ) -> Result<Vec<(String, Level)>, ConfigError> {
        let checked = table.iter().map(|(name, level)| {
            self.known_rule(name, true, text)?;
            Ok((name.get_ref().clone(), *level))
        });
        checked.collect()
    }

    /// Makes sure that there is a rule, or a family if that will do, of a name.
    fn known_rule(&self, name: &Spanned<String>, family: bool, text: &Text<'_>) -> Result<(), ConfigError> {
        let wanted = name.get_ref().as_str();
        let families = crate::rules::builtin().iter().map(|rule| rule.family.as_ref());
        if self.rule_names().any(|known| known == wanted)
            || (family && families.clone().any(|known| known == wanted))
        {
            return Ok(());
        }
        let known = self.rule_names().chain(families.filter(|_| family));
        Err(text.wrong(name, format!("is no rule{}", crate::suggest::did_you_mean(wanted, known))))
    }
}

fn version<V>(
    written: Option<&Spanned<String>>,
    read: impl Fn(&str) -> Result<V, String>,
    text: &Text<'_>,
) -> Result<Option<V>, ConfigError> {
    let Some(written) = written else { return Ok(None) };
    let wrong = |why| ConfigError::Wrong { place: text.place_of(written), why };
    read(written.get_ref()).map(Some).map_err(wrong)
}

fn jdk(text: &str) -> Result<Jdk, String> {
    text.parse().map_err(|error: VersionError| error.to_string())
}

fn ignored(ignore: &Spanned<file::Ignore>, text: &Text<'_>) -> Result<Ignored, ConfigError> {
    let table = ignore.get_ref();
    let span = |range: std::ops::Range<usize>| Span::new(range.start, range.end);
    // A table of an array knows the place of its head only: it ends behind the last of its values.
    let ends = [
        Some(table.rules.span().end),
        table.paths.as_ref().map(|paths| paths.span().end),
        table.properties.as_ref().map(|names| names.span().end),
        table.reason.as_ref().map(|reason| reason.span().end),
    ];
    let end = ends.into_iter().flatten().max().unwrap_or(ignore.span().end).max(ignore.span().end);
    let rest = text.text.get(end..).unwrap_or_default();
    let end = rest.find('\n').map_or(text.text.len(), |at| end + at + 1);
    if table.rules.get_ref().is_empty() {
        let place = text.place(table.rules.span().start);
        return Err(ConfigError::Wrong { place, why: "rules: name the rules to ignore".to_owned() });
    }
    let in_file = table.rules.get_ref().iter().all(|rule| text.holds(rule));
    Ok(Ignored {
        in_file,
        rules: table.rules.get_ref().iter().map(|rule| (rule.get_ref().clone(), span(rule.span()))).collect(),
        paths: table.paths.as_ref().map(|paths| Paths::new(paths.get_ref(), text)).transpose()?,
        properties: table.properties.as_ref().map(|names| Names::new(names.get_ref(), text)).transpose()?,
        reason: table.reason.as_ref().map(|reason| reason.get_ref().trim().to_owned()).unwrap_or_default(),
        span: Span::new(ignore.span().start, end),
        list: span(table.rules.span()),
    })
}
