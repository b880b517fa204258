//! The other side of a handshake, as `--peer` describes it.
//!
//! Peers are taken to behave as a current Java with nothing disabled: they list their protocols in the hello, follow
//! their own order of suites unless told otherwise, and pick legacy suites last.

use thiserror::Error;

use super::handshake::{ClientAuth, End, Key};
use super::jsse::{Live, Side};
use crate::catalog::{self, Generation, Protocol, Rank, SUITES, Suite};

/// A peer.
#[derive(Debug, Clone, PartialEq)]
pub struct Peer {
    /// Its name, or its description.
    pub name: String,
    /// Which end it can be; `None`: either.
    pub side: Option<Side>,
    protocols: Vec<Protocol>,
    suites: Option<Vec<&'static Suite>>,
    keys: Vec<Key>,
    has_key: bool,
    client_auth: ClientAuth,
    needs_sni: bool,
    own_order: bool,
}

/// A description that cannot be understood.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PeerError {
    /// A word nobody knows.
    #[error(
        "'{0}' is neither a known peer nor a description; write it as in 'protocols=TLSv1.2,TLSv1.3;sni=required'"
    )]
    Unknown(String),
    /// A name before `=` nobody knows.
    #[error(
        "'{0}' says nothing of a peer; there are protocols, suites, key, signature, client-auth, sni and prefers"
    )]
    Word(String),
    /// A value that does not fit.
    #[error("'{value}' is no {what}{}", hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default())]
    Value {
        /// The value.
        value: String,
        /// What it should have been.
        what: &'static str,
        /// What there is.
        hint: Option<String>,
    },
}

fn value_error(value: &str, what: &'static str, hint: impl Into<Option<String>>) -> PeerError {
    PeerError::Value { value: crate::syntax::printable(value).into_owned(), what, hint: hint.into() }
}

impl Peer {
    /// A peer by its name, or by a description such as `TLSv1.2,TLSv1.3;sni=required`.
    ///
    /// # Errors
    /// What in it cannot be understood.
    pub fn parse(text: &str) -> Result<Peer, PeerError> {
        if let Some(named) = catalog::PEERS.iter().find(|peer| peer.name == text) {
            let side = match named.side {
                "server" => Some(Side::Server),
                "client" => Some(Side::Client),
                _ => None,
            };
            return Ok(Peer { name: named.name.to_owned(), side, ..Peer::described(named.words)? });
        }
        Peer::described(text)
    }

    /// All peers with names.
    pub fn named() -> impl Iterator<Item = Peer> {
        catalog::PEERS.iter().filter_map(|peer| Peer::parse(peer.name).ok())
    }

    fn described(text: &str) -> Result<Peer, PeerError> {
        if text.split(';').all(|part| part.trim().is_empty()) {
            return Err(PeerError::Unknown(crate::syntax::printable(text).into_owned()));
        }
        let mut peer = Peer {
            name: text.to_owned(),
            side: None,
            protocols: vec![Protocol::Tls12, Protocol::Tls13],
            suites: None,
            keys: vec![Key::RSA],
            has_key: false,
            client_auth: ClientAuth::None,
            needs_sni: false,
            own_order: true,
        };
        let mut hash = None;
        for (index, part) in text.split(';').map(str::trim).enumerate() {
            if part.is_empty() {
                continue;
            }
            let (word, value) = match part.split_once('=') {
                Some((word, value)) => (word.trim(), value.trim()),
                // The protocols may stand first, without their word.
                None if index == 0
                    && Protocol::named(part.split(',').next().unwrap_or_default().trim()).is_some() =>
                {
                    ("protocols", part)
                }
                None => return Err(PeerError::Unknown(crate::syntax::printable(text).into_owned())),
            };
            peer.word(word, value, &mut hash)?;
        }
        if let Some(hash) = hash {
            peer.keys.iter_mut().for_each(|key| key.hash = hash);
        }
        Ok(peer)
    }

    fn word(&mut self, word: &str, value: &str, hash: &mut Option<&'static str>) -> Result<(), PeerError> {
        match word {
            "protocols" => {
                let known = |name: &str| {
                    let hint = || super::protocols::nearest(name).map(|known| format!("{known} is"));
                    Protocol::named(name).ok_or_else(|| value_error(name, "protocol", hint()))
                };
                self.protocols = value.split(',').map(str::trim).map(known).collect::<Result<_, _>>()?;
            }
            "suites" => {
                let known = |name: &str| {
                    catalog::suite(name, true).ok_or_else(|| value_error(name, "cipher suite of JSSE", None))
                };
                self.suites = Some(value.split(',').map(str::trim).map(known).collect::<Result<_, _>>()?);
            }
            // A certificate: the key, and perhaps the hash of its signature.
            "key" | "cert" => {
                let keys = value.split([',', '+']).map(str::trim).map(key).collect::<Result<Vec<_>, _>>()?;
                self.keys = keys;
                self.has_key = true;
            }
            "signature" => {
                *hash = Some(hash_of(value).ok_or_else(|| {
                    value_error(value, "hash of a signature", "there are sha256, sha1 and md5".to_owned())
                })?);
            }
            "client-auth" => {
                self.client_auth = match value {
                    "none" => ClientAuth::None,
                    "want" | "requested" => ClientAuth::Want,
                    "need" | "required" => ClientAuth::Need,
                    _ => {
                        let hint = "there are none, want and need".to_owned();
                        return Err(value_error(value, "way to ask for a certificate", hint));
                    }
                };
            }
            "sni" => {
                self.needs_sni = match value {
                    "required" => true,
                    "any" => false,
                    _ => {
                        return Err(value_error(
                            value,
                            "word for SNI",
                            "there are any and required".to_owned(),
                        ));
                    }
                };
            }
            "prefers" => {
                self.own_order = match value {
                    "server" => true,
                    "client" => false,
                    _ => {
                        let hint = "there are server and client".to_owned();
                        return Err(value_error(value, "order of suites", hint));
                    }
                };
            }
            _ => return Err(PeerError::Word(crate::syntax::printable(word).into_owned())),
        }
        Ok(())
    }

    /// The end of a handshake it is, against this server at the other.
    pub fn end(&self, side: Side) -> End<'static, 'static> {
        let usable: Vec<&'static Suite> = match &self.suites {
            Some(suites) => suites.clone(),
            None => all_suites(),
        };
        let mut protocols: Vec<Protocol> = self
            .protocols
            .iter()
            .copied()
            .filter(|protocol| *protocol != Protocol::Ssl2Hello)
            .filter(|protocol| usable.iter().any(|suite| suite.works_with(*protocol)))
            .collect();
        protocols.sort_unstable();
        protocols.dedup();
        let suites = usable
            .into_iter()
            .filter(|suite| protocols.iter().any(|protocol| suite.works_with(*protocol)))
            .collect();
        let v2_hello = self.protocols.contains(&Protocol::Ssl2Hello);
        // As a client it shows a certificate only if it was said to have one.
        let shows = side == Side::Server || self.has_key || self.client_auth != ClientAuth::None;
        End {
            old_engine: false,
            knows_x25519: true,
            checks_own_signatures: true,
            checks_schemes: true,
            live: Live { protocols, suites, v2_hello },
            refuses: None,
            keys: if shows { self.keys.clone() } else { Vec::new() },
            own_order: self.own_order,
            client_auth: if side == Side::Server { self.client_auth } else { ClientAuth::None },
            sends_sni: true,
            needs_sni: self.needs_sni,
        }
    }

    /// Its protocols.
    pub fn protocols(&self) -> &[Protocol] {
        &self.protocols
    }

    /// Its suites, if it was said to have only some.
    pub fn suites(&self) -> Option<&[&'static Suite]> {
        self.suites.as_deref()
    }
}

/// What a peer that takes any suite has: all that Java 11 has on by default with nothing disabled.
fn all_suites() -> Vec<&'static Suite> {
    let mut ranked: Vec<(u16, &Suite)> = SUITES
        .iter()
        .filter_map(|suite| match suite.rank(Generation::Java11) {
            Rank::Default(place) => Some((place, suite)),
            _ => None,
        })
        .collect();
    ranked.sort_unstable_by_key(|(place, _)| *place);
    ranked.into_iter().map(|(_, suite)| suite).collect()
}

fn hash_of(text: &str) -> Option<&'static str> {
    match text {
        "sha256" => Some("SHA256"),
        "sha1" => Some("SHA1"),
        "md5" => Some("MD5"),
        _ => None,
    }
}

/// A key such as `rsa2048`, `ec256`, `ecdsa` or `rsa1024-sha1`.
fn key(text: &str) -> Result<Key, PeerError> {
    let hint = || {
        Some(
            "there are rsa2048, rsa1024, ec256 and the like, with -sha1 behind it for the signature"
                .to_owned(),
        )
    };
    let error = || value_error(text, "key", hint());
    let (name, hash) =
        text.split_once('-').map_or((text, Some("SHA256")), |(name, hash)| (name, hash_of(hash)));
    let hash = hash.ok_or_else(error)?;
    let (algorithm, bits) = match name {
        "ecdsa" | "ec" => ("EC", "256"),
        "rsa" => ("RSA", "2048"),
        _ => match (name.strip_prefix("rsa"), name.strip_prefix("ec")) {
            (Some(bits), _) => ("RSA", bits),
            (_, Some(bits)) => ("EC", bits),
            _ => return Err(error()),
        },
    };
    let bits = bits.parse().ok().filter(|bits| (112..=16_384).contains(bits)).ok_or_else(error)?;
    Ok(Key { algorithm, bits, hash })
}

/// Keys such as `rsa2048,ec256`, for this server's own.
///
/// # Errors
/// What is no key.
pub fn keys(text: &str) -> Result<Vec<Key>, PeerError> {
    text.split([',', '+']).map(str::trim).map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_a_peer() {
        let short = Peer::parse("TLSv1.2,TLSv1.3;sni=required;cert=rsa1024-sha1;client-auth=required")
            .expect("sound");
        let long =
            Peer::parse("protocols=TLSv1.2,TLSv1.3;sni=required;key=rsa1024;signature=sha1;client-auth=need");
        assert_eq!(
            Peer { name: String::new(), ..short },
            Peer { name: String::new(), ..long.expect("sound") }
        );
        assert_eq!(Peer::named().count(), catalog::PEERS.len());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |text: &str| Peer::parse(text).expect_err("no peer").to_string();
        assert_eq!(error("protocols=TLS1.2"), "'TLS1.2' is no protocol; TLSv1.2 is");
        assert!(error("nobody").starts_with("'nobody' is neither"));
        assert!(error("").starts_with("'' is neither") && error(" ; ").contains("is neither"));
        assert!(error("colour=red").starts_with("'colour' says nothing"));
        assert!(error("TLSv1.2;key=dsa1024").starts_with("'dsa1024' is no key"));
    }
}
