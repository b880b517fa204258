//! Rules of a site's own, read at run time: the same format as the built-in ones, without Rust.

use std::path::Path;

use regex::Regex;
use thiserror::Error;

use super::schema::{Rule, When};
use crate::discover::display_path;
use crate::instance::release::VersionRange;
use crate::suggest::toml_problem;

/// The family of rules a site adds.
pub const FAMILY: &str = "own";

/// Why a rule file can't be used.
#[derive(Debug, Error)]
pub enum RuleError {
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
        /// The file, and the line where it is known.
        place: String,
        /// What is wrong, and what to do.
        why: String,
    },
}

/// Reads a rule file. Its name is the rule's. A rule lives as long as the program, as the built-in ones do.
///
/// # Errors
/// The file can't be read, or is no rule that could be run.
pub fn read(path: &Path) -> Result<&'static Rule, RuleError> {
    let shown = display_path(path);
    let bytes =
        std::fs::read(path).map_err(|source| RuleError::Unreadable { path: shown.clone(), source })?;
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let wrong = |place: &str, why: String| RuleError::Wrong { place: place.to_owned(), why };
    let text = String::from_utf8(bytes).map_err(|_| wrong(&shown, "is not UTF-8".to_owned()))?;
    parse(&name, &text).map_err(|(line, why)| match line {
        Some(line) => wrong(&format!("{shown}:{line}"), why),
        None => wrong(&shown, why),
    })
}

/// Reads a rule from its text; with the line, where it is known, and what is wrong with it.
///
/// # Errors
/// It is no rule that could be run.
pub fn parse(name: &str, text: &str) -> Result<&'static Rule, (Option<usize>, String)> {
    let mut rule: Rule = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
        (line, toml_problem(error.message()))
    })?;
    rule.name = name.to_owned().into();
    rule.family = FAMILY.into();
    match problem(&rule) {
        Some(why) => Err((None, why)),
        None => Ok(Box::leak(Box::new(rule))),
    }
}

/// What keeps a rule from being run.
fn problem(rule: &Rule) -> Option<String> {
    let name = &rule.name;
    let kebab = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    if name.is_empty() || !name.bytes().all(kebab) {
        return Some(format!(
            "'{name}' is no name for a rule: use small letters, digits and - in the file's name"
        ));
    }
    if super::find(name).is_some() {
        return Some(format!("wattlint has a rule {name} already: give the file another name"));
    }
    if rule.check.is_some() {
        return Some("check is for built-in rules: say with a [when] table what to look for".to_owned());
    }
    let Some(when) = &rule.when else {
        return Some("a [when] table is missing, which says what to look for".to_owned());
    };
    for range in [&rule.releases, &rule.jdks].into_iter().flatten() {
        if let Err(error) = range.parse::<VersionRange>() {
            return Some(error.to_string());
        }
    }
    let reveals = rule.fix.iter().flat_map(|fix| fix.reveals.iter());
    if let Some(unknown) = reveals.map(AsRef::as_ref).find(|name| !super::may_be_revealed(name)) {
        return Some(format!("reveals: there is no rule or family '{unknown}'"));
    }
    condition(when)
}

/// What is wrong with a condition or one of its parts.
fn condition(when: &When) -> Option<String> {
    let subjects = [&when.setting, &when.jvm, &when.wrapper, &when.port, &when.posture];
    let subjects: Vec<&str> = subjects.into_iter().flatten().map(AsRef::as_ref).collect();
    let tests =
        [&when.is, &when.is_not, &when.contains, &when.lacks, &when.matches].into_iter().flatten().count();
    let tested = tests > 0 || when.missing.is_some() || when.at_least.is_some() || when.at_most.is_some();
    let combines = !(when.all.is_empty() && when.any.is_empty() && when.not.is_empty());
    match (subjects.as_slice(), tested) {
        ([], true) => {
            return Some("a condition tests a value and does not say which: add setting, jvm, wrapper, port or posture".to_owned());
        }
        ([], false) if !combines => return Some("a condition is empty".to_owned()),
        ([one], false) => {
            return Some(format!(
                "the condition on {one} says nothing of its value: add is, is_not, contains, lacks, matches, missing, \
                 at_least or at_most"
            ));
        }
        ([first, second, ..], _) => {
            return Some(format!(
                "a condition speaks of {first} and {second}: make it two, joined by all or any"
            ));
        }
        _ => {}
    }
    if let Some(pattern) = &when.matches
        && let Err(error) = Regex::new(pattern)
    {
        return Some(format!("matches: {}", error.to_string().lines().last().unwrap_or_default().trim()));
    }
    if let Some(posture) = &when.posture
        && let Err(why) = super::condition::Facet::parse(posture)
    {
        return Some(why);
    }
    [&when.all, &when.any, &when.not].into_iter().flat_map(|list| list.iter()).find_map(condition)
}
