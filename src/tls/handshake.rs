//! Would this handshake work? Both ends as they take part, and what comes of it.
//!
//! The rules are those of JSSE's two engines, measured: `tests/handshakes.rs` holds them against real handshakes.

use super::disabled::{Constraints, Shown};
use super::jsse::Live;
use crate::catalog::{Protocol, Suite};

/// A server's or client's key and the certificate over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// `RSA` or `EC`.
    pub algorithm: &'static str,
    /// Its size.
    pub bits: u32,
    /// The hash in its certificate's signature: `SHA256`, `SHA1` or `MD5`. The signer's key is RSA.
    pub hash: &'static str,
}

impl Key {
    /// What most servers have.
    pub const RSA: Key = Key { algorithm: "RSA", bits: 2048, hash: "SHA256" };
}

/// Whether a server asks its clients for a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientAuth {
    /// No.
    #[default]
    None,
    /// It asks, and goes on without.
    Want,
    /// It asks, and breaks off without.
    Need,
}

/// What an end refuses: the constraints on TLS, then those on certificates. `None`: nothing.
type Refusals<'c, 'v> = Option<(&'c Constraints<'v>, &'c Constraints<'v>)>;

/// One end of a handshake.
#[derive(Debug, Clone)]
pub struct End<'c, 'v> {
    /// Whether its engine is the one Java 8 had before TLS 1.3.
    pub old_engine: bool,
    /// Whether it can use the group x25519 in TLS.
    pub knows_x25519: bool,
    /// What takes part.
    pub live: Live,
    /// Whether, as a server in TLS 1.3, it holds its own signatures against its security properties.
    pub checks_own_signatures: bool,
    /// Whether it holds the one scheme an elliptic key has in TLS 1.3 against its security properties.
    pub checks_schemes: bool,
    /// What its security properties refuse.
    pub refuses: Refusals<'c, 'v>,
    /// Its keys; a server needs one.
    pub keys: Vec<Key>,
    /// As a server: whether its own order of suites decides.
    pub own_order: bool,
    /// As a server: whether it asks for a certificate.
    pub client_auth: ClientAuth,
    /// As a client: whether the ClientHello names the host.
    pub sends_sni: bool,
    /// As a server: whether it refuses a ClientHello that names no host.
    pub needs_sni: bool,
}

/// What was agreed on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreed {
    /// The protocol.
    pub protocol: Protocol,
    /// The suite.
    pub suite: &'static Suite,
}

/// Why a handshake fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The client has no protocol with a suite left: it sends no hello.
    ClientHasNothing,
    /// The server has no protocol with a suite left.
    ServerHasNothing,
    /// The client's hello has the old form, which the server does not take.
    OldHello,
    /// No protocol in common.
    Protocol,
    /// Both have an older protocol in common, but the server marks that it could do better, and the client believes in
    /// an attack (RFC 8446, 4.1.3).
    Downgrade,
    /// No suite in common for that protocol, or none for the server's key.
    Suite,
    /// The server picks a group for the key exchange that the client does not know.
    Group,
    /// The key exchange goes wrong: a key too short, or two engines that do not understand each other.
    KeyExchange,
    /// The server wants to know the host, and is not told.
    Sni,
    /// The client refuses the server's certificate: key size or signature.
    Certificate,
    /// No signature algorithm for the handshake that both take.
    Signature,
    /// The server asks for a client certificate, and there is none.
    ClientCertificate,
    /// The server refuses the client's certificate: key size or signature.
    ClientCertificateRefused,
}

/// What comes of a handshake between two ends.
///
/// # Errors
/// The first thing that stops it.
pub fn shake_hands(client: &End<'_, '_>, server: &End<'_, '_>) -> Result<Agreed, Failure> {
    let offered: Vec<&'static Suite> =
        client.live.suites.iter().copied().filter(|suite| !suite.is_signal()).collect();
    if client.live.protocols.is_empty() || offered.is_empty() {
        return Err(Failure::ClientHasNothing);
    }
    let talk = Talk::begin(client, server)?;
    let suite = talk.suite(&offered)?;
    talk.exchange_keys(suite)?;
    if suite.auth != "anon" {
        talk.server_certificate(suite)?;
        talk.client_certificate()?;
    }
    Ok(Agreed { protocol: talk.protocol, suite })
}

/// A handshake whose protocol is agreed on.
struct Talk<'e, 'c, 'v> {
    client: &'e End<'c, 'v>,
    server: &'e End<'c, 'v>,
    protocol: Protocol,
    /// The newest protocol of the client.
    newest: Protocol,
    /// Whether the hello has the form of SSL 2: no extensions.
    old_hello: bool,
}

impl<'e, 'c, 'v> Talk<'e, 'c, 'v> {
    /// The hellos, up to the protocol.
    fn begin(client: &'e End<'c, 'v>, server: &'e End<'c, 'v>) -> Result<Self, Failure> {
        let &best = server.live.protocols.last().ok_or(Failure::ServerHasNothing)?;
        let &newest = client.live.protocols.last().ok_or(Failure::ClientHasNothing)?;
        let old_hello = client.live.v2_hello && (client.old_engine || newest < Protocol::Tls13);
        if old_hello && !server.live.v2_hello {
            return Err(Failure::OldHello);
        }
        // The new engine lists its protocols (supported_versions); else the server picks the newest up to the client's.
        let listed = !old_hello && !client.old_engine && !server.old_engine;
        let ceiling = newest.min(Protocol::Tls12);
        let picked = server.live.protocols.iter().rev().copied().find(|protocol| {
            if listed { client.live.protocols.contains(protocol) } else { *protocol <= ceiling }
        });
        let protocol =
            picked.filter(|picked| client.live.protocols.contains(picked)).ok_or(Failure::Protocol)?;
        // A server marks an answer older than its best; a client whose own best is newer too looks for the mark.
        let marked = protocol < best && best >= Protocol::Tls12;
        let looked_for = protocol < newest && newest >= Protocol::Tls12;
        if !client.old_engine && !server.old_engine && marked && looked_for {
            return Err(Failure::Downgrade);
        }
        if server.needs_sni && (!client.sends_sni || old_hello) {
            return Err(Failure::Sni);
        }
        Ok(Talk { client, server, protocol, newest, old_hello })
    }

    /// The suite the server picks: the first in the order that counts which both have, the protocol carries and the
    /// server has a key for. Legacy suites come last, wherever they stand (`jdk.tls.legacyAlgorithms`).
    fn suite(&self, offered: &[&'static Suite]) -> Result<&'static Suite, Failure> {
        let own = self.server.live.suites.as_slice();
        let (preferred, proposed) = if self.server.own_order { (own, offered) } else { (offered, own) };
        let usable = |suite: &&&'static Suite| {
            let has_key = match suite.auth {
                // JSSE forgets the export suites here (measured).
                "anon" => self.server.client_auth != ClientAuth::Need || suite.kex.ends_with("EXPORT"),
                _ => self.keys(suite).any(|key| self.offers_curve(key)),
            };
            suite.works_with(self.protocol) && !suite.is_signal() && proposed.contains(*suite) && has_key
        };
        let current = preferred.iter().filter(|suite| !is_legacy(suite)).find(usable);
        let legacy = || preferred.iter().filter(|suite| is_legacy(suite)).find(usable);
        current.or_else(legacy).copied().ok_or(Failure::Suite)
    }

    /// The server's keys that a suite works with, in the order it takes them.
    fn keys(&self, suite: &Suite) -> impl Iterator<Item = &'e Key> + use<'e, 'c, 'v> {
        let algorithms: &[&str] = match (suite.kex, suite.auth) {
            ("any", _) => &["EC", "RSA"],
            // The key of static ECDH is an elliptic one; by whom it is signed does not matter (measured).
            ("ECDH", _) | (_, "ECDSA") => &["EC"],
            (_, "RSA") => &["RSA"],
            _ => &[],
        };
        let server = self.server;
        algorithms
            .iter()
            .filter_map(move |algorithm| server.keys.iter().find(|key| key.algorithm == *algorithm))
    }

    /// Whether the client offers the curve of a server's elliptic key, which before TLS 1.3 it has to.
    fn offers_curve(&self, key: &Key) -> bool {
        key.algorithm != "EC"
            || self.protocol == Protocol::Tls13
            || self.client.refuses.is_none_or(|(tls, _)| !tls.refuses_key("EC", key.bits))
    }

    /// What can go wrong with the exchange itself.
    fn exchange_keys(&self, suite: &Suite) -> Result<(), Failure> {
        let Talk { client, server, .. } = self;
        // An old hello lists no groups; a server that knows x25519 takes that first (measured).
        if self.old_hello && suite.kex == "ECDHE" && server.knows_x25519 && !client.knows_x25519 {
            return Err(Failure::Group);
        }
        // The two engines write the secret of an RSA exchange down in two ways where SSL 3.0 comes out and TLS was
        // possible (measured, both ways round).
        let mixed = server.old_engine != client.old_engine;
        if mixed
            && self.protocol == Protocol::Ssl3
            && self.newest > self.protocol
            && suite.kex.starts_with("RSA")
        {
            return Err(Failure::KeyExchange);
        }
        // Export suites bring an RSA key of 512 bits of their own.
        let export = suite.name.starts_with("SSL_RSA_EXPORT");
        let refused = client
            .refuses
            .is_some_and(|(tls, certpath)| tls.refuses_key("RSA", 512) || certpath.refuses_key("RSA", 512));
        if export && refused { Err(Failure::KeyExchange) } else { Ok(()) }
    }

    /// Whether the client takes the certificate that the server shows. In TLS 1.3 the suite says nothing of the key: the
    /// first with a signature that both take is shown.
    fn server_certificate(&self, suite: &Suite) -> Result<(), Failure> {
        let mut keys = self.keys(suite).peekable();
        keys.peek().ok_or(Failure::Suite)?;
        let key = keys.find(|key| self.signs(suite, key, true)).ok_or(Failure::Signature)?;
        if !self.signs(suite, key, false) {
            return Err(Failure::Signature);
        }
        if refuses_certificate(self.client, key, Shown::ByServer) {
            Err(Failure::Certificate)
        } else {
            Ok(())
        }
    }

    /// Whether there is a signature for the server's part of the handshake that both ends take. `picking`: as the server
    /// sees it while it picks a key, before it looks at the schemes of its own; it does not go back (measured).
    fn signs(&self, suite: &Suite, key: &Key, picking: bool) -> bool {
        let Talk { client, server, protocol, .. } = *self;
        if suite.kex == "ECDH" {
            // The key in the certificate is the key of the exchange.
            return [client, server].into_iter().all(|end| {
                end.refuses.is_none_or(|(tls, _)| {
                    let named = end.checks_own_signatures && tls.names("secp256r1");
                    !named && !tls.refuses_key("EC", key.bits)
                })
            });
        }
        let signs = suite.kex == "any" || matches!(suite.kex, "DHE" | "ECDHE");
        if !signs || protocol < Protocol::Tls12 {
            return true;
        }
        let by_server = |scheme| {
            if protocol == Protocol::Tls13 && !server.checks_own_signatures {
                // Only the bare words count there (measured).
                let word = if key.algorithm == "EC" { "ECDSA" } else { "RSASSA-PSS" };
                return server.refuses.is_none_or(|(tls, _)| !tls.names(word));
            }
            self.takes(server, key, server.checks_schemes && !picking, scheme)
        };
        let schemes = self.schemes(key).iter();
        schemes
            .copied()
            .any(|scheme| by_server(scheme) && self.takes(client, key, client.checks_schemes, scheme))
    }

    /// What becomes of a server's wish for a client certificate. The client shows one whose signature both take; where
    /// there is none, it shows none.
    fn client_certificate(&self) -> Result<(), Failure> {
        let server = self.server;
        if server.client_auth == ClientAuth::None {
            return Ok(());
        }
        let agreed = |key: &&Key| {
            // Before TLS 1.2 there is no choice, and the builds that do not check their own signatures do not tell the
            // client what they refuse (measured).
            self.protocol < Protocol::Tls12
                || (!server.old_engine && !server.checks_own_signatures)
                || self
                    .schemes(key)
                    .iter()
                    .any(|scheme| self.takes(server, key, server.checks_schemes, *scheme))
        };
        match self.client.keys.iter().find(agreed) {
            Some(key) if refuses_certificate(server, key, Shown::ByClient) => {
                Err(Failure::ClientCertificateRefused)
            }
            None if server.client_auth == ClientAuth::Need => Err(Failure::ClientCertificate),
            _ => Ok(()),
        }
    }

    /// Whether an end takes a signature scheme for a key. `strict`: also the one scheme that an elliptic key has in
    /// TLS 1.3.
    fn takes(&self, end: &End<'_, '_>, key: &Key, strict: bool, (scheme, algorithm): Scheme) -> bool {
        end.refuses.is_none_or(|(tls, _)| {
            let elliptic = key.algorithm == "EC";
            // The scheme of TLS 1.3 names the curve too.
            let by_size = strict && self.protocol == Protocol::Tls13 && tls.refuses_key("EC", key.bits);
            let curve = elliptic && (tls.names("secp256r1") || by_size);
            let refused = if elliptic && self.protocol == Protocol::Tls13 && !strict {
                tls.names("ECDSA")
            } else {
                tls.refuses_scheme(scheme, key.algorithm) || tls.refuses_signature(algorithm)
            };
            !(refused || curve || tls.names(key.algorithm))
        })
    }

    /// The signature schemes for a key. An old hello lists none, which leaves SHA-1.
    fn schemes(&self, key: &Key) -> &'static [Scheme] {
        match (key.algorithm, self.protocol, self.old_hello) {
            ("RSA", _, true) => &[("rsa_pkcs1_sha1", "SHA1withRSA")],
            (_, _, true) => &[("ecdsa_sha1", "SHA1withECDSA")],
            ("RSA", Protocol::Tls13, _) => &[
                ("rsa_pss_rsae_sha256", "RSASSA-PSS"),
                ("rsa_pss_rsae_sha384", "RSASSA-PSS"),
                ("rsa_pss_rsae_sha512", "RSASSA-PSS"),
            ],
            ("RSA", _, _) => &[
                ("rsa_pss_rsae_sha256", "RSASSA-PSS"),
                ("rsa_pkcs1_sha256", "SHA256withRSA"),
                ("rsa_pkcs1_sha384", "SHA384withRSA"),
                ("rsa_pkcs1_sha512", "SHA512withRSA"),
                ("rsa_pkcs1_sha1", "SHA1withRSA"),
            ],
            (_, Protocol::Tls13, _) => &[("ecdsa_secp256r1_sha256", "SHA256withECDSA")],
            _ => &[
                ("ecdsa_secp256r1_sha256", "SHA256withECDSA"),
                ("ecdsa_secp384r1_sha384", "SHA384withECDSA"),
                ("ecdsa_secp521r1_sha512", "SHA512withECDSA"),
                ("ecdsa_sha1", "SHA1withECDSA"),
            ],
        }
    }
}

/// A signature scheme: its name in TLS and Java's name of the algorithm.
type Scheme = (&'static str, &'static str);

/// Whether JSSE counts a suite as legacy, to be picked only when nothing else is left: 3DES, RC4, DES, NULL, anonymous.
fn is_legacy(suite: &Suite) -> bool {
    suite.auth == "anon" || ["NULL", "RC4", "DES", "3DES"].iter().any(|part| suite.cipher.starts_with(part))
}

/// Whether an end refuses the other's certificate for its key or its signature.
fn refuses_certificate(end: &End<'_, '_>, key: &Key, shown: Shown) -> bool {
    let Some((tls, certpath)) = end.refuses else { return false };
    tls.refuses_certificate(key) || certpath.refuses_certificate(key) || certpath.refuses_in_chain(key, shown)
}
