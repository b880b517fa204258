//! Failures from a log, held against a server's configuration: which line led to them, the patch, and what a handshake
//! would do after it.

use crate::catalog::{self, SIGNAL};
use crate::discover::Discovery;
use crate::document::Place;
use crate::fix::patch;
use crate::fix::remedy::remedy;
use crate::handshake::record::Handshake;
use crate::handshake::summary::Group;
use crate::instance::{Given, Instance};
use crate::secrets::masked;
use crate::tls::handshake::Key;
use crate::tls::jsse::Side;
use crate::tls::peer::Peer;
use crate::tls::posture::{Direction, Fact, Posture, Whom};
use crate::tls::predict::{Prediction, predict};
use crate::tls::{Client, Provider};

/// What a configuration has to do with a kind of failure.
#[derive(Debug, Default)]
pub struct Joined {
    /// The direction it is taken to be of, such as `outbound-https`.
    pub direction: String,
    /// For people: a word and a text each.
    pub lines: Vec<(&'static str, String)>,
    /// The setting that stops it, as the files have it.
    pub setting: Option<String>,
    /// What the patch does.
    pub steps: Vec<String>,
    /// The patch; `None` if none helps, empty if it would have to show a secret.
    pub patch: Option<Vec<u8>>,
    /// What a handshake would come to after it.
    pub after: Option<String>,
}

/// Holds a kind of failure against the instance of a group of files.
pub fn join(discovery: &Discovery, group: usize, given: Given, failure: &Group) -> Option<Joined> {
    let instance = Instance::new(discovery, &discovery.groups[group], given);
    let posture = Posture::of(&instance);
    let direction = direction(&posture, &failure.first)?;
    let mut joined = Joined { direction: direction.whom.name(), ..Joined::default() };
    let page = Page { discovery, root: instance.display_root() };
    page.provider(direction, &failure.first, &mut joined);
    let server = direction.whom.side() == Side::Server;
    match failure.verdict.class.unwrap_or_default() {
        "negotiation" | "sni" | "connection-lost" | "misconfigured" => {
            predicted(discovery, group, given, &page, &posture, direction, failure, &mut joined);
        }
        "server-certificate-rejected" | "x509-v1" if !server => {
            page.fact("trusts", &direction.trust, &mut joined)
        }
        "client-certificate-rejected" if server => page.fact("trusts", &direction.trust, &mut joined),
        "client-certificate-not-sent" | "client-certificate-rejected" => {
            page.fact("client cert", &direction.client_auth, &mut joined);
        }
        "hostname-mismatch" => {
            if let Some(check) = &direction.host_check {
                let said = Fact { value: check.value.map(str::to_owned), reasons: check.reasons.clone() };
                page.fact("host name", &said, &mut joined);
            }
        }
        _ => {}
    }
    Some(joined)
}

/// The direction a handshake is of: outbound HTTPS for a client, or what uses the library that the log shows; for a
/// server its TLS port, the first of them that uses that library.
fn direction<'a, 'p, 'f>(
    posture: &'a Posture<'p, 'f>,
    handshake: &Handshake,
) -> Option<&'a Direction<'p, 'f>> {
    let side = handshake.role.unwrap_or(Side::Client);
    let all = || posture.directions.iter().filter(|direction| direction.whom.side() == side);
    let same = |direction: &&Direction<'_, '_>| {
        handshake.provider.is_none() || direction.provider.value == handshake.provider
    };
    let https = |direction: &&Direction<'_, '_>| matches!(direction.whom, Whom::Client(Client::Https));
    let live =
        |direction: &&Direction<'_, '_>| !matches!(direction.whom, Whom::Port(port) if !port.is_enabled());
    all()
        .find(|direction| https(direction) && same(direction))
        .or_else(|| all().filter(live).find(same))
        .or_else(|| all().find(https))
        .or_else(|| all().next())
}

struct Page<'d> {
    discovery: &'d Discovery,
    root: String,
}

impl Page<'_> {
    fn at(&self, place: Place) -> String {
        let document = self.discovery.document(place.file);
        let inside = document.display.strip_prefix(&self.root).and_then(|rest| rest.strip_prefix('/'));
        format!("{}:{}", inside.unwrap_or(&document.display), document.line_of(place.span.start))
    }

    /// The first reason of a fact, in brackets.
    fn reason<T>(&self, fact: &Fact<T>) -> String {
        let Some(reason) = fact.reasons.first() else { return String::new() };
        let what = masked(reason.what.clone());
        match reason.place {
            Some(place) => format!(" ({} {what})", self.at(place)),
            None => format!(" ({what})"),
        }
    }

    fn provider(&self, direction: &Direction<'_, '_>, handshake: &Handshake, joined: &mut Joined) {
        let Some(provider) = direction.provider.value else { return };
        let limit = if provider == Provider::Iaik { ", which stops at TLS 1.0 and sends no SNI" } else { "" };
        let reason = self.reason(&direction.provider);
        let mut text = format!("{} uses {}{limit}{reason}", direction.whom.title(), provider.name());
        if let Some(seen) = handshake.provider.filter(|seen| *seen != provider) {
            text.push_str(&format!(
                "; the log shows {}: it is older than these files, or the call itself chose the library",
                seen.name()
            ));
        }
        joined.lines.push(("config", text));
    }

    fn fact(&self, name: &'static str, fact: &Fact<String>, joined: &mut Joined) {
        let value = fact.value.as_deref().unwrap_or("not known from these files");
        joined.lines.push((name, format!("{value}{}", self.reason(fact))));
    }
}

/// The peer that a failure speaks of, as far as the log shows it, and how it is called.
fn peer(failure: &Group) -> Option<(Peer, &'static str)> {
    let handshake = &failure.first;
    if handshake.role == Some(Side::Server) {
        let protocols: Vec<&str> = handshake
            .offered
            .iter()
            .map(String::as_str)
            .filter(|name| catalog::Protocol::named(name).is_some())
            .collect();
        let suites: Vec<&str> = handshake
            .suites
            .iter()
            .filter_map(|name| catalog::suite(name, true))
            .map(|suite| suite.name)
            .filter(|name| *name != SIGNAL)
            .collect();
        let mut words = format!("protocols={}", protocols.join(","));
        if !suites.is_empty() {
            words.push_str(&format!(";suites={}", suites.join(",")));
        }
        return Some((Peer::parse(&words).ok().filter(|_| !protocols.is_empty())?, "the client of the log"));
    }
    let old = ["TLS10", "TLSv1,", "TLSv1 "].iter().any(|name| {
        let chosen = |text: &str| text.contains("selected protocol") || text.contains("Server chose");
        failure.first.texts.iter().any(|text| chosen(&text.text) && text.text.contains(name))
    });
    let (words, name) = if old {
        ("protocols=TLSv1", "a server that speaks TLS 1.0 only")
    } else if failure.verdict.class == Some("sni") {
        ("protocols=TLSv1.2,TLSv1.3;sni=required", "a server that wants SNI")
    } else {
        ("intermediate-server", "a server of today (TLS 1.2 and 1.3)")
    };
    Peer::parse(words).ok().map(|peer| (peer, name))
}

fn came_to(prediction: &Prediction) -> Option<String> {
    let protocol = prediction.protocol?;
    Some(match prediction.suite {
        Some(suite) => format!("{protocol} {}", suite.name),
        None => format!("{protocol}, with a suite of IAIK's own list"),
    })
}

#[allow(clippy::too_many_arguments)]
fn predicted(
    discovery: &Discovery,
    group: usize,
    given: Given,
    page: &Page<'_>,
    posture: &Posture<'_, '_>,
    direction: &Direction<'_, '_>,
    failure: &Group,
    joined: &mut Joined,
) {
    let Some((peer, called)) = peer(failure) else { return };
    let own = [Key::RSA];
    let prediction = predict(posture, direction, &peer, &own);
    let Some(obstacle) = prediction.obstacle.as_ref().filter(|_| prediction.works == Some(false)) else {
        if let Some(came) = came_to(&prediction) {
            joined.lines.push((
                "config",
                format!(
                    "nothing in these files stops a handshake with {called}: it would come to {came}. With what the \
                     partner really takes, `wattlint tls --peer` tells more"
                ),
            ));
        }
        return;
    };
    let place = obstacle.place.map_or_else(String::new, |place| format!(" ({})", page.at(place)));
    joined.lines.push(("stops at", format!("{}{place}", obstacle.message)));
    joined.setting.clone_from(&obstacle.setting);
    let held = Given { release: Some(posture.instance.release.value), jdk: Some(posture.instance.jdk.value) };
    let held = Given { release: held.release.or(given.release), jdk: held.jdk.or(given.jdk) };
    let Some(remedy) = remedy(discovery, group, held, std::slice::from_ref(&joined.direction), &peer, &own)
    else {
        return;
    };
    joined.after =
        came_to(&remedy.after).map(|came| format!("a handshake with {called} would come to {came}"));
    joined.lines.push(("fix", remedy.steps.join("; ")));
    if let Some(after) = &joined.after {
        joined.lines.push(("after it", after.clone()));
    }
    joined.patch = Some(if remedy.changes.is_empty() {
        joined.lines.push(("patch", "not shown, since a secret stands beside the lines".to_owned()));
        Vec::new()
    } else {
        patch::of(discovery, &remedy.changes).1
    });
    joined.steps = remedy.steps;
}
