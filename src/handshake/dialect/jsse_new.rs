//! JSSE since Java 11 and 8u261: `javax.net.ssl|DEBUG|10|main|2026-11-23 10:00:00.000 UTC|Alert.java:238|...`, records of
//! several lines in brackets, and the same as JSON (`javax.net.debug=...,expand`).

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{Event, after, alert_name, between, names};
use crate::tls::jsse::Side;

/// What a record begins with.
const TOKEN: &str = "javax.net.ssl|";

static TOKENS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(TOKEN));

/// Where in a line a record begins.
pub fn token(line: &[u8]) -> Option<usize> {
    TOKENS.find(line)
}

/// The first line of a record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Head<'l> {
    /// Number and name of the thread.
    pub thread: &'l str,
    /// When, as printed.
    pub time: &'l str,
    /// What.
    pub message: &'l str,
}

/// Takes a record's first line apart. The name of a thread may hold anything but the date behind it.
pub fn head(text: &str) -> Option<Head<'_>> {
    let rest = &text[token(text.as_bytes())? + TOKEN.len()..];
    let (_, rest) = rest.split_once('|')?;
    let mut bars = rest.match_indices('|').map(|(at, _)| at);
    let number = bars.next()?;
    // The first bar with a date behind it ends the thread's name.
    let name = bars.find(|bar| {
        let date = &rest.as_bytes()[bar + 1..];
        date.len() > 10 && date[..4].iter().all(u8::is_ascii_digit) && matches!(date[4], b'-' | b'/')
    })?;
    let (thread, rest) = (&rest[..name], &rest[name + 1..]);
    debug_assert!(number < name);
    let (time, rest) = rest.split_once('|')?;
    let (_, message) = rest.split_once('|')?;
    Some(Head { thread, time, message: message.trim_end() })
}

/// What the lines behind a record's first one are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// A ClientHello.
    Hello,
    /// A ServerHello.
    ServerHello,
    /// Certificates of a side.
    Chain(Option<Side>),
    /// A CertificateRequest.
    Request,
    /// An alert.
    Alert,
    /// An exception.
    Throwable,
    /// Nothing of interest.
    Other,
}

impl Body {
    /// Whether an indented line, without its blanks, may tell something: its beginning shows that of most that do not.
    pub fn may_tell(self, line: &[u8]) -> bool {
        let starts = |byte: u8, next: &[u8]| {
            line.first() == Some(&byte) && line.get(1).is_none_or(|second| next.contains(second))
        };
        match self {
            Body::Hello => starts(b'"', b"cv") || starts(b't', b"y"),
            Body::ServerHello => starts(b'"', b"cs"),
            Body::Chain(_) => matches!(line.first(), Some(b'"' | b']')),
            _ => true,
        }
    }
}

/// What a record's message tells, and what its further lines are about.
pub fn message<'l>(message: &'l str, out: &mut Vec<Event<'l>>) -> Body {
    let produced = message.starts_with("Produced ");
    if produced || message.starts_with("Consuming ") {
        return handshake_message(&message[if produced { 9 } else { 10 }..], produced, out);
    }
    if message.starts_with("Received alert message") {
        return Body::Alert;
    }
    if let Some(rest) = message.strip_prefix("Fatal (") {
        let text = rest.split_once("): ").map_or(rest, |(_, text)| text);
        out.push(Event::Failure(text.strip_suffix(" (").unwrap_or(text)));
        return Body::Throwable;
    }
    if message.starts_with("handling exception") || message.starts_with("Warning: failed to send") {
        return Body::Throwable;
    }
    if message.starts_with("No X.509 certificate for client auth")
        || message.starts_with("No available client auth")
    {
        out.push(Event::NoClientCertificate);
    } else if let Some(version) = message.strip_prefix("Negotiated protocol version: ") {
        out.push(Event::Protocol(version.trim()));
    } else if let Some(name) = between(message, "alert(", ")") {
        if message.starts_with("WRITE") {
            out.push(Event::Alert { sent: true, fatal: !is_polite(name), name: alert_name(name) });
        }
    } else if message.starts_with("close the underlying socket")
        || message.starts_with("close the SSL connection")
    {
        out.push(Event::Close);
    } else if message.starts_with("READ: ") && message.contains("application_data") {
        out.push(Event::Data);
    }
    Body::Other
}

fn handshake_message<'l>(text: &'l str, produced: bool, out: &mut Vec<Event<'l>>) -> Body {
    let side = |when_produced: Side| if produced { when_produced } else { opposite(when_produced) };
    if text.starts_with("ClientHello") {
        out.push(Event::Hello(Some(side(Side::Client))));
        return Body::Hello;
    }
    if text.contains("HelloRetryRequest") {
        out.extend([Event::Role(side(Side::Server)), Event::Retry]);
    } else if text.starts_with("ServerHelloDone") {
        out.extend([Event::Role(side(Side::Server)), Event::HelloDone]);
    } else if text.starts_with("ServerHello") {
        out.extend([Event::Role(side(Side::Server)), Event::ServerHello]);
        return Body::ServerHello;
    } else if text.starts_with("CertificateRequest") {
        out.extend([Event::Role(side(Side::Server)), Event::Request]);
        return Body::Request;
    } else if text.starts_with("CertificateVerify") || text.starts_with("CertificateStatus") {
        return Body::Other;
    } else if text.contains("Certificate ") && !text.contains("CertificateVerify") {
        let of = if text.starts_with("client") {
            Some(Side::Client)
        } else if text.starts_with("server") {
            Some(Side::Server)
        } else {
            None
        };
        out.extend(of.map(|of| Event::Role(if produced { of } else { opposite(of) })));
        out.push(Event::Chain { of, empty: None });
        return Body::Chain(of);
    } else if text.contains("Finished") {
        out.push(Event::Finished(Some(produced)));
    } else if text.starts_with("NewSessionTicket") && !produced {
        out.push(Event::Data);
    }
    Body::Other
}

fn opposite(side: Side) -> Side {
    match side {
        Side::Client => Side::Server,
        Side::Server => Side::Client,
    }
}

/// What a further line of a record tells. Lines of certificates and exceptions are read elsewhere.
pub fn body<'l>(body: Body, text: &'l str, out: &mut Vec<Event<'l>>) {
    let text = text.trim();
    let value = || text.split_once(':').map_or("", |(_, value)| value.trim().trim_end_matches(','));
    match body {
        Body::Hello => {
            if text.starts_with("\"cipher suites\"") {
                out.push(Event::Suites(names(value())));
            } else if let Some(host) = text.strip_prefix("type=host_name (0), value=") {
                out.push(Event::Sni(host));
            } else if text.starts_with("\"client version\"") || text.starts_with("\"versions\"") {
                let versions: Vec<&str> =
                    names(value()).into_iter().filter(|name| is_protocol(name)).collect();
                if !versions.is_empty() {
                    out.push(Event::Offered(versions));
                }
            }
        }
        Body::ServerHello => {
            if text.starts_with("\"cipher suite\"") {
                out.extend(names(value()).first().map(|name| Event::Suite(name)));
            } else if text.starts_with("\"server version\"") || text.starts_with("\"selected version\"") {
                out.extend(names(value()).first().map(|name| Event::Protocol(name)));
            }
        }
        Body::Chain(of) => {
            let empty = text.starts_with("\"Certificates\": <empty") || text == "]";
            if empty {
                out.push(Event::Chain { of, empty: Some(true) });
            } else if text.starts_with("\"certificate\"") {
                out.push(Event::Chain { of, empty: Some(false) });
            }
        }
        Body::Request => authorities(text, out),
        Body::Alert => {
            if text.starts_with("\"description\"") {
                let name = alert_name(value());
                out.push(Event::Alert { sent: false, fatal: !is_polite(&name), name });
            }
        }
        Body::Throwable | Body::Other => {}
    }
}

/// The list of authorities: names with commas in them, on one line or on one each.
fn authorities<'l>(text: &'l str, out: &mut Vec<Event<'l>>) {
    let list = if let Some(list) = after(text, "\"certificate authorities\": [") {
        list
    } else if text.contains('=') && !text.starts_with('"') {
        text
    } else {
        return;
    };
    let closed = list.contains(']');
    let list = list.trim_end_matches([']', ',', ' ']);
    let mut start = 0;
    // The next name begins with one of the attributes that names begin with.
    for (at, _) in list.match_indices(", ") {
        let next = &list[at + 2..];
        let begins = ["CN=", "EMAILADDRESS=", "OU="].iter().any(|key| next.starts_with(key));
        if begins && at > start && !list[start..at].ends_with(',') && list[start..at].contains("C=") {
            out.push(Event::Authority(list[start..at].trim()));
            start = at + 2;
        }
    }
    if !list[start..].trim().is_empty() {
        out.push(Event::Authority(list[start..].trim()));
    }
    if closed {
        out.push(Event::RequestEnd);
    }
}

/// Whether an alert is part of an orderly end, or refuses what need not be done.
fn is_polite(name: &str) -> bool {
    matches!(name, "close_notify" | "user_canceled" | "no_renegotiation")
}

/// Whether a name is a protocol's.
pub fn is_protocol(name: &str) -> bool {
    name.starts_with("TLSv1") || name.starts_with("SSLv") || name.starts_with("DTLS")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_taken_apart_whatever_the_thread_is_called() {
        let line =
            "x javax.net.ssl|FINE|1e|pool-1 | a, b|2026-11-23 10:00:00.000 UTC|null:-1|Fatal (X): no (y) (";
        let found = head(line).expect("a head");
        assert_eq!((found.thread, found.message), ("1e|pool-1 | a, b", "Fatal (X): no (y) ("));
        let mut out = Vec::new();
        assert_eq!(message(found.message, &mut out), Body::Throwable);
        assert_eq!(out, [Event::Failure("no (y)")]);
        assert_eq!(head("javax.net.ssl|"), None);
        assert_eq!(head("javax.net.ssl|a|b|c|d"), None);
    }
}
