//! Blocks of a log to lines that matter, and those to events.
//!
//! Most of a log is of no interest. A vector search looks for the few words that lines of interest have; only behind
//! the first line of a message or a stack trace every line is looked at.

use super::carrier;
use super::dialect::jsse_new::{self, Body};
use super::dialect::{Event, certificate, exception, iaik, jsse_old};
use super::record::{Certificate, Handshake, Moment};
use super::session::{At, Sessions};
use super::threads::Threads;
use super::trace::Traces;
use super::words::{Hit, Kind, Search};
use crate::tls::Provider;
use crate::tls::jsse::Side;

/// A line's first bytes; what is behind them is not looked at.
pub const LONGEST_LINE: usize = 64 << 10;

/// Frames looked at of a stack; which end and which library it was shows far up in it.
const FRAMES: u32 = 40;

/// A record of the new JSSE whose lines are being read.
#[derive(Debug)]
struct Record {
    /// Whose it is, as sessions are called.
    key: String,
    body: Body,
    /// The length of what stands in front of its lines.
    carrier: usize,
    /// Whether it is in JSON.
    expand: bool,
    time: Option<Moment>,
}

/// What the lines to come belong to.
#[derive(Debug)]
enum Mode {
    /// Nothing: the next line of interest is searched for.
    Skip,
    /// A record of the new JSSE.
    New(Record),
    /// A message of the old JSSE.
    Old { key: String, body: jsse_old::Body },
    /// An exception, in the trace that is open.
    Trace,
    /// An exception inside a record that is of no interest.
    Skipped { carrier: usize },
}

/// What a log tells apart from handshakes.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    /// Lines read.
    pub lines: u64,
    /// First and last moment seen on a line of interest.
    pub time: Option<(Moment, Moment)>,
    /// First and last line with debug output of JSSE.
    pub jsse: Option<(u64, u64)>,
    /// Whether there is debug output of IAIK.
    pub iaik: bool,
    /// Whether JSSE's debug output has handshake messages.
    pub talkative: bool,
    /// Whether it has what only a debug value with `handshake` in it prints.
    pub wide: bool,
    /// Starts of JVMs seen.
    pub jvms: u32,
    /// Secrets: their kind, the first line, how many lines.
    pub secrets: Vec<(&'static str, u64, u64)>,
    /// NUL bytes seen.
    pub nuls: u64,
    /// Lines cut because they were too long.
    pub cut: u64,
}

/// Reads a log block by block.
#[derive(Debug)]
pub struct Scanner {
    search: Search,
    hits: Vec<Hit>,
    sessions: Sessions,
    threads: Threads,
    traces: Traces,
    mode: Mode,
    certificate: Option<Certificate>,
    /// Frames seen of the stack at hand.
    framed: u32,
    line: u64,
    notes: Notes,
}

impl Default for Scanner {
    fn default() -> Self {
        Scanner {
            search: Search::default(),
            hits: Vec::new(),
            sessions: Sessions::default(),
            threads: Threads::default(),
            traces: Traces::default(),
            mode: Mode::Skip,
            certificate: None,
            framed: 0,
            line: 0,
            notes: Notes::default(),
        }
    }
}

impl Scanner {
    /// Takes in a block of whole lines, the last one with its end too.
    pub fn block(&mut self, block: &[u8]) {
        let mut hits = std::mem::take(&mut self.hits);
        hits.clear();
        let lines = self.search.hits(block, &mut hits);
        self.prepared(block, &hits, lines);
        self.hits = hits;
    }

    /// Takes in a block in which [`Search::hits`] has found the lines of interest already.
    pub fn prepared(&mut self, block: &[u8], hits: &[Hit], lines: u32) {
        let before = self.line;
        if before < 10_000 {
            self.notes.nuls += memchr::memchr_iter(0, block).count() as u64;
        }
        let mut next = hits.iter().peekable();
        let mut at = 0;
        loop {
            // Behind the first line of a record each line counts.
            while !matches!(self.mode, Mode::Skip) && at < block.len() {
                let end = memchr::memchr(b'\n', &block[at..]).map_or(block.len(), |found| at + found);
                while next.peek().is_some_and(|hit| (hit.start as usize) < at) {
                    next.next();
                }
                let hit = next.peek().filter(|hit| hit.start as usize == at);
                self.line += 1;
                self.follow(&block[at..end], hit.map(|hit| hit.kind));
                at = end + 1;
            }
            while next.peek().is_some_and(|hit| (hit.start as usize) < at) {
                next.next();
            }
            let Some(hit) = next.next() else { break };
            self.line = before + u64::from(hit.line) + 1;
            at = hit.end as usize + 1;
            self.hit(&block[hit.start as usize..hit.end as usize], hit.kind);
        }
        self.line = before + u64::from(lines);
        self.notes.lines = self.line;
    }

    /// Counts lines that were longer than what is looked at.
    pub fn cut_lines(&mut self, count: u64) {
        self.notes.cut += count;
    }

    /// The log is at its end.
    pub fn finish(&mut self) {
        self.end_record();
        self.traces.end(&mut self.sessions);
        self.sessions.end_all();
    }

    /// What was silent for a while is taken for ended: for a log that is still written.
    pub fn settle(&mut self) {
        self.end_record();
        self.traces.end(&mut self.sessions);
        self.sessions.end_silent(self.line + 1);
    }

    /// The handshakes that have ended since the last call.
    pub fn drain(&mut self) -> Vec<Handshake> {
        self.sessions.drain().chain(self.traces.drain()).collect()
    }

    /// What the log tells apart from handshakes.
    pub fn notes(&self) -> Notes {
        Notes { jvms: self.sessions.jvms, talkative: self.sessions.talkative, ..self.notes.clone() }
    }

    /// Lines read so far.
    pub fn lines(&self) -> u64 {
        self.line
    }

    fn at(&mut self, raw: &[u8], own: Option<Moment>) -> At {
        if let Some(number) = carrier::jvm(raw) {
            self.sessions.jvm(number);
        }
        let time = carrier::moment(raw).or(own);
        if let Some(now) = time {
            let (first, last) = self.notes.time.unwrap_or((now, now));
            self.notes.time = Some((first.min(now), last.max(now)));
        }
        At { line: self.line, time }
    }

    /// A line with a word of interest in it.
    fn hit(&mut self, raw: &[u8], kind: Kind) {
        let raw = &raw[..raw.len().min(LONGEST_LINE)];
        let text = super::text(raw);
        match kind {
            Kind::Iaik => self.iaik(raw, &text),
            Kind::New | Kind::Old if jsse_new::token(raw).is_some() => self.new_record(raw, &text),
            Kind::New if text.contains("Warning: no suitable") => self.old_line(raw, &text),
            Kind::New => self.new_record(raw, &text),
            Kind::Old => self.old_line(raw, &text),
            Kind::Text => self.exception(raw, &text),
            Kind::Expand => {
                // The record has a time of its own; the carrier tells the JVM.
                let time = self.at(raw, None).time;
                self.mode = Mode::New(Record {
                    key: "new:".to_owned(),
                    body: Body::Other,
                    carrier: text.find("\"logger\"").unwrap_or_default().saturating_sub(2),
                    expand: true,
                    time,
                });
            }
            Kind::Throwable => {
                let carrier = text.find('"').unwrap_or_default();
                self.mode = Mode::Skipped { carrier };
            }
            Kind::Secret(name) => self.secret(name, &text),
            Kind::Wide => self.notes.wide = true,
            Kind::Jsse => {}
        }
        let new = matches!(kind, Kind::New | Kind::Wide | Kind::Jsse | Kind::Throwable)
            && jsse_new::token(raw).is_some();
        if new || kind == Kind::Expand {
            self.saw_jsse();
        }
    }

    fn saw_jsse(&mut self) {
        let (first, _) = self.notes.jsse.unwrap_or((self.line, self.line));
        self.notes.jsse = Some((first, self.line));
    }

    fn secret(&mut self, name: &'static str, text: &str) {
        let dump = text.contains(" before ENCRYPTION")
            || text.contains(" after DECRYPTION")
            || text.contains("Padded");
        if name == "payload" && !dump {
            return;
        }
        match self.notes.secrets.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, _, count)) => *count += 1,
            None => self.notes.secrets.push((name, self.line, 1)),
        }
    }

    fn iaik(&mut self, raw: &[u8], text: &str) {
        let Some((number, message)) = iaik::line(text) else { return };
        self.notes.iaik = true;
        let mut events = Vec::new();
        iaik::events(message, &mut events);
        if events.is_empty() {
            return;
        }
        let own = super::dialect::after(message, "Timestamp:").and_then(carrier::java_moment);
        let at = self.at(raw, own);
        let key = format!("iaik:{number}");
        for event in events {
            self.sessions.apply(&key, Some(Provider::Iaik), number, at, event);
        }
    }

    fn new_record(&mut self, raw: &[u8], text: &str) {
        let (thread, time, message) = match jsse_new::head(text) {
            Some(head) => (head.thread, head.time, head.message),
            // Some excerpts have lost the front of their lines.
            None => match text
                .find("Produced ")
                .or_else(|| text.find("Consuming "))
                .or_else(|| text.find("Fatal ("))
            {
                Some(start)
                    if text.contains(" handshake message") || text[start..].starts_with("Fatal (") =>
                {
                    ("", "", text[start..].trim_end())
                }
                _ => return,
            },
        };
        let carrier = jsse_new::token(text.as_bytes()).unwrap_or_default();
        let own = carrier::moment(time.as_bytes());
        let at = self.at(raw, own);
        self.record(thread, message, at, carrier, false);
    }

    /// The first line of a record, or the message of one in JSON.
    fn record(&mut self, thread: &str, message: &str, at: At, carrier: usize, expand: bool) {
        let key = format!("new:{thread}");
        let mut events = Vec::new();
        let body = jsse_new::message(message, &mut events);
        if message.starts_with("Produced ") || message.starts_with("Consuming ") {
            self.sessions.talkative = true;
        }
        // Words that a connection could not be closed properly count only where the handshake may fail late.
        if message.starts_with("Warning: failed to send") && !self.sessions.may_fail_late(&key) {
            self.mode = Mode::Skip;
            return;
        }
        // Engines say this of any connection that the other end leaves.
        let politeness = message.contains("closing inbound before receiving peer's close_notify");
        if message.starts_with("Fatal (") && !politeness {
            self.sessions.end_closed(&key);
        }
        if body == Body::Throwable {
            self.framed = 0;
            self.sessions.entry(&key, Some(Provider::Jsse), thread, at);
        }
        for event in events {
            // Only what a handshake is open for can end or go on.
            let opens =
                matches!(
                    event,
                    Event::Hello(_) | Event::ServerHello | Event::Failure(_) | Event::Chain { .. }
                ) || matches!(event, Event::Request | Event::Role(_) | Event::Alert { fatal: true, .. });
            if opens || self.sessions.get(&key).is_some() {
                self.sessions.apply(&key, Some(Provider::Jsse), thread, at, event);
            }
        }
        let open = body != Body::Other && (expand || message.ends_with('('));
        self.certificate = None;
        self.mode = if open || expand {
            Mode::New(Record { key, body, carrier, expand, time: at.time })
        } else {
            Mode::Skip
        };
    }

    fn old_line(&mut self, raw: &[u8], text: &str) {
        let rest = text.get(carrier::length(raw)..).unwrap_or(text);
        let mut events = Vec::new();
        let Some(line) = jsse_old::line(rest, &mut events) else {
            self.exception(raw, text);
            return;
        };
        let at = self.at(raw, None);
        self.take_old(&line, at, events);
    }

    fn take_old(&mut self, line: &jsse_old::Line<'_>, at: At, events: Vec<Event<'_>>) {
        self.end_record();
        if matches!(line, jsse_old::Line::Read(_) | jsse_old::Line::Wrote(_))
            || matches!(line, jsse_old::Line::Message(body) if *body != jsse_old::Body::Other)
        {
            self.sessions.talkative = true;
            self.saw_jsse();
        }
        let (key, body) = self.threads.take(&mut self.sessions, line, at, events);
        self.mode = match body {
            Some(body) if body != jsse_old::Body::Other => Mode::Old { key, body },
            _ => Mode::Skip,
        };
    }

    fn exception(&mut self, raw: &[u8], text: &str) {
        if exception::is_frame(text) {
            return;
        }
        for (word, name) in [("Authorization: ", "authorization-header"), ("Cookie: ", "cookie")] {
            if text.contains(word) {
                self.secret(name, text);
            }
        }
        if [", Exception while", ", Exception sending", ", IOException in get"]
            .iter()
            .any(|mark| text.contains(mark))
        {
            let mut events = Vec::new();
            if let Some(line) = jsse_old::line(text.get(carrier::length(raw)..).unwrap_or(text), &mut events)
            {
                let at = self.at(raw, None);
                self.take_old(&line, at, events);
                return;
            }
        }
        let at = self.at(raw, None);
        if self.traces.head(&mut self.sessions, text, at) {
            self.framed = 0;
            self.mode = Mode::Trace;
        }
    }

    /// Whether a line is of the many that no record, message or trace has any use for: dumps of bytes and extensions.
    fn tells_nothing(&self, raw: &[u8]) -> bool {
        match &self.mode {
            Mode::New(Record { body, carrier, expand: false, .. }) if *body != Body::Throwable => {
                let Some(rest) = raw.get(*carrier..) else { return false };
                let depth = rest.iter().take_while(|b| **b == b' ').count();
                depth > 0 && !body.may_tell(&rest[depth..])
            }
            // Once a stack has told what frames tell, the others of it tell nothing.
            Mode::New(Record { body: Body::Throwable, carrier, expand: false, .. }) => {
                let rest = raw.get(*carrier..).unwrap_or_default().trim_ascii_start();
                self.framed >= FRAMES && rest.starts_with(b"at ")
            }
            Mode::Trace => {
                let rest = raw[carrier::columns(raw)..].trim_ascii_start();
                self.framed >= FRAMES && rest.starts_with(b"at ")
            }
            Mode::Old { body: jsse_old::Body::Chain, .. } => {
                let rest = &raw[carrier::columns(raw)..];
                let dump = rest.len() > 5 && rest[4] == b':' && rest[..4].iter().all(u8::is_ascii_hexdigit);
                dump || rest.starts_with(b"    ") || rest == b"]" || rest == b"["
            }
            _ => false,
        }
    }

    /// A line behind the first of a record, a message or a trace, and what the first word of interest in it says.
    fn follow(&mut self, raw: &[u8], kind: Option<Kind>) {
        if self.tells_nothing(raw) {
            return;
        }
        let whole = raw.len() <= LONGEST_LINE;
        let raw = &raw[..raw.len().min(LONGEST_LINE)];
        // The word may be in the part that is not looked at.
        let kind = if whole { kind } else { self.search.find(raw, 0).map(|(_, kind)| kind) };
        match std::mem::replace(&mut self.mode, Mode::Skip) {
            Mode::Skip => {}
            Mode::New(record) => self.in_record(raw, kind, record),
            Mode::Old { key, body } => self.in_message(raw, kind, key, body),
            Mode::Trace => {
                let text = super::text(raw);
                let rest = text.get(carrier::length(raw)..).unwrap_or(&text);
                if self.traces.line(rest, self.line) {
                    self.framed += 1;
                    self.mode = Mode::Trace;
                } else {
                    self.look(raw, kind);
                }
            }
            Mode::Skipped { carrier } => {
                let rest = raw.get(carrier..).unwrap_or_default();
                if rest.is_empty() || rest.starts_with(b" ") || rest.starts_with(b"\t") {
                    self.mode = Mode::Skipped { carrier };
                } else if rest != b")" {
                    self.look(raw, kind);
                }
            }
        }
    }

    /// A line that belongs to nothing open: it may be of interest itself.
    fn look(&mut self, raw: &[u8], kind: Option<Kind>) {
        if let Some(kind) = kind {
            self.hit(raw, kind);
        }
    }

    fn in_record(&mut self, raw: &[u8], kind: Option<Kind>, record: Record) {
        let Record { mut key, body, carrier, expand, mut time } = record;
        let rest = raw.get(carrier..).unwrap_or_else(|| raw.trim_ascii_start());
        let text = super::text(rest);
        let ends = if expand { rest.starts_with(b"}") } else { text.trim_end() == ")" };
        if ends {
            if body == Body::Hello {
                self.tell(&key, time, Event::HelloEnd);
            }
            self.flush_certificate(&key);
            return;
        }
        if expand && let Some((name, value)) = json_pair(&text) {
            match name {
                "thread id" => key = format!("new:{value}|"),
                "thread name" => key.push_str(value),
                "time" => time = carrier::moment(value.as_bytes()),
                "message" => {
                    let thread = key.strip_prefix("new:").unwrap_or_default().to_owned();
                    let at = At { line: self.line, time };
                    self.record(&thread, value, at, carrier, true);
                    return;
                }
                _ => {
                    self.record_line(&key, body, &text, time);
                }
            }
            self.mode = Mode::New(Record { key, body, carrier, expand, time });
            return;
        }
        // Another record, or something that is none: this one is over, or goes on behind it.
        let foreign = jsse_new::token(raw).is_some() || raw.len() < carrier;
        let inside = rest.first().is_none_or(|b| b" \t\"})]{<".contains(b) || body == Body::Throwable);
        if foreign || !inside {
            self.flush_certificate(&key);
            self.look(raw, kind);
            if matches!(self.mode, Mode::Skip) && !foreign {
                self.mode = Mode::New(Record { key, body, carrier, expand, time });
            }
            return;
        }
        self.record_line(&key, body, &text, time);
        self.mode = Mode::New(Record { key, body, carrier, expand, time });
    }

    fn record_line(&mut self, key: &str, body: Body, text: &str, time: Option<Moment>) {
        if body == Body::Throwable {
            let thread = key.strip_prefix("new:").unwrap_or_default();
            let at = At { line: self.line, time };
            if exception::is_frame(text) {
                self.framed += 1;
                let frame = exception::frame(text);
                let role = frame.role.map(Event::Role);
                for event in role.into_iter().chain(frame.handling.then_some(Event::Handling)) {
                    self.sessions.apply(key, Some(Provider::Jsse), thread, at, event);
                }
            } else if let Some(found) = exception::exception(text) {
                self.sessions.apply(key, Some(Provider::Jsse), thread, at, Event::Failure(found.text));
            }
            return;
        }
        if let Body::Chain(_) = body {
            if certificate::begins(text) {
                self.flush_certificate(key);
                self.certificate = Some(Certificate::default());
            }
            if let Some(certificate) = &mut self.certificate {
                certificate::line(certificate, text);
            }
        }
        let mut events = Vec::new();
        jsse_new::body(body, text, &mut events);
        for event in events {
            self.tell(key, time, event);
        }
    }

    /// Applies an event to a handshake that is open.
    fn tell(&mut self, key: &str, time: Option<Moment>, event: Event<'_>) {
        let at = At { line: self.line, time };
        let thread = key.strip_prefix("new:").unwrap_or_default();
        if self.sessions.get(key).is_some() || matches!(event, Event::Alert { .. }) {
            self.sessions.apply(key, Some(Provider::Jsse), thread, at, event);
        }
    }

    fn flush_certificate(&mut self, key: &str) {
        if let Some(mut certificate) = self.certificate.take().filter(|c| !c.subject.is_empty())
            && let Some(handshake) = self.sessions.get(key)
        {
            certificate.server = handshake.chain != Some(Side::Client);
            let at = At { line: self.line, time: None };
            let event = Event::Certificate(Box::new(certificate));
            self.sessions.apply(key, Some(Provider::Jsse), "", at, event);
        }
    }

    fn in_message(&mut self, raw: &[u8], kind: Option<Kind>, key: String, body: jsse_old::Body) {
        let text = super::text(raw);
        let rest = text.get(carrier::length(raw)..).unwrap_or(&text);
        let trimmed = rest.trim_end();
        if trimmed == "***" || trimmed.starts_with("*** ") || trimmed.starts_with("%% ") {
            self.end_old(&key, body);
            self.old_line(raw, &text);
            return;
        }
        // Dumps of certificates are long, and nothing in them looks like a line of a thread's.
        let plain = rest.starts_with([' ', '[', ']']) || rest.is_empty();
        if !plain && let Some(kind) = kind {
            // A thread's line may stand in the middle of another's message, which goes on behind it.
            let of_a_thread = kind == Kind::Old && jsse_old::line(rest, &mut Vec::new()).is_some();
            if !of_a_thread {
                self.end_old(&key, body);
            }
            self.hit(raw, kind);
            if of_a_thread {
                self.mode = Mode::Old { key, body };
            }
            return;
        }
        if body == jsse_old::Body::Request && (rest.starts_with("update ") || rest.starts_with("check ")) {
            self.end_old(&key, body);
            return;
        }
        if body == jsse_old::Body::Chain {
            if certificate::begins(rest) {
                self.flush_certificate(&key);
                self.certificate = Some(Certificate::default());
            }
            if let Some(certificate) = &mut self.certificate {
                certificate::line(certificate, rest);
            }
        }
        let mut events = Vec::new();
        jsse_old::body(body, rest, &mut events);
        let at = At { line: self.line, time: None };
        for event in events {
            if self.sessions.get(&key).is_some() {
                self.sessions.apply(&key, Some(Provider::Jsse), "", at, event);
            }
        }
        self.mode = Mode::Old { key, body };
    }

    fn end_old(&mut self, key: &str, body: jsse_old::Body) {
        self.flush_certificate(key);
        let at = At { line: self.line, time: None };
        let event = match body {
            jsse_old::Body::Hello => Event::HelloEnd,
            jsse_old::Body::Request => Event::RequestEnd,
            _ => return,
        };
        if self.sessions.get(key).is_some() {
            self.sessions.apply(key, Some(Provider::Jsse), "", at, event);
        }
    }

    fn end_record(&mut self) {
        match std::mem::replace(&mut self.mode, Mode::Skip) {
            Mode::New(Record { key, .. }) => self.flush_certificate(&key),
            Mode::Old { key, body } => self.end_old(&key, body),
            _ => {}
        }
    }
}

/// `"name" : "value",` of a record in JSON.
fn json_pair(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix("  \"")?;
    let (name, value) = text.split_once('"')?;
    let value = value.trim_start().strip_prefix(':')?.trim().trim_end_matches(',');
    Some((name, value.trim_matches('"')))
}
