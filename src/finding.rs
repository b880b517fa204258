//! What a rule found: where, how bad, how it is known, and what can be done.

pub mod identity;

use crate::document::Place;
use crate::fix::Fix;
use crate::rules::schema::{Basis, Rule, Severity};

/// A place and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// A few words; may be empty for the primary place.
    pub text: String,
}

/// Who said that a finding does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Silencer {
    /// A comment in the file.
    Comment,
    /// An `[[ignore]]` of wattlint.toml.
    Config,
    /// The baseline.
    Baseline,
}

/// That a finding does not count, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// Who said so.
    pub by: Silencer,
    /// The reason given; empty if none is.
    pub reason: String,
}

/// A rule's verdict.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How bad it is here.
    pub severity: Severity,
    /// How it is known here.
    pub basis: Basis,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where.
    pub primary: Label,
    /// Other places that matter, in this file or others.
    pub related: Vec<Label>,
    /// Further facts.
    pub notes: Vec<String>,
    /// What was assumed, because no file tells it.
    pub assumed: Vec<String>,
    /// What can be done mechanically.
    pub fix: Option<Fix>,
    /// The instance's name.
    pub instance: String,
    /// That it does not count, and why.
    pub suppressed: Option<Suppression>,
}

impl Finding {
    /// What to do, in words: the fix's title, or that of the advice.
    pub fn advice(&self) -> Option<&str> {
        match (&self.fix, &self.rule.fix) {
            (Some(fix), _) => Some(&fix.title),
            (None, Some(fix)) => Some(&fix.title),
            (None, None) => None,
        }
    }
}
