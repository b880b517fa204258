//! The protocols and suites of a direction, from its lists.

use super::context::{Context, short};
use super::{Fact, Reason, Stop, StopCause, Whom};
use crate::catalog::{self, Protocol, Suite};
use crate::document::Place;
use crate::instance::Instance;
use crate::instance::settings::Origin;
use crate::rules::schema::Basis;
use crate::tls::jsse::{Jsse, Live, Side};
use crate::tls::suites::Listed;
use crate::tls::{protocols, suites};

/// What a direction has: its live protocols and suites, the suites' names, and the settings that hold both lists.
type Lists = (Fact<Live>, Fact<Vec<String>>, (Option<String>, Option<String>));

const NO_SETTINGS: &str = "no server.cnf was read";

/// A direction on JSSE.
pub fn jsse(
    instance: &Instance<'_>,
    context: &Context<'_>,
    whom: Whom<'_, '_>,
    on: &mut Vec<Protocol>,
    stop: &mut Option<Stop>,
) -> Lists {
    let jsse = match &context.jsse {
        Ok(jsse) => jsse,
        Err(why) => {
            *stop = Some(why.clone());
            let reason = Reason { what: why.message.clone(), place: why.place, basis: Basis::Measured };
            let suites = Fact::new(Vec::new(), vec![reason.clone()]);
            return (Fact::new(Live::default(), vec![reason]), suites, (Some(why.setting.clone()), None));
        }
    };
    let side = whom.side();
    let defaults = context.defaults(side);
    let watched = !matches!(whom, Whom::DefaultContext);
    let (enabled, mut protocol_reasons, protocol_setting) = if watched {
        match enabled_protocols(instance, jsse, whom, stop) {
            Some((enabled, reasons, setting)) => (enabled, reasons, Some(setting)),
            None => return (Fact::unknown(NO_SETTINGS), Fact::unknown(NO_SETTINGS), (None, None)),
        }
    } else {
        (defaults.protocols.clone(), defaults.reasons.clone(), Some("jdk.tls.client.protocols".to_owned()))
    };
    on.clone_from(&enabled);
    let suite_setting = watched.then(|| suite_setting(side));
    let (named, mut suite_reasons) = match suite_setting {
        Some(setting) => suite_list(instance, jsse, setting, stop),
        None => (None, Vec::new()),
    };
    let chosen = named.unwrap_or_else(|| {
        suite_reasons.push(default_suites_reason(jsse, context, side));
        defaults.suites.clone()
    });
    let live = if stop.is_some() { Live::default() } else { jsse.live(&enabled, &chosen) };
    protocol_reasons.extend(context.taken_protocols(if watched { &enabled } else { &defaults.listed }));
    let taken: Vec<&str> = enabled
        .iter()
        .filter(|protocol| **protocol != Protocol::Ssl2Hello && !live.protocols.contains(protocol))
        .filter(|protocol| !jsse.tls.disables_protocol(**protocol))
        .map(|protocol| protocol.name())
        .collect();
    if !taken.is_empty() && stop.is_none() {
        protocol_reasons.push(Reason::known(
            Basis::Measured,
            format!("no suite that is left works with {}: it takes no part", taken.join(", ")),
        ));
    }
    if live.protocols.is_empty() && stop.is_none() {
        *stop = Some(nothing_left(
            instance,
            jsse,
            context,
            &enabled,
            &chosen,
            protocol_setting.as_deref(),
            suite_setting,
        ));
    }
    let gone = chosen.iter().filter(|suite| !jsse.permits(suite)).count();
    if gone > 0 {
        suite_reasons.push(Reason {
            what: format!("{} takes {gone} of {} away", context.disabled.what, chosen.len()),
            ..context.disabled.clone()
        });
    }
    let names = live.suites.iter().map(|suite| suite.name.to_owned()).collect();
    (
        Fact::new(live, protocol_reasons),
        Fact::new(names, suite_reasons),
        (protocol_setting, suite_setting.map(str::to_owned)),
    )
}

fn default_suites_reason(jsse: &Jsse<'_>, context: &Context<'_>, side: Side) -> Reason {
    context.defaults(side).suite_reason.clone().unwrap_or_else(|| {
        let what = format!(
            "default list of Java {}, less what {} takes away",
            jsse.build.name, context.disabled.what
        );
        Reason { what, basis: jsse.build.basis, ..context.disabled.clone() }
    })
}

/// The protocols a watt list (or the default in its place) enables, with the reasons and the setting's name; `None`
/// where no server.cnf was read.
fn enabled_protocols(
    instance: &Instance<'_>,
    jsse: &Jsse<'_>,
    whom: Whom<'_, '_>,
    stop: &mut Option<Stop>,
) -> Option<(Vec<Protocol>, Vec<Reason>, String)> {
    let port = match whom {
        Whom::Port(port) => Some(port),
        _ => None,
    };
    let deciding = protocols::deciding(instance, whom.side(), port)?;
    let names = deciding.names();
    let reason = match (&deciding.list, deciding.default) {
        (Some(list), _) => Reason::at(list.place, format!("{}={}", list.title, names.join(","))),
        (None, Some((default, basis))) => Reason::known(
            basis,
            format!("{}: default of {}, {default}", deciding.setting, instance.release.value),
        ),
        (None, None) => return None,
    };
    let supported = jsse.supported();
    let mut reasons = vec![reason];
    let enabled = if deciding.denies {
        reasons.push(Reason::known(
            jsse.build.basis,
            format!("Java {} can speak {}", jsse.build.name, listed(&supported)),
        ));
        supported.into_iter().filter(|protocol| !names.contains(&protocol.name())).collect()
    } else if names.is_empty() {
        reasons.push(Reason::known(Basis::Inferred, "an empty list enables nothing"));
        Vec::new()
    } else {
        jsse.enable_protocols(&names).unwrap_or_else(|bad| {
            let element = deciding.list.as_ref().and_then(|list| list.place_of(bad));
            let message = if bad == Protocol::Ssl2Hello.name() {
                format!("Java {} refuses {bad} without a protocol beside it", instance.jdk.value)
            } else {
                format!("Java {} knows no protocol '{bad}', and refuses the whole list", instance.jdk.value)
            };
            stop.get_or_insert(Stop {
                cause: StopCause::BadProtocolName,
                message,
                setting: deciding.setting.clone(),
                place: element,
            });
            Vec::new()
        })
    };
    Some((enabled, reasons, deciding.setting))
}

/// Names of protocols, newest first.
pub fn listed(protocols: &[Protocol]) -> String {
    let mut sorted = protocols.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    sorted.iter().map(|protocol| protocol.name()).collect::<Vec<_>>().join(", ")
}

fn suite_setting(side: Side) -> &'static str {
    match side {
        Side::Client => "watt.net.jsse.client.enabledCipherSuiteList",
        Side::Server => "watt.net.jsse.server.enabledCipherSuiteList",
    }
}

/// The suites a list names; `None` for the JDK's default.
fn suite_list(
    instance: &Instance<'_>,
    jsse: &Jsse<'_>,
    setting: &str,
    stop: &mut Option<Stop>,
) -> (Option<Vec<&'static Suite>>, Vec<Reason>) {
    let effective = instance.setting(setting);
    let written = effective.written().map(|written| written.place());
    let reason = |what: String| match (written, effective.origin) {
        (Some(place), _) => Reason::at(place, what),
        (None, Origin::Default(basis)) => Reason::known(basis, what),
        (None, _) => Reason::known(Basis::Inferred, what),
    };
    match suites::listed(instance, setting) {
        Listed::Default => {
            let value = effective.value.unwrap_or_default();
            (None, vec![reason(format!("{setting}={value}"))])
        }
        Listed::Unread(path) => (
            None,
            vec![reason(format!("{setting}={path}: that file was not read; the JDK's default is taken"))],
        ),
        Listed::Names(names) => {
            let texts: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
            let reasons = vec![reason(format!("{setting}={}", short(&texts.join(","))))];
            let enabled = jsse.enable_suites(&texts).unwrap_or_else(|bad| {
                let place = names.iter().find(|(name, _)| name == bad).map(|(_, place)| *place);
                stop.get_or_insert(Stop {
                    cause: StopCause::BadSuiteName,
                    message: format!(
                        "Java {} knows no cipher suite '{bad}', and refuses the whole list",
                        instance.jdk.value
                    ),
                    setting: setting.to_owned(),
                    place,
                });
                Vec::new()
            });
            (Some(enabled), reasons)
        }
    }
}

/// What to blame where no protocol is live.
fn nothing_left(
    instance: &Instance<'_>,
    jsse: &Jsse<'_>,
    context: &Context<'_>,
    enabled: &[Protocol],
    chosen: &[&'static Suite],
    protocol_setting: Option<&str>,
    suite_setting: Option<&str>,
) -> Stop {
    let jdk = instance.jdk.value;
    let allowed: Vec<Protocol> = enabled
        .iter()
        .copied()
        .filter(|protocol| *protocol != Protocol::Ssl2Hello && !jsse.tls.disables_protocol(*protocol))
        .collect();
    let usable = chosen.iter().filter(|suite| jsse.permits(suite)).count();
    let (message, setting): (String, &str) = if enabled.iter().all(|p| *p == Protocol::Ssl2Hello) {
        ("no protocol is enabled".to_owned(), protocol_setting.unwrap_or_default())
    } else if allowed.is_empty() {
        let message = format!("Java {jdk} has {} disabled, and nothing else is enabled", listed(enabled));
        (message, protocol_setting.unwrap_or("jdk.tls.disabledAlgorithms"))
    } else if usable == 0 && !chosen.is_empty() {
        (
            format!("Java {jdk} disables every suite listed"),
            suite_setting.unwrap_or("jdk.tls.disabledAlgorithms"),
        )
    } else {
        let message = format!("no suite that is left works with {}", listed(&allowed));
        (message, suite_setting.unwrap_or("jdk.tls.disabledAlgorithms"))
    };
    let place = instance.settings.winner(setting).map(|written| written.place());
    Stop {
        cause: StopCause::NothingEnabled,
        message,
        setting: setting.to_owned(),
        place: place.or(context.disabled.place),
    }
}

/// A direction on IAIK: SSL 3.0 and TLS 1.0, as far as its handshake versions allow.
pub fn iaik(instance: &Instance<'_>, side: Side) -> Lists {
    let word = if side == Side::Client { "client" } else { "server" };
    let bound = |which: &str| {
        let name = format!("watt.net.ssl.{word}.handshake.{which}Version");
        let effective = instance.setting(&name);
        let value = effective.value.unwrap_or("tls").to_owned();
        let reason = match (effective.written(), effective.origin) {
            (Some(written), _) => Reason::at(written.place(), format!("{name}={value}")),
            (None, Origin::Default(basis)) => {
                Reason::known(basis, format!("{name}: default of {}, {value}", instance.release.value))
            }
            _ => Reason::known(Basis::Inferred, format!("{name}: taken to be {value}")),
        };
        (value, reason)
    };
    let (oldest, oldest_reason) = bound("min");
    let (newest, newest_reason) = bound("max");
    // Values it does not document (TLSv1.2, say) get it no further than TLS 1.0.
    let from = if matches!(oldest.as_str(), "sslv2" | "sslv3") { Protocol::Ssl3 } else { Protocol::Tls10 };
    let to = if newest == "sslv3" { Protocol::Ssl3 } else { Protocol::Tls10 };
    let protocols: Vec<Protocol> = [Protocol::Ssl3, Protocol::Tls10]
        .into_iter()
        .filter(|protocol| from <= *protocol && *protocol <= to)
        .collect();
    let nature = Reason::known(Basis::Documented, "IAIK speaks SSL 3.0 and TLS 1.0, nothing newer");
    let setting = format!("watt.net.ssl.{word}.cipherSuiteList");
    let (names, suite_reason) = match suites::listed(instance, &setting) {
        Listed::Names(names) => {
            let place = names.first().map(|(_, place)| Place::new(place.file, place.span));
            let names: Vec<String> = names.into_iter().map(|(name, _)| name).collect();
            let what = format!("{setting}={}", short(&names.join(",")));
            let reason = place.map_or_else(
                || Reason::known(Basis::Documented, what.clone()),
                |place| Reason::at(place, what.clone()),
            );
            (names, reason)
        }
        _ => (
            Vec::new(),
            Reason::known(Basis::Documented, format!("{setting}: IAIK's own list, which is not documented")),
        ),
    };
    // By IANA's name or JSSE's; of its own list nothing is known, so all old suites count.
    let known = |protocol: &Suite| protocols.iter().any(|p| protocol.works_with(*p));
    let suites: Vec<&'static Suite> = if names.is_empty() {
        catalog::SUITES.iter().filter(|suite| known(suite)).collect()
    } else {
        names.iter().filter_map(|name| catalog::suite(name, true)).filter(|suite| known(suite)).collect()
    };
    let live = Live { protocols, suites, v2_hello: false };
    let version = format!("watt.net.ssl.{word}.handshake.maxVersion");
    (
        Fact::new(live, vec![nature, oldest_reason, newest_reason]),
        Fact::new(names, vec![suite_reason]),
        (Some(version), Some(setting)),
    )
}
