//! The posture as a whole: what it says of the example installations, and that every value has its reason.

use std::path::{Path, PathBuf};

use serde_json::Value;
use wattlint::discover::{Discovery, Options};
use wattlint::fix::remedy::remedy;
use wattlint::instance::{Given, Instance};
use wattlint::report::posture::{Outcome, PeerOutcome, View, json};
use wattlint::tls::handshake::Key;
use wattlint::tls::peer::Peer;
use wattlint::tls::posture::{Direction, Posture, Reason};
use wattlint::tls::predict::predict;

fn example(name: &str) -> Discovery {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    Discovery::from_paths(&[path], Options::default())
}

fn on(jdk: &str) -> Given {
    Given { release: None, jdk: jdk.parse().ok() }
}

/// What the JSON says of an instance and some peers.
fn as_json(discovery: &Discovery, given: Given, peers: &[&str]) -> Value {
    let instance = Instance::all(discovery, given).next().expect("an instance");
    let posture = Posture::of(&instance);
    let outcomes = peers.iter().map(|text| {
        let peer = Peer::parse(text).expect("a sound peer");
        let of = |direction: &Direction<'_, '_>| Outcome {
            direction: direction.whom.name(),
            prediction: predict(&posture, direction, &peer, &[Key::RSA]),
            patch: None,
            steps: None,
        };
        let outcomes = posture.directions.iter().map(of).collect();
        PeerOutcome { peer, outcomes, remedy: None }
    });
    let outcomes = outcomes.collect();
    let mut bytes = Vec::new();
    let view = View { assumed: posture.assumed.clone(), posture, outcomes };
    json(discovery, &[view], &mut bytes).expect("written");
    serde_json::from_slice(&bytes).expect("JSON")
}

fn direction<'v>(root: &'v Value, name: &str) -> &'v Value {
    let all = root["directions"].as_array().expect("a list");
    all.iter().find(|direction| direction["name"] == name).expect("the direction")
}

fn prediction<'v>(root: &'v Value, name: &str) -> &'v Value {
    let all = root["predictions"].as_array().expect("a list");
    all.iter().find(|prediction| prediction["direction"] == name).expect("the prediction")
}

/// Measured with the override that 10.11 brings: the watt lists keep TLS 1.1 off the server's own clients, while the
/// JVM's default context, which they do not govern, has it, along with suites that Java itself has disabled since.
#[test]
fn the_default_context_is_not_governed_by_the_watt_lists() {
    let discovery = example("is-10.11-clean");
    let root = as_json(&discovery, on("11.0.31"), &["TLSv1.2;suites=TLS_RSA_WITH_AES_128_GCM_SHA256"]);
    assert_eq!(direction(&root, "outbound-https")["protocols"], serde_json::json!(["TLSv1.3", "TLSv1.2"]));
    let context = direction(&root, "outbound-default-context");
    assert_eq!(context["protocols"], serde_json::json!(["TLSv1.3", "TLSv1.2", "TLSv1.1"]));
    let handshake = prediction(&root, "outbound-default-context");
    assert_eq!(handshake["works"], true);
    assert_eq!(handshake["suite"], "TLS_RSA_WITH_AES_128_GCM_SHA256");
}

/// The same file leaves a Java 8 that does not know its `include` without any TLS.
#[test]
fn the_same_override_breaks_an_older_java() {
    let discovery = example("is-10.11-clean");
    let root = as_json(&discovery, on("8u252"), &["tls12-only"]);
    for name in ["outbound-https", "outbound-default-context", "inbound:5543"] {
        let stopped = &direction(&root, name)["stopped"];
        assert_eq!(stopped["cause"], "jvm-without-tls", "{name}");
        assert!(stopped["message"].as_str().is_some_and(|text| text.contains("jdk.disabled.namedCurves")));
        assert!(
            stopped["line"].is_u64() && stopped["file"].as_str().is_some_and(|f| f.ends_with(".security"))
        );
        assert_eq!(prediction(&root, name)["works"], false);
        assert_eq!(prediction(&root, name)["cause"], "jvm-without-tls");
    }
}

/// The shape that machines count on.
#[test]
fn the_json_has_its_fields() {
    let discovery = example("is-9.12-iaik");
    let root = as_json(&discovery, Given::default(), &["modern-server"]);
    for name in ["release", "jdk", "assumed", "directions", "predictions"] {
        assert!(!root[name].is_null(), "{name}");
    }
    for name in ["name", "provider", "protocols", "suites", "sni", "reasons"] {
        assert!(direction(&root, "outbound-https").get(name).is_some(), "{name}");
    }
    let handshake = prediction(&root, "outbound-https");
    for name in ["peer", "direction", "works", "protocol", "suite", "cause", "issue", "setting"] {
        assert!(handshake.get(name).is_some(), "{name}");
    }
    assert_eq!(handshake["cause"], "no-common-protocol");
    assert_eq!(handshake["issue"], 1);
    assert_eq!(handshake["setting"], "watt.net.ssl.client.useJSSE");
    assert_eq!(handshake["line"], 23);
}

/// What is quoted from the files may hold a secret; and a value Java throws on ends TLS (measured).
#[test]
fn quoted_values_are_masked_and_odd_ones_judged() {
    let wrapper = |option: &str| {
        let text = format!("wrapper.java.additional.401={option}\n");
        Discovery::from_memory([
            ("config/server.cnf", b"watt.net.ssl.client.useJSSE=true\n".to_vec()),
            ("configuration/custom_wrapper.conf", text.into_bytes()),
        ])
    };
    for option in
        ["-Djdk.tls.client.protocols=password=CANARY", "-Djavax.net.ssl.trustStore=/x?password=CANARY"]
    {
        let root = as_json(&wrapper(option), on("11.0.31"), &["tls12-only"]);
        assert!(!root.to_string().contains("CANARY"), "{option}");
    }
    let root = as_json(&wrapper("-Djsse.enableSNIExtension=no"), on("11.0.31"), &["tls12-only"]);
    assert_eq!(prediction(&root, "outbound-default-context")["cause"], "jvm-without-tls");
}

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let entries = std::fs::read_dir(folder).expect("examples");
    entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect()
}

/// No value without a reason, and no reason without a line or a basis a person can look up.
#[test]
fn every_value_has_a_reason() {
    for path in examples() {
        let discovery = Discovery::from_paths(&[path], Options::default());
        for jdk in ["8u212", "8u252", "11.0.9", "11.0.21", "11.0.31", "17.0.15", "25"] {
            for instance in Instance::all(&discovery, on(jdk)) {
                for direction in Posture::of(&instance).directions {
                    let mut all: Vec<&[Reason]> = vec![
                        &direction.provider.reasons,
                        &direction.protocols.reasons,
                        &direction.suites.reasons,
                        &direction.trust.reasons,
                        &direction.client_auth.reasons,
                        &direction.debug.reasons,
                    ];
                    all.extend(direction.sni.as_ref().map(|fact| fact.reasons.as_slice()));
                    all.extend(direction.host_check.as_ref().map(|fact| fact.reasons.as_slice()));
                    for (index, reasons) in all.into_iter().enumerate() {
                        assert!(!reasons.is_empty(), "{} {} {index}", instance.name, direction.whom.name());
                        assert!(reasons.iter().all(|reason| !reason.what.is_empty()));
                    }
                }
            }
        }
    }
}

/// A patch that is offered does what it says, on every example, for every peer that has a name.
#[test]
fn a_remedy_helps() {
    let mut offered = 0;
    for path in examples() {
        let discovery = Discovery::from_paths(&[path], Options::default());
        for (group, instance) in Instance::all(&discovery, Given::default()).enumerate() {
            let held = Given { release: Some(instance.release.value), jdk: Some(instance.jdk.value) };
            let posture = Posture::of(&instance);
            for peer in Peer::named() {
                for direction in &posture.directions {
                    if predict(&posture, direction, &peer, &[Key::RSA]).works != Some(false) {
                        continue;
                    }
                    let names = [direction.whom.name()];
                    let Some(remedy) = remedy(&discovery, group, held, &names, &peer, &[Key::RSA]) else {
                        continue;
                    };
                    offered += 1;
                    // On a copy with the new bytes the same question has the other answer.
                    let mut copy = discovery.copy();
                    for change in &remedy.changes {
                        let document = &mut copy.documents[change.file.0];
                        *document = document.with_bytes(change.after.clone());
                    }
                    let changed = Instance::new(&copy, &copy.groups[group], held);
                    let posture = Posture::of(&changed);
                    let after = posture.directions.iter().find(|after| after.whom.name() == names[0]);
                    let after = predict(&posture, after.expect("the direction"), &peer, &[Key::RSA]);
                    assert_eq!(after.works, Some(true), "{} {} {:?}", names[0], peer.name, remedy.steps);
                }
            }
        }
    }
    assert!(offered > 10, "only {offered} remedies: too few to mean anything");
}
