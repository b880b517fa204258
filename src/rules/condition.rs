//! The `[when]` conditions of rules that need no Rust.

use super::Cx;
use super::schema::{RuleFix, When};
use crate::document::Place;
use crate::fix::{Edit, make};
use crate::instance::Instance;
use crate::suggest::did_you_mean;
use crate::tls::jsse::Side;
use crate::tls::posture::{Direction, Fact, Whom};

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
    let count = match unit_of(when) {
        Unit::Server => 1,
        Unit::Port => cx.instance.ports.len(),
        Unit::Direction => {
            cx.release();
            cx.jdk();
            cx.posture().directions.len()
        }
    };
    for unit in 0..count {
        let Some(place) = holds(cx, when, unit).flatten() else {
            continue;
        };
        let message = uncapitalized(cx.rule.message.as_ref().unwrap_or(&cx.rule.summary));
        // A default depends on the release; a written value does not.
        if place.span.is_empty() {
            cx.release();
        }
        let edits = cx.rule.fix.as_ref().map(|fix| edits(cx.instance, fix)).unwrap_or_default();
        let mut draft = cx.report(place, message).fix(edits);
        if unit_of(when) == Unit::Direction
            && let Some(direction) = cx.posture().directions.get(unit)
        {
            draft = draft.note(format!("this is about {}", direction.whom.title()));
        }
        if place.span.is_empty() { draft.label(unset(cx.instance, when)).emit() } else { draft.emit() }
    }
}

/// A summary as the sentence of a finding: its first word small, unless it is a name or an abbreviation.
fn uncapitalized(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if second.is_lowercase() || second == ' ' => {
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

/// What a condition is asked for each of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Server,
    Port,
    Direction,
}

fn unit_of(when: &When) -> Unit {
    let own = match (&when.port, &when.posture) {
        (_, Some(_)) => Unit::Direction,
        (Some(_), None) => Unit::Port,
        (None, None) => Unit::Server,
    };
    let parts = [&when.all, &when.any, &when.not].into_iter().flat_map(|list| list.iter());
    parts.map(unit_of).fold(own, Unit::max)
}

/// One fact of some directions of the posture: what `outbound-https.protocols` means.
#[derive(Debug, Clone, Copy)]
pub struct Facet<'w> {
    direction: &'w str,
    fact: &'w str,
}

impl<'w> Facet<'w> {
    const DIRECTIONS: [&'static str; 8] = [
        "any",
        "inbound",
        "outbound",
        "outbound-https",
        "outbound-ftps",
        "outbound-smtp",
        "outbound-email",
        "outbound-default-context",
    ];
    const FACTS: [&'static str; 8] =
        ["provider", "protocols", "suites", "sni", "host-check", "trust", "client-auth", "debug"];

    /// Reads it.
    ///
    /// # Errors
    /// There is no such direction or fact; in words, with what there is.
    pub fn parse(text: &'w str) -> Result<Self, String> {
        let (direction, fact) = text.split_once('.').unwrap_or((text, ""));
        let unknown = |what: &str, name: &str, known: &[&'static str]| {
            let hint = did_you_mean(name, known.iter().copied());
            let list = if hint.is_empty() { format!("; there are {}", known.join(", ")) } else { hint };
            Err(format!("posture = \"{text}\": there is no {what} '{name}'{list}"))
        };
        if !Self::DIRECTIONS.contains(&direction) {
            return unknown("direction", direction, &Self::DIRECTIONS);
        }
        if !Self::FACTS.contains(&fact) {
            return unknown("fact", fact, &Self::FACTS);
        }
        Ok(Facet { direction, fact })
    }

    fn means(&self, whom: &Whom<'_, '_>) -> bool {
        match self.direction {
            "any" => true,
            "inbound" => whom.side() == Side::Server,
            "outbound" => whom.side() == Side::Client,
            name => whom.name() == name,
        }
    }

    /// The fact's value, and the line it comes from.
    fn of(&self, direction: &Direction<'_, '_>) -> (Option<String>, Option<Place>) {
        fn told<T>(fact: &Fact<T>, text: impl Fn(&T) -> String) -> (Option<String>, Option<Place>) {
            (fact.value.as_ref().map(text), fact.reasons.iter().find_map(|reason| reason.place))
        }
        match self.fact {
            "provider" => told(&direction.provider, |provider| provider.name().to_owned()),
            "protocols" => told(&direction.protocols, |live| {
                live.protocols.iter().map(|protocol| protocol.name()).collect::<Vec<_>>().join(",")
            }),
            "suites" => told(&direction.suites, |names| names.join(",")),
            "sni" => direction.sni.as_ref().map_or((None, None), |sni| told(sni, bool::to_string)),
            "host-check" => direction
                .host_check
                .as_ref()
                .map_or((None, None), |check| told(check, |text| (*text).to_owned())),
            "trust" => told(&direction.trust, String::clone),
            "client-auth" => told(&direction.client_auth, String::clone),
            _ => told(&direction.debug, |text| (*text).to_owned()),
        }
    }
}

/// Whether a condition holds, and where the first subject that made it hold stands.
fn holds(cx: &Cx<'_, '_>, when: &When, unit: usize) -> Option<Option<Place>> {
    let mut place = None;
    if !when.all.is_empty() {
        for part in when.all.iter() {
            let found = holds(cx, part, unit)?;
            place = place.or(found);
        }
    }
    if !when.any.is_empty() {
        let found = when.any.iter().find_map(|part| holds(cx, part, unit))?;
        place = place.or(found);
    }
    if when.not.iter().any(|part| holds(cx, part, unit).is_some()) {
        return None;
    }
    let Some(subject) = subject(cx, when, unit) else {
        return Some(place);
    };
    test(when, &subject).then_some(subject.place.or(place))
}

/// The subject a condition names itself; `None` if it only combines others.
fn subject(cx: &Cx<'_, '_>, when: &When, unit: usize) -> Option<Subject> {
    let instance = cx.instance;
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
    if let Some(posture) = &when.posture {
        // Where a condition is about another direction, it says nothing.
        let nothing = Subject { value: None, missing: false, place: None };
        let (Ok(facet), Some(direction)) = (Facet::parse(posture), cx.posture().directions.get(unit)) else {
            return Some(nothing);
        };
        if !facet.means(&direction.whom) {
            return Some(nothing);
        }
        let (value, place) = facet.of(direction);
        return Some(Subject { missing: value.is_none(), value, place: place.or_else(top) });
    }
    let name = when.port.as_ref()?;
    let port = instance.ports.get(unit)?;
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
