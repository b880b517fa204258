//! What is written on the command line or in one value: versions, ranges, peers, keys, disabled algorithms.

use wattlint::catalog::SUITES;
use wattlint::instance::release::{Jdk, Release, VersionRange};
use wattlint::tls::disabled::{Constraints, Grammar};
use wattlint::tls::peer::{self, Peer};

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(&data[..data.len().min(1_024)]);
    for line in text.lines() {
        versions(line);
        if let Ok(peer) = Peer::parse(line) {
            assert!(!peer.protocols().is_empty(), "{line:?} is a peer without a protocol");
        }
        if let Ok(keys) = peer::keys(line) {
            assert!(!keys.is_empty(), "{line:?} is a list of no keys");
        }
        for patterns in [false, true] {
            let grammar = Grammar { patterns, includes: patterns, ..Grammar::default() };
            if let Ok(constraints) = Constraints::parse(line, grammar) {
                for suite in SUITES.iter().step_by(9) {
                    constraints.disables(suite);
                }
                constraints.refuses_key("RSA", 1024);
            }
        }
    }
}

fn versions(line: &str) {
    if let Ok(release) = line.parse::<Release>() {
        assert_eq!(release.to_string().parse(), Ok(release));
    }
    if let Ok(jdk) = line.parse::<Jdk>() {
        let again: Jdk = jdk.to_string().parse().expect("what was printed");
        assert_eq!(again.to_string(), jdk.to_string());
    }
    if let Ok(range) = line.parse::<VersionRange>() {
        // What is below the lower bound lies outside.
        assert!(range.from.is_none_or(|(major, minor)| minor == 0 || !range.contains((major, minor - 1))));
    }
}
