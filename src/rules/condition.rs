//! The `[when]` conditions of rules that need no Rust.

use super::Cx;
use super::schema::{RuleFix, When};
use crate::document::Place;
use crate::fix::{Edit, make};
use crate::instance::Instance;

/// What a subject turned out to be.
struct Subject {
    /// The value; `None` if nothing sets it or it can't be known.
    value: Option<String>,
    /// Surely not set and without a default.
    missing: bool,
    /// Where it stands; for a default, the top of server.cnf.
    place: Option<Place>,
}

/// Runs a rule's condition and reports a finding if it holds.
pub fn check(cx: &Cx<'_, '_>, when: &When) {
    let ports = ports_in(when);
    let count = if ports { cx.instance.ports.len() } else { 1 };
    for port in 0..count {
        let Some(place) = holds(cx.instance, when, port).flatten() else {
            continue;
        };
        let message = uncapitalized(cx.rule.message.as_ref().unwrap_or(&cx.rule.summary));
        // A default depends on the release; a written value does not.
        if place.span.is_empty() {
            cx.release();
        }
        let edits = cx.rule.fix.as_ref().map(|fix| edits(cx.instance, fix)).unwrap_or_default();
        let draft = cx.report(place, message).fix(edits);
        if place.span.is_empty() { draft.label(unset(cx.instance, when)).emit() } else { draft.emit() }
    }
}

/// A summary as the sentence of a finding: its first word small, unless it is a name or an abbreviation.
fn uncapitalized(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(text.chars().skip(1)).collect()
        }
        _ => text.to_owned(),
    }
}

fn edits(instance: &Instance<'_>, fix: &RuleFix) -> Vec<Edit> {
    let set = fix.set.iter().filter_map(|(name, value)| make::set_setting(instance, name, value));
    let remove = fix.remove.iter().flat_map(|name| make::remove_setting(instance, name));
    set.chain(remove).collect()
}

/// What to say at the top of a file that does not set what a condition is about.
fn unset(instance: &Instance<'_>, when: &When) -> String {
    let first = |list: &[When]| list.first().map(|part| unset(instance, part));
    let Some(name) = &when.setting else {
        return first(&when.all).or_else(|| first(&when.any)).unwrap_or_default();
    };
    match instance.setting(name).value {
        Some(default) => format!("{name} is not set; its default is {default}"),
        None => format!("{name} is not set"),
    }
}

/// Whether a condition speaks of ports, so that it is asked for each of them.
fn ports_in(when: &When) -> bool {
    when.port.is_some() || [&when.all, &when.any, &when.not].into_iter().any(|list| list.iter().any(ports_in))
}

/// Whether a condition holds, and where the first subject that made it hold stands.
fn holds(instance: &Instance<'_>, when: &When, port: usize) -> Option<Option<Place>> {
    let mut place = None;
    if !when.all.is_empty() {
        for part in when.all.iter() {
            let found = holds(instance, part, port)?;
            place = place.or(found);
        }
    }
    if !when.any.is_empty() {
        let found = when.any.iter().find_map(|part| holds(instance, part, port))?;
        place = place.or(found);
    }
    if when.not.iter().any(|part| holds(instance, part, port).is_some()) {
        return None;
    }
    let Some(subject) = subject(instance, when, port) else {
        return Some(place);
    };
    test(when, &subject).then_some(subject.place.or(place))
}

/// The subject a condition names itself; `None` if it only combines others.
fn subject(instance: &Instance<'_>, when: &When, port: usize) -> Option<Subject> {
    let top = || instance.settings.base().map(Place::top);
    if let Some(name) = &when.setting {
        let effective = instance.setting(name);
        let written = effective.written();
        return Some(Subject {
            value: effective.value.map(str::to_owned),
            missing: written.is_none() && effective.value.is_none() && instance.settings.base().is_some(),
            place: written.map(|written| written.place()).or_else(top),
        });
    }
    if let Some(name) = &when.jvm {
        let property = instance.jvm.property(name);
        return Some(Subject {
            value: property.map(|property| property.value.clone()),
            missing: property.is_none(),
            place: property.map(|property| property.place).or_else(top),
        });
    }
    if let Some(name) = &when.wrapper {
        let line = instance.wrapper.get(name);
        return Some(Subject {
            value: line.map(|line| line.text.clone()),
            missing: line.is_none() && !instance.wrapper.lines().is_empty(),
            place: line.map(|line| line.place()).or_else(|| instance.wrapper.custom().map(Place::top)),
        });
    }
    let name = when.port.as_ref()?;
    let port = instance.ports.get(port)?;
    Some(Subject {
        value: port.text(name).map(|text| text.into_owned()),
        missing: port.text(name).is_none(),
        place: Some(port.place(name)),
    })
}

/// Whether all tests of a condition hold for its subject. A value that is not known passes none of them.
fn test(when: &When, subject: &Subject) -> bool {
    let value = subject.value.as_deref();
    let same = |a: &str, b: &str| {
        let boolean = |text: &str| text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false");
        a == b || (boolean(b) && a.eq_ignore_ascii_case(b))
    };
    let element = |list: &str, wanted: &str| list.split(',').any(|element| element.trim() == wanted);
    let number = || value.and_then(|value| value.trim().parse::<i64>().ok());
    let with = |test: &Option<super::schema::Text>, holds: &dyn Fn(&str, &str) -> bool| {
        test.as_deref().is_none_or(|wanted| value.is_some_and(|value| holds(value, wanted)))
    };
    with(&when.is, &same)
        && with(&when.is_not, &|value, wanted| !same(value, wanted))
        && with(&when.contains, &element)
        && with(&when.lacks, &|value, wanted| !element(value, wanted))
        && with(&when.matches, &|value, pattern| {
            regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(value))
        })
        && when.missing.is_none_or(|missing| if missing { subject.missing } else { value.is_some() })
        && when.at_least.is_none_or(|least| number().is_some_and(|number| number >= least))
        && when.at_most.is_none_or(|most| number().is_some_and(|number| number <= most))
}
