//! Names and values of watt settings, held against the catalog.

use std::collections::{BTreeMap, HashSet};

use super::listing;
use crate::catalog::{self, Likeness, ValueKind, Watt};
use crate::document::{FileId, Place, Role};
use crate::fix::{Edit, make};
use crate::instance::Port;
use crate::instance::settings::{TEMPLATE_PREFIX, Written};
use crate::parallel;
use crate::rules::Cx;
use crate::rules::schema::{Basis, Severity};
use crate::secrets::{is_secret_name, last_segment};
use crate::tls::suites::{self, Listed};

/// The names that end so have rules of their own, which know what took their place.
const WITH_RULES: [&str; 2] = [".enabledProtocols", ".disabledProtocols"];

/// Settings that went with an earlier release, or came with a later one.
pub fn without_effect(cx: &Cx<'_, '_>) {
    let release = cx.release();
    for (name, watt, lines) in cx.instance.settings.iter() {
        let (Some(watt), Some(winner)) = (watt, lines.last()) else { continue };
        if WITH_RULES.iter().any(|ending| name.ends_with(ending)) {
            continue;
        }
        let (since, until) = watt.bounds();
        if let Some(last) = until.filter(|until| release > *until) {
            // Of the settings about TLS the end is documented; of others it is read off manuals and generated files.
            let sure = watt.by_release;
            let message = if sure {
                format!("{release} does not read {name}")
            } else {
                format!("{release} does not seem to read {name} any more")
            };
            let seen = if sure { "last read by" } else { "last seen in" };
            let draft = cx.report(winner.key_place(), message).label(format!("{seen} {last}"));
            if sure {
                let edits = make::remove_setting(cx.instance, name);
                draft.fix_with(cx.safety_by_release(), edits).emit();
            } else {
                draft.basis(Basis::Inferred).severity(Severity::Info).emit();
            }
        } else if let Some(since) = since.filter(|since| release < *since) {
            cx.report(winner.key_place(), format!("{release} does not seem to know {name} yet"))
                .label(format!("first seen in {since}"))
                .basis(Basis::Inferred)
                .emit();
        }
    }
    port_switches(cx);
}

/// `useJSSE=false` on a port from 10.15 on, where every port uses JSSE.
fn port_switches(cx: &Cx<'_, '_>) {
    let release = cx.release();
    let off = |port: &&Port<'_>| port.is_tls() && port.text("useJSSE").is_some_and(|value| value == "false");
    for port in cx.instance.ports.iter().filter(off).filter(|_| !release.has_iaik()) {
        cx.report(
            port.place("useJSSE"),
            format!("{release} does not read useJSSE: the {} uses JSSE", port.title()),
        )
        .label("has no effect")
        .emit();
    }
}

/// The edit that writes another name for a setting, with what a template puts before it.
fn renamed(cx: &Cx<'_, '_>, line: &Written<'_>, name: &str) -> Edit {
    let prefix = if cx.instance.document(line.file).role == Role::Template { TEMPLATE_PREFIX } else { "" };
    Edit::replace(line.file, line.entry.key, format!("{prefix}{name}"))
}

/// Settings of which a part of the name is of the user's own choice.
const OPEN_ENDED: [&str; 1] = ["watt.server.messaging.debugTrace."];

/// The setting of a name with blanks around it.
fn trimmed(written: &str) -> Option<&'static Watt> {
    let name = written.trim();
    if name.len() == written.len() { None } else { catalog::watt(name) }
}

/// Unknown names from which on more than one processor looks for known ones that are like them.
const MANY: usize = 1_000;

/// Names that no manual has and that are told one by one.
const MOST_NAMED: usize = 3;

/// Names no manual and no generated file has.
pub fn unknown(cx: &Cx<'_, '_>) {
    let listed = cx.instance.setting("watt.server.extendedSettingsList").value.unwrap_or_default();
    let own: HashSet<&str, foldhash::fast::RandomState> = listed.split(';').map(str::trim).collect();
    let mut unknown = Vec::new();
    for (written, watt, lines) in cx.instance.settings.iter().filter(|(_, watt, _)| watt.is_none()) {
        // A blank at the end of a key is for another rule to tell of.
        let name = written.trim();
        let Some(winner) = lines.last() else { continue };
        if cx.config.properties.matches(name) || own.contains(name) {
            continue;
        }
        let known = watt.or_else(|| trimmed(written)).or_else(|| catalog::watt_of_any_case(name)).is_some();
        let open = OPEN_ENDED.iter().any(|start| name.starts_with(start));
        if known || open || !name.starts_with("watt.") && is_secret_name(written) {
            continue;
        }
        unknown.push((name, lines, winner));
    }
    let like = |&(name, ..): &(&str, _, _)| catalog::watt_like(name);
    // A file of many thousands is all processors' work.
    let likes =
        if unknown.len() > MANY { parallel::map(&unknown, like) } else { unknown.iter().map(like).collect() };
    let mut others: BTreeMap<FileId, Vec<(Place, &str)>> = BTreeMap::new();
    for ((name, lines, winner), like) in unknown.into_iter().zip(likes) {
        match like {
            Some((like, likeness)) => {
                let sure = likeness == Likeness::Slip;
                let meant = if sure { "did you mean" } else { "perhaps it should be" };
                let mark = if sure { "?" } else { "" };
                let message = format!("{name} is no known setting; {meant} {}{mark}", like.name);
                let mut draft =
                    cx.report(winner.key_place(), message).label("as spelt, the server does not read it");
                let fits = lines.iter().all(|line| !line.known || like.objection(&line.value).is_none());
                match cx.instance.settings.winner(like.name) {
                    Some(other) => draft = draft.related(other.key_place(), "the known name is set too"),
                    None if sure && fits => {
                        draft = draft.fix(lines.iter().map(|line| renamed(cx, line, like.name)));
                    }
                    None => {}
                }
                if sure { draft.emit() } else { draft.severity(Severity::Info).emit() }
            }
            None if name.starts_with("watt.") => {
                others.entry(winner.file).or_default().push((winner.key_place(), name));
            }
            None => {}
        }
    }
    for mut found in others.into_values() {
        let count = found.len();
        if found.len() > MOST_NAMED {
            found.select_nth_unstable(MOST_NAMED);
        }
        found[..MOST_NAMED.min(count)].sort_unstable();
        let names: Vec<&str> = found.iter().map(|(_, name)| *name).collect();
        let (verb, noun) = if count == 1 { ("is", "a setting") } else { ("are", "settings") };
        cx.report(found[0].0, format!("{} {verb} {noun} that no manual names", listing(&names, MOST_NAMED)))
            .note("packages and sites bring settings of their own: then all is well")
            .severity(Severity::Info)
            .emit();
    }
}

/// Known names in another case.
pub fn other_case(cx: &Cx<'_, '_>) {
    for (written, watt, lines) in cx.instance.settings.iter() {
        let name = written.trim();
        if watt.or_else(|| trimmed(written)).is_some() {
            continue;
        }
        let Some(meant) = catalog::watt_of_any_case(name) else { continue };
        let Some(winner) = lines.last() else { continue };
        let mut draft = cx
            .report(winner.key_place(), format!("the setting is spelt {}", meant.name))
            .label("upper and lower case count");
        match cx.instance.settings.winner(meant.name) {
            Some(other) => draft = draft.related(other.key_place(), "the right name is set too"),
            None => draft = draft.fix(lines.iter().map(|line| renamed(cx, line, meant.name))),
        }
        draft.emit();
    }
}

/// Values that are none for their setting.
pub fn wrong_value(cx: &Cx<'_, '_>) {
    for (name, watt, lines) in cx.instance.settings.iter() {
        let Some(winner) = lines.last().filter(|winner| winner.known) else { continue };
        let Some(watt) = watt else { continue };
        let Some(objection) = watt.objection(&winner.value) else { continue };
        // iaik-version-unknown has more to say of these.
        if name.contains(".handshake.") {
            continue;
        }
        let value = winner.value.trim();
        // Something fills these in before the server reads the file.
        let placeholder = ["${", "{{", "<%"].iter().any(|start| value.contains(start))
            || value.len() > 2 && value.starts_with('@') && value.ends_with('@');
        if placeholder {
            continue;
        }
        let hidden = is_secret_name(last_segment(name)) || value.is_empty() || value.len() > 40;
        let shown = if hidden { "the value".to_owned() } else { format!("'{value}'") };
        let mut draft = cx
            .report(winner.place(), format!("{shown} of {name} {objection}"))
            .fix(meant_switch(watt, value).map(|meant| make::set_value(winner.file, &winner.entry, meant)));
        if watt.basis == Basis::Inferred {
            draft = draft.basis(Basis::Inferred).severity(Severity::Info);
        }
        draft.emit();
    }
}

/// What was meant by a switch that says neither true nor false.
fn meant_switch(watt: &Watt, value: &str) -> Option<&'static str> {
    if watt.kind != ValueKind::Bool {
        return None;
    }
    match value.to_ascii_lowercase().as_str() {
        "yes" | "on" | "1" | "y" | "t" | "enabled" => Some("true"),
        "no" | "off" | "0" | "n" | "f" | "disabled" => Some("false"),
        _ => None,
    }
}

/// A setting in the two spellings of the manual and of generated files.
pub fn spelt_two_ways(cx: &Cx<'_, '_>) {
    for twins in catalog::WATT_TWINS {
        let winner = |name: &str| cx.instance.settings.winner(name);
        let Some(documented) = winner(twins.documented) else { continue };
        match winner(twins.generated) {
            Some(generated) if generated.value.trim() != documented.value.trim() => {
                cx.report(
                    documented.key_place(),
                    format!(
                        "one setting in two spellings with two values: {} and {}",
                        twins.documented, twins.generated
                    ),
                )
                .label("the manual's spelling")
                .related(generated.key_place(), "the spelling of generated files")
                .emit();
            }
            Some(_) => {}
            // Some servers generate the manual's spelling.
            None if catalog::watt(twins.documented).is_some_and(|watt| watt.sources.contains("C1")) => {}
            None => {
                let message = format!("generated files spell this setting {}", twins.generated);
                cx.report(documented.key_place(), message)
                    .label("the manual's spelling; which of the two counts is not known")
                    .severity(Severity::Info)
                    .emit();
            }
        }
    }
}

/// `watt.` keys in a template that lack the `settings.` before them.
pub fn prefix_missing(cx: &Cx<'_, '_>) {
    for (file, document) in cx.instance.with_role(Role::Template) {
        let Some(doc) = document.properties() else { continue };
        for entry in doc.loaded().filter(|entry| doc.key(entry).starts_with("watt.")) {
            let key = doc.key(entry);
            let place = Place::new(file, entry.key);
            let message =
                format!("in a template, settings begin with {TEMPLATE_PREFIX}: {key} is passed over");
            let draft = cx.report(place, message);
            // Which of two values is meant, only a person knows: the one that counts stays.
            match cx.instance.settings.winner(&key) {
                Some(other) if other.file == file => draft.related(other.key_place(), "counts").emit(),
                _ => draft.fix([Edit::insert(file, entry.key.range().start, TEMPLATE_PREFIX)]).emit(),
            }
        }
    }
}

/// Lists of cipher suites in a file that is not there.
pub fn file_missing(cx: &Cx<'_, '_>) {
    for name in suites::setting_names() {
        let Listed::Unread(value) = suites::listed(cx.instance, name) else { continue };
        let path = suites::file_reference(&value).unwrap_or(&value);
        let absolute = path.starts_with(['/', '\\']) || path.as_bytes().get(1) == Some(&b':');
        let Some(winner) = cx.instance.settings.winner(name).filter(|_| !absolute) else { continue };
        // Relative to the instance's folder: known only where the file lies in it as the server keeps it.
        let folder = cx.instance.document(winner.file).folder();
        if folder.file_name().is_none_or(|name| name != "config") {
            continue;
        }
        cx.report(winner.place(), format!("there is no file {path} in this installation"))
            .label(format!("{name} points to it"))
            .emit();
    }
}
