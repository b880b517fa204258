//! What one JVM's JSSE does with lists of protocols and suites: which names it takes, what is on by default, and what
//! is live in a handshake.

use super::disabled::{Constraints, Grammar};
use crate::catalog::{self, Generation, JdkDefaults, Protocol, Rank, SUITES, Suite};
use crate::instance::release::Jdk;

/// Which end of a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The one that sends the ClientHello
    Client,
    /// The one that answers
    Server,
}

/// The JSSE of a JVM under the security properties in effect.
#[derive(Debug, Clone)]
pub struct Jsse<'v> {
    /// The nearest build known.
    pub build: &'static JdkDefaults,
    /// Its generation; with OpenJSSE in a Java 8, that of Java 11.
    pub generation: Generation,
    /// `jdk.tls.disabledAlgorithms` in effect.
    pub tls: Constraints<'v>,
    /// `jdk.certpath.disabledAlgorithms` in effect.
    pub certpath: Constraints<'v>,
    open_jsse: bool,
}

impl<'v> Jsse<'v> {
    /// The JSSE of a JDK (or the OpenJSSE in a Zulu 8) with the values of `jdk.tls.disabledAlgorithms` and
    /// `jdk.certpath.disabledAlgorithms` in effect.
    ///
    /// # Errors
    /// The entry of either value on which the JDK throws: that JVM has no TLS at all (measured).
    pub fn new(jdk: Jdk, open_jsse: bool, disabled: &'v str, certpath: &'v str) -> Result<Self, &'v str> {
        let build = catalog::jdk_defaults(jdk);
        let open_jsse = open_jsse && build.generation() <= Generation::Java8;
        let generation = if open_jsse { Generation::Java11 } else { build.generation() };
        let grammar = Grammar {
            old_engine: generation.is_old(),
            handshake_usage: build.disabled.contains("HandshakeSignature"),
            full_names: build.is_at_least(25, 5),
            // The builds that know patterns are the ones that use one themselves.
            patterns: build.disabled.contains("TLS_RSA_*"),
            // Of a Java 8 of unknown update nothing bad is said.
            includes: (build.generation() > Generation::Java8 || jdk.update.is_none())
                && !(jdk.feature == 11 && jdk.update.is_some_and(|update| update < 9)),
        };
        // Patterns are a matter of suites.
        let certpath_grammar = Grammar { patterns: false, ..grammar };
        Ok(Jsse {
            build,
            generation,
            tls: Constraints::parse(disabled, grammar)?,
            certpath: Constraints::parse(certpath, certpath_grammar)?,
            open_jsse,
        })
    }

    /// The JSSE of a build as it comes.
    ///
    /// # Errors
    /// As [`Jsse::new`]; no build comes with an entry it throws on.
    pub fn of_build(build: &'static JdkDefaults) -> Result<Jsse<'static>, &'static str> {
        let jdk = build.name.parse().unwrap_or(Jdk::feature(8));
        Jsse::new(jdk, false, build.disabled, build.certpath)
    }

    /// The protocols it can speak, in the order the JDK gives them.
    pub fn supported(&self) -> Vec<Protocol> {
        let mut supported = self.build.supported.to_vec();
        if self.open_jsse {
            supported.push(Protocol::Tls13);
        }
        supported
    }

    /// What a name in a protocol list stands for: `None` for a name it refuses, `Some(None)` for one it takes that means
    /// nothing in TLS (Java 11 and later take the DTLS names, measured).
    pub fn protocol(&self, name: &str) -> Option<Option<Protocol>> {
        let dtls = matches!(name, "DTLSv1.0" | "DTLSv1.2") && self.generation >= Generation::Java11;
        match Protocol::named(name).filter(|protocol| self.supported().contains(protocol)) {
            None if dtls => Some(None),
            None => None,
            known => Some(known),
        }
    }

    /// The suite a name in a suite list stands for. The `TLS_` spelling of an old `SSL_` suite is an alias in the newer
    /// engine and an error in the old one.
    pub fn suite(&self, name: &str) -> Option<&'static Suite> {
        let suite = catalog::suite(name, !self.generation.is_old())?;
        (suite.rank(self.generation) != Rank::Unknown).then_some(suite)
    }

    /// Whether a suite can be used at all: known and not disabled.
    pub fn permits(&self, suite: &Suite) -> bool {
        !self.tls.disables(suite)
    }

    /// The protocols that are on where nobody sets a list and nothing is disabled.
    pub fn default_candidates(&self, side: Side) -> Vec<Protocol> {
        let java11 = [Protocol::Tls13, Protocol::Tls12, Protocol::Tls11, Protocol::Tls10, Protocol::Ssl3];
        match (self.open_jsse, side) {
            (true, Side::Client) => java11.to_vec(),
            (true, Side::Server) => java11.into_iter().chain([Protocol::Ssl2Hello]).collect(),
            (false, Side::Client) => self.build.client.to_vec(),
            (false, Side::Server) => self.build.server.to_vec(),
        }
    }

    /// The protocols that are on where nobody sets a list.
    pub fn default_protocols(&self, side: Side) -> Vec<Protocol> {
        let candidates = self.default_candidates(side).into_iter();
        candidates.filter(|protocol| !self.tls.disables_protocol(*protocol)).collect()
    }

    /// The suites that are on where nobody sets a list, in their order: of a context with these default protocols.
    pub fn default_suites(&self, protocols: &[Protocol]) -> Vec<&'static Suite> {
        let mut ranked: Vec<(u16, &Suite)> = SUITES
            .iter()
            .filter_map(|suite| match suite.rank(self.generation) {
                Rank::Default(place) => Some((place, suite)),
                _ => None,
            })
            .filter(|(_, suite)| protocols.iter().any(|protocol| suite.works_with(*protocol)))
            .filter(|(_, suite)| self.permits(suite))
            .collect();
        ranked.sort_unstable_by_key(|(place, _)| *place);
        ranked.into_iter().map(|(_, suite)| suite).collect()
    }

    /// What `setEnabledProtocols` makes of a list.
    ///
    /// # Errors
    /// The first name it refuses; the whole list is refused with it.
    pub fn enable_protocols<'n>(&self, names: &[&'n str]) -> Result<Vec<Protocol>, &'n str> {
        let mut enabled = Vec::new();
        for name in names {
            let protocol = self.protocol(name).ok_or(*name)?;
            enabled.extend(protocol.filter(|protocol| !enabled.contains(protocol)));
        }
        // The old engine takes the old form of hello only along with a protocol.
        match (enabled.as_slice(), names) {
            ([Protocol::Ssl2Hello], [name, ..]) if self.generation.is_old() => Err(name),
            _ => Ok(enabled),
        }
    }

    /// What `setEnabledCipherSuites` makes of a list.
    ///
    /// # Errors
    /// The first name it refuses; the whole list is refused with it.
    pub fn enable_suites<'n>(&self, names: &[&'n str]) -> Result<Vec<&'static Suite>, &'n str> {
        let mut enabled: Vec<&'static Suite> = Vec::new();
        for name in names {
            let suite = self.suite(name).ok_or(*name)?;
            if !enabled.contains(&suite) {
                enabled.push(suite);
            }
        }
        Ok(enabled)
    }

    /// What of the enabled lists takes part in a handshake: a protocol that is not disabled and for which a suite is
    /// enabled and not disabled, and the suites for such protocols (measured: all else is left out without a word).
    pub fn live(&self, protocols: &[Protocol], suites: &[&'static Suite]) -> Live {
        let usable: Vec<&'static Suite> =
            suites.iter().copied().filter(|suite| self.permits(suite) && self.has_group(suite)).collect();
        let mut live: Vec<Protocol> = protocols
            .iter()
            .copied()
            .filter(|protocol| *protocol != Protocol::Ssl2Hello)
            .filter(|protocol| !self.tls.disables_protocol(*protocol))
            .filter(|protocol| usable.iter().any(|suite| suite.works_with(*protocol)))
            .collect();
        live.sort_unstable();
        let suites =
            usable.into_iter().filter(|suite| live.iter().any(|protocol| suite.works_with(*protocol)));
        let suites = suites.collect();
        let v2_hello = protocols.contains(&Protocol::Ssl2Hello) && !live.is_empty();
        Live { protocols: live, suites, v2_hello }
    }

    /// Whether a group is left for a suite's key exchange.
    fn has_group(&self, suite: &Suite) -> bool {
        match suite.kex {
            "ECDHE" => {
                GROUPS.iter().any(|(name, algorithm, bits)| self.permits_group(name, algorithm, *bits))
            }
            _ => true,
        }
    }

    /// Whether it can use the group x25519 in TLS: not on Java 8, nor on 11.0.7 and 11.0.9; on 11.0.13 and later
    /// (measured).
    pub fn knows_x25519(&self) -> bool {
        self.is_at_least_11_0_13()
    }

    /// Whether the suites of `jdk.tls.client.cipherSuites` come in the JDK's order and not in that of the property:
    /// 8u212, 8u252, 11.0.7; not on 8u504, 11.0.9 and later (measured).
    pub fn sorts_property_suites(&self) -> bool {
        self.generation.is_old() || self.build.name == "11.0.7"
    }

    /// Whether a server holds its own signatures in TLS 1.3 against the security properties: not on 8u504, 11.0.7 and
    /// 11.0.9; on 11.0.13 and later (measured).
    pub fn checks_own_signatures(&self) -> bool {
        self.is_at_least_11_0_13()
    }

    /// Whether the one signature scheme that an elliptic key has in TLS 1.3 is held against the security properties: by the
    /// builds that come with `usage HandshakeSignature` in their list (measured on 11.0.31 and 25.0.3; not on 11.0.13,
    /// 17.0.15 and 21.0.8).
    pub fn checks_schemes(&self) -> bool {
        self.build.disabled.contains("HandshakeSignature")
    }

    fn is_at_least_11_0_13(&self) -> bool {
        self.generation >= Generation::Java11
            && !self.open_jsse
            && !matches!(self.build.name, "11.0.7" | "11.0.9")
    }

    /// Whether an elliptic curve may be used for key exchange.
    pub fn permits_group(&self, name: &str, algorithm: &str, bits: u32) -> bool {
        let known = algorithm == "EC" || self.knows_x25519();
        known && !self.tls.names(name) && !self.tls.refuses_key(algorithm, bits)
    }
}

/// Groups for ECDHE that every build has: name, algorithm, bits.
const GROUPS: [(&str, &str, u32); 4] =
    [("secp256r1", "EC", 256), ("secp384r1", "EC", 384), ("secp521r1", "EC", 521), ("x25519", "XDH", 255)];

/// What takes part in a handshake.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Live {
    /// Protocols, oldest first.
    pub protocols: Vec<Protocol>,
    /// Suites, in the order they were enabled.
    pub suites: Vec<&'static Suite>,
    /// Whether the old form of hello is on.
    pub v2_hello: bool,
}

/// The list in a system property of JSSE such as `jdk.tls.client.protocols`, without the quotes Java takes off it.
pub fn unquoted(value: &str) -> &str {
    let value = value.trim();
    value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(value)
}
