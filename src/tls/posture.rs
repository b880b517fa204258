//! The effective TLS posture: per direction the provider, the protocols and suites that are live, SNI, checks, trust and
//! debug, each with the reasons for it.

mod checks;
mod context;
mod lists;

use super::handshake::{ClientAuth, End, Key};
use super::jsse::{Jsse, Live, Side};
use super::peer::Peer;
use super::{Client, Provider};
use crate::catalog::{Policy, Protocol, Suite};
use crate::document::Place;
use crate::instance::{Instance, Kind, Port};
use crate::rules::schema::Basis;
use crate::secrets::masked;
use context::Context;

/// Why a value is what it is: one link of the chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// In words, such as `watt.net.jsse.client.disabledProtocols=SSLv3,TLSv1`.
    pub what: String,
    /// The line that says so; `None` for a default.
    pub place: Option<Place>,
    /// How it is known.
    pub basis: Basis,
}

impl Reason {
    /// What a line of a file says.
    pub fn at(place: Place, what: impl Into<String>) -> Self {
        Reason { what: what.into(), place: Some(place), basis: Basis::Documented }
    }

    /// What no file says.
    pub fn known(basis: Basis, what: impl Into<String>) -> Self {
        Reason { what: what.into(), place: None, basis }
    }
}

/// A value with the chain of reasons that led to it, the deciding one first.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact<T> {
    /// The value; `None` where the files do not tell.
    pub value: Option<T>,
    /// The reasons.
    pub reasons: Vec<Reason>,
}

impl<T> Fact<T> {
    fn new(value: T, reasons: Vec<Reason>) -> Self {
        Fact { value: Some(value), reasons }
    }

    fn unknown(why: &str) -> Self {
        Fact { value: None, reasons: vec![Reason::known(Basis::Inferred, why)] }
    }
}

/// What stops every handshake of a direction before a peer has a say.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// Which of the known ways.
    pub cause: StopCause,
    /// For people.
    pub message: String,
    /// The setting or property to change.
    pub setting: String,
    /// The line.
    pub place: Option<Place>,
}

/// The ways in which a direction is dead by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopCause {
    /// The JVM has no TLS at all.
    JvmWithoutTls,
    /// A list of protocols holds a name JSSE refuses, and the list with it.
    BadProtocolName,
    /// A list of suites holds a name JSSE refuses, and the list with it.
    BadSuiteName,
    /// No protocol is enabled, not disabled and has a suite.
    NothingEnabled,
}

impl StopCause {
    /// For machines.
    pub fn name(self) -> &'static str {
        match self {
            StopCause::JvmWithoutTls => "jvm-without-tls",
            StopCause::BadProtocolName => "bad-protocol-name",
            StopCause::BadSuiteName => "bad-suite-name",
            StopCause::NothingEnabled => "nothing-enabled",
        }
    }
}

/// Whom a direction serves.
#[derive(Debug, Clone, Copy)]
pub enum Whom<'p, 'f> {
    /// A kind of outbound connection of the server's own
    Client(Client),
    /// What uses the JVM's default TLS context: JMS, JDBC, LDAPS
    DefaultContext,
    /// An inbound port
    Port(&'p Port<'f>),
    /// Inbound ports, where no file tells which there are
    AnyPort,
}

impl Whom<'_, '_> {
    /// Which end of a handshake this server is.
    pub fn side(&self) -> Side {
        match self {
            Whom::Client(_) | Whom::DefaultContext => Side::Client,
            Whom::Port(_) | Whom::AnyPort => Side::Server,
        }
    }

    /// Its name for machines and on the command line.
    pub fn name(&self) -> String {
        match self {
            Whom::Client(Client::Https) => "outbound-https".to_owned(),
            Whom::Client(Client::Ftps) => "outbound-ftps".to_owned(),
            Whom::Client(Client::Smtp) => "outbound-smtp".to_owned(),
            Whom::Client(Client::Notifications) => "outbound-email".to_owned(),
            Whom::DefaultContext => "outbound-default-context".to_owned(),
            Whom::Port(port) => match port.text("port") {
                Some(number) => format!("inbound:{number}"),
                None => format!("inbound:{}", port.listener.name),
            },
            Whom::AnyPort => "inbound".to_owned(),
        }
    }

    /// For people.
    pub fn title(&self) -> String {
        match self {
            Whom::Client(client) => client.title().to_owned(),
            Whom::DefaultContext => "JMS, JDBC, LDAPS (the JVM's default context)".to_owned(),
            Whom::Port(port) if port.is_enabled() => port.title(),
            Whom::Port(port) => format!("{}, disabled", port.title()),
            Whom::AnyPort => "ports without a list of their own; no listeners.cnf was read".to_owned(),
        }
    }
}

/// One direction with all that is known of it.
#[derive(Debug, Clone)]
pub struct Direction<'p, 'f> {
    /// Whom it serves.
    pub whom: Whom<'p, 'f>,
    /// The library that speaks TLS.
    pub provider: Fact<Provider>,
    /// What is live: the protocols. Reasons for them.
    pub protocols: Fact<Live>,
    /// Reasons for the suites, which stand in [`Direction::protocols`] too; for IAIK, their names.
    pub suites: Fact<Vec<String>>,
    /// Whether a ClientHello names the host; clients only.
    pub sni: Option<Fact<bool>>,
    /// Whether the host name is held against the certificate; clients only.
    pub host_check: Option<Fact<&'static str>>,
    /// Whom it trusts.
    pub trust: Fact<String>,
    /// The certificate it shows as a client, or asks for as a server.
    pub client_auth: Fact<String>,
    /// Whether handshakes are printed.
    pub debug: Fact<&'static str>,
    /// What stops every handshake.
    pub stop: Option<Stop>,
    /// The setting of protocols that counts here.
    pub protocol_setting: Option<String>,
    /// The setting of suites that counts here.
    pub suite_setting: Option<String>,
    /// The protocols its lists enable, live or not.
    pub enabled: Vec<Protocol>,
    own_order: bool,
    asks: ClientAuth,
    has_certificate: bool,
}

/// The posture of an instance.
#[derive(Debug)]
pub struct Posture<'p, 'f> {
    /// The instance.
    pub instance: &'p Instance<'f>,
    /// Its directions: outbound first.
    pub directions: Vec<Direction<'p, 'f>>,
    /// What was taken for granted, for people.
    pub assumed: Vec<String>,
    context: Context<'p>,
}

impl<'p, 'f> Posture<'p, 'f> {
    /// Works the posture out.
    pub fn of(instance: &'p Instance<'f>) -> Self {
        let context = Context::of(instance);
        let mut whom: Vec<Whom<'p, 'f>> = Vec::new();
        if instance.kind != Kind::OtherProfile {
            whom.extend(Client::ALL.into_iter().map(Whom::Client));
        }
        whom.push(Whom::DefaultContext);
        let ports: Vec<_> = instance.ports.iter().filter(|port| port.is_tls() && !port.is_mail()).collect();
        if ports.is_empty() && instance.ports.is_empty() && instance.kind != Kind::OtherProfile {
            whom.push(Whom::AnyPort);
        }
        whom.extend(ports.into_iter().map(Whom::Port));
        let directions = whom.into_iter().map(|whom| direction(instance, &context, whom)).collect();
        let mut assumed = Vec::new();
        if instance.release.is_assumed() && instance.kind != Kind::OtherProfile {
            assumed.push(format!("release {}", instance.release));
        }
        if instance.jdk.is_assumed() {
            assumed.push(format!("Java {}", instance.jdk));
        }
        let build = crate::catalog::jdk_defaults(instance.jdk.value);
        if build.name.parse() != Ok(instance.jdk.value) {
            let jdk = instance.jdk.value;
            assumed.push(format!(
                "Java {jdk} does as Java {} does, the nearest build that is known",
                build.name
            ));
        }
        assumed.extend(context.assumed());
        Posture { instance, directions, assumed, context }
    }

    /// The JSSE of the JVM; `None` if it has no TLS.
    pub fn jsse(&self) -> Option<&Jsse<'p>> {
        self.context.jsse.as_ref().ok()
    }

    /// Whether the JVM's security properties take a protocol away.
    pub fn disables(&self, protocol: Protocol) -> bool {
        self.jsse().is_some_and(|jsse| jsse.tls.disables_protocol(protocol))
    }

    /// Whether the JVM's security properties take a suite away.
    pub fn disables_suite(&self, suite: &Suite) -> bool {
        self.jsse().is_some_and(|jsse| !jsse.permits(suite))
    }

    /// Whether the JVM knows a suite and does not disable it.
    pub fn permits_suite(&self, suite: &Suite) -> bool {
        self.jsse().is_some_and(|jsse| jsse.suite(suite.name).is_some() && jsse.permits(suite))
    }

    /// The suites of a policy that the JVM knows and does not disable, in its own order.
    pub fn policy_suites(&self, level: Policy) -> Vec<&'static str> {
        let Some(jsse) = self.jsse() else { return Vec::new() };
        let suites = jsse.default_suites(&Protocol::ALL).into_iter();
        suites
            .filter(|suite| suite.policy.is_some_and(|policy| policy <= level))
            .map(|suite| suite.name)
            .collect()
    }

    /// Whether the JVM can speak a protocol at all.
    pub fn can_speak(&self, protocol: Protocol) -> bool {
        self.jsse().is_some_and(|jsse| jsse.supported().contains(&protocol))
    }

    /// Whether it is `jdk.tls.disabledAlgorithms` that refuses a peer's certificate, and not the list for certificates.
    pub fn tls_refuses_certificate(&self, peer: &Peer) -> bool {
        let keys = peer.end(Side::Server).keys;
        self.jsse().is_some_and(|jsse| keys.iter().any(|key| jsse.tls.refuses_certificate(key)))
    }

    /// The end of a handshake that a direction is; `None` where its protocols or provider are not known, or it is dead.
    /// `keys` are a server's own, which no file tells.
    pub fn end(&self, direction: &Direction<'_, '_>, keys: &[Key]) -> Option<End<'_, 'p>> {
        let live = direction.protocols.value.clone().filter(|_| direction.stop.is_none())?;
        let jsse = self.jsse().filter(|_| direction.provider.value == Some(Provider::Jsse));
        let keys = match direction.whom.side() {
            Side::Server => keys.to_vec(),
            Side::Client if direction.has_certificate => vec![Key::RSA],
            Side::Client => Vec::new(),
        };
        Some(End {
            old_engine: jsse.is_none_or(|jsse| jsse.generation.is_old()),
            knows_x25519: jsse.is_some_and(|jsse| jsse.knows_x25519()),
            checks_own_signatures: jsse.is_some_and(|jsse| jsse.checks_own_signatures()),
            checks_schemes: jsse.is_some_and(|jsse| jsse.checks_schemes()),
            live,
            refuses: jsse.map(|jsse| (&jsse.tls, &jsse.certpath)),
            keys,
            own_order: direction.own_order,
            client_auth: direction.asks,
            sends_sni: direction.sni.as_ref().and_then(|sni| sni.value).unwrap_or(false),
            needs_sni: false,
        })
    }
}

fn direction<'p, 'f>(
    instance: &'p Instance<'f>,
    context: &Context<'p>,
    whom: Whom<'p, 'f>,
) -> Direction<'p, 'f> {
    let provider = checks::provider(instance, whom);
    let is_iaik = provider.value == Some(Provider::Iaik);
    let mut stop = None;
    let mut enabled = Vec::new();
    let (protocols, suites, settings) = match provider.value {
        Some(Provider::Iaik) => lists::iaik(instance, whom.side()),
        Some(Provider::Jsse) => lists::jsse(instance, context, whom, &mut enabled, &mut stop),
        None => {
            let why = "the provider is not known";
            (Fact::unknown(why), Fact::unknown(why), (None, None))
        }
    };
    // Both may quote what somebody wrote.
    if let Some(stop) = &mut stop {
        stop.message = masked(std::mem::take(&mut stop.message));
    }
    let mut trust = checks::trust(instance, whom);
    trust.value = trust.value.map(masked);
    let is_client = whom.side() == Side::Client;
    let (client_auth, asks, has_certificate) = checks::client_auth(instance, whom);
    Direction {
        whom,
        protocols,
        suites,
        sni: is_client.then(|| checks::sni(instance, provider.value)),
        host_check: is_client.then(|| checks::host_check(instance, whom)),
        trust,
        client_auth,
        debug: checks::debug(instance, provider.value),
        stop,
        protocol_setting: settings.0,
        suite_setting: settings.1,
        enabled,
        own_order: !is_iaik && context.own_order(instance),
        asks,
        has_certificate,
        provider,
    }
}
