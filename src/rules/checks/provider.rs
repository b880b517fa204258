//! IAIK or JSSE: who speaks TLS in which direction.

use crate::document::Place;
use crate::finding::Label;
use crate::fix::{Edit, make};
use crate::instance::release::Release;
use crate::instance::settings::Written;
use crate::rules::Cx;
use crate::rules::schema::{Basis, Severity};
use crate::tls::suites::{self, Listed};
use crate::tls::{self, Client, Provider, protocols};

/// Outbound HTTPS on IAIK.
pub fn outbound(cx: &Cx<'_, '_>) {
    let Some(choice) = tls::outbound(cx.instance, Client::Https) else {
        return;
    };
    if choice.provider != Provider::Iaik {
        return;
    }
    let name = Client::Https.switches()[0];
    let release = cx.release();
    let message = "outbound HTTPS goes through Entrust IAIK: TLS 1.0 at most, and no SNI";
    match cx.instance.settings.winner(name) {
        Some(winner) => cx
            .report(winner.place(), message)
            .label("chooses IAIK")
            .fix([make::set_value(winner.file, &winner.entry, "true")])
            .emit(),
        None => {
            let Some(base) = cx.instance.settings.base() else {
                return;
            };
            // That Entrust was the default is documented for 9.5; until when, is not.
            cx.report(Place::top(base), message)
                .label(format!("{name} is not set"))
                .note(format!(
                    "the default of {release} is taken to be false; since when it is true is not documented"
                ))
                .basis(Basis::Inferred)
                .severity(if release < Release::new(9, 12) { Severity::Warning } else { Severity::Error })
                .emit();
        }
    }
}

/// The deciding lines among `names` that say false.
fn switched_off<'i, 'f>(cx: &'i Cx<'_, 'f>, names: &[&str]) -> Vec<&'i Written<'f>> {
    names
        .iter()
        .filter_map(|name| cx.instance.settings.winner(name))
        .filter(|winner| winner.known && !winner.value.eq_ignore_ascii_case("true"))
        .collect()
}

/// Outbound FTPS on IAIK, where a line says so.
pub fn outbound_ftps(cx: &Cx<'_, '_>) {
    let iaik =
        tls::outbound(cx.instance, Client::Ftps).is_some_and(|choice| choice.provider == Provider::Iaik);
    let lines = switched_off(cx, Client::Ftps.switches());
    let Some((first, others)) = lines.split_first().filter(|_| iaik) else {
        return;
    };
    let edits = lines.iter().map(|line| make::set_value(line.file, &line.entry, "true"));
    let mut draft = cx
        .report(first.place(), "outbound FTPS goes through Entrust IAIK: TLS 1.0 at most, and no SNI")
        .label("chooses IAIK, as delivered")
        .fix(edits);
    for other in others {
        draft = draft.related(other.place(), "the other spelling of the same setting");
    }
    draft.emit();
}

/// Outbound mail on IAIK, where a line says so.
pub fn outbound_mail(cx: &Cx<'_, '_>) {
    for client in [Client::Smtp, Client::Notifications] {
        for line in switched_off(cx, client.switches()) {
            let message =
                format!("{} goes through Entrust IAIK: TLS 1.0 at most, and no SNI", client.title());
            cx.report(line.place(), message)
                .label("chooses IAIK, as delivered")
                .fix([make::set_value(line.file, &line.entry, "true")])
                .emit();
        }
    }
}

/// TLS ports on IAIK.
pub fn port(cx: &Cx<'_, '_>) {
    for port in cx.instance.ports.iter().filter(|port| port.is_tls()) {
        let choice = tls::inbound(cx.instance, port);
        let Some(place) = choice.place.filter(|_| choice.provider == Provider::Iaik) else {
            continue;
        };
        let title = port.title();
        let draft = cx
            .report(place, format!("the {title} uses Entrust IAIK: clients get TLS 1.0 at most"))
            .label("chooses IAIK")
            .fix(make::set_port_field(port, "useJSSE", "true"));
        if port.is_enabled() {
            draft.emit();
        } else {
            draft.severity(Severity::Info).note("the port is disabled").emit();
        }
    }
}

/// The settings of one side, by provider.
struct Side {
    /// IAIK's, and the values they are delivered with.
    iaik: [(&'static str, &'static str); 4],
    /// JSSE's.
    jsse: [&'static str; 3],
}

const CLIENT: Side = Side {
    iaik: [
        ("watt.net.ssl.client.handshake.minVersion", "sslv2"),
        ("watt.net.ssl.client.handshake.maxVersion", "tls"),
        ("watt.net.ssl.client.strongcipheronly", "false"),
        ("watt.net.ssl.client.cipherSuiteList", "default"),
    ],
    jsse: [
        "watt.net.jsse.client.enabledProtocols",
        "watt.net.jsse.client.disabledProtocols",
        "watt.net.jsse.client.enabledCipherSuiteList",
    ],
};

const SERVER: Side = Side {
    iaik: [
        ("watt.net.ssl.server.handshake.minVersion", "tls"),
        ("watt.net.ssl.server.handshake.maxVersion", "tls"),
        ("watt.net.ssl.server.strongcipheronly", "false"),
        ("watt.net.ssl.server.cipherSuiteList", "default"),
    ],
    jsse: [
        "watt.net.jsse.server.enabledProtocols",
        "watt.net.jsse.server.disabledProtocols",
        "watt.net.jsse.server.enabledCipherSuiteList",
    ],
};

/// Settings tuned for the provider that outbound HTTPS, or none of the ports, uses.
pub fn mismatch(cx: &Cx<'_, '_>) {
    if let Some(choice) = tls::outbound(cx.instance, Client::Https) {
        let switch = switch_label(cx, choice.place);
        tuned_in_vain(cx, &CLIENT, choice.provider, "outbound HTTPS uses", switch);
    }
    let mut ports =
        cx.instance.ports.iter().filter(|port| port.is_tls()).map(|port| tls::inbound(cx.instance, port));
    if let Some(first) = ports.next()
        && ports.all(|choice| choice.provider == first.provider)
    {
        let place = first.place.filter(|_| first.provider == Provider::Iaik);
        let label = place.map(|place| Label { place, text: "useJSSE of a port decides".to_owned() });
        tuned_in_vain(cx, &SERVER, first.provider, "all TLS ports use", label);
    }
}

/// The edits that move a suite list of IAIK's to JSSE, as far as JSSE knows the suites, where JSSE has none of its own.
fn moved_suites(cx: &Cx<'_, '_>, side: &Side, winner: &Written<'_>) -> Vec<Edit> {
    let [.., (theirs, default)] = side.iaik;
    let [.., ours] = side.jsse;
    let instance = cx.instance;
    let written = instance.settings.winner(theirs).is_some_and(|line| std::ptr::eq(line, winner));
    let (true, Listed::Default, Listed::Names(names), Ok(jsse)) = (
        written,
        suites::listed(instance, ours),
        suites::listed(instance, theirs),
        protocols::jsse(instance),
    ) else {
        return Vec::new();
    };
    // IAIK writes old suites with SSL_, as JSSE does; others may stand under the name IANA gave them.
    let known: Vec<&str> = names
        .iter()
        .filter_map(|(name, _)| crate::catalog::suite(name, true))
        .filter(|suite| jsse.suite(suite.name).is_some() && jsse.permits(suite))
        .map(|suite| suite.name)
        .collect();
    if known.is_empty() {
        return Vec::new();
    }
    let moved = make::set_setting(instance, ours, &known.join(","));
    moved.into_iter().chain([make::set_value(winner.file, &winner.entry, default)]).collect()
}

/// Reports the settings of a side that are written for the other provider than the one in use.
fn tuned_in_vain(cx: &Cx<'_, '_>, side: &Side, used: Provider, who: &str, decided: Option<Label>) {
    let release = cx.release();
    let (unused, tuned): (Provider, Vec<&str>) = match used {
        // A list this release does not read has a rule of its own.
        Provider::Iaik => (
            Provider::Jsse,
            side.jsse
                .into_iter()
                .filter(|name| {
                    let default = crate::catalog::setting(name, release).map(|row| row.default);
                    default.is_some_and(|default| differs(cx, name, default))
                })
                .collect(),
        ),
        Provider::Jsse => {
            let tuned = side.iaik.into_iter().filter(|(name, default)| differs(cx, name, Some(default)));
            (Provider::Iaik, tuned.map(|(name, _)| name).collect())
        }
    };
    for winner in tuned.iter().filter_map(|name| cx.instance.settings.winner(name)) {
        let message = format!("this tunes {}, but {who} {}", unused.name(), used.name());
        let edits = if winner.value.contains('_') && used == Provider::Jsse {
            moved_suites(cx, side, winner)
        } else {
            Vec::new()
        };
        let mut draft = cx.report(winner.place(), message).label("has no effect there").fix(edits);
        if let Some(Label { place, text }) = &decided {
            draft = draft.related(*place, text.clone());
        }
        draft.emit();
    }
}

fn switch_label(cx: &Cx<'_, '_>, place: Option<Place>) -> Option<Label> {
    let winner = cx.instance.settings.winner(Client::Https.switches()[0])?;
    place.map(|place| Label { place, text: format!("useJSSE={} decides", winner.value.trim()) })
}

fn differs(cx: &Cx<'_, '_>, name: &str, default: Option<&str>) -> bool {
    let winner = cx.instance.settings.winner(name).filter(|winner| winner.known);
    winner.is_some_and(|winner| {
        let value = winner.value.trim();
        !value.is_empty() && value != "default" && default != Some(value)
    })
}

/// The values IAIK takes, as documented for 10.11.
const IAIK_VERSIONS: [(&str, &[&str]); 4] = [
    ("watt.net.ssl.client.handshake.minVersion", &["sslv2", "sslv3", "tls"]),
    ("watt.net.ssl.client.handshake.maxVersion", &["sslv3", "tls"]),
    ("watt.net.ssl.server.handshake.minVersion", &["sslv3", "tls"]),
    ("watt.net.ssl.server.handshake.maxVersion", &["sslv3", "tls"]),
];

/// Handshake versions IAIK has never heard of.
pub fn iaik_version_unknown(cx: &Cx<'_, '_>) {
    for (name, allowed) in IAIK_VERSIONS {
        let Some(winner) = cx.instance.settings.winner(name).filter(|winner| winner.known) else {
            continue;
        };
        let value = winner.value.trim();
        if value.is_empty() || allowed.contains(&value.to_ascii_lowercase().as_str()) {
            continue;
        }
        let message = format!("IAIK knows no version '{value}': it takes {}", super::listing(allowed, 3));
        cx.report(winner.place(), message).label("tls means TLS 1.0, and there is nothing above it").emit();
    }
}
