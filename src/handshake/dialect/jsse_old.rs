//! JSSE up to 8u251: `main, WRITE: TLSv1.2 Handshake, length = 199`, `*** ClientHello, TLSv1.2`. Only some lines name
//! their thread.

use super::{Event, after, alert_name, between, names};

/// What a line is.
#[derive(Debug, PartialEq)]
pub enum Line<'l> {
    /// A line with its thread: a handshake record was read.
    Read(&'l str),
    /// A line with its thread: a handshake record was written.
    Wrote(&'l str),
    /// A line with its thread: a ChangeCipherSpec was read or written.
    Changed(&'l str),
    /// Another line with its thread.
    Threaded(&'l str),
    /// A message without a thread.
    Message(Body),
    /// The next hello is sent by this side.
    OwnHello,
    /// The end of a message.
    End,
}

/// What the lines behind a message's first one are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// A ClientHello.
    Hello,
    /// A ServerHello.
    ServerHello,
    /// A chain of certificates.
    Chain,
    /// A CertificateRequest.
    Request,
    /// Nothing of interest.
    Other,
}

/// What stands behind the thread's name. Each begins with the comma, and none with another.
const MARKS: [&str; 12] = [
    ", READ: ",
    ", WRITE: ",
    ", SEND ",
    ", RECV ",
    ", handling exception",
    ", received EOFException",
    ", called close",
    ", fatal error: ",
    ", fatal: ",
    ", IOException in getSession()",
    ", Exception while",
    ", Exception sending",
];

/// Reads a line without its carrier.
pub fn line<'l>(text: &'l str, out: &mut Vec<Event<'l>>) -> Option<Line<'l>> {
    let text = text.trim_end();
    if let Some(message) = text.strip_prefix("*** ") {
        return Some(Line::Message(named(message, out)));
    }
    if text == "***" {
        return Some(Line::End);
    }
    if let Some(rest) = text.strip_prefix("%% ") {
        return session(rest, out);
    }
    if text.starts_with("Warning: no suitable certificate") {
        out.push(Event::NoClientCertificate);
        return Some(Line::Message(Body::Other));
    }
    let mark_at = |at: usize| Some((at, *MARKS.iter().find(|mark| text[at..].starts_with(**mark))?));
    let (at, mark) = memchr::memchr_iter(b',', text.as_bytes()).find_map(mark_at)?;
    let thread = text[..at].trim();
    let rest = &text[at + mark.len()..];
    if thread.is_empty() || thread.len() > 120 {
        return None;
    }
    Some(match mark {
        ", READ: " if rest.contains("Handshake") => Line::Read(thread),
        ", WRITE: " if rest.contains("Handshake") => Line::Wrote(thread),
        ", READ: " | ", WRITE: " if rest.contains("Change Cipher Spec") => Line::Changed(thread),
        ", READ: " | ", WRITE: " => {
            if rest.contains("Application Data") {
                out.push(Event::Data);
            }
            Line::Threaded(thread)
        }
        ", SEND " | ", RECV " => {
            alert(rest, mark == ", SEND ", out);
            Line::Threaded(thread)
        }
        ", Exception while" | ", Exception sending" => Line::Threaded(thread),
        ", called close" => {
            out.push(Event::Close);
            Line::Threaded(thread)
        }
        ", received EOFException" => Line::Threaded(thread),
        ", fatal error: " => {
            let reason = rest.split_once(": ").map_or(rest, |(_, reason)| reason);
            out.push(Event::Failure(reason));
            Line::Threaded(thread)
        }
        _ => {
            out.push(Event::Failure(rest.trim_start_matches(':').trim()));
            Line::Threaded(thread)
        }
    })
}

fn named<'l>(message: &'l str, out: &mut Vec<Event<'l>>) -> Body {
    let (name, rest) = message.split_once(',').unwrap_or((message, ""));
    match name.trim() {
        "ClientHello" => {
            out.push(Event::Hello(None));
            if !rest.trim().is_empty() {
                out.push(Event::Offered(vec![rest.trim()]));
            }
            return Body::Hello;
        }
        "ServerHello" => {
            out.push(Event::ServerHello);
            if !rest.trim().is_empty() {
                out.push(Event::Protocol(rest.trim()));
            }
            return Body::ServerHello;
        }
        "Certificate chain" => {
            out.push(Event::Chain { of: None, empty: None });
            return Body::Chain;
        }
        "CertificateRequest" => {
            out.push(Event::Request);
            return Body::Request;
        }
        "ServerHelloDone" => out.push(Event::HelloDone),
        "Finished" => out.push(Event::Finished(None)),
        _ => {}
    }
    Body::Other
}

fn session<'l>(text: &str, out: &mut Vec<Event<'l>>) -> Option<Line<'l>> {
    if text.starts_with("Cached client session") || text.starts_with("Cached server session") {
        out.push(Event::Completed);
        return Some(Line::Message(Body::Other));
    }
    let own = ["No cached client session", "Client cached"];
    own.iter().any(|start| text.starts_with(start)).then_some(Line::OwnHello)
}

fn alert(text: &str, sent: bool, out: &mut Vec<Event<'_>>) {
    let Some(rest) = after(text, "ALERT:") else { return };
    let Some((level, name)) = rest.split_once(',') else { return };
    let name = name.trim().trim_start_matches("description =");
    out.push(Event::Alert { sent, fatal: level.trim() == "fatal", name: alert_name(name) });
}

/// What a further line of a message tells. Lines of certificates are read elsewhere.
pub fn body<'l>(body: Body, text: &'l str, out: &mut Vec<Event<'l>>) {
    let text = text.trim();
    match body {
        Body::Hello => {
            if let Some(list) = text.strip_prefix("Cipher Suites:") {
                out.push(Event::Suites(names(list)));
            } else if text.starts_with("Extension server_name") {
                let host = between(text, "value=", "]").or_else(|| between(text, "host_name: ", "]"));
                out.extend(host.map(Event::Sni));
            }
        }
        Body::ServerHello => {
            if let Some(suite) = text.strip_prefix("Cipher Suite:") {
                out.push(Event::Suite(suite.trim()));
            }
        }
        Body::Chain => {
            if text == "<Empty>" {
                out.push(Event::Chain { of: None, empty: Some(true) });
            } else if text.starts_with("chain [0]") {
                out.push(Event::Chain { of: None, empty: Some(false) });
            }
        }
        Body::Request => {
            let name = text.trim_start_matches('<').trim_end_matches('>');
            if text == "<Empty>" {
                out.push(Event::RequestEnd);
            } else if text.starts_with('<') || (text.contains('=') && !text.contains(": ")) {
                out.push(Event::Authority(name));
            }
        }
        Body::Other => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_name_their_thread_or_not() {
        let mut out = Vec::new();
        assert_eq!(line("a, b, READ: TLSv1.2 Handshake, length = 199", &mut out), Some(Line::Read("a, b")));
        assert_eq!(
            line("main, SEND TLSv1.2 ALERT:  fatal, description = bad_certificate", &mut out),
            Some(Line::Threaded("main"))
        );
        assert_eq!(out, [Event::Alert { sent: true, fatal: true, name: "bad_certificate".to_owned() }]);
        assert_eq!(line("nothing of the kind", &mut Vec::new()), None);
    }
}
