//! What holds for the whole JVM: its JSSE under the security properties in effect, and the defaults of its contexts.

use super::{Reason, Stop, StopCause};
use crate::catalog::{Protocol, Rank, Suite};
use crate::instance::Instance;
use crate::instance::security::OVERRIDE_PROPERTY;
use crate::rules::schema::Basis;
use crate::tls::disabled::entries;
use crate::tls::jsse::{Jsse, Side, unquoted};
use crate::tls::protocols;
use crate::tls::suites::{self, Listed};

/// The TLS of one JVM.
#[derive(Debug)]
pub struct Context<'i> {
    /// Its JSSE, or what leaves the JVM without any.
    pub jsse: Result<Jsse<'i>, Stop>,
    client: Defaults,
    server: Defaults,
    /// What is disabled, and who says so.
    pub disabled: Reason,
    assumes_override: bool,
}

/// The defaults of a context's clients or servers.
#[derive(Debug, Default)]
pub struct Defaults {
    /// Protocols, disabled ones among them.
    pub listed: Vec<Protocol>,
    /// Protocols, disabled ones left out.
    pub protocols: Vec<Protocol>,
    /// Suites, in their order.
    pub suites: Vec<&'static Suite>,
    /// Why these protocols.
    pub reasons: Vec<Reason>,
    /// Why these suites, if a system property says so.
    pub suite_reason: Option<Reason>,
}

impl<'i> Context<'i> {
    /// Works it out for an instance.
    pub fn of(instance: &'i Instance<'_>) -> Self {
        let disabled = disabled(instance);
        let assumes_override = protocols::assumes_stock_override(instance);
        let mut client = Defaults::default();
        let mut server = Defaults::default();
        let jsse = jsse(instance, &disabled).and_then(|jsse| {
            client = defaults(instance, &jsse, Side::Client)?;
            server = defaults(instance, &jsse, Side::Server)?;
            Ok(jsse)
        });
        Context { jsse, client, server, disabled, assumes_override }
    }

    /// The defaults of a side.
    pub fn defaults(&self, side: Side) -> &Defaults {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }

    /// Whether a port follows its own order of suites. `useCipherSuitesOrder` asks for it, if there is a list to order
    /// (documented); without it the JDK's own way is taken to stay, since nothing says that the server changes it.
    pub fn own_order(&self, instance: &Instance<'_>) -> bool {
        let asked = instance.setting("watt.net.jsse.server.useCipherSuitesOrder").is_true() == Some(true);
        let list = suites::listed(instance, "watt.net.jsse.server.enabledCipherSuiteList");
        (asked && matches!(list, Listed::Names(_)))
            || self
                .jsse
                .as_ref()
                .is_ok_and(|jsse| jsse.build.own_order && jsse.generation == jsse.build.generation())
    }

    /// What the security properties take of some protocols, as a reason.
    pub fn taken_protocols(&self, enabled: &[Protocol]) -> Option<Reason> {
        let jsse = self.jsse.as_ref().ok()?;
        let taken: Vec<&str> = enabled
            .iter()
            .filter(|protocol| jsse.tls.disables_protocol(**protocol))
            .map(|protocol| protocol.name())
            .collect();
        let what = match taken.as_slice() {
            [] => format!("{} takes none of them away", self.disabled.what),
            taken => format!("{} takes away {}", self.disabled.what, taken.join(", ")),
        };
        Some(Reason { what, ..self.disabled.clone() })
    }

    /// What was taken for granted.
    pub fn assumed(&self) -> Option<String> {
        self.assumes_override.then(|| {
            "the override file of java.security, which was not read, is as delivered with this release"
                .to_owned()
        })
    }
}

/// Who says which algorithms are disabled.
fn disabled(instance: &Instance<'_>) -> Reason {
    const NAME: &str = "jdk.tls.disabledAlgorithms";
    let build = crate::catalog::jdk_defaults(instance.jdk.value);
    let release = instance.release.value;
    match instance.security.disabled_place {
        Some(place) => Reason::at(place, NAME),
        None if protocols::assumes_stock_override(instance) => Reason::known(
            Basis::Documented,
            format!("{NAME} of the override that {release} is delivered with"),
        ),
        None => Reason::known(build.basis, format!("{NAME} of Java {} itself", build.name)),
    }
}

/// A list for people: not longer than a line or two.
pub fn short(list: &str) -> String {
    const MOST: usize = 12;
    let entries: Vec<&str> = list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect();
    match entries.len() {
        0 => "(empty)".to_owned(),
        count if count > MOST => {
            format!("{}, and {} more", entries[..MOST].join(", "), count - MOST)
        }
        _ => entries.join(", "),
    }
}

fn jsse<'i>(instance: &'i Instance<'_>, disabled: &Reason) -> Result<Jsse<'i>, Stop> {
    if let Some(property) = instance.jvm.property(OVERRIDE_PROPERTY)
        && instance.security.without_providers()
    {
        return Err(Stop {
            cause: StopCause::JvmWithoutTls,
            message:
                "the file after == replaces the whole java.security and names no provider: the JVM has no TLS"
                    .to_owned(),
            setting: OVERRIDE_PROPERTY.to_owned(),
            place: Some(property.place),
        });
    }
    const SNI: &str = "jsse.enableSNIExtension";
    if let Some(property) = instance.jvm.property(SNI)
        && !["true", "false"].iter().any(|known| property.value.eq_ignore_ascii_case(known))
    {
        return Err(Stop {
            cause: StopCause::JvmWithoutTls,
            message: format!(
                "Java throws on {SNI} with a value other than true and false: the JVM has no TLS"
            ),
            setting: SNI.to_owned(),
            place: Some(property.place),
        });
    }
    protocols::jsse(instance).map_err(|entry| {
        let ours = entries(protocols::disabled_algorithms(instance)).any(|known| known == entry);
        let name = if ours { "jdk.tls.disabledAlgorithms" } else { "jdk.certpath.disabledAlgorithms" };
        let place = if ours { disabled.place } else { instance.security.certpath_place };
        Stop {
            cause: StopCause::JvmWithoutTls,
            message: format!("Java {} throws on '{entry}' in {name}: the JVM has no TLS", instance.jdk.value),
            setting: name.to_owned(),
            place,
        }
    })
}

/// The defaults of a side: those of the JDK, or what `jdk.tls.client.protocols` and its like say.
fn defaults(instance: &Instance<'_>, jsse: &Jsse<'_>, side: Side) -> Result<Defaults, Stop> {
    let (protocols_property, suites_property) = match side {
        Side::Client => ("jdk.tls.client.protocols", "jdk.tls.client.cipherSuites"),
        Side::Server => ("jdk.tls.server.protocols", "jdk.tls.server.cipherSuites"),
    };
    let build = jsse.build;
    let mut protocols = jsse.default_protocols(side);
    let word = if side == Side::Client { "clients" } else { "servers" };
    let mut listed = jsse.default_candidates(side);
    let names: Vec<&str> = listed.iter().map(|protocol| protocol.name()).collect();
    let what = format!(
        "Java {} has on for {word} by itself, with nothing disabled: {}",
        build.name,
        names.join(", ")
    );
    let mut reasons = vec![Reason::known(build.basis, what)];
    // The old engine knows only the property for clients (measured).
    let read = side == Side::Client || !jsse.generation.is_old();
    let property = |name: &str| {
        let property = instance.jvm.property(name).filter(|_| read)?;
        let value = unquoted(&property.value);
        // Java drops empty elements at the end, and only there.
        let names: Vec<String> =
            value.trim_end_matches(',').split(',').map(|name| name.trim().to_owned()).collect();
        let reason = Reason::at(property.place, format!("-D{name}={}", property.value));
        (!value.trim().is_empty()).then_some((names, reason))
    };
    if let Some((names, reason)) = property(protocols_property) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let known = names.iter().map(|name| jsse.protocol(name).ok_or(*name)).collect::<Result<Vec<_>, _>>();
        let known = known.map_err(|name| Stop {
            cause: StopCause::BadProtocolName,
            message: format!(
                "Java {} knows no protocol '{name}': with it in {protocols_property} every TLS context fails",
                instance.jdk.value
            ),
            setting: protocols_property.to_owned(),
            place: reason.place,
        })?;
        listed = known.into_iter().flatten().collect();
        protocols =
            listed.iter().copied().filter(|protocol| !jsse.tls.disables_protocol(*protocol)).collect();
        reasons = vec![reason];
    }
    let mut suites = jsse.default_suites(&protocols);
    let mut suite_reason = None;
    // Not read by 8u51 (measured).
    let since = jsse.generation > crate::catalog::Generation::Java8u51;
    if let Some((names, reason)) = property(suites_property).filter(|_| since) {
        // Unknown names are passed over; if nothing is left, the default stays (measured).
        let known: Vec<&'static Suite> = names.iter().filter_map(|name| jsse.suite(name)).collect();
        if !known.is_empty() {
            let fits = |suite: &&'static Suite| protocols.iter().any(|protocol| suite.works_with(*protocol));
            suites = known.into_iter().filter(|suite| jsse.permits(suite)).filter(fits).collect();
            if jsse.sorts_property_suites() {
                suites.sort_by_key(|suite| match suite.rank(jsse.generation) {
                    Rank::Default(place) => place,
                    _ => u16::MAX,
                });
            }
            suite_reason = Some(reason);
        }
    }
    Ok(Defaults { listed, protocols, suites, reasons, suite_reason })
}
