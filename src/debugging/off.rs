//! Switching SSL debug off, however it was switched on.

use std::collections::HashSet;

use super::{IAIK_DEBUG, JSSE_DEBUG, MARKER, Plan, place_name, value};
use crate::document::{Place, Role};
use crate::fix::{Edit, make};
use crate::instance::Instance;
use crate::instance::jvm::{Element, Source, SystemProperty};
use crate::instance::settings::{SYSTEM_PROPERTIES, Written};
use crate::syntax::Span;
use crate::syntax::properties::Item;

/// Plans to switch debug off everywhere, however it was switched on.
pub fn off(instance: &Instance<'_>) -> Plan {
    let mut plan = Plan::default();
    for written in
        instance.settings.written(IAIK_DEBUG).iter().filter(|w| w.value.trim().eq_ignore_ascii_case("true"))
    {
        let edit = match added_by_us(instance, written) {
            Some(span) => make::remove_lines(instance.document(written.file), written.file, span),
            None => make::set_value(written.file, &written.entry, "false"),
        };
        plan.said.push(format!("IAIK debug off in {}", place_name(instance, written.place())));
        plan.edits.push(edit);
    }
    for property in instance.jvm.properties().iter().filter(|property| property.name == JSSE_DEBUG) {
        let place = place_name(instance, property.place);
        plan.said.push(format!("{JSSE_DEBUG}={} taken out of {place}", property.value));
    }
    plan.edits.extend(definitions_off(instance));
    loose_off(instance, &mut plan);
    dormant_off(instance, &mut plan);
    plan.edits = make::joined(plan.edits, |file| instance.document(file));
    plan
}

/// The edits that take every definition of `javax.net.debug` that counts away, with the words a comma cut off it.
pub fn definitions_off(instance: &Instance<'_>) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut elements = false;
    for property in instance.jvm.properties().iter().filter(|property| property.name == JSSE_DEBUG) {
        match property.source {
            // All elements of the one deciding line go in one stroke, so that their commas are counted once.
            Source::SystemProperties if elements => {}
            Source::SystemProperties => {
                elements = true;
                edits.extend(elements_off(instance));
            }
            _ => edits.extend(make::remove_property(instance, property)),
        }
    }
    edits
}

/// Another value for a definition of `javax.net.debug`; the words a comma cut off it go.
pub fn redefine(instance: &Instance<'_>, property: &SystemProperty, value: &str) -> Option<Edit> {
    let mut edit = make::set_property(property, value)?;
    if property.source == Source::SystemProperties {
        let elements = instance.jvm.elements();
        let at = elements.iter().position(|element| element.place == property.place);
        let cut =
            at.map(|at| (at + 1..elements.len()).take_while(|&index| belongs_to_debug(elements, index)));
        if let Some(last) = cut.and_then(Iterator::last) {
            edit.span.end = elements[last].place.span.end;
        }
    }
    Some(edit)
}

/// Takes `javax.net.debug` out of the deciding `watt.config.systemProperties`, or the whole line if `debug on` added it.
fn elements_off(instance: &Instance<'_>) -> Vec<Edit> {
    let Some(winner) = instance.settings.winner(SYSTEM_PROPERTIES) else {
        return Vec::new();
    };
    let elements = instance.jvm.elements();
    let is_debug = |index: usize| belongs_to_debug(elements, index);
    if let Some(span) = added_by_us(instance, winner) {
        // What would count without the line: an earlier line, or the default.
        let lines = instance.settings.written(SYSTEM_PROPERTIES);
        let before = lines.len().checked_sub(2).map(|index| lines[index].value.as_ref());
        let default =
            crate::catalog::setting(SYSTEM_PROPERTIES, instance.release.value).and_then(|row| row.default);
        let rest: Vec<&str> =
            (0..elements.len()).filter(|&i| !is_debug(i)).map(|i| elements[i].text.as_ref()).collect();
        if rest.join(",") == before.or(default).unwrap_or_default() {
            return vec![make::remove_lines(instance.document(winner.file), winner.file, span)];
        }
    }
    let spans: Vec<Span> = elements.iter().map(|element| element.place.span).collect();
    make::remove_elements(winner.file, &spans, is_debug)
}

/// Whether an element defines `javax.net.debug`, or is one of its words that a comma cut off.
fn belongs_to_debug(elements: &[Element<'_>], index: usize) -> bool {
    let is_word = |element: &Element<'_>| value::is_words(&element.text);
    let words = elements[..=index].iter().rev().take_while(|element| is_word(element)).count();
    let head = (index + 1).checked_sub(words + 1).and_then(|at| elements.get(at));
    is_debug_element(&elements[index].text)
        || (words > 0 && head.is_some_and(|element| is_debug_element(&element.text)))
}

fn is_debug_element(text: &str) -> bool {
    text.split('=').next().is_some_and(|name| name.trim() == JSSE_DEBUG)
}

/// Takes the option out of every other line of the start scripts, also of one that is not read; a blank beside it goes
/// along.
fn loose_off(instance: &Instance<'_>, plan: &mut Plan) {
    for (place, bytes) in loose(instance) {
        let range = place.span.range();
        let blank = |at: Option<usize>| at.and_then(|at| bytes.get(at)) == Some(&b' ');
        let from = if blank(range.start.checked_sub(1)) { range.start - 1 } else { range.start };
        let to = if from == range.start && blank(Some(range.end)) { range.end + 1 } else { range.end };
        plan.said.push(format!("{JSSE_DEBUG} taken out of {}", place_name(instance, place)));
        plan.edits.push(Edit::delete(place.file, Span::new(from, to)));
    }
}

/// Definitions of `javax.net.debug` in start scripts that are not known to count, with the bytes of their file.
pub fn loose<'i>(instance: &'i Instance<'_>) -> Vec<(Place, &'i [u8])> {
    let live: HashSet<Place> = instance.jvm.properties().iter().map(|property| property.place).collect();
    let scripts =
        instance.with_role(Role::Setenv).filter_map(|(id, document)| Some((id, document.setenv()?)));
    scripts
        .flat_map(|(id, script)| {
            let places = script.definitions(JSSE_DEBUG).into_iter().map(move |span| Place::new(id, span));
            places.map(|place| (place, script.bytes()))
        })
        .filter(|(place, _)| !live.contains(place))
        .collect()
}

/// Lines that would switch debug on if another line did not win over them: overridden wrapper options and settings.
fn dormant_off(instance: &Instance<'_>, plan: &mut Plan) {
    let live: HashSet<Place> = instance.jvm.properties().iter().map(|property| property.place).collect();
    let option = format!("-D{JSSE_DEBUG}");
    for line in instance.wrapper.lines().iter().chain(instance.wrapper.unread_lines()) {
        if line.index().is_some() && line.option() == option && !live.contains(&line.place()) {
            plan.said.push(format!(
                "an option without effect taken out of {}",
                place_name(instance, line.place())
            ));
            plan.edits.extend(make::remove_wrapper_line(instance, line));
        }
    }
    let lines = instance.settings.written(SYSTEM_PROPERTIES);
    for written in &lines[..lines.len().saturating_sub(1)] {
        let bytes = instance.document(written.file).bytes();
        let elements = crate::instance::jvm::elements(bytes, written.entry.value, written.file);
        let spans: Vec<Span> = elements.iter().map(|element| element.place.span).collect();
        let edits = make::remove_elements(written.file, &spans, |index| belongs_to_debug(&elements, index));
        if !edits.is_empty() {
            plan.said
                .push(format!("an overridden line cleaned in {}", place_name(instance, written.place())));
            plan.edits.extend(edits);
        }
    }
}

/// The lines of a setting that `debug on` added: the entry and the marker above it.
fn added_by_us(instance: &Instance<'_>, written: &Written<'_>) -> Option<Span> {
    let doc = instance.document(written.file).properties()?;
    let items = doc.items();
    let index = items.iter().position(|item| item.span() == written.entry.span)?;
    match items.get(index.checked_sub(1)?)? {
        Item::Comment(span) if span.of(doc.bytes()).trim_ascii() == MARKER.as_bytes() => {
            Some(Span { start: span.start, end: written.entry.span.end })
        }
        _ => None,
    }
}
