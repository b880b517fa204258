//! Verdicts on the posture: what becomes of the lists in this JVM.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::listing;
use crate::catalog::{self, Policy, Protocol, Suite, Tier, tier};
use crate::document::{Place, Role};
use crate::fix::{Edit, make};
use crate::instance::Kind;
use crate::instance::security::{OVERRIDE_PROPERTY, VENDOR_OVERRIDE};
use crate::rules::Cx;
use crate::tls::disabled::entries;
use crate::tls::jsse::Jsse;
use crate::tls::posture::{Direction, StopCause, Whom};
use crate::tls::protocols::{self, STOCK_OVERRIDE};
use crate::tls::suites::{self, Listed};
use crate::tls::{Client, List, Provider};

/// The directions that are in use: not disabled ports. What is said of them follows from release and JDK.
fn directions<'c, 'i, 'f>(
    cx: &'c Cx<'i, 'f>,
) -> impl Iterator<Item = &'i Direction<'i, 'f>> + use<'c, 'i, 'f> {
    cx.release();
    cx.jdk();
    in_use(cx)
}

fn in_use<'c, 'i, 'f>(cx: &'c Cx<'i, 'f>) -> impl Iterator<Item = &'i Direction<'i, 'f>> + use<'c, 'i, 'f> {
    cx.posture().directions.iter().filter(|direction| match direction.whom {
        Whom::Port(port) => port.is_enabled(),
        _ => true,
    })
}

/// What leaves the JVM without TLS.
pub fn jvm_without_tls(cx: &Cx<'_, '_>) {
    let stopped = directions(cx).filter_map(|direction| direction.stop.as_ref());
    let Some(stop) = stopped.into_iter().find(|stop| stop.cause == StopCause::JvmWithoutTls) else { return };
    let Some(place) = stop.place else { return };
    let mut edits = Vec::new();
    if let Err(entry) = protocols::jsse(cx.instance)
        && let Some((file, document)) = cx.instance.security.overlay
        && file == place.file
    {
        let list = List::new(document.bytes(), place, stop.setting.clone());
        if list.elements.len() > 1 {
            edits = make::remove_from_list(&list, |name| name == entry);
        }
    }
    cx.report(place, stop.message.clone()).label("leaves no TLS").fix(edits).emit();
}

/// `jdk.tls.client.protocols` that leaves the JVM's default context nothing.
pub fn default_context_dead(cx: &Cx<'_, '_>) {
    const NAME: &str = "jdk.tls.client.protocols";
    let Some(property) = cx.instance.jvm.property(NAME) else { return };
    let context = directions(cx).find(|direction| matches!(direction.whom, Whom::DefaultContext));
    let stop = context.and_then(|direction| direction.stop.as_ref());
    let Some(stop) = stop.filter(|stop| stop.cause == StopCause::NothingEnabled) else { return };
    let message = format!("JMS, JDBC and LDAPS get no TLS: {}", stop.message);
    cx.report(property.place, message).label(format!("sets {NAME}")).emit();
}

/// SSLv2Hello in what clients have, where it makes them send it.
pub fn old_hello_sent(cx: &Cx<'_, '_>) {
    let https = directions(cx).find(|direction| matches!(direction.whom, Whom::Client(Client::Https)));
    let Some(direction) = https.filter(|direction| direction.provider.value == Some(Provider::Jsse)) else {
        return;
    };
    let Some(live) = direction.protocols.value.as_ref().filter(|live| live.v2_hello) else { return };
    if live.protocols.contains(&Protocol::Tls13) {
        return;
    }
    let Some(deciding) = protocols::deciding(cx.instance, direction.whom.side(), None) else { return };
    let Some(list) = deciding.list else { return };
    let hello = Protocol::Ssl2Hello.name();
    let edits: Vec<Edit> = if deciding.denies {
        vec![make::append_to_list(&list, &[hello])]
    } else {
        make::remove_from_list(&list, |name| name == hello)
    };
    let place = list.place_of(hello).unwrap_or(list.place);
    cx.report(
        place,
        "every outbound handshake begins with a hello in the form of SSL 2, which servers refuse",
    )
    .label(if deciding.denies { "does not deny SSLv2Hello" } else { "switches it on" })
    .fix(edits)
    .emit();
}

/// What directions speak outside the level of Mozilla's guideline that wattlint.toml asks for.
pub fn outside_tls_policy(cx: &Cx<'_, '_>) {
    let server_cnf = cx.instance.settings.base();
    let Some(file) = server_cnf.or_else(|| cx.instance.files.first().copied()) else { return };
    let Some(level) = cx.config.tls_policy(&cx.instance.document(file).path) else { return };
    type Outside<'d> = (Place, Vec<&'d str>, Vec<&'d str>);
    // Where it stands, the protocols and suites outside; and the directions.
    let mut outside: BTreeMap<Outside<'_>, Vec<String>> = BTreeMap::new();
    for direction in directions(cx).filter(|direction| direction.stop.is_none()) {
        // Of the JVM's own context, no setting of the server decides.
        if matches!(direction.whom, Whom::DefaultContext) {
            continue;
        }
        let protocols = direction.protocols.value.iter().flat_map(|live| &live.protocols);
        let protocols = protocols.filter(|protocol| **protocol < level.lowest());
        let protocols: Vec<&str> = protocols.map(|protocol| protocol.name()).collect();
        let suites = suites_outside(level, direction);
        if protocols.is_empty() && suites.is_empty() {
            continue;
        }
        let mut reasons = direction.protocols.reasons.iter().chain(&direction.suites.reasons);
        let place = reasons.find_map(|reason| reason.place).unwrap_or(Place::top(file));
        outside.entry((place, protocols, suites)).or_default().push(direction.whom.title());
    }
    for ((place, protocols, suites), titles) in outside {
        let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
        let counted = match suites.len() {
            0 => None,
            1 => Some("1 cipher suite".to_owned()),
            count => Some(format!("{count} cipher suites")),
        };
        let said: Vec<&str> = protocols.into_iter().chain(counted.as_deref()).collect();
        let (said, titles) = (listing(&said, 9), listing(&titles, 2));
        let message = format!("outside Mozilla's level {}: {said}, by {titles}", level.name());
        let mut draft = cx.report(place, message);
        if !suites.is_empty() {
            draft = draft.note(format!("suites outside: {}", listing(&suites, 3)));
        }
        let note = format!("`wattlint tls --policy {}` prints the patch that keeps to it", level.name());
        draft.note(note).emit();
    }
}

/// The suites of a direction that a level leaves out.
fn suites_outside<'d>(level: Policy, direction: &'d Direction<'_, '_>) -> Vec<&'d str> {
    let kept = |suite: &catalog::Suite| suite.policy.is_some_and(|policy| policy <= level);
    if direction.provider.value == Some(Provider::Iaik) {
        let names = direction.suites.value.iter().flatten().map(String::as_str);
        return names.filter(|name| !catalog::suite(name, true).is_some_and(kept)).collect();
    }
    let live = direction.protocols.value.iter().flat_map(|live| &live.suites);
    live.filter(|suite| !suite.is_signal() && !kept(suite)).map(|suite| suite.name).collect()
}

/// The suite lists written down for JSSE, with the directions each serves.
fn suite_lists<'c, 'i, 'f>(
    cx: &'c Cx<'i, 'f>,
) -> impl Iterator<Item = (&'static str, Vec<(String, Place)>, Vec<&'i Direction<'i, 'f>>)> + use<'c, 'i, 'f>
{
    ["watt.net.jsse.client.enabledCipherSuiteList", "watt.net.jsse.server.enabledCipherSuiteList"]
        .into_iter()
        .filter_map(move |setting| {
            let Listed::Names(names) = suites::listed(cx.instance, setting) else { return None };
            let serves = |direction: &&Direction<'_, '_>| {
                direction.provider.value == Some(Provider::Jsse)
                    && direction.suite_setting.as_deref() == Some(setting)
            };
            Some((setting, names, directions(cx).filter(serves).collect()))
        })
}

/// Where a suite setting stands, be its list in it or in a file.
fn list_place(cx: &Cx<'_, '_>, setting: &str) -> Option<Place> {
    Some(cx.instance.settings.winner(setting)?.place())
}

/// TLS 1.2 or 1.3 enabled, and no suite in the list that could carry it.
pub fn protocol_without_suite(cx: &Cx<'_, '_>) {
    let Some(jsse) = cx.posture().jsse() else { return };
    for (setting, _, directions) in suite_lists(cx) {
        for protocol in [Protocol::Tls13, Protocol::Tls12] {
            let without = directions.iter().find(|direction| {
                let live = direction.protocols.value.as_ref();
                direction.stop.is_none()
                    && direction.enabled.contains(&protocol)
                    && !jsse.tls.disables_protocol(protocol)
                    && live.is_some_and(|live| !live.protocols.contains(&protocol))
            });
            let (Some(direction), Some(place)) = (without, list_place(cx, setting)) else { continue };
            let added: &[&str] = match protocol {
                Protocol::Tls13 => &["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"],
                _ => &["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
            };
            let list = suites::list_in_setting(cx.instance, setting);
            let edits = list.map(|list| make::append_to_list(&list, added));
            let message = format!(
                "{protocol} is on for {} and can never come about: no suite listed works with it",
                direction.whom.title()
            );
            cx.report(place, message).label("the list").fix(edits).emit();
        }
    }
}

/// Suites for a protocol that is off in every direction of the list.
pub fn suite_without_protocol(cx: &Cx<'_, '_>) {
    let Some(jsse) = cx.posture().jsse() else { return };
    for (_, names, directions) in suite_lists(cx) {
        // A direction that is dead has other troubles.
        if directions.is_empty() || directions.iter().any(|direction| direction.stop.is_some()) {
            continue;
        }
        let idle: Vec<&(String, Place)> = names
            .iter()
            .filter(|(name, _)| {
                let Some(suite) = jsse.suite(name).filter(|suite| !suite.is_signal() && jsse.permits(suite))
                else {
                    return false;
                };
                directions.iter().all(|direction| {
                    direction.protocols.value.as_ref().is_some_and(|live| {
                        !live.protocols.iter().any(|protocol| suite.works_with(*protocol))
                    })
                })
            })
            .collect();
        let Some((_, place)) = idle.first() else { continue };
        let texts: Vec<&str> = idle.iter().map(|(name, _)| name.as_str()).collect();
        let verb = if texts.len() == 1 { "is" } else { "are" };
        let message = format!("{} {verb} listed for a protocol that is off", listing(&texts, 3));
        cx.report(*place, message).label("never used").emit();
    }
}

/// TLS 1.3 left out by a list though this JDK has it.
pub fn tls13_left_out(cx: &Cx<'_, '_>) {
    let Some(jsse) = cx.posture().jsse() else { return };
    if !jsse.supported().contains(&Protocol::Tls13) || jsse.tls.disables_protocol(Protocol::Tls13) {
        return;
    }
    let mut seen: Vec<Place> = Vec::new();
    for direction in directions(cx) {
        if direction.provider.value != Some(Provider::Jsse) || direction.stop.is_some() {
            continue;
        }
        let port = match direction.whom {
            Whom::Port(port) => Some(port),
            Whom::DefaultContext => continue,
            _ => None,
        };
        let Some(deciding) = protocols::deciding(cx.instance, direction.whom.side(), port) else { continue };
        let Some(list) = deciding.list.filter(|list| !seen.contains(&list.place)) else { continue };
        let name = Protocol::Tls13.name();
        if list.has(name) != deciding.denies
            || !list.elements.iter().any(|(name, _)| Protocol::named(name).is_some())
        {
            continue;
        }
        // With TLS 1.2 off too, no-protocol-left and tls12-impossible have the word.
        if !direction.enabled.contains(&Protocol::Tls12) {
            continue;
        }
        seen.push(list.place);
        let edits: Vec<Edit> = if deciding.denies {
            make::remove_from_list(&list, |element| element == name)
        } else {
            vec![make::append_to_list(&list, &[name])]
        };
        let message =
            format!("TLS 1.3 is left out for {}, though Java {} has it", direction.whom.title(), cx.jdk());
        let label = if deciding.denies { "denies it" } else { "does not allow it" };
        cx.report(list.place_of(name).filter(|_| deciding.denies).unwrap_or(list.place), message)
            .label(label)
            .fix(edits)
            .emit();
    }
}

/// A suite list of which the newest update of the same Java leaves nothing, while this one still does.
pub fn lost_to_update(cx: &Cx<'_, '_>) {
    // With an override of the installation's own, the JDK's list does not count.
    if cx.instance.security.disabled_algorithms.is_some() || protocols::assumes_stock_override(cx.instance) {
        return;
    }
    let jdk = cx.jdk();
    let newest = catalog::JDKS
        .iter()
        .rfind(|build| build.name.split(['u', '.']).next() == Some(&jdk.feature.to_string()));
    let (Some(newest), Some(jsse)) = (newest, cx.posture().jsse()) else { return };
    let Ok(next) = Jsse::of_build(newest) else { return };
    for (setting, names, directions) in suite_lists(cx) {
        let usable = |jsse: &Jsse<'_>| {
            let count = names.iter().filter_map(|(name, _)| jsse.suite(name));
            count.filter(|suite| !suite.is_signal() && jsse.permits(suite)).count()
        };
        let live = directions.iter().any(|direction| direction.stop.is_none());
        let Some(place) = list_place(cx, setting).filter(|_| live && usable(jsse) > 0 && usable(&next) == 0)
        else {
            continue;
        };
        let message = format!(
            "every suite listed is disabled by Java {}: an update of Java ends all handshakes here",
            newest.name
        );
        let texts: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
        cx.report(place, message).label("the list").note(format!("listed: {}", listing(&texts, 3))).emit();
    }
}

/// The entries of the installation's own `jdk.tls.disabledAlgorithms`, each with its place; not those that the JDK or
/// the vendor wrote.
fn own_entries(cx: &Cx<'_, '_>) -> Vec<(String, Place)> {
    let Some(place) = cx.instance.security.disabled_place else { return Vec::new() };
    let document = cx.instance.document(place.file);
    if document.role != Role::SecurityOverride {
        return Vec::new();
    }
    let shipped = |entry: &str| {
        let lists = catalog::JDKS.iter().map(|build| build.disabled).chain([STOCK_OVERRIDE]);
        lists.into_iter().any(|list| entries(list).any(|known| known == entry))
    };
    List::new(document.bytes(), place, String::new())
        .elements
        .into_iter()
        .filter(|(entry, _)| !shipped(entry))
        .map(|(entry, span)| (entry, Place::new(place.file, span)))
        .collect()
}

/// What was meant by an entry that does nothing, where only one thing can be: entry, name to write.
const MEANT: [(&str, &str); 8] = [
    ("3DES", "3DES_EDE_CBC"),
    ("TRIPLEDES", "3DES_EDE_CBC"),
    ("SHA", "SHA1"),
    ("ARCFOUR", "RC4"),
    ("ANONYMOUS", "anon"),
    ("CHACHA20", "ChaCha20-Poly1305"),
    ("CHACHA20_POLY1305", "ChaCha20-Poly1305"),
    ("STATICECDH", "ECDH"),
];

/// Entries of `jdk.tls.disabledAlgorithms` that take nothing away.
pub fn entry_without_effect(cx: &Cx<'_, '_>) {
    let own = own_entries(cx);
    if own.is_empty() {
        return;
    }
    let jdk = cx.jdk();
    for (entry, place) in own {
        // Conditions on keys and signatures, names of curves and signature schemes: their effect is not on suites.
        let elsewhere = entry.contains(' ')
            || entry.contains("with")
            || entry.contains("DTLS")
            || entry
                .chars()
                .next()
                .is_some_and(|first| first.is_ascii_lowercase() && !entry.starts_with("tls"))
            || [
                "EC",
                "RSASSA-PSS",
                "EdDSA",
                "Ed25519",
                "Ed448",
                "XDH",
                "X25519",
                "X448",
                "MD2",
                "MD4",
                "DSA",
            ]
            .iter()
            .any(|name| entry.eq_ignore_ascii_case(name));
        let Ok(jsse) = Jsse::new(jdk, protocols::open_jsse(cx.instance), &entry, "") else { continue };
        let names_protocol = Protocol::ALL
            .into_iter()
            .any(|protocol| protocol != Protocol::Ssl2Hello && protocol.name().eq_ignore_ascii_case(&entry));
        let known = |suite: &&catalog::Suite| suite.rank(jsse.generation) != catalog::Rank::Unknown;
        let takes = catalog::SUITES.iter().filter(known).any(|suite| !jsse.permits(suite));
        if elsewhere || names_protocol || takes {
            continue;
        }
        let meant = MEANT
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(&entry))
            .map(|(_, meant)| *meant)
            .or_else(|| protocols::nearest(&entry).filter(|p| *p != Protocol::Ssl2Hello).map(Protocol::name))
            // The list knows an old suite by its SSL_ name only.
            .or_else(|| catalog::suite(&entry, true).map(|suite| suite.name).filter(|name| *name != entry));
        let why = match meant {
            Some(meant) => format!("; {meant} is what does"),
            None if entry.contains('*') => format!("; Java {jdk} knows no patterns here"),
            None if entry.contains(';') => "; entries are parted by commas".to_owned(),
            None => String::new(),
        };
        let edits = meant.map(|meant| Edit::replace(place.file, place.span, meant));
        cx.report(place, format!("'{entry}' disables nothing{why}")).fix(edits).emit();
    }
}

/// Entries of `jdk.tls.disabledAlgorithms` that take away what is recommended.
pub fn entry_too_wide(cx: &Cx<'_, '_>) {
    let own = own_entries(cx);
    if own.is_empty() {
        return;
    }
    for (entry, place) in own {
        let Ok(jsse) = Jsse::new(cx.jdk(), protocols::open_jsse(cx.instance), &entry, "") else { continue };
        let on: Vec<&catalog::Suite> = jsse
            .default_suites(&Protocol::ALL)
            .into_iter()
            .chain(
                catalog::SUITES.iter().filter(|suite| suite.rank(jsse.generation) != catalog::Rank::Unknown),
            )
            .collect();
        let lost: Vec<&str> = on
            .iter()
            .filter(|suite| !jsse.permits(suite) && suite.policy.is_some())
            .map(|suite| suite.name)
            .collect();
        // One suite named in full is meant.
        if lost.is_empty() || catalog::suite(&entry, true).is_some() {
            continue;
        }
        let all = catalog::SUITES
            .iter()
            .filter(|suite| suite.rank(jsse.generation) != catalog::Rank::Unknown && !jsse.permits(suite))
            .count();
        let message = format!("'{entry}' takes {all} suites away, recommended ones such as {} too", lost[0]);
        cx.report(place, message).label("wider than it looks").emit();
    }
}

/// The suites of the catalog that are broken or weak.
fn weak_suites() -> &'static [&'static Suite] {
    static WEAK: LazyLock<Vec<&Suite>> = LazyLock::new(|| {
        let weak = |suite: &&Suite| matches!(tier(suite.name), Tier::Broken | Tier::Weak);
        catalog::SUITES.iter().filter(weak).collect()
    });
    &WEAK
}

/// What the JDK disables and the installation's override lets back in, apart from what the vendor's does.
pub fn override_weakens(cx: &Cx<'_, '_>) {
    let Some(place) = cx.instance.security.disabled_place else { return };
    if cx.instance.document(place.file).role != Role::SecurityOverride {
        return;
    }
    let Ok(jsse) = protocols::jsse(cx.instance) else { return };
    let build = catalog::jdk_defaults(cx.jdk());
    let missing = |protocol: &Protocol| {
        let named = |list: &str| entries(list).any(|entry| entry == protocol.name());
        named(build.disabled) && named(STOCK_OVERRIDE) && !jsse.tls.disables_protocol(*protocol)
    };
    let mut back: Vec<&str> =
        Protocol::ALL.iter().filter(|p| missing(p)).map(|protocol| protocol.name()).collect();
    let Ok(shipped) = Jsse::of_build(build) else { return };
    let weak = |word: &str, part: &str| {
        let comes_back = weak_suites().iter().any(|suite| {
            jsse.permits(suite)
                && !shipped.permits(suite)
                && suite.rank(jsse.generation) != catalog::Rank::Unknown
                && suite.name.contains(part)
        });
        comes_back.then(|| word.to_owned())
    };
    let weak: Vec<String> = [
        ("RC4", "_RC4_"),
        ("DES", "_DES_"),
        ("3DES", "_3DES_"),
        ("NULL", "_NULL_"),
        ("anonymous suites", "_anon_WITH_AES"),
    ]
    .into_iter()
    .filter_map(|(word, part)| weak(word, part))
    .collect();
    back.extend(weak.iter().map(String::as_str));
    if back.is_empty() {
        return;
    }
    let message =
        format!("this override lets {} back in, which Java {} disables", listing(&back, 6), cx.jdk());
    cx.report(place, message).label("replaces the JDK's list").emit();
}

/// An override file that is named and is not there.
pub fn override_missing(cx: &Cx<'_, '_>) {
    let Some(property) = cx.instance.jvm.property(OVERRIDE_PROPERTY) else { return };
    let path = property.value.trim_start_matches('=');
    let absolute =
        path.starts_with(['/', '\\']) || path.contains(':') || path.contains('%') || path.contains('$');
    let outside = absolute || cx.instance.kind == Kind::OtherProfile || cx.instance.settings.base().is_none();
    if path.is_empty() || outside || path.ends_with(VENDOR_OVERRIDE) || cx.instance.security.overlay.is_some()
    {
        return;
    }
    cx.report(
        property.place,
        format!("there is no {path} here: Java passes over a missing file without a word"),
    )
    .label("names it")
    .emit();
}

/// IAIK in use, and SSL 3.0 allowed.
pub fn iaik_allows_ssl3(cx: &Cx<'_, '_>) {
    iaik_setting(cx, "handshake.minVersion", "tls", |cx, direction, name| {
        let live = direction.protocols.value.as_ref()?;
        live.protocols.contains(&Protocol::Ssl3).then_some(())?;
        let value = cx.instance.setting(name).value.unwrap_or("sslv2");
        Some(format!("{} accepts SSL 3.0: minVersion is {value}", direction.whom.title()))
    });
}

/// IAIK in use, and weak ciphers allowed.
pub fn iaik_weak_ciphers(cx: &Cx<'_, '_>) {
    iaik_setting(cx, "strongcipheronly", "true", |cx, direction, name| {
        let strong = cx.instance.setting(name).is_true()?;
        (!strong).then(|| format!("{} may fall back to ciphers under 128 bits", direction.whom.title()))
    });
}

/// Reports a setting of IAIK's for each side that really uses it, once.
fn iaik_setting(
    cx: &Cx<'_, '_>,
    suffix: &str,
    wanted: &str,
    judge: impl Fn(&Cx<'_, '_>, &Direction<'_, '_>, &str) -> Option<String>,
) {
    for side in ["client", "server"] {
        let name = format!("watt.net.ssl.{side}.{suffix}");
        let uses = |direction: &&Direction<'_, '_>| {
            direction.provider.value == Some(Provider::Iaik)
                && match direction.whom {
                    Whom::Client(client) => side == "client" && client == Client::Https,
                    Whom::Port(_) => side == "server",
                    _ => false,
                }
        };
        let found =
            directions(cx).find(uses).and_then(|direction| Some((direction, judge(cx, direction, &name)?)));
        let Some((_, message)) = found else { continue };
        let place = match cx.instance.settings.winner(&name) {
            Some(winner) => Some(winner.place()),
            None => cx.instance.settings.base().map(Place::top),
        };
        let Some(place) = place else { continue };
        let edits = make::set_setting(cx.instance, &name, wanted);
        cx.report(place, message).label("allows it").fix(edits).emit();
    }
}
