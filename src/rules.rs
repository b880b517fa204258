//! Rules: what they are, which run on an instance, and the context their checks see.

pub mod checks;
pub mod comments;
pub mod condition;
pub mod examples;
pub mod own;
pub mod schema;
pub mod settle;

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;

use schema::{Basis, CheckKind, Example, Expected, Rule, RuleFix, Safety, Severity, When};

use crate::config::Config;
use crate::document::Place;
use crate::finding::{Finding, Label};
use crate::fix::{Edit, Fix};
use crate::instance::Instance;
use crate::instance::release::{Jdk, Release, VersionRange};
use crate::instance::wrapper::FIRST_OWN_INDEX;
use crate::secrets::masked;
use crate::tls::posture::Posture;

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// The built-in rules, sorted by name.
pub fn builtin() -> &'static [Rule] {
    BUILTIN
}

/// The built-in rule of that name.
pub fn find(name: &str) -> Option<&'static Rule> {
    let index = BUILTIN.binary_search_by(|rule| rule.name.as_ref().cmp(name)).ok()?;
    Some(&BUILTIN[index])
}

/// Whether a fix may say that it reveals this: a rule, a family or `*`.
pub fn may_be_revealed(name: &str) -> bool {
    name == "*"
        || name == own::FAMILY
        || find(name).is_some()
        || BUILTIN.iter().any(|rule| rule.family == name)
}

/// A native check.
pub type Check = fn(&Cx<'_, '_>);

/// What a check sees: one instance, and the way to report.
pub struct Cx<'i, 'f> {
    /// The instance.
    pub instance: &'i Instance<'f>,
    /// The rule being checked.
    pub rule: &'static Rule,
    /// The settings of the run.
    pub config: &'i Config,
    shared: &'i Shared<'i, 'f>,
    uses_release: Cell<bool>,
    uses_jdk: Cell<bool>,
}

/// What all checks of an instance share.
#[derive(Default)]
struct Shared<'i, 'f> {
    posture: OnceCell<Posture<'i, 'f>>,
    findings: RefCell<Vec<Finding>>,
    /// Wrapper indexes below this were given away by fixes of this round already.
    next_index: Cell<u64>,
}

impl<'i, 'f> Cx<'i, 'f> {
    /// The release. Findings made after this say if it was only assumed.
    pub fn release(&self) -> Release {
        self.uses_release.set(true);
        self.instance.release.value
    }

    /// The tier of a fix that takes something away because of the release: safe only if the release is known.
    pub fn safety_by_release(&self) -> Safety {
        if self.instance.release.is_assumed() { Safety::Unsafe } else { Safety::Safe }
    }

    /// The JDK. Findings made after this say if it was only assumed.
    pub fn jdk(&self) -> Jdk {
        self.uses_jdk.set(true);
        self.instance.jdk.value
    }

    /// The effective posture. What follows from the release or the JDK has to ask for them too.
    pub fn posture(&self) -> &'i Posture<'i, 'f> {
        self.shared.posture.get_or_init(|| Posture::of(self.instance))
    }

    /// A wrapper index from 400 on that is free and that no other fix of this run was given.
    pub fn fresh_index(&self) -> u64 {
        let from = self.shared.next_index.get();
        let index = self.instance.wrapper.free_index(from.max(FIRST_OWN_INDEX));
        self.shared.next_index.set(index + 1);
        index
    }

    /// Begins a finding: the place, and what is wrong in one sentence without a full stop.
    pub fn report(&self, place: Place, message: impl Into<String>) -> Draft<'_> {
        let release = &self.instance.release;
        let jdk = &self.instance.jdk;
        let mut assumed = Vec::new();
        if (self.uses_release.get() || self.rule.releases.is_some()) && release.is_assumed() {
            assumed.push(format!("release {release}"));
        }
        if (self.uses_jdk.get() || self.rule.jdks.is_some()) && jdk.is_assumed() {
            assumed.push(format!("Java {jdk}"));
        }
        Draft {
            sink: &self.shared.findings,
            rule: self.rule,
            finding: Finding {
                rule: self.rule,
                severity: self.rule.severity,
                basis: self.rule.basis,
                message: message.into(),
                primary: Label { place, text: String::new() },
                related: Vec::new(),
                notes: Vec::new(),
                assumed,
                fix: None,
                instance: self.instance.name.to_owned(),
                suppressed: None,
            },
        }
    }
}

/// A finding under construction; [`Draft::emit`] reports it.
#[must_use = "a draft is only reported by emit()"]
pub struct Draft<'c> {
    sink: &'c RefCell<Vec<Finding>>,
    rule: &'static Rule,
    finding: Finding,
}

impl Draft<'_> {
    /// A few words at the primary place.
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.finding.primary.text = text.into();
        self
    }

    /// Another place that matters.
    pub fn related(mut self, place: Place, text: impl Into<String>) -> Self {
        self.finding.related.push(Label { place, text: text.into() });
        self
    }

    /// A further fact.
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.finding.notes.push(text.into());
        self
    }

    /// A severity other than the rule's. A verdict that is only inferred is at most a warning.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.finding.severity = severity;
        self
    }

    /// A basis other than the rule's.
    pub fn basis(mut self, basis: Basis) -> Self {
        self.finding.basis = basis;
        self
    }

    /// The rule's fix with these edits; without any edit, it stays advice.
    pub fn fix(self, edits: impl IntoIterator<Item = Edit>) -> Self {
        let safety = self.rule.fix.as_ref().map_or(Safety::Manual, |fix| fix.safety);
        self.fix_with(safety, edits)
    }

    /// As [`Draft::fix`], in a tier that is at most the rule's.
    pub fn fix_with(mut self, safety: Safety, edits: impl IntoIterator<Item = Edit>) -> Self {
        let edits: Vec<Edit> = edits.into_iter().collect();
        if let Some(fix) = &self.rule.fix
            && !edits.is_empty()
        {
            self.finding.fix = Some(Fix::new(fix.title.as_ref(), safety.min(fix.safety), edits));
        }
        self
    }

    /// Reports it.
    pub fn emit(mut self) {
        let finding = &mut self.finding;
        let texts = [&mut finding.message, &mut finding.primary.text].into_iter();
        let texts =
            texts.chain(&mut finding.notes).chain(finding.related.iter_mut().map(|label| &mut label.text));
        for text in texts {
            *text = masked(std::mem::take(text));
        }
        if self.finding.basis == Basis::Inferred {
            self.finding.severity = self.finding.severity.min(Severity::Warning);
        }
        self.sink.borrow_mut().push(self.finding);
    }
}

/// Which rules run.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only these; all if empty.
    pub only: Vec<&'static Rule>,
    /// The settings of the run.
    pub config: Arc<Config>,
}

impl Selection {
    /// All built-in rules.
    pub fn all() -> Self {
        Selection::default()
    }

    /// A single rule.
    pub fn one(rule: &'static Rule) -> Self {
        Selection { only: vec![rule], ..Selection::default() }
    }

    /// The rules that run: those of the site's own behind the built-in ones.
    pub fn rules(&self) -> Box<dyn Iterator<Item = &'static Rule> + '_> {
        // What is of no use to anybody, only all rules together can tell.
        if self.only.is_empty() || self.only.iter().any(|rule| settle::is_of_run(rule)) {
            Box::new(BUILTIN.iter().chain(self.config.rules.iter().copied()))
        } else {
            Box::new(self.only.iter().copied())
        }
    }

    /// The rule of a name, built-in or of the site's own.
    pub fn find(&self, name: &str) -> Option<&'static Rule> {
        find(name).or_else(|| self.config.own_rule(name))
    }

    /// Whether a rule runs.
    pub fn runs(&self, rule: &Rule) -> bool {
        self.rules().any(|known| std::ptr::eq(known, rule))
    }

    /// Whether the findings of a rule are wanted.
    pub fn reports(&self, rule: &Rule) -> bool {
        self.only.is_empty() || self.only.iter().any(|known| std::ptr::eq(*known, rule))
    }
}

fn in_range(range: Option<&Cow<'static, str>>, holds: impl Fn(&VersionRange) -> bool) -> bool {
    // Ranges of built-in rules are tested to parse; one that does not is no reason to keep a rule silent.
    range.is_none_or(|text| {
        text.parse().is_ok_and(|range| holds(&range)) || text.parse::<VersionRange>().is_err()
    })
}

/// Whether a rule has anything to say about an instance's release and JDK.
pub fn applies(rule: &Rule, instance: &Instance<'_>) -> bool {
    in_range(rule.releases.as_ref(), |range| range.has_release(instance.release.value))
        && in_range(rule.jdks.as_ref(), |range| range.has_jdk(instance.jdk.value))
}

/// Checks one instance: all its rules find, whatever the site says of it ([`settle`] asks that). Findings come sorted by
/// place, then rule.
pub fn check<'i>(instance: &'i Instance<'_>, selection: &'i Selection) -> Vec<Finding> {
    let shared = Shared::default();
    for rule in selection.rules().filter(|rule| applies(rule, instance)) {
        let cx = Cx {
            instance,
            rule,
            config: &selection.config,
            shared: &shared,
            uses_release: Cell::new(false),
            uses_jdk: Cell::new(false),
        };
        match (&rule.when, checks::native(&rule.name)) {
            (Some(when), _) => condition::check(&cx, when),
            (None, Some(check)) => check(&cx),
            (None, None) => {}
        }
    }
    let mut findings = shared.findings.take();
    findings.retain(|finding| !instance.document(finding.primary.place.file).context);
    sort(&mut findings);
    findings
}

/// Sorts findings by place, then rule; a file shared by several instances is reported once.
pub fn sort(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| {
        (a.primary.place.file, a.primary.place.span.start, &a.rule.name, &a.message).cmp(&(
            b.primary.place.file,
            b.primary.place.span.start,
            &b.rule.name,
            &b.message,
        ))
    });
    findings.dedup_by(|a, b| a.rule.name == b.rule.name && a.primary == b.primary && a.message == b.message);
}
