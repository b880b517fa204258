//! The posture and its predictions for machines.

use std::io::{self, Write};

use serde::Serialize;

use super::{Outcome, View, location};
use crate::discover::Discovery;
use crate::document::Place;
use crate::report::json::{VERSION, document};
use crate::secrets::masked;
use crate::tls::posture::{Direction, Reason};

#[derive(Serialize)]
struct JsonAll<'a> {
    version: u32,
    instances: Vec<JsonView<'a>>,
}

#[derive(Serialize)]
struct JsonView<'a> {
    version: u32,
    name: &'a str,
    root: String,
    release: String,
    jdk: String,
    assumed: &'a [String],
    directions: Vec<JsonDirection>,
    predictions: Vec<JsonPrediction<'a>>,
}

#[derive(Serialize)]
struct JsonDirection {
    name: String,
    title: String,
    provider: Option<&'static str>,
    /// Live, newest first; `null` if the files do not tell.
    protocols: Option<Vec<&'static str>>,
    suites: Option<Vec<String>>,
    sni: Option<bool>,
    host_check: Option<&'static str>,
    trust: Option<String>,
    client_auth: Option<String>,
    debug: Option<&'static str>,
    stopped: Option<JsonStop>,
    reasons: Vec<JsonReason>,
}

#[derive(Serialize)]
struct JsonStop {
    cause: &'static str,
    message: String,
    setting: String,
    file: Option<String>,
    line: Option<usize>,
}

#[derive(Serialize)]
struct JsonReason {
    /// Which of the direction's values it explains.
    of: &'static str,
    what: String,
    file: Option<String>,
    line: Option<usize>,
    basis: &'static str,
}

#[derive(Serialize)]
struct JsonPrediction<'a> {
    peer: &'a str,
    direction: &'a str,
    works: Option<bool>,
    protocol: Option<&'static str>,
    suite: Option<&'static str>,
    cause: Option<&'static str>,
    issue: Option<u8>,
    message: Option<&'a str>,
    setting: Option<&'a str>,
    file: Option<String>,
    line: Option<usize>,
    steps: Option<&'a [String]>,
    patch: Option<String>,
}

/// For machines: one object for one instance, a list of them below `instances` for several.
pub fn json(discovery: &Discovery, views: &[View<'_, '_>], out: &mut dyn Write) -> io::Result<()> {
    let mut all: Vec<JsonView<'_>> = views.iter().map(|view| json_view(discovery, view)).collect();
    if all.len() == 1 {
        document(&all.remove(0), out)
    } else {
        let root = JsonAll { version: VERSION, instances: all };
        document(&root, out)
    }
}

fn json_view<'a>(discovery: &Discovery, view: &'a View<'_, '_>) -> JsonView<'a> {
    let instance = view.posture.instance;
    let predictions = view.outcomes.iter().flat_map(|of_peer| {
        of_peer.outcomes.iter().map(|outcome| json_prediction(discovery, &of_peer.peer.name, outcome))
    });
    JsonView {
        version: VERSION,
        name: instance.name,
        root: instance.display_root(),
        release: instance.release.value.to_string(),
        jdk: instance.jdk.value.to_string(),
        assumed: &view.assumed,
        directions: view.posture.directions.iter().map(|d| json_direction(discovery, d)).collect(),
        predictions: predictions.collect(),
    }
}

fn split(discovery: &Discovery, place: Option<Place>) -> (Option<String>, Option<usize>) {
    place.map(|place| location(discovery, place)).unzip()
}

fn json_prediction<'a>(discovery: &Discovery, peer: &'a str, outcome: &'a Outcome) -> JsonPrediction<'a> {
    let prediction = &outcome.prediction;
    let obstacle = prediction.obstacle.as_ref();
    let (file, line) = split(discovery, obstacle.and_then(|obstacle| obstacle.place));
    JsonPrediction {
        peer,
        direction: &outcome.direction,
        works: prediction.works,
        protocol: prediction.protocol.map(|protocol| protocol.name()),
        suite: prediction.suite.map(|suite| suite.name),
        cause: obstacle.map(|obstacle| obstacle.cause),
        issue: obstacle.and_then(|obstacle| obstacle.issue),
        message: obstacle.map(|obstacle| obstacle.message.as_str()),
        setting: obstacle.and_then(|obstacle| obstacle.setting.as_deref()),
        file,
        line,
        steps: outcome.steps.as_deref(),
        patch: outcome
            .patch
            .as_ref()
            .map(|patch| String::from_utf8_lossy(patch).into_owned())
            .filter(|p| !p.is_empty()),
    }
}

fn json_direction(discovery: &Discovery, direction: &Direction<'_, '_>) -> JsonDirection {
    let mut reasons = Vec::new();
    let mut explain = |of: &'static str, from: &[Reason]| {
        for reason in from {
            let (file, line) = split(discovery, reason.place);
            let what = masked(reason.what.clone());
            reasons.push(JsonReason { of, what, file, line, basis: reason.basis.name() });
        }
    };
    explain("provider", &direction.provider.reasons);
    explain("protocols", &direction.protocols.reasons);
    explain("suites", &direction.suites.reasons);
    explain("sni", direction.sni.as_ref().map_or(&[], |fact| &fact.reasons));
    explain("host_check", direction.host_check.as_ref().map_or(&[], |fact| &fact.reasons));
    explain("trust", &direction.trust.reasons);
    explain("client_auth", &direction.client_auth.reasons);
    explain("debug", &direction.debug.reasons);
    let stopped = direction.stop.as_ref().map(|stop| {
        let (file, line) = split(discovery, stop.place);
        JsonStop {
            cause: stop.cause.name(),
            message: stop.message.clone(),
            setting: stop.setting.clone(),
            file,
            line,
        }
    });
    JsonDirection {
        name: direction.whom.name(),
        title: direction.whom.title(),
        provider: direction.provider.value.map(|provider| provider.name()),
        protocols: direction
            .protocols
            .value
            .as_ref()
            .map(|live| live.protocols.iter().rev().map(|protocol| protocol.name()).collect()),
        suites: direction.suites.value.clone(),
        sni: direction.sni.as_ref().and_then(|fact| fact.value),
        host_check: direction.host_check.as_ref().and_then(|fact| fact.value),
        trust: direction.trust.value.clone(),
        client_auth: direction.client_auth.value.clone(),
        debug: direction.debug.value,
        stopped,
        reasons,
    }
}
