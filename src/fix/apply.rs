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
    /// The fixes together make an error that was not there.
    #[error(
        "the fixes of {rules} together would bring a new error ({new} in {path}); nothing was changed: apply them one \
         by one with --only"
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

/// What errors there are: of each rule and the file it is about, how many.
type Errors = BTreeMap<(&'static str, FileId), usize>;

fn errors<'f>(findings: impl Iterator<Item = &'f Finding>) -> Errors {
    let grave = findings.filter(|finding| finding.severity == Severity::Error);
    let mut errors = Errors::default();
    for finding in grave {
        *errors.entry((finding.rule.name.as_ref(), finding.primary.place.file)).or_default() += 1;
    }
    errors
}

/// As [`errors`], of all rules, whatever a run is limited to.
fn all_errors(discovery: &Discovery, givens: &[Given]) -> Errors {
    let groups = discovery.groups.iter().zip(givens);
    let all = groups
        .flat_map(|(group, given)| rules::check(&Instance::new(discovery, group, *given), &Selection::all()));
    errors(all.collect::<Vec<_>>().iter())
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
}

/// What may be applied.
#[derive(Debug, Clone, Copy)]
pub struct Permit {
    /// The least safe tier.
    pub tier: Safety,
    /// Whether the lines a patch needs may hold secrets (as when writing to disk).
    pub secrets: bool,
}

/// The texts of all files under edit.
#[derive(Default)]
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
/// The versions assumed at the start hold to the end: removing the very settings a release was inferred from must not
/// make it another release.
pub fn converge(
    discovery: &mut Discovery,
    given: Given,
    selection: &Selection,
    permit: Permit,
) -> Result<Outcome, FixError> {
    let first = |group| {
        let instance = Instance::new(discovery, group, given);
        let held = Given { release: Some(instance.release.value), jdk: Some(instance.jdk.value) };
        (held, rules::check(&instance, selection))
    };
    let (givens, mut found): (Vec<Given>, Vec<Vec<Finding>>) =
        parallel::map(&discovery.groups, first).into_iter().unzip();
    let settled = |discovery: &Discovery, found: &[Vec<Finding>]| {
        settle(discovery, selection, found.iter().flatten().cloned())
    };
    let mut findings = settled(discovery, &found).findings;
    let readable = unreadable(discovery);
    // Without anything to apply, nothing needs to be compared.
    let any =
        findings.iter().any(|finding| finding.fix.as_ref().is_some_and(|fix| fix.safety >= permit.tier));
    let limited = !selection.only.is_empty();
    let before = match (any, limited) {
        (false, _) => Errors::default(),
        (true, true) => all_errors(discovery, &givens),
        (true, false) => errors(findings.iter()),
    };
    let mut working = Working::default();
    let mut outcome = Outcome::default();
    for round in 0.. {
        let (chosen, withheld) = choose(discovery, findings.iter(), permit);
        outcome.withheld = withheld;
        if chosen.is_empty() {
            break;
        }
        let names = || {
            let mut names: Vec<&str> = chosen.iter().map(|finding| finding.rule.name.as_ref()).collect();
            names.sort_unstable();
            names.dedup();
            names.join(", ")
        };
        if round == MAX_ROUNDS {
            return Err(FixError::Endless { rules: names() });
        }
        for finding in &chosen {
            *outcome.applied.entry(finding.rule.name.as_ref()).or_default() += 1;
        }
        let rules = names();
        let mut edits: Vec<Edit> =
            chosen.iter().filter_map(|f| f.fix.as_ref()).flat_map(|fix| fix.edits.clone()).collect();
        edits.sort();
        edits.dedup();
        working.apply(discovery, &edits);
        if let Some(path) = unreadable(discovery).into_iter().find(|path| !readable.contains(path)) {
            return Err(FixError::Broken { path, rules });
        }
        let changed: HashSet<FileId> = edits.iter().map(|edit| edit.file).collect();
        for (index, group) in discovery.groups.iter().enumerate() {
            if group.files.iter().any(|id| changed.contains(id)) {
                found[index] = rules::check(&Instance::new(discovery, group, givens[index]), selection);
            }
        }
        findings = settled(discovery, &found).findings;
    }
    if !outcome.applied.is_empty() {
        let after = if limited { all_errors(discovery, &givens) } else { errors(findings.iter()) };
        // Whoever leaves IAIK may meet what is wrong with the lists of JSSE: one error in the place of another is no harm.
        let more = after.values().sum::<usize>() > before.values().sum();
        let new = after.iter().find(|(what, count)| *count > before.get(*what).unwrap_or(&0));
        if let Some(((rule, file), _)) = new.filter(|_| more) {
            let rules: Vec<&str> = outcome.applied.keys().copied().collect();
            return Err(FixError::Worse {
                path: discovery.document(*file).display.clone(),
                new: (*rule).to_owned(),
                rules: rules.join(", "),
            });
        }
    }
    outcome.remaining = findings;
    outcome.changes = working.changes();
    Ok(outcome)
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
