//! What an entry of `jdk.tls.disabledAlgorithms` takes away: suites, by the algorithm names they are made of.
//!
//! Measured on 8u212, 11.0.21, 17.0.15 and 25.0.2 with 84 entries each; this gives the same suites for all that do not
//! break the JVM. Entries with a constraint (`RSA keySize < 2048`, `... usage HandshakeSignature`) take no suite away.

use crate::catalog::{self, Suite};
use crate::instance::release::Jdk;

/// The elements of a `disabledAlgorithms` value, quotes around the whole taken off.
pub fn entries(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(|entry| entry.trim().trim_matches('"').trim())
}

/// Whether a `disabledAlgorithms` value takes a suite away on a JDK.
pub fn disables(value: &str, suite: &Suite, jdk: Jdk) -> bool {
    // The newest updates know patterns; they are the ones that use one themselves.
    let patterns = catalog::jdk_defaults(jdk).disabled.contains("TLS_RSA_*");
    let parts = parts(suite, jdk.old_engine() != Some(false));
    entries(value).any(|entry| {
        entry.eq_ignore_ascii_case(suite.name)
            || parts.iter().any(|part| part.eq_ignore_ascii_case(entry))
            || (patterns && entry.contains('*') && matches(entry, suite.name))
    })
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

/// The algorithm names a suite goes by. The engine of Java 8 and the one of 11 and later see them differently.
fn parts(suite: &Suite, old_engine: bool) -> Vec<&'static str> {
    let mut parts = Vec::new();
    let (exchange, rest) = match suite.name.split_once("_WITH_") {
        Some((exchange, rest)) => (&exchange[4..], rest),
        None => ("", suite.name.strip_prefix("TLS_").unwrap_or_default()),
    };
    let export = exchange.contains("_EXPORT");
    parts.extend(exchange_parts(exchange, suite.name, old_engine));
    let Some((cipher, mac)) = rest.rsplit_once('_') else { return parts };
    parts.extend(cipher_parts(cipher, suite.max == "TLSv1.3"));
    let aead = cipher.contains("GCM") || cipher.contains("CHACHA");
    match mac {
        "MD5" => parts.extend(["MD5", "HmacMD5"]),
        "SHA" => parts.extend(["SHA1", "SHA-1", "HmacSHA1"]),
        "SHA256" if !(aead && old_engine) => parts.extend(["SHA256", "SHA-256", "HmacSHA256"]),
        "SHA384" if !(aead && old_engine) => parts.extend(["SHA384", "SHA-384", "HmacSHA384"]),
        _ => {}
    }
    // The newer engine counts the hash of TLS 1.2's key derivation too, which is SHA-256 unless the name says otherwise.
    if !old_engine && !export && suite.max == "TLSv1.2" && mac != "SHA384" && suite.kex != "SCSV" {
        parts.extend(["SHA256", "SHA-256"]);
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

fn cipher_parts(cipher: &str, tls13: bool) -> &'static [&'static str] {
    match cipher {
        "NULL" => &["NULL"],
        "RC4_128" => &["RC4", "RC4_128"],
        "RC4_40" => &["RC4", "RC4_40"],
        "DES_CBC" => &["DES", "CBC", "DES_CBC"],
        "DES40_CBC" | "DES_CBC_40" => &["DES", "CBC", "DES40_CBC"],
        "3DES_EDE_CBC" => &["3DES_EDE_CBC", "DESede", "CBC"],
        "AES_128_CBC" => &["AES", "CBC", "AES_128_CBC"],
        "AES_256_CBC" => &["AES", "CBC", "AES_256_CBC"],
        "AES_128_GCM" | "AES_256_GCM" if tls13 => &["AES", "GCM"],
        "AES_128_GCM" => &["AES", "GCM", "AES_128_GCM"],
        "AES_256_GCM" => &["AES", "GCM", "AES_256_GCM"],
        "CHACHA20_POLY1305" => &["ChaCha20-Poly1305"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{SUITES, Status, suite_status};

    /// How many of the suites a JDK knows an entry takes away.
    fn count(jdk: &str, entry: &str) -> usize {
        let jdk: Jdk = jdk.parse().expect("a version");
        SUITES.iter().filter(|s| suite_status(s, jdk) != Status::Unknown && disables(entry, s, jdk)).count()
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

    /// Each measured JDK's own list takes away just what it was seen to disable.
    #[test]
    fn a_jdk_is_right_about_itself() {
        for name in catalog::SUITE_JDKS {
            let jdk: Jdk = name.parse().expect("a version");
            let own = catalog::jdk_defaults(jdk).disabled;
            for suite in SUITES {
                let seen = suite_status(suite, jdk);
                if seen != Status::Unknown && *name != "8u51" {
                    assert_eq!(disables(own, suite, jdk), seen == Status::Disabled, "{name} {}", suite.name);
                }
            }
        }
    }
}
