//! Events to handshakes: which connection an event belongs to, where one handshake ends and the next begins.

use std::collections::BTreeMap;

use super::dialect::exception::received_alert;
use super::dialect::{Event, alert_name};
use super::record::{Alert, Fact, Handshake, Moment};
use super::verdict::is_before_hello;
use crate::tls::Provider;
use crate::tls::jsse::Side;

/// Handshakes kept open at once; with more, the one that was silent longest is taken for ended.
const MOST_OPEN: usize = 512;
/// An exception this many lines behind a failure with the same message is that failure again.
const SAME_FAILURE: u64 = 2_000;
/// An exception this many lines behind a handshake's last line of interest may be its end.
const NEAR: u64 = 60;

/// Where an event stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct At {
    /// Its line.
    pub line: u64,
    /// Its moment.
    pub time: Option<Moment>,
}

/// The open handshakes, by connection or thread.
#[derive(Debug, Default)]
pub struct Sessions {
    /// In the order of their keys: of two that fit alike, every run takes the same one.
    open: BTreeMap<String, Handshake>,
    done: Vec<Handshake>,
    jvm: u32,
    /// Starts of JVMs seen.
    pub jvms: u32,
    /// Whether the debug output prints handshake messages.
    pub talkative: bool,
}

impl Sessions {
    /// The handshakes that have ended since the last call.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Handshake> {
        self.done.drain(..)
    }

    /// Another JVM: its connections are new ones.
    pub fn jvm(&mut self, number: u32) {
        if number != self.jvm {
            self.end_all();
            self.jvm = number;
            self.jvms += 1;
        }
    }

    /// An open handshake.
    pub fn get(&self, key: &str) -> Option<&Handshake> {
        self.open.get(key)
    }

    /// Whether the handshake of a key is finished, and may fail all the same.
    pub fn may_fail_late(&self, key: &str) -> bool {
        let late = |handshake: &Handshake| handshake.is_finished() && may_fail_late(handshake);
        self.open.get(key).is_some_and(late)
    }

    /// The open handshakes.
    pub fn open(&self) -> impl Iterator<Item = (&String, &Handshake)> {
        self.open.iter()
    }

    /// Ends all, in the order of their lines.
    pub fn end_all(&mut self) {
        let mut keys: Vec<(u64, String)> =
            self.open.iter().map(|(key, handshake)| (handshake.lines.0, key.clone())).collect();
        keys.sort();
        for (_, key) in keys {
            self.end(&key);
        }
    }

    /// Ends those that have failed or worked and been silent for a while.
    pub fn end_silent(&mut self, before: u64) {
        let settled = |handshake: &Handshake| {
            handshake.lines.1 < before && (handshake.has(Fact::Failed) || handshake.is_finished())
        };
        let keys: Vec<String> = self
            .open
            .iter()
            .filter(|(_, handshake)| settled(handshake))
            .map(|(key, _)| key.clone())
            .collect();
        keys.iter().for_each(|key| self.end(key));
    }

    /// Ends one.
    pub fn end(&mut self, key: &str) {
        if let Some(mut handshake) = self.open.remove(key) {
            let tells = handshake.has(Fact::Hello)
                || handshake.has(Fact::ServerHello)
                || handshake.has(Fact::Failed)
                || handshake.has(Fact::CertificateRequest)
                || handshake.alerts.iter().any(|alert| alert.fatal);
            if self.talkative {
                handshake.facts.add(Fact::Talkative);
            }
            if tells {
                self.done.push(handshake);
            }
        }
    }

    /// Gives an open handshake another key, such as the thread's once that is known.
    pub fn rename(&mut self, from: &str, to: &str, thread: &str) {
        if let Some(mut handshake) = self.open.remove(from) {
            self.end(to);
            handshake.thread = thread.to_owned();
            self.open.insert(to.to_owned(), handshake);
        }
    }

    /// The handshake of a key, opened if there is none.
    pub fn entry(&mut self, key: &str, provider: Option<Provider>, thread: &str, at: At) -> &mut Handshake {
        if !self.open.contains_key(key) {
            if self.open.len() >= MOST_OPEN {
                let oldest = self.open.iter().min_by_key(|(_, handshake)| handshake.lines.1);
                if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                    self.end(&oldest);
                }
            }
            let fresh =
                Handshake { provider, thread: thread.to_owned(), jvm: self.jvm, ..Handshake::default() };
            self.open.insert(key.to_owned(), fresh);
        }
        let handshake = self.open.entry(key.to_owned()).or_default();
        handshake.touch(at.line, at.time);
        handshake
    }

    /// Whether an event begins another handshake on a connection.
    fn begins(handshake: &Handshake, event: &Event<'_>) -> bool {
        match event {
            Event::Start => true,
            Event::Hello(_) => {
                (handshake.has(Fact::Hello) && !handshake.has(Fact::Retry))
                    || handshake.has(Fact::Failed)
                    || handshake.is_finished()
                    || handshake.has(Fact::Closed)
            }
            Event::Failure(text) => {
                let over = handshake.has(Fact::Failed) || handshake.is_finished();
                over && handshake.has(Fact::Hello)
                    && is_before_hello(text)
                    && !handshake.texts.iter().any(|known| is_before_hello(&known.text))
            }
            _ => false,
        }
    }

    /// Ends the handshake of a key if its connection is closed and all is said of it.
    pub fn end_closed(&mut self, key: &str) {
        let over = |h: &Handshake| h.has(Fact::Closed) && (h.has(Fact::Failed) || h.is_finished());
        if self.open.get(key).is_some_and(over) {
            self.end(key);
        }
    }

    /// Applies an event.
    pub fn apply(&mut self, key: &str, provider: Option<Provider>, thread: &str, at: At, event: Event<'_>) {
        if self.open.get(key).is_some_and(|handshake| Sessions::begins(handshake, &event)) {
            self.end(key);
        }
        match self.open.get_mut(key) {
            Some(handshake) => {
                handshake.touch(at.line, at.time);
                apply(handshake, at, event);
            }
            None => apply(self.entry(key, provider, thread, at), at, event),
        }
    }

    /// The open handshake that has failed with a message lately.
    pub fn failed_with(&mut self, message: &str, at: At) -> Option<String> {
        let wanted = core(message);
        let alert = received_alert(message).map(alert_name);
        let alerted = |handshake: &Handshake| {
            let received = |known: &Alert| !known.sent && Some(&known.name) == alert.as_ref();
            handshake.texts.is_empty() && handshake.alerts.iter().any(received)
        };
        let known = |handshake: &Handshake| {
            handshake.has(Fact::Failed)
                && at.line.saturating_sub(handshake.lines.1) < SAME_FAILURE
                && (alerted(handshake) || handshake.texts.iter().any(|text| text.text.contains(wanted)))
        };
        let found = self.open.iter().filter(|(_, handshake)| known(handshake));
        let last =
            |(_, handshake): &(&String, &Handshake)| (!handshake.has(Fact::Repeated), handshake.lines.1);
        found.max_by_key(last).map(|(key, _)| key.clone())
    }
}

impl Sessions {
    /// The open handshake that an exception may be the end of: the one spoken of last among those that go on, or for
    /// trouble behind the handshake among those that may fail late.
    pub fn may_end(&self, at: At, handshaking: bool) -> Option<String> {
        let takes = |handshake: &Handshake| {
            let near = at.line.saturating_sub(handshake.lines.1) <= NEAR;
            let fits = if handshake.is_finished() { may_fail_late(handshake) } else { handshaking };
            near && fits && !handshake.has(Fact::Failed)
        };
        let found = self.open.iter().filter(|(_, handshake)| takes(handshake));
        found.max_by_key(|(_, handshake)| handshake.lines.1).map(|(key, _)| key.clone())
    }
}

/// A message without the alert in brackets that newer builds put in front, cut to what is kept of texts.
fn core(message: &str) -> &str {
    let text = message.trim();
    let rest = text.strip_prefix('(').and_then(|rest| rest.split_once(") ")).map(|(_, rest)| rest);
    let text = rest.unwrap_or(text);
    let end = text.char_indices().nth(120).map_or(text.len(), |(end, _)| end);
    &text[..end]
}

/// Whether a failure behind Finished is one of the handshake: in TLS 1.3 a server judges the client's certificate when
/// the client thinks that all is done.
fn may_fail_late(handshake: &Handshake) -> bool {
    let late =
        handshake.has(Fact::Tls13) && handshake.has(Fact::CertificateRequest) && !handshake.has(Fact::Data);
    late && handshake.role != Some(Side::Server)
}

fn fail(handshake: &mut Handshake) -> bool {
    if handshake.is_finished() {
        if !may_fail_late(handshake) {
            return false;
        }
        handshake.facts.add(Fact::AfterFinished);
    }
    handshake.facts.add(Fact::Failed);
    true
}

fn apply(handshake: &mut Handshake, at: At, event: Event<'_>) {
    match event {
        Event::Start | Event::HelloEnd if !handshake.has(Fact::Sni) && handshake.has(Fact::Hello) => {
            handshake.facts.add(Fact::NoSni)
        }
        Event::Start | Event::HelloEnd => {}
        Event::Hello(role) => {
            handshake.facts.add(Fact::Hello);
            handshake.role = role.or(handshake.role);
        }
        Event::OldHello => handshake.facts.add(Fact::OldHello),
        Event::Sni(host) => {
            handshake.facts.add(Fact::Sni);
            handshake.sni = Some(super::record::cut(host));
        }
        Event::Offered(names) => handshake.offered = names.into_iter().map(super::record::cut).collect(),
        Event::Suites(names) => handshake.suites = names.into_iter().map(super::record::cut).collect(),
        Event::ServerHello => handshake.facts.add(Fact::ServerHello),
        Event::Retry => handshake.facts.add(Fact::Retry),
        Event::Protocol(name) => {
            if name == "TLSv1.3" {
                handshake.facts.add(Fact::Tls13);
            }
            // TLS 1.3 calls itself 1.2 in one of two places.
            if handshake.protocol.as_deref() != Some("TLSv1.3") {
                handshake.protocol = Some(super::record::cut(name));
            }
        }
        Event::Suite(name) => handshake.suite = Some(super::record::cut(name)),
        Event::Chain { of, empty } => chain(handshake, of, empty),
        Event::NoClientCertificate => {
            // A server that finds none to show has asked itself for its own.
            if handshake.has(Fact::CertificateRequest) && handshake.role != Some(Side::Server) {
                handshake.facts.add(Fact::NoClientCertificate);
            }
        }
        Event::NoOwnKey => handshake.facts.add(Fact::NoOwnKey),
        Event::Certificate(certificate) => handshake.add_certificate(*certificate),
        Event::Request => handshake.facts.add(Fact::CertificateRequest),
        Event::Authority(name) => handshake.add_authority(name),
        Event::RequestEnd
            if handshake.provider != Some(Provider::Iaik) && handshake.authorities.is_empty() =>
        {
            handshake.facts.add(Fact::NoAuthorities);
        }
        Event::RequestEnd => {}
        Event::HelloDone => {
            handshake.facts.add(Fact::HelloDone);
            // IAIK says where the list begins, and not where it ends.
            let asked = handshake.has(Fact::CertificateRequest) && handshake.provider == Some(Provider::Iaik);
            if asked && handshake.authorities.is_empty() {
                handshake.facts.add(Fact::NoAuthorities);
            }
        }
        Event::Finished(sent) => {
            let sent = sent.unwrap_or(!handshake.has(Fact::FinishedSent));
            handshake.facts.add(if sent { Fact::FinishedSent } else { Fact::FinishedReceived });
        }
        Event::Completed => handshake.facts.add(Fact::Completed),
        Event::Data => {
            if handshake.is_finished() && !handshake.has(Fact::Failed) {
                handshake.facts.add(Fact::Data);
            }
        }
        Event::Alert { sent, fatal, name } => {
            if !fatal || fail(handshake) {
                handshake.add_alert(Alert { sent, fatal, name, line: at.line });
            }
        }
        Event::Failure(text) => failure(handshake, at, text),
        Event::Handling => handshake.facts.add(Fact::Handling),
        Event::Close => handshake.facts.add(Fact::Closed),
        Event::Peer(address) => handshake.address = Some(super::record::cut(address)),
        Event::Role(role) => handshake.role = handshake.role.or(Some(role)),
    }
}

fn chain(handshake: &mut Handshake, of: Option<Side>, empty: Option<bool>) {
    let server_shown = handshake.has(Fact::ServerCertificate);
    let of = match (of, empty, handshake.chain) {
        (Some(of), ..) => of,
        // What a chain holds stands below its head.
        (None, Some(_), Some(last)) => last,
        _ if server_shown => Side::Client,
        _ => Side::Server,
    };
    handshake.chain = Some(of);
    match (of, empty) {
        (Side::Server, _) => handshake.facts.add(Fact::ServerCertificate),
        (Side::Client, Some(true)) if handshake.has(Fact::ClientCertificate) => {}
        (Side::Client, Some(true)) => handshake.facts.add(Fact::NoClientCertificate),
        (Side::Client, Some(false)) => handshake.facts.add(Fact::ClientCertificate),
        (Side::Client, None) => {}
    }
}

fn failure(handshake: &mut Handshake, at: At, text: &str) {
    if !fail(handshake) {
        return;
    }
    handshake.add_text(at.line, text);
    if let Some(name) = received_alert(text) {
        let fatal = !text.contains("handshake alert:");
        handshake.add_alert(Alert { sent: false, fatal, name: alert_name(name), line: at.line });
    }
}
