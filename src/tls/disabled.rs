//! What a `jdk.tls.disabledAlgorithms` (or `jdk.certpath.disabledAlgorithms`) takes away: suites by the algorithm names
//! they are made of, protocols by name, keys by their size, signatures by their algorithms.
//!
//! Measured on 8u212, 11.0.21, 17.0.15 and 25.0.2 with 84 entries each, and held against real handshakes of every build
//! of the catalog with random lists of entries (`tests/handshakes.rs`).

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::handshake::Key;
use crate::catalog::{Protocol, SUITES, Suite};

/// How a JDK reads such a list; builds differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Grammar {
    /// Whether the engine is the old one of Java 8.
    pub old_engine: bool,
    /// Whether `AES_256_GCM` takes the TLS 1.3 suites too, and `CHACHA20_POLY1305` means something: 25.0.5 (measured),
    /// not 25.0.3 nor the updates of older lines from the same time.
    pub full_names: bool,
    /// Whether `TLS_RSA_*` is a pattern: 11.0.30, 17.0.20, 21.0.13 and 24 and later (measured).
    pub patterns: bool,
    /// Whether `usage HandshakeSignature` means something: where the JDK's own list has it (measured).
    pub handshake_usage: bool,
    /// Whether `include jdk.disabled.namedCurves` is understood: not on 8u212, 8u252 and 11.0.5 (measured).
    pub includes: bool,
}

/// Values of one grammar whose suites are remembered.
const MOST_KNOWN: usize = 256;

/// An entry with conditions, all of which have to hold.
#[derive(Debug, Clone, Default)]
struct Conditional<'v> {
    algorithm: &'v str,
    /// `keySize OPERATOR BITS`.
    size: Option<(&'v str, u32)>,
    /// Only below a certificate authority that came with the JDK.
    jdk_ca: bool,
    /// `usage`, with its words.
    usages: Option<Vec<&'v str>>,
    /// `denyAfter`: year, month, day.
    deny_after: Option<(u64, u64, u64)>,
}

impl Conditional<'_> {
    fn is_for(&self, algorithm: &str) -> bool {
        self.algorithm.eq_ignore_ascii_case(algorithm)
            || (algorithm == "DH" && self.algorithm.eq_ignore_ascii_case("DiffieHellman"))
    }

    fn fits_size(&self, bits: u32) -> bool {
        self.size.is_none_or(|(operator, bound)| match operator {
            "<" => bits < bound,
            "<=" => bits <= bound,
            ">" => bits > bound,
            ">=" => bits >= bound,
            "==" => bits == bound,
            _ => bits != bound,
        })
    }

    fn is_past(&self) -> bool {
        self.deny_after.is_none_or(|date| date <= today())
    }
}

/// Year, month and day, UTC.
fn today() -> (u64, u64, u64) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    // Days to a date of the civil calendar, counted in years that begin in March.
    let days = now.map_or(0, |now| now.as_secs() / 86_400) + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// Whose certificate is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// A server's, by a client
    ByServer,
    /// A client's, by a server
    ByClient,
}

/// A `disabledAlgorithms` value as a JDK understands it.
#[derive(Debug, Clone, Default)]
pub struct Constraints<'v> {
    words: Vec<&'v str>,
    conditional: Vec<Conditional<'v>>,
    patterns: Vec<&'v str>,
    grammar: Grammar,
    /// Of each suite of the catalog whether it takes it away; worked out once, since every direction asks for most.
    taken: OnceCell<Arc<[bool]>>,
    value: &'v str,
}

/// The elements of a `disabledAlgorithms` value, quotes around the whole taken off.
pub fn entries(value: &str) -> impl Iterator<Item = &str> {
    let value = value.trim();
    let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
    value.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

impl<'v> Constraints<'v> {
    /// Reads a value.
    ///
    /// # Errors
    /// The entry on which the JDK throws, which leaves the JVM without any TLS.
    pub fn parse(value: &'v str, grammar: Grammar) -> Result<Self, &'v str> {
        let mut constraints = Constraints { grammar, value, ..Constraints::default() };
        for entry in entries(value) {
            let Some((algorithm, policy)) = entry.split_once(' ') else {
                if grammar.patterns && entry.contains('*') {
                    // A pattern has to begin with TLS_ (measured).
                    if !entry.starts_with("TLS_") {
                        return Err(entry);
                    }
                    constraints.patterns.push(entry);
                } else {
                    constraints.words.push(entry);
                }
                continue;
            };
            if algorithm.eq_ignore_ascii_case("include") {
                let known = grammar.includes && policy.trim() == "jdk.disabled.namedCurves";
                if !known {
                    return Err(entry);
                }
                continue;
            }
            constraints.conditions(algorithm, policy).ok_or(entry)?;
        }
        Ok(constraints)
    }

    /// The conditions behind an algorithm's name, joined by `&`.
    fn conditions(&mut self, algorithm: &'v str, policy: &'v str) -> Option<()> {
        let mut entry = Conditional { algorithm, ..Conditional::default() };
        for condition in policy.split('&').map(str::trim) {
            if condition.starts_with("keySize") {
                let mut words = condition.split_whitespace().skip(1);
                let (operator, bits) = (words.next()?, words.next()?.parse().ok()?);
                if !matches!(operator, "<" | "<=" | ">" | ">=" | "==" | "!=") {
                    return None;
                }
                entry.size = Some((operator, bits));
            } else if let Some(usages) = condition.strip_prefix("usage") {
                entry.usages = Some(usages.split_whitespace().collect());
            } else if let Some(date) = condition.strip_prefix("denyAfter") {
                let mut numbers = date.trim().split('-').map(str::parse);
                let mut next = || numbers.next()?.ok();
                entry.deny_after = Some((next()?, next()?, next()?));
            } else if condition.eq_ignore_ascii_case("jdkCA") {
                entry.jdk_ca = true;
            } else {
                return None;
            }
        }
        self.conditional.push(entry);
        Some(())
    }

    /// Whether a name stands in the list, in any case.
    pub fn names(&self, name: &str) -> bool {
        self.words.iter().any(|word| word.eq_ignore_ascii_case(name))
    }

    /// Whether it takes a protocol away.
    pub fn disables_protocol(&self, protocol: Protocol) -> bool {
        protocol != Protocol::Ssl2Hello && self.names(protocol.name())
    }

    /// Whether it takes a suite away.
    pub fn disables(&self, suite: &Suite) -> bool {
        // Nobody but the catalog makes suites.
        self.taken.get_or_init(|| self.look_up_taken()).get(suite.number).copied().unwrap_or_default()
    }

    /// What [`Constraints::taken`] holds: remembered for the whole run, since the instances of a site share few lists.
    fn look_up_taken(&self) -> Arc<[bool]> {
        type Known = HashMap<Grammar, HashMap<String, Arc<[bool]>>>;
        static KNOWN: RwLock<Option<Known>> = RwLock::new(None);
        // A thread that panicked left no half of an entry.
        let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
        let lists = known.as_ref().and_then(|known| known.get(&self.grammar));
        if let Some(taken) = lists.and_then(|lists| lists.get(self.value)) {
            return Arc::clone(taken);
        }
        drop(known);
        let taken: Arc<[bool]> = (0..SUITES.len()).map(|at| self.takes(at)).collect();
        let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
        let lists = known.get_or_insert_default().entry(self.grammar).or_default();
        if lists.len() < MOST_KNOWN {
            lists.insert(self.value.to_owned(), Arc::clone(&taken));
        }
        taken
    }

    /// Whether it takes away the suite of a number.
    fn takes(&self, index: usize) -> bool {
        let name = SUITES[index].name;
        self.names(name)
            || self.patterns.iter().any(|pattern| matches(pattern, name))
            || (!self.words.is_empty() && all_parts(self.grammar)[index].iter().any(|part| self.names(part)))
    }

    /// Whether it refuses a key of an algorithm (`RSA`, `EC`, `DH`) and a size in bits, whatever it is used for.
    pub fn refuses_key(&self, algorithm: &str, bits: u32) -> bool {
        self.names(algorithm)
            || self.conditional.iter().any(|entry| {
                let plain = !entry.jdk_ca && entry.usages.is_none();
                plain && entry.is_for(algorithm) && entry.fits_size(bits) && entry.is_past()
            })
    }

    /// Whether it refuses a signature algorithm such as `SHA1withRSA`, by its name or one of its parts.
    pub fn refuses_signature(&self, algorithm: &str) -> bool {
        let (hash, key) = algorithm.split_once("with").unwrap_or((algorithm, ""));
        self.names(algorithm) || (!key.is_empty() && (self.names(hash) || self.names(key)))
    }

    /// Whether it refuses a certificate for its key or its signature; the signer's key is RSA, and not that of an
    /// authority that came with the JDK.
    pub fn refuses_certificate(&self, key: &Key) -> bool {
        // In certificates SHA-256 is SHA256, in handshakes it means nothing (measured).
        let dashed = key.hash.strip_prefix("SHA").is_some_and(|bits| self.names(&format!("SHA-{bits}")));
        dashed
            || self.refuses_key(key.algorithm, key.bits)
            || self.refuses_signature(&format!("{}withRSA", key.hash))
    }

    /// What `jdk.certpath.disabledAlgorithms` refuses beyond that: by usage, date or curve. In
    /// `jdk.tls.disabledAlgorithms` usage and date of a signature say nothing (measured).
    pub fn refuses_in_chain(&self, key: &Key, shown: Shown) -> bool {
        let usage = if shown == Shown::ByServer { "TLSServer" } else { "TLSClient" };
        let signature = format!("{}withRSA", key.hash);
        let curve = key.algorithm == "EC" && self.names("secp256r1");
        curve
            || self.conditional.iter().filter(|entry| !entry.jdk_ca && entry.is_past()).any(|entry| {
                let used = entry
                    .usages
                    .as_ref()
                    .is_none_or(|usages| usages.iter().any(|word| word.eq_ignore_ascii_case(usage)));
                let signed = entry.size.is_none()
                    && [key.hash, "RSA", &signature].into_iter().any(|algorithm| entry.is_for(algorithm));
                used && (signed || (entry.is_for(key.algorithm) && entry.fits_size(key.bits)))
            })
    }

    /// Whether it refuses a signature scheme in handshakes: by the scheme's own name, such as `rsa_pkcs1_sha1`, or by
    /// `usage HandshakeSignature` for that name or the key's algorithm, where the JDK knows that usage.
    pub fn refuses_scheme(&self, scheme: &str, key: &str) -> bool {
        let in_handshakes = |entry: &Conditional<'_>| {
            entry.usages.as_ref().is_some_and(|usages| {
                usages.iter().any(|usage| usage.eq_ignore_ascii_case("HandshakeSignature"))
            })
        };
        self.names(scheme)
            || (self.grammar.handshake_usage
                && self.conditional.iter().any(|entry| {
                    in_handshakes(entry) && (entry.is_for(scheme) || entry.is_for(key)) && !entry.jdk_ca
                }))
    }
}

/// Whether a name fits a pattern in which `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut rest) = name.strip_prefix(head) else { return false };
    let (middle, end) = tail.rsplit_once('*').unwrap_or(("", tail));
    // The first place is the best for each part in between: it leaves the most to those behind it.
    for part in middle.split('*') {
        let Some((_, behind)) = rest.split_once(part) else { return false };
        rest = behind;
    }
    rest.ends_with(end)
}

/// The algorithm names of all suites, worked out once for each way of seeing them.
fn all_parts(grammar: Grammar) -> &'static [Vec<&'static str>] {
    static PARTS: [OnceLock<Vec<Vec<&str>>>; 4] = [const { OnceLock::new() }; 4];
    let way = usize::from(grammar.old_engine) + 2 * usize::from(grammar.full_names);
    PARTS[way].get_or_init(|| SUITES.iter().map(|suite| parts(suite, grammar)).collect())
}

/// The algorithm names a suite goes by. The engine of Java 8 and the one of 11 and later see them differently.
fn parts(suite: &Suite, grammar: Grammar) -> Vec<&'static str> {
    let Grammar { old_engine, full_names, .. } = grammar;
    let mut parts = Vec::new();
    let (exchange, rest) = match suite.name.split_once("_WITH_") {
        Some((exchange, rest)) => (&exchange[4..], rest),
        None => ("", suite.name.strip_prefix("TLS_").unwrap_or_default()),
    };
    let export = exchange.contains("_EXPORT");
    parts.extend(exchange_parts(exchange, suite.name, old_engine));
    let Some((cipher, mac)) = rest.rsplit_once('_') else { return parts };
    parts.extend(cipher_parts(cipher, suite.max == Protocol::Tls13, full_names));
    let aead = cipher.contains("GCM") || cipher.contains("CHACHA");
    match mac {
        "MD5" => parts.extend(["MD5", "HmacMD5"]),
        "SHA" => parts.extend(["SHA1", "SHA-1", "HmacSHA1"]),
        "SHA256" if !(aead && old_engine) => parts.extend(["SHA256", "SHA-256", "HmacSHA256"]),
        "SHA384" if !(aead && old_engine) => parts.extend(["SHA384", "SHA-384", "HmacSHA384"]),
        _ => {}
    }
    // The newer engine counts the hash of TLS 1.2's key derivation too, which is SHA-256 unless the name says otherwise.
    if !old_engine && !export && suite.max == Protocol::Tls12 && mac != "SHA384" && suite.kex != "SCSV" {
        parts.extend(["SHA256", "SHA-256", "HmacSHA256"]);
    }
    parts
}

/// The names of key exchange and authentication. Of export suites, the newer engine knows only some.
fn exchange_parts(exchange: &str, name: &str, old_engine: bool) -> &'static [&'static str] {
    let Some(plain) = exchange.strip_suffix("_EXPORT") else {
        return plain_exchange_parts(exchange);
    };
    match plain {
        "KRB5" => &[],
        "RSA" => &["RSA", "RSA_EXPORT"],
        "DH_anon" if old_engine || name.contains("RC4_40") => plain_exchange_parts(plain),
        _ if old_engine => plain_exchange_parts(plain),
        _ => &[],
    }
}

fn plain_exchange_parts(exchange: &str) -> &'static [&'static str] {
    match exchange {
        "RSA" => &["RSA"],
        "DHE_RSA" => &["DH", "DHE", "DiffieHellman", "DHE_RSA", "RSA"],
        "DHE_DSS" => &["DH", "DHE", "DiffieHellman", "DHE_DSS", "DSA", "DSS"],
        "DH_anon" => &["anon", "DH", "DiffieHellman", "DH_anon"],
        "ECDHE_RSA" => &["ECDHE", "ECDHE_RSA", "RSA"],
        "ECDHE_ECDSA" => &["ECDHE", "ECDHE_ECDSA", "ECDSA"],
        "ECDH_RSA" => &["ECDH", "ECDH_RSA", "RSA"],
        "ECDH_ECDSA" => &["ECDH", "ECDH_ECDSA", "ECDSA"],
        "ECDH_anon" => &["ECDH", "anon", "ECDH_anon"],
        "KRB5" => &["KRB5"],
        _ => &[],
    }
}

fn cipher_parts(cipher: &str, tls13: bool, full_names: bool) -> &'static [&'static str] {
    match cipher {
        "NULL" => &["NULL", "C_NULL"],
        "RC4_128" => &["RC4", "RC4_128"],
        "RC4_40" => &["RC4", "RC4_40"],
        "DES_CBC" => &["DES", "CBC", "DES_CBC"],
        "DES40_CBC" | "DES_CBC_40" => &["DES", "CBC", "DES40_CBC"],
        "3DES_EDE_CBC" => &["3DES_EDE_CBC", "DESede", "CBC"],
        "AES_128_CBC" => &["AES", "CBC", "AES_128_CBC"],
        "AES_256_CBC" => &["AES", "CBC", "AES_256_CBC"],
        "AES_128_GCM" | "AES_256_GCM" if tls13 && !full_names => &["AES", "GCM"],
        "AES_128_GCM" => &["AES", "GCM", "AES_128_GCM"],
        "AES_256_GCM" => &["AES", "GCM", "AES_256_GCM"],
        "CHACHA20_POLY1305" if full_names => &["ChaCha20-Poly1305", "CHACHA20_POLY1305"],
        "CHACHA20_POLY1305" => &["ChaCha20-Poly1305"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Rank, SUITES};
    use crate::tls::jsse::Jsse;

    /// How many of the suites a JDK knows an entry takes away.
    fn count(jdk: &str, entry: &str) -> usize {
        let jsse = Jsse::new(jdk.parse().expect("a version"), false, entry, "").expect("a sound entry");
        let known = SUITES.iter().filter(|suite| suite.rank(jsse.generation) != Rank::Unknown);
        known.filter(|suite| !jsse.permits(suite)).count()
    }

    /// The numbers are what the real JDKs took away.
    #[test]
    fn entries_reach_as_far_as_in_the_jdk() {
        for (jdk, entry, removed) in [
            ("8u212", "DES", 12),
            ("8u212", "MD5", 10),
            ("8u212", "SHA256", 13),
            ("8u212", "GCM", 16),
            ("8u212", "KRB5", 6),
            ("8u212", "DH", 29),
            ("11.0.21", "RC4", 10),
            ("11.0.21", "rc4", 10),
            ("11.0.21", "DES", 8),
            ("11.0.21", "3DES", 0),
            ("11.0.21", "3DES_EDE_CBC", 9),
            ("11.0.21", "DESede", 9),
            ("11.0.21", "SHA1", 47),
            ("11.0.21", "SHA", 0),
            ("11.0.21", "SHA256", 68),
            ("11.0.21", "SHA384", 13),
            ("11.0.21", "NULL", 8),
            ("11.0.21", "anon", 15),
            ("11.0.21", "ECDH", 23),
            ("11.0.21", "ECDHE", 20),
            ("11.0.21", "DH", 27),
            ("11.0.21", "RSA", 43),
            ("11.0.21", "ECDSA", 19),
            ("11.0.21", "EC", 0),
            ("11.0.21", "AES", 52),
            ("11.0.21", "AES_128_GCM", 8),
            ("11.0.21", "CBC", 51),
            ("11.0.21", "TLS_RSA_*", 0),
            ("11.0.21", "RSA keySize < 2048", 0),
            ("11.0.21", "AES_128_CBC,AES_256_CBC", 34),
            ("11.0.21", "\"SSLv3, RC4\"", 10),
            ("25.0.2", "TLS_RSA_*", 7),
            ("25.0.2", "TLS_ECDH_*", 23),
            ("25.0.2", "TLS_*_WITH_AES_128_CBC_SHA", 9),
            ("25.0.2", "TLS_*", 73),
        ] {
            assert_eq!(count(jdk, entry), removed, "{jdk} {entry}");
        }
    }

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, name, fits) in [
            ("TLS_*", "TLS_A", true),
            ("TLS_*", "SSL_TLS_A", false),
            ("*_A_*_A", "X_A_A", false),
            ("*_A_*_A", "X_A_B_A_C_A", true),
            ("TLS_*_B_*_D", "TLS_A_B_B_C_D", true),
            ("TLS_*_B_*_D", "TLS_A_B_D", false),
            ("**", "", true),
            ("TLS_A", "TLS_AB", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
        // Trying all places of all stars would take years.
        assert!(!matches(&format!("{}z", "*".repeat(200)), &"a".repeat(200)));
    }
}
