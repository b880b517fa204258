//! Which protocols a JSSE direction really has: what the JDK can, less what its security properties disable, less
//! (or limited to) what the watt lists say.

use super::jsse::{Jsse, Side};
use super::{List, Provider};
use crate::catalog::{self, Protocol};
use crate::document::Role;
use crate::instance::jvm::OPEN_JSSE;
use crate::instance::release::Release;
use crate::instance::security::{OVERRIDE_PROPERTY, VENDOR_OVERRIDE};
use crate::instance::settings::Origin;
use crate::instance::{Instance, Kind, Port};
use crate::rules::schema::Basis;

/// A direction with protocol lists of its own.
#[derive(Debug, Clone, Copy)]
pub enum Direction<'p, 'f> {
    /// Outbound over JSSE
    Outbound,
    /// Inbound, for ports without a list of their own
    Inbound,
    /// One port
    Port(&'p Port<'f>),
}

impl Direction<'_, '_> {
    /// For people.
    pub fn title(&self) -> String {
        match self {
            Direction::Outbound => "outbound TLS".to_owned(),
            Direction::Inbound => "inbound TLS".to_owned(),
            Direction::Port(port) => format!("the {}", port.title()),
        }
    }
}

/// The inbound directions on JSSE: each enabled port with a list of its own, and the server-wide list if a port (or no
/// port that is known) lives by it.
pub fn inbound_directions<'p, 'f>(instance: &'p Instance<'f>) -> Vec<Direction<'p, 'f>> {
    let field = port_field(instance);
    let mut ports = instance.ports.iter().filter(|port| port.is_tls()).peekable();
    let mut shared = ports.peek().is_none();
    let mut directions = Vec::new();
    for port in ports.filter(|port| port.is_enabled()) {
        if super::inbound(instance, port).provider == Provider::Iaik {
            continue;
        }
        if List::of_port(instance, port, field).is_some() {
            directions.push(Direction::Port(port));
        } else {
            shared = true;
        }
    }
    if shared {
        directions.insert(0, Direction::Inbound);
    }
    directions
}

/// The field of a port that holds its list of protocols in this release.
pub fn port_field(instance: &Instance<'_>) -> &'static str {
    if instance.release.value.has_deny_lists() { "jsseDisabledProtocols" } else { "jsseEnabledProtocols" }
}

/// The protocols of one direction.
#[derive(Debug, Clone)]
pub struct Protocols {
    /// Those that can be negotiated, oldest first. `SSLv2Hello` is a form of hello and no protocol, but listed if on.
    pub enabled: Vec<Protocol>,
    /// The list in a file that decided, if one did.
    pub list: Option<List>,
    /// Whether that list (or the default in its place) denies instead of allowing.
    pub denies: bool,
    /// Those the JDK's security properties take away.
    pub jdk_disabled: Vec<Protocol>,
}

impl Protocols {
    /// Whether a protocol can be negotiated.
    pub fn has(&self, protocol: Protocol) -> bool {
        self.enabled.contains(&protocol)
    }

    /// Whether nothing can be negotiated at all.
    pub fn is_empty(&self) -> bool {
        self.enabled.iter().all(|&protocol| protocol == Protocol::Ssl2Hello)
    }
}

/// `jdk.tls.disabledAlgorithms` as the override that Integration Server 10.11 and 10.15 bring sets it (read in both):
/// TLS 1.1 is left to the watt lists, TLS 1.0 is not.
pub const STOCK_OVERRIDE: &str = "SSLv3, TLSv1, RC4, DES, MD5withRSA, DH keySize < 1024, EC keySize < 224, 3DES_EDE_CBC, anon, NULL, include jdk.disabled.namedCurves";

/// Whether the override that 10.11 and 10.15 bring is taken to be in effect, as delivered: the server is told to read
/// it, or nothing was read that could tell, and the file itself is not among those read.
pub fn assumes_stock_override(instance: &Instance<'_>) -> bool {
    let named = match instance.jvm.property(OVERRIDE_PROPERTY) {
        Some(property) => property.value.ends_with(VENDOR_OVERRIDE) && !property.value.starts_with('='),
        // A Microservices Runtime's start script names it; a wrapper that does not, does not.
        None => instance.with_role(Role::CustomWrapper).next().is_none(),
    };
    instance.release.value.has_security_override()
        && named
        && instance.kind != Kind::OtherProfile
        && instance.security.disabled_algorithms.is_none()
}

/// The `jdk.tls.disabledAlgorithms` in effect: of the override file or java.security, else the JDK's own.
pub fn disabled_algorithms<'i>(instance: &'i Instance<'_>) -> &'i str {
    match &instance.security.disabled_algorithms {
        Some(value) => value,
        None if assumes_stock_override(instance) => STOCK_OVERRIDE,
        None => catalog::jdk_defaults(instance.jdk.value).disabled,
    }
}

/// The `jdk.certpath.disabledAlgorithms` in effect.
pub fn certpath_algorithms<'i>(instance: &'i Instance<'_>) -> &'i str {
    match &instance.security.certpath {
        Some(value) => value,
        None => catalog::jdk_defaults(instance.jdk.value).certpath,
    }
}

/// The JSSE of the instance's JVM.
///
/// # Errors
/// The entry of `jdk.tls.disabledAlgorithms` that leaves the JVM without TLS.
pub fn jsse<'i>(instance: &'i Instance<'_>) -> Result<Jsse<'i>, &'i str> {
    let disabled = disabled_algorithms(instance);
    Jsse::new(instance.jdk.value, open_jsse(instance), disabled, certpath_algorithms(instance))
}

/// Whether OpenJSSE gives a Zulu 8 the newer engine and TLS 1.3. 10.7 is delivered with it on, so without its wrapper
/// files, and without a word on the JDK, it is taken to be.
pub fn open_jsse(instance: &Instance<'_>) -> bool {
    let delivered = instance.release.value == Release::new(10, 7)
        && instance.jdk.is_assumed()
        && instance.with_role(Role::CustomWrapper).next().is_none();
    // The last of several flags counts.
    let flags = instance.jvm.arguments().iter().map(|argument| argument.text.as_str());
    match flags.rev().find(|text| text.ends_with("UseOpenJSSE")) {
        Some(last) => last == OPEN_JSSE,
        None => delivered,
    }
}

/// What decides the protocols of a direction on JSSE.
#[derive(Debug, Clone)]
pub struct ProtocolList<'i> {
    /// The watt setting, or the port's field.
    pub setting: String,
    /// The list in a file, if one is written.
    pub list: Option<List>,
    /// The release's default in its place, and how that is known.
    pub default: Option<(&'i str, Basis)>,
    /// Whether it denies instead of allowing.
    pub denies: bool,
}

impl ProtocolList<'_> {
    /// The names on it.
    pub fn names(&self) -> Vec<&str> {
        match (&self.list, self.default) {
            (Some(list), _) => list.elements.iter().map(|(name, _)| name.as_str()).collect(),
            (None, Some((default, _))) => default.split(',').map(str::trim).collect(),
            (None, None) => Vec::new(),
        }
    }
}

/// The list that decides: the port's own, else the server-wide one of the side, else the release's default. `None` where
/// what decides was not read.
pub fn deciding<'i>(
    instance: &'i Instance<'_>,
    side: Side,
    port: Option<&Port<'_>>,
) -> Option<ProtocolList<'i>> {
    let denies = instance.release.value.has_deny_lists();
    let suffix = if denies { "disabledProtocols" } else { "enabledProtocols" };
    let field = port_field(instance);
    if let Some(list) = port.and_then(|port| List::of_port(instance, port, field)) {
        return Some(ProtocolList { setting: field.to_owned(), list: Some(list), default: None, denies });
    }
    let side = if side == Side::Client { "client" } else { "server" };
    let setting = format!("watt.net.jsse.{side}.{suffix}");
    let effective = instance.setting(&setting);
    let (list, default) = match effective.origin {
        Origin::Written(_) => (Some(List::of_setting(instance, &setting)?), None),
        Origin::Default(basis) => (None, Some((effective.value?, basis))),
        Origin::Unknown => return None,
    };
    Some(ProtocolList { setting, list, default, denies })
}

/// The protocols of a direction on JSSE; `None` where what decides was not read.
pub fn protocols(instance: &Instance<'_>, direction: Direction<'_, '_>) -> Option<Protocols> {
    let (side, port) = match direction {
        Direction::Outbound => (Side::Client, None),
        Direction::Inbound => (Side::Server, None),
        Direction::Port(port) => (Side::Server, Some(port)),
    };
    if port.is_some_and(|port| super::inbound(instance, port).provider == Provider::Iaik) {
        return None;
    }
    let deciding = deciding(instance, side, port)?;
    let denies = deciding.denies;
    let jsse = jsse(instance).ok()?;
    let names = deciding.names();
    let jdk_disabled: Vec<Protocol> =
        Protocol::ALL.into_iter().filter(|protocol| jsse.tls.disables_protocol(*protocol)).collect();
    let supported = jsse.supported();
    let enabled = Protocol::ALL
        .into_iter()
        .filter(|protocol| supported.contains(protocol) && !jdk_disabled.contains(protocol))
        .filter(|protocol| names.contains(&protocol.name()) != denies)
        .collect();
    Some(Protocols { enabled, list: deciding.list, denies, jdk_disabled })
}

/// The protocol name that a misspelt one stands for, if only one can be meant.
pub fn nearest(name: &str) -> Option<Protocol> {
    let plain = |text: &str| -> String {
        let text = text.to_ascii_lowercase();
        text.chars().filter(char::is_ascii_alphanumeric).filter(|&c| c != 'v').collect()
    };
    let wanted = match plain(name).as_str() {
        "tls10" => "tls1".to_owned(),
        "ssl30" => "ssl3".to_owned(),
        "ssl2hello" | "ssl2" => "ssl2hello".to_owned(),
        other => other.to_owned(),
    };
    Protocol::ALL.into_iter().find(|known| plain(known.name()) == wanted)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn misspellings_have_one_meaning() {
        for (name, meant) in [
            ("TLS1.2", "TLSv1.2"),
            ("tlsv1.2", "TLSv1.2"),
            ("TLSv12", "TLSv1.2"),
            ("TLSv1_1", "TLSv1.1"),
            ("TLSv1.0", "TLSv1"),
            ("SSL3", "SSLv3"),
            ("SSLv2", "SSLv2Hello"),
        ] {
            assert_eq!(nearest(name).map(|protocol| protocol.name()), Some(meant), "{name}");
        }
        assert_eq!(nearest("TLS"), None);
        assert_eq!(nearest("BOGUS"), None);
    }
}
