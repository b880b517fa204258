//! From what the rules found to what counts: severities of the site's own, silenced findings, and what is to be said
//! of the silencing itself.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::comments::{self, Comment};
use super::schema::{CheckKind, Rule, Severity};
use super::{Selection, find, sort};
use crate::config::{Config, Ignored, Level, Profile};
use crate::discover::Discovery;
use crate::document::{Document, FileId, Place, Role};
use crate::finding::identity::property_at;
use crate::finding::{Finding, Label, Silencer, Suppression};
use crate::fix::{Edit, Fix, make};
use crate::suggest::nearest;
use crate::syntax::Span;

/// What counts of what was found.
#[derive(Debug, Default)]
pub struct Settled {
    /// What counts, sorted.
    pub findings: Vec<Finding>,
    /// What does not, sorted.
    pub suppressed: Vec<Finding>,
}

/// Takes the findings of all instances of a run, and tells what counts.
pub fn settle(
    discovery: &Discovery,
    selection: &Selection,
    found: impl IntoIterator<Item = Finding>,
) -> Settled {
    let mut settling = Settling::new(discovery, selection);
    settling.listen(discovery, (0..discovery.documents.len()).map(FileId));
    settling.add(discovery, found);
    settling.finish(discovery)
}

/// The same in portions, for runs too large to be in memory at once.
pub struct Settling<'s> {
    selection: &'s Selection,
    silencers: Silencers<'s>,
    settled: Settled,
}

impl<'s> Settling<'s> {
    /// Begins.
    pub fn new(discovery: &Discovery, selection: &'s Selection) -> Self {
        let silencers = Silencers::of(discovery, &selection.config);
        Settling { selection, silencers, settled: Settled::default() }
    }

    /// Reads the comments of some files, which has to happen before findings in these files are added.
    pub fn listen(&mut self, discovery: &Discovery, files: impl IntoIterator<Item = FileId>) {
        for id in files {
            let document = discovery.document(id);
            if document.context || self.silencers.comments.contains_key(&id) {
                continue;
            }
            let comments = comments::comments(document);
            if !comments.is_empty() {
                self.silencers.comments.insert(id, comments);
            }
        }
    }

    /// Takes some findings.
    pub fn add(&mut self, discovery: &Discovery, found: impl IntoIterator<Item = Finding>) {
        for mut finding in found {
            let document = discovery.document(finding.primary.place.file);
            let level = self.selection.config.severity(finding.rule, finding.severity, &document.path);
            let Some(severity) = level else { continue };
            finding.severity = severity;
            match self.silencers.silence(document, &finding) {
                Some(suppression) => {
                    finding.suppressed = Some(suppression);
                    self.settled.suppressed.push(finding);
                }
                None => self.settled.findings.push(finding),
            }
        }
    }

    /// All that counts, and what is to be said of the silencing.
    pub fn finish(self, discovery: &Discovery) -> Settled {
        let Settling { selection, silencers, mut settled } = self;
        settled.findings.extend(silencers.verdicts(discovery, selection));
        if !selection.only.is_empty() {
            let asked =
                |finding: &Finding| selection.only.iter().any(|rule| std::ptr::eq(*rule, finding.rule));
            settled.findings.retain(asked);
            settled.suppressed.retain(asked);
        }
        sort(&mut settled.findings);
        sort(&mut settled.suppressed);
        settled
    }
}

/// All that may silence findings in a run, and whether it did.
struct Silencers<'d> {
    config: &'d Config,
    comments: HashMap<FileId, Vec<Comment>>,
    /// The `[[ignore]]` tables, as they are after the fixes made so far.
    tables: Cow<'d, [Ignored]>,
    /// Of comments: the file, the comment and the name that silenced something.
    used: HashSet<(FileId, usize, usize)>,
    /// Of `[[ignore]]` tables: the table and the name.
    used_tables: HashSet<(usize, usize)>,
    active: bool,
}

impl<'d> Silencers<'d> {
    fn of(discovery: &Discovery, config: &'d Config) -> Self {
        let document = config_document(discovery).map(|id| discovery.document(id));
        let edited = document.filter(|document| {
            config.file.as_ref().is_some_and(|(_, _, text)| text.as_bytes() != document.bytes())
        });
        let tables =
            edited.and_then(|document| config.ignores_in(std::str::from_utf8(document.bytes()).ok()?).ok());
        Silencers {
            config,
            tables: tables.map_or(Cow::Borrowed(&config.ignores), Cow::Owned),
            comments: HashMap::new(),
            used: HashSet::new(),
            used_tables: HashSet::new(),
            active: !config.no_ignores,
        }
    }

    /// Who silences a finding, if anybody does. All that would are marked as used.
    fn silence(&mut self, document: &Document, finding: &Finding) -> Option<Suppression> {
        let place = finding.primary.place;
        let rule = finding.rule.name.as_ref();
        if !self.config.is_ignorable(rule) {
            return None;
        }
        let mut found = None;
        for (index, comment) in self.comments.get(&place.file).into_iter().flatten().enumerate() {
            if !comment.covers.contains(place.span) || comment.malformed.is_some() {
                continue;
            }
            for (name, _) in comment.rules.iter().enumerate().filter(|(_, (name, _))| name == rule) {
                self.used.insert((place.file, index, name));
                found = Some(Suppression { by: Silencer::Comment, reason: comment.reason.clone() });
            }
        }
        let property = property_at(document, place);
        // What is about a missing line names no property: there, it is what the rule looks for.
        let properties: Vec<&str> = match &property {
            Some(property) => vec![property.as_ref()],
            None => finding.rule.reads.iter().map(AsRef::as_ref).collect(),
        };
        let path = document.path.strip_prefix(&self.config.root).unwrap_or(&document.path);
        for (index, table) in self.tables.iter().enumerate() {
            let named = table.rules.iter().position(|(name, _)| name == rule);
            if let Some(name) = named.filter(|_| table.covers(path, &properties)) {
                self.used_tables.insert((index, name));
                found = found
                    .or_else(|| Some(Suppression { by: Silencer::Config, reason: table.reason.clone() }));
            }
        }
        found.filter(|_| self.active && self.config.profile(&document.path) != Profile::Audit)
    }

    /// What is to be said of the silencing itself.
    fn verdicts(&self, discovery: &Discovery, selection: &Selection) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (&file, comments) in &self.comments {
            for (index, comment) in comments.iter().enumerate() {
                let used = |name: usize| self.used.contains(&(file, index, name));
                let document = discovery.open(file);
                self.judge(selection, (file, &document), &Silencing::comment(comment), &used, &mut findings);
            }
        }
        let Some(file) = config_document(discovery) else { return findings };
        let document = discovery.document(file);
        for (index, table) in self.tables.iter().enumerate().filter(|(_, table)| table.in_file) {
            let used = |name: usize| self.used_tables.contains(&(index, name)) || !self.sees_all(discovery);
            self.judge(selection, (file, document), &Silencing::table(table), &used, &mut findings);
        }
        findings
    }

    /// Whether the run looks at all files the configuration is for: else what seems of no use may be of use elsewhere.
    fn sees_all(&self, discovery: &Discovery) -> bool {
        discovery.paths.iter().any(|path| self.config.root.starts_with(path))
    }

    fn judge(
        &self,
        selection: &Selection,
        (file, document): (FileId, &Document),
        silencing: &Silencing<'_>,
        used: &dyn Fn(usize) -> bool,
        findings: &mut Vec<Finding>,
    ) {
        let mut say = |name: &str, place: Span, message: String, edits: Vec<Edit>| {
            let found = (name, Place::new(file, place), message, edits);
            findings.extend(self.finding(selection, &document.path, found));
        };
        if let Some(why) = silencing.malformed {
            say(
                "suppression-malformed",
                silencing.shown,
                format!("this silences nothing: {why}"),
                Vec::new(),
            );
            return;
        }
        let strict = self.config.profile(&document.path) == Profile::Strict;
        if strict && silencing.reason.is_empty() {
            let message = "findings are silenced without a reason".to_owned();
            say("suppression-without-reason", silencing.shown, message, Vec::new());
        }
        let rules = silencing.rules;
        let named =
            |keep: &dyn Fn(usize) -> bool| (0..rules.len()).filter(|&index| keep(index)).collect::<Vec<_>>();
        let known = |index: usize| find(&rules[index].0).or_else(|| self.config.own_rule(&rules[index].0));
        for index in named(&|index| known(index).is_none()) {
            let (name, span) = &rules[index];
            let meant = nearest(name, self.config.rule_names());
            let (hint, edits) = match meant {
                Some(meant) => (
                    format!("; did you mean {meant}?"),
                    vec![Edit::replace(file, silencing.bare(*span), meant)],
                ),
                None => (String::new(), silencing.without(document, file, &[index])),
            };
            say(
                "suppression-unknown-rule",
                *span,
                format!("there is no rule {name} to silence{hint}"),
                edits,
            );
        }
        let forbidden =
            named(&|index| known(index).is_some_and(|rule| !self.config.is_ignorable(&rule.name)));
        if !forbidden.is_empty() {
            let names: Vec<&str> = forbidden.iter().map(|&index| rules[index].0.as_str()).collect();
            let message = format!("{} may not be silenced here: wattlint.toml says so", names.join(", "));
            let edits = silencing.without(document, file, &forbidden);
            say("suppression-not-allowed", rules[forbidden[0]].1, message, edits);
        }
        let idle = named(&|index| {
            let judged = known(index).is_some_and(|rule| {
                self.config.is_ignorable(&rule.name)
                    && selection.runs(rule)
                    && self.config.level(rule, &document.path) != Some(Level::Off)
            });
            judged && !used(index)
        });
        if !idle.is_empty() {
            let names: Vec<&str> = idle.iter().map(|&index| rules[index].0.as_str()).collect();
            let message = format!("there is no finding of {} here to silence", names.join(", "));
            say("suppression-unused", rules[idle[0]].1, message, silencing.without(document, file, &idle));
        }
    }

    fn finding(
        &self,
        selection: &Selection,
        path: &Path,
        (name, place, message, edits): (&str, Place, String, Vec<Edit>),
    ) -> Option<Finding> {
        let rule = find(name).filter(|rule| selection.reports(rule))?;
        let strict = self.config.profile(path) == Profile::Strict;
        let found = if strict { Severity::Error } else { rule.severity };
        let severity = self.config.severity(rule, found, path)?;
        let fix = rule.fix.as_ref().filter(|_| !edits.is_empty());
        Some(Finding {
            rule,
            severity,
            basis: rule.basis,
            message,
            primary: Label { place, text: String::new() },
            related: Vec::new(),
            notes: Vec::new(),
            assumed: Vec::new(),
            fix: fix.map(|fix| Fix::new(fix.title.as_ref(), fix.safety, edits)),
            instance: String::new(),
            suppressed: None,
        })
    }
}

/// The configuration among the documents.
fn config_document(discovery: &Discovery) -> Option<FileId> {
    // It is put behind all others.
    let last = discovery.documents.len().checked_sub(1).map(FileId)?;
    (discovery.document(last).role == Role::Config).then_some(last)
}

/// A comment or a table that silences, in one shape.
struct Silencing<'s> {
    rules: &'s [(String, Span)],
    reason: &'s str,
    malformed: Option<&'static str>,
    /// All of it, to take it away.
    whole: Span,
    /// Where to show what is wrong with all of it.
    shown: Span,
    /// Whether the names stand in quotes.
    quoted: bool,
}

impl<'s> Silencing<'s> {
    fn comment(comment: &'s Comment) -> Self {
        Silencing {
            rules: &comment.rules,
            reason: &comment.reason,
            malformed: comment.malformed,
            whole: comment.span,
            shown: comment.text,
            quoted: false,
        }
    }

    fn table(table: &'s Ignored) -> Self {
        Silencing {
            rules: &table.rules,
            reason: &table.reason,
            malformed: None,
            whole: table.span,
            shown: table.list,
            quoted: true,
        }
    }

    /// The name itself, without its quotes.
    fn bare(&self, span: Span) -> Span {
        if self.quoted { Span { start: span.start + 1, end: span.end - 1 } } else { span }
    }

    /// The edits that take some names off, or all of it if none would stay.
    fn without(&self, document: &Document, file: FileId, names: &[usize]) -> Vec<Edit> {
        if names.len() < self.rules.len() {
            let spans: Vec<Span> = self.rules.iter().map(|(_, span)| *span).collect();
            return make::remove_elements(file, &spans, |index| names.contains(&index));
        }
        let bytes = document.bytes();
        let line = Span {
            start: document.line_span(document.line_of(self.whole.start)).start,
            end: document.line_span(document.line_of(self.whole.end.saturating_sub(1))).end,
        };
        // A comment of XML may share its line with elements.
        let before = Span { start: line.start, end: self.whole.start }.of(bytes);
        let behind = Span { start: self.whole.end.min(line.end), end: line.end }.of(bytes);
        let alone = before.trim_ascii().is_empty() && behind.trim_ascii().is_empty();
        match alone {
            true => vec![make::remove_lines(document, file, line)],
            false => vec![Edit::delete(file, self.whole)],
        }
    }
}

/// Whether a rule is about the run, and not about an instance.
pub fn is_of_run(rule: &Rule) -> bool {
    rule.check == Some(CheckKind::Run)
}
