//! Settings the release does not read.

use crate::catalog;
use crate::fix::make;
use crate::instance::Port;
use crate::rules::Cx;
use crate::rules::schema::Basis;

/// Settings that went with an earlier release. Allow lists have a rule of their own, which knows their successor.
pub fn without_effect(cx: &Cx<'_, '_>) {
    let release = cx.release();
    for (name, lines) in cx.instance.settings.iter() {
        let Some(last) = catalog::gone_since(name, release).filter(|_| !name.ends_with(".enabledProtocols"))
        else {
            continue;
        };
        let Some(winner) = lines.last() else { continue };
        cx.report(winner.key_place(), format!("{release} does not read {name}"))
            .label(format!("last read by {last}"))
            .fix_with(cx.safety_by_release(), make::remove_setting(cx.instance, name))
            .emit();
    }
    not_yet(cx);
    port_switches(cx);
}

/// Settings that a later release brought. Deny lists have a rule of their own.
fn not_yet(cx: &Cx<'_, '_>) {
    let release = cx.release();
    for (name, lines) in cx.instance.settings.iter() {
        let since = catalog::setting_rows(name).first().and_then(|row| row.since);
        let (Some(since), Some(winner)) = (since, lines.last()) else { continue };
        if release < since && !name.ends_with(".disabledProtocols") {
            cx.report(winner.key_place(), format!("{release} does not seem to know {name} yet"))
                .label(format!("first seen in {since}"))
                .basis(Basis::Inferred)
                .emit();
        }
    }
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
