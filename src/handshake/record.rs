//! One handshake, as a log tells of it.

use crate::tls::Provider;
use crate::tls::jsse::Side;

/// Longest text kept of a line.
const LONGEST: usize = 400;
/// Texts kept of one handshake: enough for an exception with its causes, printed twice.
const MOST_TEXTS: usize = 12;
/// Certificates, authorities and alerts kept of one handshake.
const MOST_PARTS: usize = 24;

macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// What is known of a handshake, apart from texts and alerts. The table of causes names these in kebab case.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Fact { $($(#[$doc])* $name),* }
    };
}

facts! {
    /// A ClientHello was sent or received.
    Hello,
    /// The hello has the form of SSL 2.
    OldHello,
    /// The hello names the host.
    Sni,
    /// The hello was printed, and names no host.
    NoSni,
    /// The server answered with a ServerHello.
    ServerHello,
    /// TLS 1.3 was agreed on.
    Tls13,
    /// The server's certificate was sent or received.
    ServerCertificate,
    /// The server asked for a client certificate.
    CertificateRequest,
    /// It did so, and listed no authority.
    NoAuthorities,
    /// The server's part of the opening is complete.
    HelloDone,
    /// The client showed a certificate.
    ClientCertificate,
    /// The client showed none though asked.
    NoClientCertificate,
    /// Finished was sent.
    FinishedSent,
    /// Finished was received.
    FinishedReceived,
    /// The handshake was reported as complete.
    Completed,
    /// The connection was closed in an orderly way.
    Closed,
    /// A certificate of X.509 version 1 was shown.
    V1Certificate,
    /// No key of this server's fitted.
    NoOwnKey,
    /// Something went wrong.
    Failed,
    /// The other end closed or broke the connection.
    Lost,
    /// The failure came after Finished.
    AfterFinished,
    /// No debug output belongs to it: a bare exception.
    Bare,
    /// It is certain that it is about TLS.
    Tls,
    /// Data was exchanged after the handshake.
    Data,
    /// The server asked for a second hello.
    Retry,
    /// Frames of a stack were seen.
    Frames,
    /// A frame belongs to a handshake.
    Handshaking,
    /// A frame shows that a message of the handshake was being read or written.
    Handling,
    /// An exception outside the debug output has told its failure again.
    Repeated,
    /// The debug output of this log prints handshake messages.
    Talkative,
    /// It stands for debug output that shows no handshake at all.
    Narrow,
}

/// A set of facts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts(u32);

impl Facts {
    /// Adds a fact.
    pub fn add(&mut self, fact: Fact) {
        self.0 |= 1 << fact as u32;
    }

    /// Whether a fact is known.
    pub fn has(self, fact: Fact) -> bool {
        self.0 & 1 << fact as u32 != 0
    }
}

/// What became of a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It failed.
    Failed,
    /// It worked.
    Ok,
    /// It tells nothing of a fault: a port probe, or a handshake whose end the log does not hold.
    Noise,
}

impl Outcome {
    /// For machines.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Failed => "failed",
            Outcome::Ok => "ok",
            Outcome::Noise => "noise",
        }
    }
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Whether this side sent it.
    pub sent: bool,
    /// Whether it ends the connection.
    pub fatal: bool,
    /// Its name as in the standard: `handshake_failure`.
    pub name: String,
    /// Its line.
    pub line: u64,
}

/// A line of the log that tells something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Its number, from 1.
    pub line: u64,
    /// Its text without what stands in front of it, cut where it is long.
    pub text: String,
}

/// A certificate, as far as the log shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Whether the server showed it.
    pub server: bool,
    /// X.509 version.
    pub version: Option<u8>,
    /// Whom it names.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Its serial number, as printed.
    pub serial: String,
    /// Valid from, as printed.
    pub not_before: String,
    /// Valid until, as printed.
    pub not_after: String,
    /// Algorithm of the key, and its length where printed.
    pub key: String,
    /// Algorithm of the signature.
    pub signature: String,
}

/// A moment in a log as the number `yyyymmddhhmmss`: it sorts, and no zone is guessed.
pub type Moment = u64;

/// A handshake.
#[derive(Debug, Clone, Default)]
pub struct Handshake {
    /// The library whose output it is; `None` for a bare exception that does not tell.
    pub provider: Option<Provider>,
    /// Which end this server is.
    pub role: Option<Side>,
    /// Thread, or for IAIK the number of the connection.
    pub thread: String,
    /// N of the wrapper's `jvm N`; 0 if the log has none.
    pub jvm: u32,
    /// First and last line.
    pub lines: (u64, u64),
    /// First and last moment.
    pub time: Option<(Moment, Moment)>,
    /// Address or name of the other end, where the log tells.
    pub address: Option<String>,
    /// The host that the hello names.
    pub sni: Option<String>,
    /// Protocols offered.
    pub offered: Vec<String>,
    /// Suites offered.
    pub suites: Vec<String>,
    /// Protocol agreed on.
    pub protocol: Option<String>,
    /// Suite agreed on.
    pub suite: Option<String>,
    /// Certificates shown.
    pub certificates: Vec<Certificate>,
    /// Whose certificates were printed last.
    pub chain: Option<Side>,
    /// Authorities that the server takes client certificates of.
    pub authorities: Vec<String>,
    /// Alerts.
    pub alerts: Vec<Alert>,
    /// Exceptions and what else says why.
    pub texts: Vec<Evidence>,
    /// What else is known.
    pub facts: Facts,
}

/// A text cut to what is kept.
pub fn cut(text: &str) -> String {
    // It has no more characters than bytes.
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

impl Handshake {
    /// Whether a fact is known.
    pub fn has(&self, fact: Fact) -> bool {
        self.facts.has(fact)
    }

    /// Whether both ends said Finished.
    pub fn is_finished(&self) -> bool {
        self.has(Fact::Completed) || (self.has(Fact::FinishedSent) && self.has(Fact::FinishedReceived))
    }

    /// Keeps a text, once.
    pub fn add_text(&mut self, line: u64, text: &str) {
        let text = cut(text.trim());
        if self.texts.len() < MOST_TEXTS && self.texts.iter().all(|known| known.text != text) {
            self.texts.push(Evidence { line, text });
        }
    }

    /// Keeps an alert, once.
    pub fn add_alert(&mut self, alert: Alert) {
        let known = |other: &Alert| other.sent == alert.sent && other.name == alert.name;
        if self.alerts.len() < MOST_PARTS && !self.alerts.iter().any(known) {
            self.alerts.push(alert);
        }
    }

    /// Keeps an authority.
    pub fn add_authority(&mut self, name: &str) {
        // A long name is printed on two lines.
        if let Some(last) = self.authorities.last_mut().filter(|last| last.ends_with(',')) {
            *last = cut(&format!("{last} {name}"));
        } else if self.authorities.len() < MOST_PARTS && !name.is_empty() {
            self.authorities.push(cut(name));
        }
    }

    /// Keeps a certificate.
    pub fn add_certificate(&mut self, certificate: Certificate) {
        if certificate.version == Some(1) {
            self.facts.add(Fact::V1Certificate);
        }
        if self.certificates.len() < MOST_PARTS {
            self.certificates.push(certificate);
        }
    }

    /// Moves its end.
    pub fn touch(&mut self, line: u64, time: Option<Moment>) {
        // A line may be told to belong to it only after later ones.
        self.lines = match self.lines {
            (0, _) => (line, line),
            (first, last) => (first.min(line), last.max(line)),
        };
        if let Some(now) = time {
            let (first, _) = self.time.unwrap_or((now, now));
            self.time = Some((first, now));
        }
    }

    /// The other end as a person would call it.
    pub fn peer(&self) -> Option<String> {
        let wanted = self.role != Some(Side::Server);
        let common_name = || {
            let shown = self.certificates.iter().find(|certificate| certificate.server == wanted)?;
            shown
                .subject
                .split(',')
                .map(str::trim)
                .find_map(|part| part.strip_prefix("CN="))
                .map(str::to_owned)
        };
        let sni = || self.sni.clone().filter(|_| wanted);
        self.address.clone().or_else(sni).or_else(common_name)
    }
}
