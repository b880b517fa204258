//! Loading rules of the site's own.

use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use toml::Spanned;
use walkdir::WalkDir;

use super::{ConfigError, Text};
use crate::discover::display_path;
use crate::rules::{self, own::RuleError, schema::Rule};

/// The rules behind some patterns of files, sorted by name, and the files.
pub fn load(
    root: &Path,
    patterns: &[Spanned<String>],
    text: &Text<'_>,
) -> Result<(Vec<&'static Rule>, Vec<String>), ConfigError> {
    let mut files: Vec<PathBuf> = Vec::new();
    for pattern in patterns {
        let found = matching(root, pattern, text)?;
        if found.is_empty() {
            return Err(text.wrong(pattern, "leads to no rule file".to_owned()));
        }
        files.extend(found);
    }
    files.sort();
    files.dedup();
    let mut rules: Vec<&'static Rule> = Vec::with_capacity(files.len());
    for file in &files {
        let rule = rules::own::read(file).map_err(|error| match error {
            RuleError::Unreadable { path, source } => ConfigError::Unreadable { path, source },
            RuleError::Wrong { place, why } => ConfigError::Wrong { place, why },
        })?;
        if let Some(other) = rules.iter().find(|other| other.name == rule.name) {
            let why = format!("there are two rules of the name {}", other.name);
            return Err(ConfigError::Wrong { place: display_path(file), why });
        }
        rules.push(rule);
    }
    rules.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((rules, files.iter().map(|file| display_path(file)).collect()))
}

/// The files a pattern leads to, below the folder its first part without `*` and the like names.
fn matching(root: &Path, pattern: &Spanned<String>, text: &Text<'_>) -> Result<Vec<PathBuf>, ConfigError> {
    let written = pattern.get_ref();
    let plain = |part: &&str| !part.contains(['*', '?', '[', '{']);
    let fixed: Vec<&str> = written.split('/').take_while(plain).collect();
    let start = root.join(fixed.join("/"));
    if start.is_file() {
        return Ok(vec![start]);
    }
    let glob = GlobBuilder::new(&root.join(written).to_string_lossy()).literal_separator(true).build();
    let glob =
        glob.map_err(|error| text.wrong(pattern, format!("is no pattern of files: {}", error.kind())))?;
    let matcher = glob.compile_matcher();
    let entries = WalkDir::new(start).sort_by_file_name().into_iter().filter_map(Result::ok);
    let files = entries.filter(|entry| entry.file_type().is_file() && matcher.is_match(entry.path()));
    Ok(files.map(walkdir::DirEntry::into_path).collect())
}
