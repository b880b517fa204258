//! What `java.util.Properties` and the XML reader make of a file's bytes.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::document::{Document, FileId, Place, Role};
use crate::fix::{Edit, make};
use crate::rules::Cx;
use crate::rules::schema::{Basis, Safety, Severity};
use crate::secrets::is_secret_name;
use crate::syntax::Span;
use crate::syntax::properties::{Entry, Properties};

/// The properties files whose text people edit: settings and templates.
fn edited<'i, 'f>(cx: &Cx<'i, 'f>) -> impl Iterator<Item = (FileId, &'f Properties)> {
    with_roles(cx, &[Role::ServerCnf, Role::Template])
}

/// As [`edited`], and the security properties.
fn all<'i, 'f>(cx: &Cx<'i, 'f>) -> impl Iterator<Item = (FileId, &'f Properties)> {
    with_roles(cx, &[Role::ServerCnf, Role::Template, Role::SecurityOverride, Role::JavaSecurity])
}

fn with_roles<'i, 'f>(
    cx: &Cx<'i, 'f>,
    roles: &'static [Role],
) -> impl Iterator<Item = (FileId, &'f Properties)> {
    let instance = cx.instance;
    let files = instance.files.iter().map(move |&id| (id, instance.document(id)));
    files
        .filter(move |(_, document): &(FileId, &'f Document)| roles.contains(&document.role))
        .filter_map(|(id, document)| Some((id, document.properties()?)))
}

/// `\u` without four digits.
pub fn malformed_escape(cx: &Cx<'_, '_>) {
    for (id, doc) in all(cx) {
        let Some(broken) = doc.malformed() else { continue };
        let lost = doc.entries().count() - broken.entry;
        let after = match lost {
            1 => "this entry, the last one".to_owned(),
            lost => format!("this entry and the {} after it", lost - 1),
        };
        let backslash = broken.span.range().start;
        cx.report(
            Place::new(id, broken.span),
            "a backslash and u need four hexadecimal digits: Java stops reading here",
        )
        .label("malformed escape")
        .note(format!("the server does not get {after}"))
        .fix([Edit::insert(id, backslash, "\\")])
        .emit();
    }
}

/// Offsets of the single backslashes of a raw value that stand before a letter or digit, and whether one of them is
/// surely lost or turns a path into something else.
fn single_backslashes(raw: &[u8]) -> (Vec<usize>, bool) {
    let (mut found, mut wrong) = (Vec::new(), false);
    let mut drive = false;
    let mut at = 0;
    while at + 1 < raw.len() {
        if raw[at] != b'\\' {
            at += 1;
            continue;
        }
        let next = raw[at + 1];
        if next.is_ascii_alphanumeric() && next != b'u' {
            drive |= is_drive(&raw[..at]);
            found.push(at);
            wrong |= drive || !matches!(next, b't' | b'n' | b'r' | b'f');
        }
        at += 2;
    }
    (found, wrong)
}

/// Whether a text ends in a drive letter and its colon, escaped or not.
fn is_drive(before: &[u8]) -> bool {
    let rest = before.strip_suffix(b":").map(|rest| rest.strip_suffix(b"\\").unwrap_or(rest));
    rest.is_some_and(|rest| match rest {
        [letter] => letter.is_ascii_alphabetic(),
        [.., before, letter] => letter.is_ascii_alphabetic() && !before.is_ascii_alphanumeric(),
        [] => false,
    })
}

/// Backslashes that vanish or become control characters.
pub fn swallowed_backslash(cx: &Cx<'_, '_>) {
    for (id, doc) in edited(cx) {
        for entry in doc.loaded().filter(|entry| !entry.continued) {
            let raw = entry.value.of(doc.bytes());
            if memchr::memchr(b'\\', raw).is_none() {
                continue;
            }
            let (offsets, wrong) = single_backslashes(raw);
            if !wrong {
                continue;
            }
            let start = entry.value.range().start;
            // A network path starts with two: doubling the rest alone would leave it with one.
            let network = raw.starts_with(b"\\\\") && !raw.starts_with(b"\\\\\\\\");
            let edits = offsets.iter().map(|at| Edit::insert(id, start + at, "\\"));
            let edits: Vec<Edit> = if network { Vec::new() } else { edits.collect() };
            let first = offsets.first().map_or(0, |at| start + at);
            let is_secret = is_secret_name(&doc.key(entry));
            let span = if is_secret { entry.key } else { Span::new(first, first + 2) };
            cx.report(Place::new(id, span), "a single backslash does not survive in a properties file")
                .label(if is_secret { "in its value" } else { "read as an escape" })
                .fix(if is_secret { Vec::new() } else { edits })
                .emit();
        }
    }
}

/// The key the manual tells to enter more than once.
const REPEATABLE: &str = "watt.cds.skip.role.types";

/// Keys that stand twice.
pub fn duplicate_key(cx: &Cx<'_, '_>) {
    for (id, doc) in all(cx) {
        // The server writes its settings sorted: then a look at neighbours is enough.
        if is_sorted(doc) {
            continue;
        }
        let capacity = doc.items().len();
        let mut last: HashMap<Cow<'_, str>, &Entry, foldhash::fast::RandomState> =
            HashMap::with_capacity_and_hasher(capacity, foldhash::fast::RandomState::default());
        // From the end, so that the first one met is the one that wins.
        let entries: Vec<&Entry> = doc.loaded().collect();
        let mut findings = Vec::new();
        for entry in entries.into_iter().rev() {
            match last.entry(doc.key(entry)) {
                std::collections::hash_map::Entry::Vacant(place) => {
                    place.insert(entry);
                }
                std::collections::hash_map::Entry::Occupied(winner) => {
                    if winner.key() != REPEATABLE {
                        findings.push((entry, *winner.get()));
                    }
                }
            }
        }
        for (entry, winner) in findings.into_iter().rev() {
            let equal = doc.value(entry) == doc.value(winner);
            let key = doc.key(entry);
            let message = if equal {
                format!("{key} is set twice to the same value")
            } else {
                format!("{key} is set again further down: this line does not count")
            };
            let severity = if equal { Severity::Info } else { Severity::Warning };
            cx.report(Place::new(id, entry.key), message)
                .severity(severity)
                .label("is overridden")
                .related(Place::new(id, winner.key), "the last one wins")
                .fix([make::remove_lines(cx.instance.document(id), id, entry.span)])
                .emit();
        }
    }
}

/// Whether the keys come in ascending order, none twice.
fn is_sorted(doc: &Properties) -> bool {
    let keys = || doc.loaded().map(|entry| entry.key.of(doc.bytes()));
    keys().is_sorted_by(|a, b| a < b) && !keys().any(|key| key.contains(&b'\\'))
}

/// The key that is delivered with a blank at its end.
const SHIPPED_BLANK: &str = "watt.client.data.maxToStringLength ";

/// What decides TLS: there, cutting a blank may change who can connect.
fn is_tls_setting(key: &str) -> bool {
    let name = key.strip_prefix(crate::instance::settings::TEMPLATE_PREFIX).unwrap_or(key);
    ["watt.net.jsse.", "watt.net.ssl.", "watt.security.", "watt.ssl."]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

/// Blanks at the end of a key or value.
pub fn stray_blank(cx: &Cx<'_, '_>) {
    for (id, doc) in edited(cx) {
        for entry in doc.loaded() {
            // A blank in a key is an escaped one.
            let escaped = memchr::memchr(b'\\', entry.key.of(doc.bytes())).is_some();
            let blank = |key: &str| key.ends_with([' ', '\t']) && key != SHIPPED_BLANK;
            if let Some(key) = escaped.then(|| doc.key(entry)).filter(|key| blank(key)) {
                let message =
                    format!("the key ends in a blank: the server does not know it as {}", key.trim_end());
                cx.report(Place::new(id, entry.key), message).emit();
            }
            let raw = entry.value.of(doc.bytes());
            let kept = raw.trim_ascii_end().len();
            // An escaped blank at the end is meant.
            if kept == raw.len() || kept == 0 || raw[..kept].ends_with(b"\\") {
                continue;
            }
            let end = entry.value.range().end;
            let blanks = Span::new(entry.value.range().start + kept, end);
            let edit = Edit::delete(id, blanks);
            let key = doc.key(entry);
            let draft = cx.report(
                Place::new(id, blanks),
                format!("the value of {key} ends in a blank, which Java keeps"),
            );
            if is_secret_name(&key) {
                draft.note("in a password the blank may be meant").emit();
            } else if is_tls_setting(&key) {
                draft.fix_with(Safety::Unsafe, [edit]).emit();
            } else {
                draft.fix([edit]).emit();
            }
        }
    }
}

/// `key==value`
pub fn doubled_separator(cx: &Cx<'_, '_>) {
    for (id, doc) in edited(cx) {
        for entry in doc.loaded().filter(|entry| entry.value.of(doc.bytes()).starts_with(b"=")) {
            let key = doc.key(entry);
            let start = entry.value.range().start;
            let second = Span::new(start, start + 1);
            let draft = cx
                .report(Place::new(id, second), format!("the value of {key} begins with an equal sign"))
                .label("part of the value");
            if is_secret_name(&key) {
                draft.note("in a password it may be meant").emit();
            } else {
                draft.fix([Edit::delete(id, second)]).emit();
            }
        }
    }
}

/// XML that can't be read.
pub fn ports_malformed(cx: &Cx<'_, '_>) {
    for (id, document) in cx.instance.with_role(Role::Ports) {
        let Some(broken) = document.ports().and_then(|ports| ports.malformed()) else {
            continue;
        };
        let draft = cx
            .report(Place::new(id, broken.at), format!("this is no readable ports file: {}", broken.why))
            .label("reading stops here");
        // That the server refuses what we refuse for safety's sake is only likely.
        if broken.limit { draft.basis(Basis::Inferred).emit() } else { draft.emit() }
    }
}
