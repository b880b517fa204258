//! Choosing fixes that do not collide, and applying them in memory until nothing applies any more.

use std::collections::{BTreeMap, HashMap, HashSet};

use thiserror::Error;

use super::edit::EditedText;
use super::{Edit, Fix};
use crate::discover::Discovery;
use crate::document::FileId;
use crate::finding::Finding;
use crate::instance::{Given, Instance};
use crate::parallel;
use crate::rules::schema::{Safety, Severity};
use crate::rules::settle::settle;
use crate::rules::{self, Selection};
use crate::secrets;
use crate::syntax::Span;
use crate::syntax::properties::Item;

/// Rounds after which fixes that keep asking for more are given up.
const MAX_ROUNDS: usize = 10;

/// Why a set of fixes could not be brought to an end. Nothing was changed.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FixError {
    /// Fixes undo each other.
    #[error(
        "the fixes do not come to an end ({rules}); nothing was changed: apply them one by one with --only"
    )]
    Endless {
        /// The rules still asking for changes.
        rules: String,
    },
    /// A fix broke a file's syntax.
    #[error("a fix would make {path} unreadable for the server ({rules}); nothing was changed")]
    Broken {
        /// The file.
        path: String,
        /// The rules whose fixes were applied.
        rules: String,
    },
    /// Fixes asked for by name make more errors than there were.
    #[error(
        "the fixes of {rules} would bring a new error ({new} in {path}); nothing was changed: make the change by hand, \
         and look at both"
    )]
    Worse {
        /// The file.
        path: String,
        /// The rule that has something to say now.
        new: String,
        /// The rules whose fixes were applied.
        rules: String,
    },
}

/// How many findings there are of each rule in each file, and how many of them are errors.
type Census = BTreeMap<(&'static str, FileId), (usize, usize)>;

fn census<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Census {
    let mut census = Census::default();
    for finding in findings {
        let counts = census.entry((finding.rule.name.as_ref(), finding.primary.place.file)).or_default();
        counts.0 += 1;
        counts.1 += usize::from(finding.severity == Severity::Error);
    }
    census
}

/// What there is more of than before.
fn news(before: &Census, after: &Census) -> Vec<(&'static str, FileId)> {
    let known = |what| before.get(what).copied().unwrap_or_default();
    let more = after.iter().filter(|(what, counts)| counts.0 > known(*what).0 || counts.1 > known(*what).1);
    more.map(|(what, _)| *what).collect()
}

fn errors_of(census: &Census) -> usize {
    census.values().map(|(_, errors)| errors).sum()
}

/// Fixes that were left out, because a finding would come up that was not there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The rules whose fixes these are.
    pub rules: Vec<&'static str>,
    /// The rule that would have something to say.
    pub new: &'static str,
    /// About which file.
    pub file: FileId,
}

/// A file with its edits against the bytes on disk.
#[derive(Debug, Clone)]
pub struct Change {
    /// The file.
    pub file: FileId,
    /// Sorted, disjoint, in offsets of the original.
    pub edits: Vec<Edit>,
    /// The bytes before.
    pub before: Vec<u8>,
    /// The bytes after.
    pub after: Vec<u8>,
}

/// What became of the fixes.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The files to change, sorted.
    pub changes: Vec<Change>,
    /// Rule names of the fixes applied, with how often.
    pub applied: BTreeMap<&'static str, usize>,
    /// What remains afterwards.
    pub remaining: Vec<Finding>,
    /// Fixes left out because a patch would have to show a secret.
    pub withheld: Vec<Finding>,
    /// Fixes left out because something new would be wrong.
    pub conflicts: Vec<Conflict>,
    /// What is new all the same, rule and file: what fixes were to reveal, and all where a fix was asked for by name.
    pub uncovered: Vec<(&'static str, FileId)>,
}

/// What may be applied.
#[derive(Debug, Clone, Copy)]
pub struct Permit {
    /// The least safe tier.
    pub tier: Safety,
    /// Whether the lines a patch needs may hold secrets (as when writing to disk).
    pub secrets: bool,
}

/// Says of a finding whether its fix is wanted.
pub type Wanted<'w> = &'w dyn Fn(&Discovery, &Finding) -> bool;

/// The texts of all files under edit.
#[derive(Default, Clone)]
pub struct Working {
    texts: BTreeMap<FileId, (Vec<u8>, EditedText)>,
}

impl Working {
    /// Makes one round of disjoint edits, and replaces the documents by the edited ones.
    pub fn apply(&mut self, discovery: &mut Discovery, edits: &[Edit]) {
        let mut by_file: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
        for edit in edits {
            by_file.entry(edit.file).or_default().push(edit);
        }
        for (file, edits) in by_file {
            let document = &mut discovery.documents[file.0];
            let (before, text) = self.texts.entry(file).or_insert_with(|| {
                let before = document.bytes().to_vec();
                let text = EditedText::new(before.len());
                (before, text)
            });
            text.apply(&edits);
            *document = document.with_bytes(text.bytes(before));
        }
    }

    /// Takes the documents back to an earlier state of the same edits.
    fn go_back(&mut self, discovery: &mut Discovery, earlier: &Working) {
        for (file, (before, _)) in &self.texts {
            let text = earlier.texts.get(file).map_or_else(|| before.clone(), |(_, text)| text.bytes(before));
            let document = &mut discovery.documents[file.0];
            if document.bytes() != text {
                *document = document.with_bytes(text);
            }
        }
        self.clone_from(earlier);
    }

    /// The files that differ from what they were.
    pub fn changes(self) -> Vec<Change> {
        self.texts
            .into_iter()
            .map(|(file, (before, text))| Change {
                file,
                edits: text.against_original(file, before.len()),
                after: text.bytes(&before),
                before,
            })
            .filter(|change| change.before != change.after)
            .collect()
    }
}

/// Applies fixes round after round until none is left that may be applied. Works on `discovery` in memory only.
///
/// In a run over all rules, nothing new may be wrong afterwards but what a fix is to reveal: fixes that would bring another
/// finding are left out, with all fixes of the rule in the instances concerned. Fixes asked for by name are made, as long as no error is the price.
///
/// The versions assumed at the start hold to the end: removing the very settings a release was inferred from must not
/// make it another release.
///
/// # Errors
/// See [`FixError`]; `discovery` then is in any state.
pub fn converge(
    discovery: &mut Discovery,
    given: Given,
    selection: &Selection,
    permit: Permit,
) -> Result<Outcome, FixError> {
    converge_wanted(discovery, given, selection, permit, &|_, _| true)
}

/// As [`converge`], with only those fixes that are wanted. Asked for each finding in each round, of the documents as they
/// are then.
///
/// # Errors
/// See [`FixError`]; `discovery` then is in any state.
pub fn converge_wanted(
    discovery: &mut Discovery,
    given: Given,
    selection: &Selection,
    permit: Permit,
    wanted: Wanted<'_>,
) -> Result<Outcome, FixError> {
    let mut run = Run::new(discovery, given, selection, permit, wanted);
    let mut outcome = Outcome::default();
    let none = Barred::default();
    for _ in 0..MAX_ROUNDS {
        let start = run.state.clone();
        let before = run.census(discovery);
        let mut done = run.rounds(discovery, &none)?;
        let after = if done.applied.is_empty() { before.clone() } else { run.census(discovery) };
        let all = news(&before, &after);
        if !selection.only.is_empty() {
            run.refuse_errors(discovery, &before, &after, &all, &done)?;
            done.uncovered = all;
            return Ok(run.end(done));
        }
        let new = run.unrevealed(&before, &after, &done);
        if new.is_empty() {
            done.uncovered = all;
            merge(&mut outcome, done);
            return Ok(run.end(outcome));
        }
        let mut barred = Barred::default();
        let done = run.without_conflicts(discovery, &start, &before, new, &mut done, &mut barred)?;
        let over = done.applied.is_empty();
        merge(&mut outcome, done);
        // What was left out may fit now that the others are made: a run is over when another one would change nothing.
        if over {
            return Ok(run.end(outcome));
        }
    }
    Err(FixError::Endless { rules: outcome.applied.into_keys().collect::<Vec<_>>().join(", ") })
}

/// Adds what a later pass did; what was left out is what the last one left out.
fn merge(outcome: &mut Outcome, later: Outcome) {
    for (rule, count) in later.applied {
        *outcome.applied.entry(rule).or_default() += count;
    }
    outcome.withheld = later.withheld;
    outcome.conflicts = later.conflicts;
    outcome.uncovered.extend(later.uncovered);
}

/// What may be fixed now: the findings that a run with this permission would begin with, sorted.
pub fn fixable(discovery: &Discovery, given: Given, selection: &Selection, permit: Permit) -> Vec<Finding> {
    let run = Run::new(discovery, given, selection, permit, &|_, _| true);
    let may = |finding: &Finding| {
        finding.fix.as_ref().is_some_and(|fix| fix.safety >= permit.tier && !fix.edits.is_empty())
    };
    run.findings.into_iter().filter(may).collect()
}

/// Rules whose fixes in a file are left out.
type Barred = HashSet<(&'static str, FileId)>;

/// Where a run stands: the texts, and what each instance has.
#[derive(Clone, Default)]
struct State {
    working: Working,
    found: Vec<Vec<Finding>>,
}

/// A run over some documents.
struct Run<'s> {
    selection: &'s Selection,
    permit: Permit,
    wanted: Wanted<'s>,
    /// The versions of each instance.
    givens: Vec<Given>,
    /// The files that could not be read to the end before.
    unreadable: Vec<String>,
    state: State,
    /// What counts now.
    findings: Vec<Finding>,
}

impl<'s> Run<'s> {
    fn new(
        discovery: &Discovery,
        given: Given,
        selection: &'s Selection,
        permit: Permit,
        wanted: Wanted<'s>,
    ) -> Self {
        let first = |group| {
            let instance = Instance::new(discovery, group, given);
            let held = Given { release: Some(instance.release.value), jdk: Some(instance.jdk.value) };
            (held, rules::check(&instance, selection))
        };
        let (givens, found) = parallel::map(&discovery.groups, first).into_iter().unzip();
        let state = State { working: Working::default(), found };
        let unreadable = unreadable(discovery);
        let mut run = Run { selection, permit, wanted, givens, unreadable, state, findings: Vec::new() };
        run.settle(discovery);
        run
    }

    fn settle(&mut self, discovery: &Discovery) {
        let found = self.state.found.iter().flatten().cloned();
        self.findings = settle(discovery, self.selection, found).findings;
    }

    fn go_back(&mut self, discovery: &mut Discovery, start: &State) {
        self.state.working.go_back(discovery, &start.working);
        self.state.found.clone_from(&start.found);
        self.settle(discovery);
    }

    /// What there is of all rules, whatever the run is limited to. Without a fix, nothing needs to be compared.
    fn census(&self, discovery: &Discovery) -> Census {
        let may = |finding: &Finding| finding.fix.as_ref().is_some_and(|fix| fix.safety >= self.permit.tier);
        if self.selection.only.is_empty() {
            return census(&self.findings);
        }
        if self.state.working.texts.is_empty() && !self.findings.iter().any(may) {
            return Census::default();
        }
        let all = Selection { only: Vec::new(), config: self.selection.config.clone() };
        let groups = discovery.groups.iter().zip(&self.givens);
        let found: Vec<Finding> = groups
            .flat_map(|(group, given)| rules::check(&Instance::new(discovery, group, *given), &all))
            .collect();
        census(&settle(discovery, &all, found).findings)
    }

    /// Makes fixes, but for those barred, until there is none.
    fn rounds(&mut self, discovery: &mut Discovery, barred: &Barred) -> Result<Outcome, FixError> {
        let mut outcome = Outcome::default();
        for round in 0.. {
            let allowed = self.findings.iter().filter(|finding| {
                !barred.contains(&(finding.rule.name.as_ref(), finding.primary.place.file))
                    && (self.wanted)(discovery, finding)
            });
            let (chosen, withheld) = choose(discovery, allowed, self.permit);
            outcome.withheld = withheld;
            if chosen.is_empty() {
                break;
            }
            let rules = names(&chosen);
            if round == MAX_ROUNDS {
                return Err(FixError::Endless { rules });
            }
            for finding in &chosen {
                *outcome.applied.entry(finding.rule.name.as_ref()).or_default() += 1;
            }
            let mut edits: Vec<Edit> =
                chosen.iter().filter_map(|f| f.fix.as_ref()).flat_map(|fix| fix.edits.clone()).collect();
            edits.sort();
            edits.dedup();
            self.state.working.apply(discovery, &edits);
            if let Some(path) = unreadable(discovery).into_iter().find(|path| !self.unreadable.contains(path))
            {
                return Err(FixError::Broken { path, rules });
            }
            let changed: HashSet<FileId> = edits.iter().map(|edit| edit.file).collect();
            for (index, group) in discovery.groups.iter().enumerate() {
                if group.files.iter().any(|id| changed.contains(id)) {
                    let instance = Instance::new(discovery, group, self.givens[index]);
                    self.state.found[index] = rules::check(&instance, self.selection);
                }
            }
            self.settle(discovery);
        }
        Ok(outcome)
    }

    /// Goes back and makes the fixes without those that bring something new: of each rule by itself, of all together
    /// where no single rule is to blame.
    fn without_conflicts(
        &mut self,
        discovery: &mut Discovery,
        start: &State,
        before: &Census,
        mut new: Vec<(&'static str, FileId)>,
        tried: &mut Outcome,
        barred: &mut Barred,
    ) -> Result<Outcome, FixError> {
        let mut conflicts: Vec<Conflict> = Vec::new();
        while !new.is_empty() {
            let files = beside(discovery, &new);
            let suspects: Vec<&'static str> = tried.applied.keys().copied().collect();
            let mut cleared = false;
            for rule in &suspects {
                let without: Barred =
                    barred.iter().copied().chain(files.iter().map(|file| (*rule, *file))).collect();
                self.go_back(discovery, start);
                let done = self.rounds(discovery, &without)?;
                let left = self.unrevealed(before, &self.census(discovery), &done);
                let gone: Vec<_> = new.iter().copied().filter(|what| !left.contains(what)).collect();
                if gone.is_empty() || left.len() >= new.len() {
                    continue;
                }
                let near = beside(discovery, &gone);
                barred.extend(near.iter().map(|file| (*rule, *file)));
                conflicts.extend(gone.iter().map(|(new, file)| Conflict {
                    rules: vec![rule],
                    new,
                    file: *file,
                }));
                *tried = done;
                cleared = true;
                break;
            }
            if !cleared {
                let known = barred.len();
                barred.extend(suspects.iter().flat_map(|rule| files.iter().map(|file| (*rule, *file))));
                conflicts.extend(new.iter().map(|(new, file)| Conflict {
                    rules: suspects.clone(),
                    new,
                    file: *file,
                }));
                if barred.len() == known {
                    let (new, file) = new[0];
                    return Err(self.worse(discovery, new, file, tried));
                }
            }
            self.go_back(discovery, start);
            *tried = self.rounds(discovery, barred)?;
            new = self.unrevealed(before, &self.census(discovery), tried);
        }
        conflicts.sort_by_key(|conflict| (conflict.file, conflict.rules.clone(), conflict.new));
        Ok(Outcome { conflicts, ..std::mem::take(tried) })
    }

    /// What there is more of than before, and is no truth that one of the fixes made is to reveal. One error in the place
    /// of another may be revealed; one more is always too much.
    fn unrevealed(&self, before: &Census, after: &Census, done: &Outcome) -> Vec<(&'static str, FileId)> {
        let applied = done.applied.keys().filter_map(|name| self.selection.find(name));
        let names: HashSet<&str> = applied
            .filter_map(|rule| rule.fix.as_ref())
            .flat_map(|fix| fix.reveals.iter())
            .map(AsRef::as_ref)
            .collect();
        let reveals = |name: &str| {
            let family = self.selection.find(name).map_or("", |rule| rule.family.as_ref());
            [name, family, "*"].into_iter().any(|name| names.contains(name))
        };
        let errors =
            |census: &Census, what: &(&str, FileId)| census.get(what).map_or(0, |(_, errors)| *errors);
        let more = errors_of(after) > errors_of(before);
        let graver = |what: &(&str, FileId)| more && errors(after, what) > errors(before, what);
        news(before, after).into_iter().filter(|what| graver(what) || !reveals(what.0)).collect()
    }

    fn worse(&self, discovery: &Discovery, new: &str, file: FileId, outcome: &Outcome) -> FixError {
        FixError::Worse {
            path: discovery.document(file).display.clone(),
            new: new.to_owned(),
            rules: outcome.applied.keys().copied().collect::<Vec<_>>().join(", "),
        }
    }

    /// Whoever leaves IAIK may meet what is wrong with the lists of JSSE: one error in the place of another is no harm.
    fn refuse_errors(
        &self,
        discovery: &Discovery,
        before: &Census,
        after: &Census,
        new: &[(&'static str, FileId)],
        outcome: &Outcome,
    ) -> Result<(), FixError> {
        let known = |what| before.get(what).map_or(0, |(_, errors)| *errors);
        let grave =
            new.iter().find(|what| after.get(*what).is_some_and(|(_, errors)| *errors > known(*what)));
        match grave.filter(|_| errors_of(after) > errors_of(before)) {
            Some((new, file)) => Err(self.worse(discovery, new, *file, outcome)),
            None => Ok(()),
        }
    }

    fn end(self, outcome: Outcome) -> Outcome {
        Outcome { remaining: self.findings, changes: self.state.working.changes(), ..outcome }
    }
}

fn names(chosen: &[Finding]) -> String {
    let names: std::collections::BTreeSet<&str> =
        chosen.iter().map(|finding| finding.rule.name.as_ref()).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// The files of all instances that some findings are about.
fn beside(discovery: &Discovery, findings: &[(&'static str, FileId)]) -> HashSet<FileId> {
    let about: HashSet<FileId> = findings.iter().map(|(_, file)| *file).collect();
    let groups = discovery.groups.iter().filter(|group| group.files.iter().any(|id| about.contains(id)));
    groups.flat_map(|group| group.files.iter().copied()).chain(about.iter().copied()).collect()
}

/// The files whose syntax the server can't read to the end.
fn unreadable(discovery: &Discovery) -> Vec<String> {
    let broken = discovery.documents.iter().filter(|document| {
        document.properties().is_some_and(|doc| doc.malformed().is_some())
            || document.ports().is_some_and(|doc| doc.malformed().is_some())
    });
    broken.map(|document| document.display.clone()).collect()
}

/// Takes fixes in the order of their places, each whole or not at all, as long as they collide with none taken before.
/// The second list has those that only a write to disk may apply, since a patch would show a secret.
fn choose<'f>(
    discovery: &Discovery,
    findings: impl Iterator<Item = &'f Finding>,
    permit: Permit,
) -> (Vec<Finding>, Vec<Finding>) {
    let mut candidates: Vec<&Finding> = findings
        .filter(|finding| {
            finding.fix.as_ref().is_some_and(|fix| fix.safety >= permit.tier && !fix.edits.is_empty())
        })
        .collect();
    candidates.sort_by_key(|finding| {
        (finding.primary.place.file, finding.primary.place.span.start, finding.rule.name.as_ref())
    });
    let mut taken: Vec<Finding> = Vec::new();
    // By place. Zones are equal or apart, so only the last one that starts before an edit's zone ends can collide.
    let mut edits: BTreeMap<(FileId, u32), (Span, &Edit)> = BTreeMap::new();
    let mut withheld = Vec::new();
    let mut secrets = Secrets::default();
    for finding in candidates {
        let Some(fix) = &finding.fix else { continue };
        let foreign = fix.edits.iter().any(|edit| discovery.document(edit.file).context);
        let collides = |edit: &Edit| {
            let zone = zone(discovery, edit);
            let before = edits.range(..=(edit.file, zone.end)).next_back();
            before.is_some_and(|((file, _), (other, taken))| {
                let meet = *file == edit.file && zone.start <= other.end && other.start <= zone.end;
                meet && *taken != edit
            })
        };
        if foreign || fix.edits.iter().any(collides) {
            continue;
        }
        if !permit.secrets && secrets.shown_by(discovery, fix) {
            withheld.push(finding.clone());
            continue;
        }
        for edit in &fix.edits {
            let zone = zone(discovery, edit);
            edits.insert((edit.file, zone.start), (zone, edit));
        }
        taken.push(finding.clone());
    }
    // What two instances find in a file they share is one finding, here as in what remains.
    rules::sort(&mut taken);
    rules::sort(&mut withheld);
    (taken, withheld)
}

/// What an edit claims for itself in a round: of a properties file the whole entry it changes, since two fixes that
/// each know what a value should be know nothing of each other; elsewhere its own bytes.
fn zone(discovery: &Discovery, edit: &Edit) -> Span {
    let Some(doc) = discovery.document(edit.file).properties() else { return edit.span };
    let items = doc.items();
    let index = items.partition_point(|item| item.span().end <= edit.span.start);
    match items.get(index) {
        // At the very start of an entry, a new line goes before it.
        Some(Item::Entry(entry)) if edit.span.start > entry.span.start || !edit.span.is_empty() => Span {
            start: entry.span.start,
            end: entry.span.end.max(edit.span.end).saturating_sub(1).max(edit.span.start),
        },
        _ => edit.span,
    }
}

/// The secrets of the files of one run, looked up once a file.
#[derive(Default)]
pub struct Secrets(HashMap<FileId, Vec<Span>>);

impl Secrets {
    /// Whether a patch with this fix would have to show a secret: in a line it changes, or in the line right below,
    /// which `git apply` needs as context.
    pub fn shown_by(&mut self, discovery: &Discovery, fix: &Fix) -> bool {
        fix.edits.iter().any(|edit| {
            let document = discovery.document(edit.file);
            let secrets = self.0.entry(edit.file).or_insert_with(|| secrets::spans(document));
            // Lines as a patch counts them, which knows no lone CR: those changed, and the one below.
            let bytes = document.bytes();
            let range = edit.span.range();
            let start = memchr::memrchr(b'\n', &bytes[..range.start]).map_or(0, |at| at + 1);
            let mut below = memchr::memchr_iter(b'\n', &bytes[range.end..]).skip(1);
            let end = below.next().map_or(bytes.len(), |at| range.end + at + 1);
            let inserted = crate::syntax::display_text(&edit.text).into_owned();
            secrets::touches(secrets, Span::new(start, end)) || secrets::masked(inserted.clone()) != inserted
        })
    }
}
