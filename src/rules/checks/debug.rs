//! SSL debug settings left behind, and values that do not do what people hope.

use crate::debugging::value::{Effect, effect};
use crate::debugging::{self, IAIK_DEBUG, JSSE_DEBUG};
use crate::document::Place;
use crate::fix::{Edit, make};
use crate::instance::jvm::SystemProperty;
use crate::instance::settings::SYSTEM_PROPERTIES;
use crate::rules::Cx;
use crate::rules::schema::{Basis, Severity};
use crate::secrets::is_secret_name;
use crate::tls::{self, Client, Provider};

/// The deciding `javax.net.debug`, if it has one of the effects `wanted`.
fn jsse_debug<'i>(
    cx: &'i Cx<'_, '_>,
    wanted: impl Fn(&Effect) -> bool,
) -> Option<(&'i SystemProperty, Effect)> {
    let property = cx.instance.jvm.property(JSSE_DEBUG)?;
    let effect = effect(cx.instance, &property.value);
    wanted(&effect).then_some((property, effect))
}

/// Debug that prints, and leaks nothing.
pub fn left_on(cx: &Cx<'_, '_>) {
    loose(cx);
    if let Some((property, _)) = jsse_debug(cx, |effect| *effect == Effect::Prints) {
        cx.report(property.place, "JSSE debug is on and writes to the log")
            .label("switches it on")
            .fix(debugging::definitions_off(cx.instance))
            .emit();
    }
    let iaik = cx.instance.setting(IAIK_DEBUG);
    // From 10.15 on it prints nothing, which ssl-debug-other-provider tells.
    if let (Some(true), Some(line), true) = (iaik.is_true(), iaik.written(), cx.release().has_iaik()) {
        cx.report(line.place(), "IAIK debug is on")
            .label("switches it on")
            .fix([make::set_value(line.file, &line.entry, "false")])
            .emit();
    }
}

/// Debug options in lines of a start script that are not followed.
fn loose(cx: &Cx<'_, '_>) {
    let read = cx.instance.scripts().next().is_some();
    for (place, _) in debugging::loose(cx.instance).into_iter().filter(|_| read) {
        cx.report(place, "JSSE debug may be on: this script line sets it")
            .basis(Basis::Inferred)
            .note("wattlint follows only a plain JAVA_CUSTOM_OPTS=\"...\" on one line; `wattlint debug off` takes the option out")
            .emit();
    }
}

/// Debug that prints keys or payload.
pub fn leaks(cx: &Cx<'_, '_>) {
    if let Some((property, effect)) =
        jsse_debug(cx, |effect| matches!(effect, Effect::Keys { .. } | Effect::Payload))
    {
        let (message, sure) = match effect {
            Effect::Keys { sure } => {
                let jdk = cx.jdk();
                let writes = if sure { "writes" } else { "may write" };
                (format!("this {writes} the keys of every TLS connection to the log (Java {jdk})"), sure)
            }
            _ => (
                "this writes the content of every TLS connection to the log, passwords included".to_owned(),
                true,
            ),
        };
        let draft = cx
            .report(property.place, message)
            .label("switches it on")
            .fix(debugging::definitions_off(cx.instance));
        if sure {
            draft.emit();
        } else {
            draft
                .severity(Severity::Warning)
                .basis(Basis::Inferred)
                .note("measured on 8u212 and 8u252; later updates of Java 8 stop printing keys (8u261 or 8u272, by vendor)")
                .emit();
        }
    }
}

/// Debug that prints nothing useful.
pub fn prints_nothing(cx: &Cx<'_, '_>) {
    let Some((property, effect)) =
        jsse_debug(cx, |effect| matches!(effect, Effect::Nothing | Effect::AlmostNothing))
    else {
        return;
    };
    let message = if effect == Effect::Nothing {
        format!("javax.net.debug={} prints nothing at all", property.value)
    } else {
        format!(
            "javax.net.debug={} prints hardly anything on Java {}: no hello, no certificates",
            property.value,
            cx.jdk()
        )
    };
    cx.report(property.place, message).fix(debugging::definitions_off(cx.instance)).emit();
}

/// `help`.
pub fn stops_jvm(cx: &Cx<'_, '_>) {
    if let Some((property, _)) = jsse_debug(cx, |effect| *effect == Effect::Stops) {
        cx.report(property.place, "javax.net.debug=help prints a help text and ends the JVM")
            .label("ends the server")
            .fix(debugging::definitions_off(cx.instance))
            .emit();
    }
}

/// Debug for the provider that is not in use.
pub fn other_provider(cx: &Cx<'_, '_>) {
    cx.release();
    let https = tls::outbound(cx.instance, Client::Https).map(|choice| choice.provider);
    let ports = || cx.instance.ports.iter().filter(|port| port.is_tls());
    let on_port = |wanted: Provider| ports().any(|port| tls::inbound(cx.instance, port).provider == wanted);
    let iaik = cx.instance.setting(IAIK_DEBUG);
    if let (Some(true), Some(line)) = (iaik.is_true(), iaik.written())
        && https == Some(Provider::Jsse)
        && !on_port(Provider::Iaik)
    {
        let mut draft = cx
            .report(line.place(), "IAIK debug is on, but outbound HTTPS and the ports use JSSE")
            .label("prints nothing for them");
        if cx.instance.release.value.has_iaik() {
            draft = draft.note("outbound FTPS and mail may still use IAIK in this release");
        }
        draft.emit();
    }
    if let Some(property) = cx.instance.jvm.property(JSSE_DEBUG)
        && https == Some(Provider::Iaik)
        && !on_port(Provider::Jsse)
    {
        cx.report(property.place, "JSSE debug is on, but outbound HTTPS and the ports use IAIK")
            .label("prints nothing for them")
            .note("JMS, JDBC and LDAPS connections use JSSE all the same")
            .emit();
    }
}

/// Elements of `watt.config.systemProperties` that a comma cut off.
pub fn value_cut(cx: &Cx<'_, '_>) {
    let elements = cx.instance.jvm.elements();
    let Some(winner) = cx.instance.settings.winner(SYSTEM_PROPERTIES).filter(|winner| winner.known) else {
        return;
    };
    let cut: Vec<usize> = (0..elements.len()).filter(|&index| !elements[index].text.contains('=')).collect();
    let Some(&first) = cut.first() else { return };
    // What was cut off a password is as secret as the password.
    let owner = elements[..first].iter().rev().find_map(|element| element.text.split_once('='));
    let cut_off = match owner {
        Some((name, _)) if is_secret_name(name) => "the end of a secret".to_owned(),
        _ => format!("'{}'", elements[first].text),
    };
    let message = format!("{cut_off} is an element of its own here: a comma ends a property's value");
    // The words after javax.net.debug belong to it: joined by colons they stay together.
    let debug_at =
        first.checked_sub(1).filter(|&before| elements[before].text.starts_with(&format!("{JSSE_DEBUG}=")));
    let mut edits = Vec::new();
    if debug_at.is_some() {
        let words = cut.iter().zip(first..).take_while(|(index, expected)| **index == *expected);
        for (&index, _) in words {
            if !crate::debugging::value::is_words(&elements[index].text) {
                break;
            }
            let between = crate::syntax::Span {
                start: elements[index - 1].place.span.end,
                end: elements[index].place.span.start,
            };
            edits.push(Edit::replace(winner.file, between, "\\:"));
        }
    }
    let whole = Place::new(winner.file, elements[first].place.span);
    cx.report(whole, message)
        .note(format!("in {SYSTEM_PROPERTIES} commas separate name=value pairs"))
        .fix(edits)
        .emit();
}
