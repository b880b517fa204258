//! Protocol lists and what is left of them.

use super::listing;
use crate::catalog::Protocol;
use crate::document::Place;
use crate::fix::{Edit, make};
use crate::instance::Port;
use crate::rules::Cx;
use crate::rules::schema::Basis;
use crate::tls::posture::Whom;
use crate::tls::protocols::{
    Direction, Protocols, assumes_stock_override, inbound_directions, nearest, port_field, protocols,
};
use crate::tls::{self, Client, List, Provider};

/// The directions on JSSE, each with its protocols; those that share a list come once.
fn directions(cx: &Cx<'_, '_>) -> Vec<(String, Protocols)> {
    directions_with_names(cx).into_iter().map(|(_, title, protocols)| (title, protocols)).collect()
}

/// The same, with the name each has in the posture (of several that share a list, one).
fn directions_with_names(cx: &Cx<'_, '_>) -> Vec<(String, String, Protocols)> {
    cx.release();
    cx.jdk();
    let instance = cx.instance;
    let of = |direction: Direction<'_, '_>| {
        let name = match direction {
            Direction::Outbound => Whom::Client(Client::Https).name(),
            Direction::Port(port) => Whom::Port(port).name(),
            Direction::Inbound => {
                let shared = |port: &&Port<'_>| {
                    port.is_tls() && List::of_port(instance, port, port_field(instance)).is_none()
                };
                instance.ports.iter().find(shared).map_or(Whom::AnyPort, Whom::Port).name()
            }
        };
        Some((name, direction.title(), protocols(instance, direction)?))
    };
    let mut found = Vec::new();
    if jsse_clients(cx) {
        found.extend(of(Direction::Outbound));
    }
    found.extend(inbound_directions(instance).into_iter().filter_map(of));
    found
}

/// Takes out of some protocols those for which no suite is left: they never come about.
fn with_a_suite(cx: &Cx<'_, '_>, direction: &str, mut protocols: Protocols) -> Protocols {
    let found = cx.posture().directions.iter().find(|found| found.whom.name() == direction);
    let live = found
        .filter(|found| found.stop.is_none() && found.provider.value == Some(Provider::Jsse))
        .and_then(|found| found.protocols.value.as_ref());
    if let Some(live) = live {
        protocols.enabled.retain(|protocol| live.protocols.contains(protocol));
    }
    protocols
}

/// Whether outbound HTTPS is on JSSE, as far as it is known.
fn jsse_clients(cx: &Cx<'_, '_>) -> bool {
    tls::outbound(cx.instance, Client::Https).is_none_or(|choice| choice.provider == Provider::Jsse)
}

/// Where a direction's protocols were decided; the top of server.cnf for a default.
fn decided_at(cx: &Cx<'_, '_>, protocols: &Protocols) -> Option<Place> {
    let list = protocols.list.as_ref().map(|list| list.place);
    list.or_else(|| cx.instance.settings.base().map(Place::top))
}

/// Neither TLS 1.2 nor 1.3, but something.
pub fn tls12_impossible(cx: &Cx<'_, '_>) {
    for (title, protocols) in directions(cx) {
        if protocols.is_empty() || protocols.has(Protocol::Tls12) || protocols.has(Protocol::Tls13) {
            continue;
        }
        let Some(place) = decided_at(cx, &protocols) else {
            continue;
        };
        let left = negotiable(&protocols);
        let verb = if left.len() == 1 { "is" } else { "are" };
        let message = format!("TLS 1.2 is impossible for {title}: only {} {verb} left", listing(&left, 4));
        cx.report(place, message).label("decides the protocols").emit();
    }
}

/// No protocol at all.
pub fn none_left(cx: &Cx<'_, '_>) {
    for (title, protocols) in directions(cx) {
        let Some(place) = decided_at(cx, &protocols).filter(|_| protocols.is_empty()) else { continue };
        let listed = protocols.list.as_ref().map(|list| list.elements.as_slice());
        // An allow list with a name that is none is refused as a whole: unknown-protocol tells of that.
        if !protocols.denies && listed.is_some_and(|listed| listed.iter().any(|(name, _)| !is_protocol(name)))
        {
            continue;
        }
        let message = format!("no protocol is left for {title}: no handshake can succeed");
        if !protocols.denies && listed.is_some_and(<[_]>::is_empty) {
            let message =
                format!("the list of protocols for {title} is empty: perhaps no handshake can succeed");
            cx.report(place, message).basis(Basis::Inferred).emit();
            continue;
        }
        let mut draft = cx.report(place, message);
        if !protocols.jdk_disabled.is_empty() {
            let disabled = listing(&names(&protocols.jdk_disabled), 6);
            draft = draft.note(format!("the JDK's security properties disable {disabled} already"));
        }
        draft.emit();
    }
}

fn is_protocol(name: &str) -> bool {
    Protocol::named(name).is_some()
}

fn names(protocols: &[Protocol]) -> Vec<&'static str> {
    protocols.iter().map(|protocol| protocol.name()).collect()
}

/// The names of what can be negotiated.
fn negotiable(protocols: &Protocols) -> Vec<&'static str> {
    names(&protocols.enabled).into_iter().filter(|name| *name != "SSLv2Hello").collect()
}

/// Whether a name stands for a retired protocol.
fn is_deprecated(name: &str) -> bool {
    Protocol::named(name).is_some_and(Protocol::is_deprecated)
}

/// Old protocols that can really be negotiated.
pub fn deprecated_enabled(cx: &Cx<'_, '_>) {
    for (name, title, protocols) in directions_with_names(cx) {
        let protocols = with_a_suite(cx, &name, protocols);
        let live: Vec<&str> = negotiable(&protocols).into_iter().filter(|name| is_deprecated(name)).collect();
        if live.is_empty() {
            continue;
        }
        let message = format!("{} can be negotiated by {title}", listing(&live, 4));
        let Some(list) = &protocols.list else {
            if let Some(base) = cx.instance.settings.base() {
                cx.report(Place::top(base), message)
                    .label("no list is set: the default of this release counts")
                    .emit();
            }
            continue;
        };
        let edits: Vec<Edit> = if protocols.denies && !older_allowed(list).is_empty() {
            // Denying the rest too would leave next to nothing: a person has to say what was meant.
            Vec::new()
        } else if protocols.denies {
            deny_deprecated(list)
        } else if list.has("TLSv1.2") || list.has("TLSv1.3") {
            make::remove_from_list(list, is_deprecated)
        } else {
            Vec::new()
        };
        let label = if protocols.denies { "does not deny it" } else { "allows it" };
        let mut draft = cx.report(list.place, message).label(label).fix(edits);
        if assumes_stock_override(cx.instance) {
            draft = draft
                .note("the override file of java.security was not read: it is taken to be as delivered with this release");
        }
        draft.emit();
    }
}

/// The edits that put every old protocol on a deny list. One that stands there misspelt is set right, not named twice.
fn deny_deprecated(list: &List) -> Vec<Edit> {
    let meant: Vec<(&str, Edit)> = corrections(list).filter(|(name, _)| is_deprecated(name)).collect();
    let missing: Vec<&str> = names(&Protocol::DEPRECATED)
        .into_iter()
        .filter(|name| !list.has(name) && meant.iter().all(|(known, _)| known != name))
        .collect();
    let added = (!missing.is_empty()).then(|| make::append_to_list(list, &missing));
    meant.into_iter().map(|(_, edit)| edit).chain(added).collect()
}

/// Deny lists with TLS 1.2 on them and without an older protocol.
pub fn inverted(cx: &Cx<'_, '_>) {
    let mut lists: Vec<List> = ["client", "server"]
        .into_iter()
        .filter_map(|side| List::of_setting(cx.instance, &format!("watt.net.jsse.{side}.disabledProtocols")))
        .collect();
    let read = |port: &&Port<'_>| {
        port.is_tls() && port.is_enabled() && tls::inbound(cx.instance, port).provider == Provider::Jsse
    };
    let ports = cx.instance.ports.iter().filter(read);
    lists.extend(ports.filter_map(|port| List::of_port(cx.instance, port, "jsseDisabledProtocols")));
    for list in &lists {
        let older = older_allowed(list);
        if older.is_empty() {
            continue;
        }
        let verb = if older.len() == 1 { "is" } else { "are" };
        let older = listing(&older, 2);
        let message =
            format!("TLSv1.2 is denied here and {older} {verb} not: was this meant as an allow list?");
        cx.report(list.place, message).label("what stands here is switched off").emit();
    }
}

/// What is older than TLS 1.2 and not on a deny list that holds TLS 1.2; misspelt names count as what they mean.
/// (TLS 1.3 alone on a deny list is nothing odd: some peers can't bear to be offered it.)
fn older_allowed(list: &List) -> Vec<&'static str> {
    let means = |wanted: &str| {
        list.elements.iter().any(|(name, _)| nearest(name).is_some_and(|known| known.name() == wanted))
    };
    let older = ["TLSv1", "TLSv1.1"].into_iter();
    if means("TLSv1.2") { older.filter(|name| !means(name)).collect() } else { Vec::new() }
}

/// Reports the deciding line of each of the two lists `suffix`, with a fix that removes it and what counts instead.
fn dead_lists(cx: &Cx<'_, '_>, suffix: &str, message: impl Fn(&str) -> String) {
    for (side, direction) in [("client", Direction::Outbound), ("server", Direction::Inbound)] {
        let name = format!("watt.net.jsse.{side}.{suffix}");
        let Some(winner) = cx.instance.settings.winner(&name) else {
            continue;
        };
        let mut edits = make::remove_setting(cx.instance, &name);
        edits.extend(translated(cx, side, suffix));
        let mut draft = cx
            .report(winner.key_place(), message(&name))
            .label("is not read")
            .fix_with(cx.safety_by_release(), make::joined(edits, |file| cx.instance.document(file)));
        let judged = side == "server" || jsse_clients(cx);
        if let Some(protocols) = protocols(cx.instance, direction).filter(|p| judged && !p.is_empty()) {
            let source = if protocols.list.is_some() { "as set" } else { "by default" };
            let on = negotiable(&protocols);
            draft = draft.note(format!("{source}, {} has {}", direction.title(), listing(&on, 5)));
        }
        draft.emit();
    }
}

/// The deny list that says what a dead allow list said, where the release's default would not: TLS 1.3 allowed and
/// TLS 1.2 not. (What is older is denied by default, and TLS 1.3 was not there to be allowed when most lists were made.)
fn translated(cx: &Cx<'_, '_>, side: &str, suffix: &str) -> Option<Edit> {
    let deny = format!("watt.net.jsse.{side}.disabledProtocols");
    let allowed = List::of_setting(cx.instance, &format!("watt.net.jsse.{side}.enabledProtocols"))?;
    let pinned = allowed.has(Protocol::Tls13.name()) && !allowed.has(Protocol::Tls12.name());
    if suffix != "enabledProtocols" || !pinned || cx.instance.settings.winner(&deny).is_some() {
        return None;
    }
    let default = cx.instance.setting(&deny).value?;
    make::set_setting(cx.instance, &deny, &format!("{default},{}", Protocol::Tls12))
}

/// Lists of ports in a field that this release has no use for.
fn dead_port_lists(cx: &Cx<'_, '_>, field: &str, other: &str) {
    let release = cx.release();
    for port in cx.instance.ports.iter().filter(|port| port.is_tls()) {
        if port.text(field).is_none_or(|text| text.is_empty()) {
            continue;
        }
        let message =
            format!("{release} does not seem to read {field} of the {}: {other} decides", port.title());
        cx.report(port.place(field), message).label("is not read").basis(Basis::Inferred).emit();
    }
}

/// Allow lists from 10.7 on.
pub fn enabled_removed(cx: &Cx<'_, '_>) {
    let release = cx.release();
    dead_lists(cx, "enabledProtocols", |name| {
        format!("{release} does not read {name}: disabledProtocols decides")
    });
    dead_port_lists(cx, "jsseEnabledProtocols", "jsseDisabledProtocols");
}

/// Deny lists before 10.7.
pub fn disabled_too_early(cx: &Cx<'_, '_>) {
    let release = cx.release();
    dead_lists(cx, "disabledProtocols", |name| {
        format!("{release} does not read {name} yet: enabledProtocols decides")
    });
    dead_port_lists(cx, "jsseDisabledProtocols", "jsseEnabledProtocols");
}

/// Names in protocol lists that are no protocols.
pub fn unknown(cx: &Cx<'_, '_>) {
    let mut lists: Vec<(List, bool)> = Vec::new();
    for (suffix, denies) in [("enabledProtocols", false), ("disabledProtocols", true)] {
        for side in ["client", "server"] {
            let list = List::of_setting(cx.instance, &format!("watt.net.jsse.{side}.{suffix}"));
            lists.extend(list.map(|list| (list, denies)));
        }
    }
    for port in &cx.instance.ports {
        for (field, denies) in [("jsseEnabledProtocols", false), ("jsseDisabledProtocols", true)] {
            lists.extend(List::of_port(cx.instance, port, field).map(|list| (list, denies)));
        }
    }
    for (list, denies) in lists {
        let bad = list.elements.iter().filter(|(name, _)| !is_protocol(name));
        let bad: Vec<_> = bad.collect();
        if bad.is_empty() {
            continue;
        }
        let names: Vec<&str> = bad.iter().map(|(name, _)| name.as_str()).collect();
        let message = match names.as_slice() {
            [name] => format!("'{name}' is no protocol name{}", suggestion(name)),
            names => format!("{} are no protocol names", listing(names, 4)),
        };
        let effect = if denies {
            "in a deny list a name that is none denies nothing: the protocol meant stays on"
        } else {
            "JSSE refuses an allow list with an unknown name as a whole"
        };
        let edits: Vec<Edit> = corrections(&list).map(|(_, edit)| edit).collect();
        let place = match bad.as_slice() {
            [(_, span)] => Place::new(list.place.file, *span),
            _ => list.place,
        };
        cx.report(place, message).note(effect).fix(edits).emit();
    }
}

/// Protocols misspelt in a list: what each is like, and the edit that writes it so.
fn corrections(list: &List) -> impl Iterator<Item = (&'static str, Edit)> + '_ {
    let misspelt = list.elements.iter().filter(|(name, _)| !is_protocol(name));
    misspelt.filter_map(|(name, span)| {
        let known = nearest(name)?.name();
        Some((known, Edit::replace(list.place.file, *span, known)))
    })
}

fn suggestion(name: &str) -> String {
    nearest(name).map_or_else(String::new, |known| format!("; {known} is"))
}

/// `jdk.tls.client.protocols` with a name that breaks every SSLContext.
pub fn client_protocols_invalid(cx: &Cx<'_, '_>) {
    const NAME: &str = "jdk.tls.client.protocols";
    let Some(property) = cx.instance.jvm.property(NAME) else {
        return;
    };
    let supported = names(crate::catalog::jdk_defaults(cx.jdk()).supported);
    let value = tls::jsse::unquoted(&property.value);
    let bad: Vec<&str> = value
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty() && !supported.contains(name))
        // What OpenJSSE or a later update of Java 8 brings is not for this rule to deny.
        .filter(|name| cx.instance.jdk.value.update.is_some() || !is_protocol(name))
        .collect();
    if bad.is_empty() {
        return;
    }
    let verb = if bad.len() == 1 { "is no protocol name" } else { "are no protocol names" };
    let message = format!("{} {verb} this Java knows: every TLS context of the JVM fails", listing(&bad, 4));
    cx.report(property.place, message).label(format!("sets {NAME}")).emit();
}

/// `jsse.enableSNIExtension=false`.
pub fn sni_not_sent(cx: &Cx<'_, '_>) {
    const NAME: &str = "jsse.enableSNIExtension";
    let Some(property) = cx.instance.jvm.property(NAME) else {
        return;
    };
    if !property.value.trim().eq_ignore_ascii_case("false") {
        return;
    }
    let definitions = cx.instance.jvm.properties().iter().filter(|p| p.name == NAME);
    let edits = definitions.flat_map(|property| make::remove_property(cx.instance, property));
    cx.report(property.place, "no ClientHello of this server names the host it wants (SNI is switched off)")
        .label("switches SNI off")
        .fix(edits)
        .emit();
}
