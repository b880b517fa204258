//! `wattlint tls`

use clap::{Args, ValueEnum};

use super::{Console, FAILED, Input, is_asked_for};
use crate::catalog::Policy;
use crate::discover::Discovery;
use crate::fix::patch;
use crate::fix::remedy::{self, Remedy, remedy};
use crate::instance::{Given, Instance};
use crate::report::posture::{self as report, Outcome, View};
use crate::tls::handshake::Key;
use crate::tls::peer::{self, Peer, PeerError};
use crate::tls::posture::Posture;
use crate::tls::predict::{Obstacle, predict};

#[derive(Debug, Args)]
pub struct TlsArgs {
    #[command(flatten)]
    input: Input,
    /// Would a handshake with this peer work: a name, or words such as 'TLSv1.2;sni=required'; may be given several
    /// times
    #[arg(long, value_name = "PEER", value_parser = parse_peer)]
    peer: Vec<Peer>,
    /// All peers with names at once
    #[arg(long, conflicts_with = "peer")]
    matrix: bool,
    /// Print the patch that replaces the suite lists by those of a level of Mozilla's guideline (5.8), and keeps what
    /// the peers given need
    #[arg(long, value_name = "LEVEL", conflicts_with = "matrix")]
    policy: Option<Policy>,
    /// This server's own key, for inbound handshakes: rsa2048, ec256 or both with a comma
    #[arg(long, value_name = "KEY", default_value = "rsa2048", value_parser = parse_keys)]
    own_key: OwnKeys,
    /// List every suite, not only the first
    #[arg(long)]
    suites: bool,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: TlsFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TlsFormat {
    /// For people at a terminal
    Human,
    /// One JSON document
    Json,
}

/// The keys of `--own-key`; one value to clap.
#[derive(Debug, Clone)]
struct OwnKeys(Vec<Key>);

fn parse_peer(text: &str) -> Result<Peer, String> {
    Peer::parse(text).map_err(|error| match &error {
        PeerError::Unknown(_) => {
            let names = crate::catalog::PEERS.iter().map(|peer| peer.name);
            match crate::suggest::nearest(text, names.clone()) {
                Some(known) => format!("there is no peer of that name; did you mean {known}?"),
                None => format!("{error}; peers with names: {}", names.collect::<Vec<_>>().join(", ")),
            }
        }
        PeerError::Value { what: "cipher suite of JSSE", value, .. } => {
            let names = crate::catalog::SUITES.iter().map(|suite| suite.name);
            match crate::suggest::nearest(value, names) {
                Some(known) => format!("{error}; did you mean {known}?"),
                None => error.to_string(),
            }
        }
        _ => error.to_string(),
    })
}

fn parse_keys(text: &str) -> Result<OwnKeys, String> {
    peer::keys(text).map(OwnKeys).map_err(|error| error.to_string())
}

pub fn run(args: &TlsArgs, console: &mut Console) -> u8 {
    let Some((discovery, _)) = args.input.open(console) else { return FAILED };
    let failed = console.say_discovery(&discovery);
    let peers: Vec<Peer> = if args.matrix { Peer::named().collect() } else { args.peer.clone() };
    let own = &args.own_key.0;
    let given = args.input.given();
    let mut views = Vec::new();
    let instances: Vec<(usize, Instance<'_>)> = Instance::all(&discovery, given).enumerate().collect();
    for (group, instance) in &instances {
        if !is_asked_for(&discovery, instance) || args.policy.is_some() {
            continue;
        }
        // Changes must not make it another release.
        let held = Given { release: Some(instance.release.value), jdk: Some(instance.jdk.value) };
        let posture = Posture::of(instance);
        let mut outcomes = Vec::new();
        for peer in &peers {
            let mut all = Vec::new();
            for direction in &posture.directions {
                if peer.side.is_some_and(|side| side == direction.whom.side()) {
                    continue;
                }
                let prediction = predict(&posture, direction, peer, own);
                let wanted =
                    prediction.works == Some(false) && !args.matrix && args.format == TlsFormat::Json;
                let name = direction.whom.name();
                let remedy = wanted
                    .then(|| remedy(&discovery, *group, held, std::slice::from_ref(&name), peer, own))
                    .flatten();
                let patch = remedy.as_ref().map(|remedy| patch_of(&discovery, remedy));
                all.push(Outcome { direction: name, prediction, patch, steps: remedy.map(|r| r.steps) });
            }
            // For people one patch for all directions that a patch can help.
            let together = (args.format == TlsFormat::Human && !args.matrix).then(|| {
                // What stops many directions in the same way is tried once.
                let mut tried: Vec<(&Option<Obstacle>, bool)> = Vec::new();
                let mut helped: Vec<String> = Vec::new();
                for outcome in all.iter().filter(|outcome| outcome.prediction.works == Some(false)) {
                    let obstacle = &outcome.prediction.obstacle;
                    let known = tried.iter().find(|(other, _)| *other == obstacle).map(|(_, helps)| *helps);
                    let helps = known.unwrap_or_else(|| {
                        let name = std::slice::from_ref(&outcome.direction);
                        let helps = remedy(&discovery, *group, held, name, peer, own).is_some();
                        tried.push((obstacle, helps));
                        helps
                    });
                    if helps {
                        helped.push(outcome.direction.clone());
                    }
                }
                let remedy = remedy(&discovery, *group, held, &helped, peer, own)?;
                let patch = patch_of(&discovery, &remedy);
                Some((helped, remedy.steps, patch))
            });
            outcomes.push(report::PeerOutcome {
                peer: peer.clone(),
                outcomes: all,
                remedy: together.flatten(),
            });
        }
        let mut assumed = posture.assumed.clone();
        let inbound = posture.directions.iter().any(|d| d.whom.side() == crate::tls::jsse::Side::Server);
        if !peers.is_empty() {
            if inbound {
                assumed.push(format!("this server's own key: {}", report::keys(own)));
            }
            assumed.push("certificates are valid, and signed by somebody the other side trusts".to_owned());
        }
        views.push(View { posture, outcomes, assumed });
    }
    if let Some(level) = args.policy {
        let code = replace_lists(args, level, &discovery, &instances, console);
        return if failed { FAILED } else { code };
    }
    let settings = report::Settings { color: console.color, matrix: args.matrix, all_suites: args.suites };
    console.put(|out| match args.format {
        TlsFormat::Human => report::human(&discovery, &views, settings, out),
        TlsFormat::Json => report::json(&discovery, &views, out),
    });
    if failed { FAILED } else { 0 }
}

/// Prints the patch that brings the suite lists of all instances to a level.
fn replace_lists(
    args: &TlsArgs,
    level: Policy,
    discovery: &Discovery,
    instances: &[(usize, Instance<'_>)],
    console: &mut Console,
) -> u8 {
    let mut all = Vec::new();
    for (group, instance) in instances {
        let held = Given { release: Some(instance.release.value), jdk: Some(instance.jdk.value) };
        let Some(change) = remedy::policy(discovery, *group, held, level, &args.peer, &args.own_key.0) else {
            continue;
        };
        for step in &change.steps {
            console.say(format!("{}: {step}", instance.name));
        }
        for lost in &change.lost {
            console.say(format!("warning: {lost} works now and would not any more"));
        }
        if change.changes.is_empty() {
            console
                .say(format!("{}: no patch is shown, since a secret stands beside the lines", instance.name));
        }
        all.extend(change.changes);
    }
    if all.is_empty() {
        console.say("nothing to change");
        return 0;
    }
    let (_, bytes) = patch::of(discovery, &all);
    console.put(|out| out.write_all(&bytes));
    0
}

fn patch_of(discovery: &Discovery, remedy: &Remedy) -> Vec<u8> {
    if remedy.changes.is_empty() { Vec::new() } else { patch::of(discovery, &remedy.changes).1 }
}
