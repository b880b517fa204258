//! What to change so that a handshake works: tried on a copy of the files, and offered only if it does.

use std::collections::BTreeMap;

use super::apply::{Change, Secrets, Working};
use super::{Edit, Fix, make};
use crate::catalog::{Policy, Protocol};
use crate::discover::Discovery;
use crate::document::Place;
use crate::instance::security::OVERRIDE_PROPERTY;
use crate::instance::{Given, Instance};
use crate::rules::schema::Safety;
use crate::tls::handshake::Key;
use crate::tls::peer::Peer;
use crate::tls::posture::{Direction, Posture, Whom};
use crate::tls::predict::{Obstacle, Prediction, predict};
use crate::tls::suites;
use crate::tls::{List, Provider};

/// Changes after which a handshake that failed works.
#[derive(Debug)]
pub struct Remedy {
    /// What is changed, in words.
    pub steps: Vec<String>,
    /// The changed files; empty if a patch would have to show a secret.
    pub changes: Vec<Change>,
    /// The direction's handshake afterwards.
    pub after: Prediction,
}

/// A step: what it does, and its edits.
type Step = (String, Vec<Edit>);

/// Steps it may take: the provider, then protocols, then suites, then SNI; more would be guesswork.
const MOST_STEPS: usize = 5;

/// Looks for changes that bring the named directions of one instance together with a peer. `None` if there are none
/// that would.
pub fn remedy(
    discovery: &Discovery,
    group: usize,
    given: Given,
    directions: &[String],
    peer: &Peer,
    own: &[Key],
) -> Option<Remedy> {
    let mut copy = discovery.copy();
    let mut working = Working::default();
    let mut secrets = Secrets::default();
    let mut hidden = false;
    let mut steps: Vec<String> = Vec::new();
    let mut after = None;
    for name in directions {
        let before = steps.len();
        let reached = loop {
            let instance = Instance::new(&copy, &copy.groups[group], given);
            let posture = Posture::of(&instance);
            let direction = posture.directions.iter().find(|direction| direction.whom.name() == *name)?;
            let prediction = predict(&posture, direction, peer, own);
            let obstacle = match (prediction.works, &prediction.obstacle) {
                (Some(true), _) => break Some(prediction),
                (_, Some(obstacle)) if steps.len() - before < MOST_STEPS => obstacle,
                _ => break None,
            };
            let Some((step, edits)) = step(&posture, direction, peer, obstacle) else { break None };
            let step = crate::secrets::masked(step);
            if steps.contains(&step) {
                break None;
            }
            steps.push(step);
            hidden |= secrets.shown_by(&copy, &Fix::new("", Safety::Manual, edits.clone()));
            working.apply(&mut copy, &edits);
        };
        // One direction that stays as it is does not spoil the others; but what was tried for it must not remain.
        match reached {
            Some(prediction) => after = Some(prediction),
            None if steps.len() == before => {}
            None => return None,
        }
    }
    let changes = if hidden { Vec::new() } else { working.changes() };
    (!steps.is_empty()).then_some(Remedy { steps, changes, after: after? })
}

/// What to do about an obstacle.
fn step(
    posture: &Posture<'_, '_>,
    direction: &Direction<'_, '_>,
    peer: &Peer,
    obstacle: &Obstacle,
) -> Option<Step> {
    let instance = posture.instance;
    let iaik = direction.provider.value == Some(Provider::Iaik);
    match obstacle.cause {
        "no-common-protocol" | "no-common-suite" | "sni" if iaik => off_iaik(instance, direction),
        "no-common-protocol" | "nothing-enabled" => protocol_step(posture, direction, peer, obstacle),
        "no-common-suite" => suite_step(posture, direction, peer),
        "sni" => property_step(instance, "jsse.enableSNIExtension"),
        "bad-protocol-name" if obstacle.setting.as_deref() == Some("jdk.tls.client.protocols") => {
            property_step(instance, "jdk.tls.client.protocols")
        }
        "bad-protocol-name" | "bad-suite-name" => bad_name_step(instance, direction, obstacle),
        "jvm-without-tls" => jvm_step(instance, obstacle),
        _ => None,
    }
}

fn off_iaik(instance: &Instance<'_>, direction: &Direction<'_, '_>) -> Option<Step> {
    match direction.whom {
        Whom::Client(client) => {
            let name = client.switch(instance);
            Some((format!("set {name}=true"), vec![make::set_setting(instance, name, "true")?]))
        }
        Whom::Port(port) => {
            let edit = make::set_port_field(port, "useJSSE", "true")?;
            Some((format!("set useJSSE of the {} to true", port.title()), vec![edit]))
        }
        _ => None,
    }
}

/// The list of protocols in a file that counts for a direction.
fn protocol_list(instance: &Instance<'_>, direction: &Direction<'_, '_>) -> Option<List> {
    let name = direction.protocol_setting.as_deref()?;
    match direction.whom {
        Whom::Port(port) if !name.starts_with("watt.") => List::of_port(instance, port, name),
        _ => List::of_setting(instance, name),
    }
}

/// Lets the newest protocol in that the peer has and this JVM can do.
fn protocol_step(
    posture: &Posture<'_, '_>,
    direction: &Direction<'_, '_>,
    peer: &Peer,
    obstacle: &Obstacle,
) -> Option<Step> {
    let instance = posture.instance;
    let mut wanted: Vec<Protocol> =
        peer.protocols().iter().copied().filter(|protocol| posture.can_speak(*protocol)).collect();
    wanted.sort_unstable();
    let wanted = wanted.pop()?;
    if posture.disables(wanted) {
        return disabled_step(instance, wanted.name());
    }
    if direction.enabled.contains(&wanted) {
        return if obstacle.cause == "nothing-enabled" || obstacle.setting == direction.suite_setting {
            suite_step(posture, direction, peer)
        } else {
            None
        };
    }
    let setting = direction.protocol_setting.as_deref()?;
    let denies = instance.release.value.has_deny_lists();
    match (protocol_list(instance, direction), denies) {
        (Some(list), true) => {
            let edits = make::remove_from_list(&list, |name| name == wanted.name());
            Some((format!("take {wanted} off {}", list.title), edits))
        }
        (Some(list), false) => Some((
            format!("add {wanted} to {}", list.title),
            vec![make::append_to_list(&list, &[wanted.name()])],
        )),
        (None, _) if setting.starts_with("watt.") => {
            let default = instance.setting(setting).value?;
            let mut names: Vec<&str> = default.split(',').map(str::trim).collect();
            if denies {
                names.retain(|name| *name != wanted.name());
            } else {
                names.push(wanted.name());
            }
            let value = names.join(",");
            Some((format!("set {setting}={value}"), vec![make::set_setting(instance, setting, &value)?]))
        }
        (None, _) => property_step(instance, setting),
    }
}

/// Takes an entry off the `jdk.tls.disabledAlgorithms` of the installation's own override; the JDK's file is not touched.
fn disabled_step(instance: &Instance<'_>, entry: &str) -> Option<Step> {
    let place = instance.security.disabled_place?;
    let (_, document) = instance.security.overlay.filter(|(file, _)| *file == place.file)?;
    let list = List::new(document.bytes(), place, "jdk.tls.disabledAlgorithms".to_owned());
    let edits = make::remove_from_list(&list, |name| name.eq_ignore_ascii_case(entry));
    (!edits.is_empty())
        .then(|| (format!("take {entry} off jdk.tls.disabledAlgorithms in {}", document.file_name()), edits))
}

/// Adds a suite of the peer's to the list that lacks it.
fn suite_step(posture: &Posture<'_, '_>, direction: &Direction<'_, '_>, peer: &Peer) -> Option<Step> {
    let instance = posture.instance;
    let setting = direction.suite_setting.as_deref()?;
    let list = suites::list_in_setting(instance, setting)?;
    let end = peer.end(crate::tls::jsse::Side::Server);
    let keys: Vec<&str> =
        end.keys.iter().map(|key| if key.algorithm == "EC" { "ECDSA" } else { "RSA" }).collect();
    let wanted = end.live.suites.iter().find(|suite| {
        !suite.is_signal()
            && !list.has(suite.name)
            && posture.permits_suite(suite)
            && (suite.kex == "any" || keys.contains(&suite.auth))
            && direction.enabled.iter().any(|protocol| {
                suite.works_with(*protocol)
                    && !posture.disables(*protocol)
                    && end.live.protocols.contains(protocol)
            })
    })?;
    Some((format!("add {} to {setting}", wanted.name), vec![make::append_to_list(&list, &[wanted.name])]))
}

/// Takes a system property away.
fn property_step(instance: &Instance<'_>, name: &str) -> Option<Step> {
    let definitions = instance.jvm.properties().iter().filter(|property| property.name == name);
    let edits: Vec<Edit> =
        definitions.flat_map(|property| make::remove_property(instance, property)).collect();
    (!edits.is_empty()).then(|| (format!("remove {name}"), edits))
}

/// Takes the name that kills a list off it, or writes the one that was meant.
fn bad_name_step(
    instance: &Instance<'_>,
    direction: &Direction<'_, '_>,
    obstacle: &Obstacle,
) -> Option<Step> {
    let list = match obstacle.cause {
        "bad-suite-name" => List::of_setting(instance, obstacle.setting.as_deref()?)?,
        _ => protocol_list(instance, direction)?,
    };
    let place: Place = obstacle.place?;
    let (bad, span) = list.elements.iter().find(|(_, span)| *span == place.span)?;
    if let Some(meant) =
        crate::tls::protocols::nearest(bad).filter(|meant| meant.name() != bad && !list.has(meant.name()))
    {
        let edit = Edit::replace(list.place.file, *span, meant.name());
        return Some((format!("write {meant} for {bad} in {}", list.title), vec![edit]));
    }
    (list.elements.len() > 1).then(|| {
        (format!("take {bad} off {}", list.title), make::remove_from_list(&list, |name| name == bad))
    })
}

/// Gives a JVM its TLS back: by one `=` instead of two, or without the entry it throws on.
fn jvm_step(instance: &Instance<'_>, obstacle: &Obstacle) -> Option<Step> {
    if obstacle.setting.as_deref() == Some(OVERRIDE_PROPERTY) {
        let property = instance.jvm.property(OVERRIDE_PROPERTY)?;
        let value = property.value.trim_start_matches('=');
        let edit = make::set_property(property, value)?;
        return Some((format!("write one = in -D{OVERRIDE_PROPERTY}={value}"), vec![edit]));
    }
    disabled_step(instance, crate::tls::protocols::jsse(instance).err()?)
}

/// The suite lists of one instance replaced by those of a policy.
#[derive(Debug)]
pub struct PolicyChange {
    /// What is changed, in words.
    pub steps: Vec<String>,
    /// The changed files; empty if a patch would have to show a secret.
    pub changes: Vec<Change>,
    /// Handshakes that worked and would not any more, in words.
    pub lost: Vec<String>,
}

/// Writes the suites of a policy into the lists of an instance, along with those that peers need who get through now.
/// `None` if the lists are like that already, or nobody is on JSSE.
pub fn policy(
    discovery: &Discovery,
    group: usize,
    given: Given,
    level: Policy,
    peers: &[Peer],
    own: &[Key],
) -> Option<PolicyChange> {
    let instance = Instance::new(discovery, &discovery.groups[group], given);
    let posture = Posture::of(&instance);
    let mut before: Vec<(String, &Peer)> = Vec::new();
    let mut wanted: BTreeMap<&str, Vec<&'static str>> = BTreeMap::new();
    for direction in posture.directions.iter().filter(|direction| direction.stop.is_none()) {
        for peer in peers.iter().filter(|peer| peer.side.is_none_or(|side| side != direction.whom.side())) {
            let prediction = predict(&posture, direction, peer, own);
            if prediction.works == Some(true) {
                before.push((direction.whom.name(), peer));
            }
            let (Some(setting), Some(suite)) = (direction.suite_setting.as_deref(), prediction.suite) else {
                continue;
            };
            if direction.provider.value == Some(Provider::Jsse) {
                wanted.entry(setting).or_default().push(suite.name);
            }
        }
        if let (Some(setting), Some(Provider::Jsse)) =
            (direction.suite_setting.as_deref(), direction.provider.value)
        {
            wanted.entry(setting).or_default();
        }
    }
    let mut steps = Vec::new();
    let mut edits = Vec::new();
    for (setting, needed) in wanted {
        let mut list: Vec<&str> = posture.policy_suites(level);
        for suite in needed {
            if !list.contains(&suite) {
                steps.push(format!("keep {suite} for a peer"));
                list.push(suite);
            }
        }
        let value = list.join(",");
        if list.is_empty() || instance.setting(setting).value == Some(&value) {
            continue;
        }
        steps.push(format!("set {setting} to the {} level", level.name()));
        edits.extend(make::set_setting(&instance, setting, &value));
    }
    if edits.is_empty() {
        return None;
    }
    let edits = make::joined(edits, |file| discovery.document(file));
    let hidden = Secrets::default().shown_by(discovery, &Fix::new("", Safety::Manual, edits.clone()));
    let mut copy = discovery.copy();
    let mut working = Working::default();
    working.apply(&mut copy, &edits);
    let instance = Instance::new(&copy, &copy.groups[group], given);
    let posture = Posture::of(&instance);
    let works = |name: &str, peer: &Peer| {
        let direction = posture.directions.iter().find(|direction| direction.whom.name() == name);
        direction.is_some_and(|direction| predict(&posture, direction, peer, own).works == Some(true))
    };
    let lost = before
        .into_iter()
        .filter(|(name, peer)| !works(name, peer))
        .map(|(name, peer)| format!("{name} with {}", peer.name))
        .collect();
    Some(PolicyChange { steps, changes: if hidden { Vec::new() } else { working.changes() }, lost })
}
