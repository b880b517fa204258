//! The old JSSE prints most of a handshake without saying which thread it is of. This finds out, from the lines that do
//! say so around them, and from what each handshake can go on with.

use super::dialect::Event;
use super::dialect::jsse_old::{Body, Line};
use super::record::{Fact, Handshake};
use super::session::{At, Sessions};
use crate::tls::Provider;
use crate::tls::jsse::Side;

/// The key of a hello of which no line has said yet who sends it.
const FLOATING: &str = "old:?";

/// What is known of the threads.
#[derive(Debug, Default)]
pub struct Threads {
    /// The key that lines without a thread go to.
    current: String,
    /// Threads that have read something and shown no hello yet: the last one first to get it.
    waiting: Vec<String>,
    /// Whether the next hello is this side's own.
    own: bool,
}

fn key(thread: &str) -> String {
    format!("old:{thread}")
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
        let jsse = Some(Provider::Jsse);
        match line {
            Line::Read(thread) => {
                let key = key(thread);
                let settled = |h: &Handshake| h.is_finished() || h.has(Fact::Failed) || h.has(Fact::Closed);
                if sessions.get(&key).is_none_or(settled) && !self.waiting.contains(&key) {
                    self.waiting.push(key.clone());
                    if self.waiting.len() > 64 {
                        self.waiting.remove(0);
                    }
                }
                if sessions.get(&key).is_some() {
                    sessions.entry(&key, jsse, thread, at);
                }
                self.current = key;
            }
            Line::Wrote(thread) => {
                let key = key(thread);
                let free = sessions
                    .get(&key)
                    .is_none_or(|h| h.is_finished() || h.has(Fact::Failed) || h.has(Fact::Closed));
                if free && sessions.get(FLOATING).is_some() {
                    sessions.rename(FLOATING, &key, thread);
                }
                self.waiting.retain(|waiting| *waiting != key);
                sessions.entry(&key, jsse, thread, at);
                self.current = key;
            }
            Line::Threaded(thread) => {
                let key = key(thread);
                let failing =
                    events.iter().any(|event| matches!(event, Event::Failure(_) | Event::Alert { .. }));
                if failing && sessions.get(&key).is_none() && sessions.get(FLOATING).is_some() {
                    sessions.rename(FLOATING, &key, thread);
                }
                if failing || sessions.get(&key).is_some() {
                    for event in events {
                        sessions.apply(&key, jsse, thread, at, event);
                    }
                }
                self.waiting.retain(|waiting| *waiting != key || !failing);
                self.current = key;
            }
            Line::OwnHello => self.own = true,
            Line::End => return (self.current.clone(), None),
            Line::Message(body) => {
                for event in events {
                    let key = self.owner(sessions, &event);
                    let thread = key.strip_prefix("old:").unwrap_or_default().to_owned();
                    let event = self.with_role(event, &key);
                    sessions.apply(&key, jsse, &thread, at, event);
                    self.current = key;
                }
                return (self.current.clone(), Some(*body));
            }
        }
        (self.current.clone(), None)
    }

    fn with_role<'l>(&mut self, event: Event<'l>, key: &str) -> Event<'l> {
        match event {
            Event::Hello(None) => {
                let side = if key == FLOATING { Side::Client } else { Side::Server };
                self.waiting.retain(|waiting| waiting != key);
                self.own = false;
                Event::Hello(Some(side))
            }
            other => other,
        }
    }

    /// The handshake that a message without a thread goes to.
    fn owner(&self, sessions: &Sessions, event: &Event<'_>) -> String {
        if matches!(event, Event::Hello(_)) {
            return match self.waiting.last() {
                Some(waiting) if !self.own => waiting.clone(),
                _ => FLOATING.to_owned(),
            };
        }
        let takes = |handshake: &Handshake| fits(handshake, event);
        if sessions.get(&self.current).is_some_and(takes) {
            return self.current.clone();
        }
        let others = sessions.open().filter(|(key, handshake)| key.starts_with("old:") && takes(handshake));
        let latest = others.max_by_key(|(_, handshake)| handshake.lines.1).map(|(key, _)| key.clone());
        latest.unwrap_or_else(|| {
            if self.current.is_empty() { FLOATING.to_owned() } else { self.current.clone() }
        })
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
        Event::Chain { .. } => has(Fact::ServerHello) && !handshake.is_finished(),
        Event::Request => has(Fact::ServerHello) && !has(Fact::CertificateRequest) && !has(Fact::HelloDone),
        Event::HelloDone => has(Fact::ServerHello) && !has(Fact::HelloDone),
        Event::NoClientCertificate => has(Fact::CertificateRequest) && handshake.role != Some(Side::Server),
        Event::Finished(_) | Event::Completed => has(Fact::ServerHello) && !has(Fact::Completed),
        _ => has(Fact::Hello),
    }
}
