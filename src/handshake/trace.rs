//! Exceptions that no debug output leads up to: each is a handshake of which only the end is known, unless it is the
//! end of one that the debug output showed.

use super::dialect::alert_name;
use super::dialect::exception::{self, Exception};
use super::record::{Alert, Fact, Handshake};
use super::session::{At, Sessions};
use super::verdict;
use crate::tls::Provider;

/// An exception this many lines behind the same one, which had no stack, is that one again.
const SAME: u64 = 60;

/// The trace that is open, and those that have ended.
#[derive(Debug, Default)]
pub struct Traces {
    open: Option<Trace>,
    done: Vec<Handshake>,
}

#[derive(Debug)]
struct Trace {
    handshake: Handshake,
    /// The handshake whose failure this is once more.
    again: Option<String>,
}

impl Traces {
    /// The handshakes that have ended since the last call.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Handshake> {
        self.done.drain(..)
    }

    /// A line that may begin a trace, or go on with one. True: the lines behind it are of interest.
    pub fn head(&mut self, sessions: &mut Sessions, text: &str, at: At) -> bool {
        let found = exception::exception(text)
            .filter(|found| exception::is_tls(found.class) || exception::may_be_tls(found.class));
        let found = match found {
            Some(found) => found,
            None => match verdict::plain_text(text) {
                Some(start) => {
                    let text = text[start..].trim_end();
                    Exception { class: "", message: text, text, cause: false }
                }
                None => return false,
            },
        };
        if let Some(open) = &mut self.open {
            let recent = at.line.saturating_sub(open.handshake.lines.1) <= SAME;
            let same = !found.message.is_empty()
                && open.handshake.texts.iter().any(|known| known.text.contains(found.message));
            let bare = !open.handshake.has(Fact::Frames);
            if recent && (found.cause || (same && bare)) {
                add(&mut open.handshake, found, at);
                return true;
            }
        }
        self.end(sessions);
        let again = (!found.message.is_empty()).then(|| sessions.failed_with(found.message, at)).flatten();
        let mut handshake = Handshake::default();
        handshake.facts.add(Fact::Bare);
        handshake.facts.add(Fact::Failed);
        add(&mut handshake, found, at);
        self.open = Some(Trace { handshake, again });
        true
    }

    /// A line behind a head. False: it is no part of the trace.
    pub fn line(&mut self, text: &str, line: u64) -> bool {
        let Some(open) = &mut self.open else { return false };
        if exception::is_frame(text) {
            let handshake = &mut open.handshake;
            handshake.touch(line, None);
            handshake.facts.add(Fact::Frames);
            let frame = exception::frame(text);
            if frame.tls {
                handshake.facts.add(Fact::Tls);
                handshake.provider = handshake.provider.or_else(|| provider(text));
            }
            if frame.handshaking {
                handshake.facts.add(Fact::Handshaking);
            }
            handshake.role = handshake.role.or(frame.role);
            return true;
        }
        if text.trim_start().starts_with("Caused by:") || text.trim_start().starts_with("Suppressed:") {
            if let Some(found) = exception::exception(text) {
                add(&mut open.handshake, found, At { line, time: None });
            }
            return true;
        }
        text.trim().is_empty()
    }

    /// Ends the open trace.
    pub fn end(&mut self, sessions: &mut Sessions) {
        let Some(trace) = self.open.take() else { return };
        let Trace { mut handshake, again } = trace;
        let last = At { line: handshake.lines.1, time: handshake.time.map(|(_, last)| last) };
        let about = handshake.has(Fact::Tls);
        let start = At { line: handshake.lines.0, time: None };
        let handshaking = handshake.has(Fact::Handshaking) || !handshake.has(Fact::Frames);
        let first = handshake.texts.iter().any(|text| verdict::is_before_hello(&text.text));
        let ends = (about && !first).then(|| sessions.may_end(start, handshaking)).flatten();
        let last_line = |key: &String| sessions.get(key).map(|handshake| handshake.lines.1);
        // A failure that was told again already leaves the words to one that was spoken of later.
        let again = again.filter(|key| {
            let fresh = sessions.get(key).is_some_and(|handshake| !handshake.has(Fact::Repeated));
            fresh || last_line(key) > ends.as_ref().and_then(last_line)
        });
        if let Some(known) = again {
            let failed = sessions.entry(&known, None, "", last);
            failed.facts.add(Fact::Repeated);
            failed.role = failed.role.or(handshake.role);
            return;
        }
        if let Some(key) = ends {
            for text in handshake.texts {
                let at = At { line: text.line, time: last.time };
                sessions.apply(&key, None, "", at, super::dialect::Event::Failure(&text.text));
            }
            return;
        }
        // Trouble on a connection that is not about its handshake.
        let elsewhere = handshake.has(Fact::Frames) && !handshake.has(Fact::Handshaking);
        if verdict::is_only_lost(&handshake) && (elsewhere || !about) {
            return;
        }
        if sessions.talkative {
            handshake.facts.add(Fact::Talkative);
        }
        if about || verdict::tells(&handshake) {
            self.done.push(handshake);
        }
    }
}

fn provider(frame: &str) -> Option<Provider> {
    if frame.contains("iaik.security") {
        Some(Provider::Iaik)
    } else {
        (frame.contains("sun.security.ssl.") || frame.contains("ibm.jsse2.")).then_some(Provider::Jsse)
    }
}

fn add(handshake: &mut Handshake, found: Exception<'_>, at: At) {
    handshake.touch(at.line, at.time);
    handshake.add_text(at.line, found.text);
    if exception::is_tls(found.class) {
        handshake.facts.add(Fact::Tls);
    }
    if found.class.starts_with("iaik.") {
        handshake.provider = Some(Provider::Iaik);
    } else if found.class.starts_with("sun.security.") || found.class.starts_with("com.ibm.jsse2.") {
        handshake.provider = handshake.provider.or(Some(Provider::Jsse));
    }
    if handshake.sni.is_none() {
        handshake.sni = exception::called(found.message).map(super::record::cut);
    }
    if let Some(name) = exception::received_alert(found.message) {
        handshake.add_alert(Alert { sent: false, fatal: true, name: alert_name(name), line: at.line });
    }
}
