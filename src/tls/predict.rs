//! Whether a direction and a peer come together, and if not, what stops them and which setting to change.

use super::Provider;
use super::handshake::{Failure, Key, shake_hands};
use super::jsse::Side;
use super::peer::Peer;
use super::posture::{Direction, Posture, Stop, Whom};
use crate::catalog::{Protocol, Suite};
use crate::document::Place;

/// What comes of a peer in a direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Whether the handshake works; `None` where the files do not tell enough.
    pub works: Option<bool>,
    /// The protocol agreed on.
    pub protocol: Option<Protocol>,
    /// The suite agreed on; `None` on IAIK, whose own list is not documented.
    pub suite: Option<&'static Suite>,
    /// Why it fails.
    pub obstacle: Option<Obstacle>,
}

/// What stops a handshake.
#[derive(Debug, Clone, PartialEq)]
pub struct Obstacle {
    /// For machines, such as `no-common-protocol`.
    pub cause: &'static str,
    /// Which of the six issues of the article on debugging TLS in Integration Server it is.
    pub issue: Option<u8>,
    /// For people.
    pub message: String,
    /// The setting to change; `None` where the peer has to.
    pub setting: Option<String>,
    /// The line.
    pub place: Option<Place>,
}

/// Predicts a handshake. `own` are this server's keys, for inbound directions.
pub fn predict(
    posture: &Posture<'_, '_>,
    direction: &Direction<'_, '_>,
    peer: &Peer,
    own: &[Key],
) -> Prediction {
    let failed = |obstacle: Obstacle| Prediction {
        works: Some(false),
        protocol: None,
        suite: None,
        obstacle: Some(obstacle),
    };
    if let Some(stop) = &direction.stop {
        return failed(of_stop(stop));
    }
    let Some(local) = posture.end(direction, own) else {
        return Prediction { works: None, protocol: None, suite: None, obstacle: None };
    };
    let side = direction.whom.side();
    let result = match side {
        Side::Client => shake_hands(&local, &peer.end(Side::Server)),
        Side::Server => shake_hands(&peer.end(Side::Client), &local),
    };
    match result {
        Ok(agreed) => {
            let named = direction.suites.value.as_ref().is_some_and(|names| !names.is_empty());
            let known = direction.provider.value != Some(Provider::Iaik) || named;
            Prediction {
                works: Some(true),
                protocol: Some(agreed.protocol),
                suite: known.then_some(agreed.suite),
                obstacle: None,
            }
        }
        Err(failure) => failed(of_failure(failure, posture, direction, peer)),
    }
}

fn of_stop(stop: &Stop) -> Obstacle {
    Obstacle {
        cause: stop.cause.name(),
        issue: Some(1),
        message: stop.message.clone(),
        setting: Some(stop.setting.clone()),
        place: stop.place,
    }
}

fn of_failure(
    failure: Failure,
    posture: &Posture<'_, '_>,
    direction: &Direction<'_, '_>,
    peer: &Peer,
) -> Obstacle {
    let iaik = direction.provider.value == Some(Provider::Iaik);
    let client = direction.whom.side() == Side::Client;
    let own: Vec<&str> = direction
        .protocols
        .value
        .iter()
        .flat_map(|live| live.protocols.iter().map(|protocol| protocol.name()))
        .collect();
    let theirs: Vec<&str> = peer.protocols().iter().map(|protocol| protocol.name()).collect();
    let (own, theirs) = (own.join(", "), theirs.join(", "));
    let provider_line = || direction.provider.reasons.first().and_then(|reason| reason.place);
    let protocol_line = || direction.protocols.reasons.first().and_then(|reason| reason.place);
    let suite_line = || direction.suites.reasons.first().and_then(|reason| reason.place);
    let provider_setting = || provider_switch(posture, direction);
    let (cause, issue, message, setting, place) = match failure {
        Failure::ClientHasNothing | Failure::ServerHasNothing => (
            "peer-has-nothing",
            None,
            "the peer's own protocols and suites do not go together".to_owned(),
            None,
            None,
        ),
        Failure::Protocol if iaik => (
            "no-common-protocol",
            Some(1),
            format!("IAIK gets no further than TLS 1.0, the peer speaks {theirs}"),
            provider_setting(),
            provider_line(),
        ),
        Failure::Protocol => {
            let able = peer.protocols().iter().any(|protocol| posture.can_speak(*protocol));
            let jdk = posture.instance.jdk.value;
            let why = if able { String::new() } else { format!(", which Java {jdk} does not have") };
            (
                "no-common-protocol",
                Some(1),
                format!("this side has {own}, the peer {theirs}{why}"),
                // No setting gives an old Java what it lacks.
                able.then(|| protocol_culprit(posture, direction, peer)),
                protocol_line().filter(|_| able),
            )
        }
        Failure::Downgrade => (
            "downgrade",
            Some(1),
            format!(
                "this side has {own}, the peer {theirs}: with a gap between them, the answer looks like a downgrade attack"
            ),
            direction.protocol_setting.clone(),
            protocol_line(),
        ),
        Failure::OldHello => (
            "old-hello",
            Some(1),
            "the client's first message has the form of SSL 2, which the server refuses".to_owned(),
            client.then(|| direction.protocol_setting.clone()).flatten(),
            protocol_line(),
        ),
        Failure::Suite => (
            "no-common-suite",
            Some(1),
            suite_message(direction, peer),
            suite_culprit(posture, direction, peer),
            suite_line(),
        ),
        Failure::Group | Failure::KeyExchange => (
            "key-exchange",
            Some(1),
            "the key exchange fails: the ends take different groups or key sizes".to_owned(),
            Some("jdk.tls.disabledAlgorithms".to_owned()),
            None,
        ),
        Failure::Sni if iaik => (
            "sni",
            Some(2),
            "the peer wants to know the host, and IAIK names none".to_owned(),
            provider_setting(),
            provider_line(),
        ),
        Failure::Sni => (
            "sni",
            Some(2),
            "the peer wants to know the host, and SNI is switched off".to_owned(),
            Some("jsse.enableSNIExtension".to_owned()),
            direction.sni.as_ref().and_then(|sni| sni.reasons.first()).and_then(|reason| reason.place),
        ),
        Failure::Certificate => (
            "certificate-refused",
            Some(3),
            "this JVM refuses the peer's certificate: its key is too short or its signature too weak"
                .to_owned(),
            Some(certificate_culprit(posture, peer).to_owned()),
            None,
        ),
        Failure::Signature => (
            "signature-refused",
            Some(if client { 3 } else { 1 }),
            "no signature for the handshake that both ends take".to_owned(),
            Some("jdk.tls.disabledAlgorithms".to_owned()),
            None,
        ),
        Failure::ClientCertificateRefused => (
            "client-certificate-refused",
            Some(5),
            "the certificate that the client shows is refused: its key is too short or its signature too weak"
                .to_owned(),
            (!client).then(|| "jdk.tls.disabledAlgorithms".to_owned()),
            None,
        ),
        Failure::ClientCertificate if client => (
            "no-client-certificate",
            Some(4),
            "the peer asks for a client certificate, and no key for one is set".to_owned(),
            Some("watt.security.ssl.keyStoreAlias".to_owned()),
            direction.client_auth.reasons.first().and_then(|reason| reason.place),
        ),
        Failure::ClientCertificate => (
            "no-client-certificate",
            Some(5),
            "the port breaks off without a client certificate, and the peer shows none".to_owned(),
            Some("clientAuth".to_owned()),
            direction.client_auth.reasons.first().and_then(|reason| reason.place),
        ),
    };
    Obstacle { cause, issue, message, setting, place }
}

/// The switch that takes a direction off IAIK.
fn provider_switch(posture: &Posture<'_, '_>, direction: &Direction<'_, '_>) -> Option<String> {
    match direction.whom {
        Whom::Client(client) => Some(client.switch(posture.instance).to_owned()),
        Whom::Port(_) => Some("useJSSE".to_owned()),
        _ => None,
    }
}

/// What keeps a protocol of the peer's out: the JVM's security properties, the suites, or the list of protocols.
fn protocol_culprit(posture: &Posture<'_, '_>, direction: &Direction<'_, '_>, peer: &Peer) -> String {
    let list = direction.protocol_setting.clone().unwrap_or_else(|| "jdk.tls.disabledAlgorithms".to_owned());
    let wanted = peer.protocols().iter().copied().max();
    let disabled = wanted.is_some_and(|protocol| posture.disables(protocol));
    match disabled {
        true => "jdk.tls.disabledAlgorithms".to_owned(),
        false if wanted.is_some_and(|protocol| direction.enabled.contains(&protocol)) => {
            direction.suite_setting.clone().unwrap_or(list)
        }
        false => list,
    }
}

/// What keeps the peer's suites out: the list of suites, or the JVM's security properties.
fn suite_culprit(posture: &Posture<'_, '_>, direction: &Direction<'_, '_>, peer: &Peer) -> Option<String> {
    let list = direction.suite_setting.clone();
    let explicit = list.as_ref().is_some_and(|name| {
        matches!(super::suites::listed(posture.instance, name), super::suites::Listed::Names(_))
    });
    let disabled =
        peer.suites().is_some_and(|suites| suites.iter().all(|suite| posture.disables_suite(suite)));
    if disabled || !explicit { Some("jdk.tls.disabledAlgorithms".to_owned()) } else { list }
}

fn suite_message(direction: &Direction<'_, '_>, peer: &Peer) -> String {
    match (direction.whom.side(), peer.suites()) {
        (_, Some(suites)) if suites.len() == 1 => {
            format!("this side does not have {}, the peer's only suite", suites[0].name)
        }
        (Side::Client, _) => "no suite in common, or none for the key of the peer".to_owned(),
        (Side::Server, _) => "no suite in common, or none for this server's key".to_owned(),
    }
}

fn certificate_culprit(posture: &Posture<'_, '_>, peer: &Peer) -> &'static str {
    if posture.tls_refuses_certificate(peer) {
        "jdk.tls.disabledAlgorithms"
    } else {
        "jdk.certpath.disabledAlgorithms"
    }
}
