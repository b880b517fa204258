//! The old JSSE prints most of a handshake without saying which thread it is of. This finds out, from the lines that do
//! say so around them, and from what each handshake can go on with.

use std::collections::VecDeque;

use super::dialect::Event;
use super::dialect::jsse_old::{Body, Line};
use super::record::{Fact, Handshake};
use super::session::{At, Sessions};
use crate::tls::Provider;
use crate::tls::jsse::Side;

/// What the keys of hellos begin with of which no line has said yet who sends them.
const FLOATING: &str = "old:?";
/// Threads remembered in each list.
const MOST: usize = 256;

/// What is known of the threads.
#[derive(Debug, Default)]
pub struct Threads {
    /// The key that lines without a thread go to.
    current: String,
    /// Threads that have read something and shown no hello yet: the last one first to get it.
    waiting: Vec<String>,
    /// Threads that have read a handshake record and written none since: what is printed now is of one of them.
    reading: Vec<String>,
    /// Threads with a ChangeCipherSpec, sent or received, whose Finished has not been printed yet.
    changed: Vec<String>,
    /// Own hellos that no thread has been seen to write yet, oldest first.
    floating: VecDeque<String>,
    /// Own hellos announced and not printed yet.
    own: u32,
    /// Whether the line before announced an own hello.
    announced: bool,
    /// Hellos that floated so far.
    floated: u64,
}

fn key(thread: &str) -> String {
    format!("old:{thread}")
}

fn is_over(handshake: &Handshake) -> bool {
    handshake.is_finished() || handshake.has(Fact::Failed) || handshake.has(Fact::Closed)
}

/// Puts a key to the end of a list.
fn last(list: &mut Vec<String>, key: &str) {
    list.retain(|known| known != key);
    list.push(key.to_owned());
    if list.len() > MOST {
        list.remove(0);
    }
}

impl Threads {
    /// Takes in a line and its events. The key that the lines behind it belong to.
    pub fn take(
        &mut self,
        sessions: &mut Sessions,
        line: &Line<'_>,
        at: At,
        events: Vec<Event<'_>>,
    ) -> (String, Option<Body>) {
        let announced = std::mem::take(&mut self.announced);
        match line {
            Line::Read(thread) => self.read(sessions, thread, at),
            Line::Wrote(thread) => self.wrote(sessions, thread, at),
            Line::Changed(thread) => {
                self.current = key(thread);
                last(&mut self.changed, &self.current);
            }
            Line::Threaded(thread) => self.threaded(sessions, thread, at, events),
            Line::OwnHello => {
                self.own += 1;
                self.announced = true;
            }
            Line::End => {}
            Line::Message(body) => {
                for event in events {
                    let key = self.owner(sessions, &event, announced);
                    let thread = key.strip_prefix("old:").unwrap_or_default().to_owned();
                    let event = self.with_role(event, &key);
                    sessions.apply(&key, Some(Provider::Jsse), &thread, at, event);
                    // Who speaks is likely to go on.
                    if self.reading.contains(&key) {
                        last(&mut self.reading, &key);
                    }
                    self.current = key;
                }
                return (self.current.clone(), Some(*body));
            }
        }
        (self.current.clone(), None)
    }

    fn read(&mut self, sessions: &mut Sessions, thread: &str, at: At) {
        let key = key(thread);
        if sessions.get(&key).is_none_or(is_over) && !self.waiting.contains(&key) {
            last(&mut self.waiting, &key);
        }
        if sessions.get(&key).is_some() {
            sessions.entry(&key, Some(Provider::Jsse), thread, at);
        }
        last(&mut self.reading, &key);
        self.current = key;
    }

    fn wrote(&mut self, sessions: &mut Sessions, thread: &str, at: At) {
        let key = key(thread);
        if sessions.get(&key).is_none_or(is_over) {
            self.land(sessions, &key, thread);
        }
        self.waiting.retain(|waiting| *waiting != key);
        self.reading.retain(|reading| *reading != key);
        sessions.entry(&key, Some(Provider::Jsse), thread, at);
        self.current = key;
    }

    /// Gives the oldest floating hello to a thread.
    fn land(&mut self, sessions: &mut Sessions, key: &str, thread: &str) {
        while let Some(floating) = self.floating.pop_front() {
            if sessions.get(&floating).is_some() {
                sessions.rename(&floating, key, thread);
                return;
            }
        }
    }

    fn threaded(&mut self, sessions: &mut Sessions, thread: &str, at: At, events: Vec<Event<'_>>) {
        let key = key(thread);
        let failing = events.iter().any(|event| matches!(event, Event::Failure(_) | Event::Alert { .. }));
        if failing && sessions.get(&key).is_none() {
            self.land(sessions, &key, thread);
        }
        if failing || sessions.get(&key).is_some() {
            for event in events {
                sessions.apply(&key, Some(Provider::Jsse), thread, at, event);
            }
        }
        if failing {
            for list in [&mut self.waiting, &mut self.reading, &mut self.changed] {
                list.retain(|known| *known != key);
            }
        }
        self.current = key;
    }

    fn with_role<'l>(&mut self, event: Event<'l>, key: &str) -> Event<'l> {
        match event {
            Event::Hello(None) => {
                let floats = key.starts_with(FLOATING);
                let side = if floats { Side::Client } else { Side::Server };
                self.waiting.retain(|waiting| waiting != key);
                if floats {
                    self.own = self.own.saturating_sub(1);
                }
                Event::Hello(Some(side))
            }
            Event::Finished(_) => {
                self.changed.retain(|changed| changed != key);
                event
            }
            other => other,
        }
    }

    /// A key for an own hello.
    fn float(&mut self) -> String {
        self.floated += 1;
        let key = format!("{FLOATING}{}", self.floated);
        self.floating.push_back(key.clone());
        if self.floating.len() > MOST {
            self.floating.pop_front();
        }
        key
    }

    /// The handshake that a message without a thread goes to.
    fn owner(&mut self, sessions: &Sessions, event: &Event<'_>, announced: bool) -> String {
        if matches!(event, Event::Hello(_)) {
            let read = (!announced && self.waiting.contains(&self.current)).then(|| self.current.clone());
            let waits = || self.waiting.last().filter(|_| self.own == 0).cloned();
            return read.or_else(waits).unwrap_or_else(|| self.float());
        }
        let takes = |key: &String| sessions.get(key).is_some_and(|handshake| fits(handshake, event));
        let likely: &[String] = match event {
            Event::Finished(_) => &self.changed,
            Event::Completed => &[],
            _ => &self.reading,
        };
        if takes(&self.current) && (likely.contains(&self.current) || likely.is_empty()) {
            return self.current.clone();
        }
        if let Some(key) = likely.iter().rev().find(|key| takes(key)) {
            return key.clone();
        }
        if takes(&self.current) {
            return self.current.clone();
        }
        let others = sessions.open().filter(|(key, _)| key.starts_with("old:") && takes(key));
        let latest = others.max_by_key(|(_, handshake)| handshake.lines.1).map(|(key, _)| key.clone());
        latest.unwrap_or_else(|| if self.current.is_empty() { self.float() } else { self.current.clone() })
    }
}

/// Whether a handshake can go on with a message.
fn fits(handshake: &Handshake, event: &Event<'_>) -> bool {
    let has = |fact| handshake.has(fact);
    if has(Fact::Failed) {
        return false;
    }
    match event {
        Event::ServerHello => has(Fact::Hello) && !has(Fact::ServerHello),
        Event::Chain { .. } => {
            let shown = has(Fact::ClientCertificate) || has(Fact::NoClientCertificate);
            let server = has(Fact::ServerHello) && !has(Fact::ServerCertificate);
            // The client's own words tell of an empty chain before the chain itself does.
            let empty = handshake.chain != Some(Side::Client);
            let client = has(Fact::HelloDone) && has(Fact::CertificateRequest) && (!shown || empty);
            (server || client) && !handshake.is_finished()
        }
        Event::Request => has(Fact::ServerHello) && !has(Fact::CertificateRequest) && !has(Fact::HelloDone),
        Event::HelloDone => has(Fact::ServerHello) && !has(Fact::HelloDone),
        Event::NoClientCertificate => {
            has(Fact::CertificateRequest) && has(Fact::HelloDone) && handshake.role != Some(Side::Server)
        }
        Event::Finished(_) => has(Fact::ServerHello) && !handshake.is_finished(),
        Event::Completed => has(Fact::ServerHello) && handshake.is_finished() && !has(Fact::Completed),
        _ => has(Fact::Hello),
    }
}
