//! IAIK (iSaSiLk): `ssl_debug(3): Sending v3 client_hello message ...`, where 3 is the connection.

use super::{Event, after, alert_name};
use crate::tls::jsse::Side;

/// What every line begins with.
pub const TOKEN: &str = "ssl_debug(";

/// The number of the connection and what a line says of it.
pub fn line(text: &str) -> Option<(&str, &str)> {
    let rest = after(text, TOKEN)?;
    let (number, rest) = rest.split_once(')')?;
    let digits = !number.is_empty() && number.len() < 12 && number.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| (number, rest.strip_prefix(':').unwrap_or(rest).trim_end()))
}

/// What one message tells. An authority is a line of its own, set in by two blanks.
pub fn events<'l>(message: &'l str, out: &mut Vec<Event<'l>>) {
    let indent = message.len() - message.trim_start().len();
    let text = message.trim_start();
    if indent >= 3 && text.contains('=') {
        out.push(Event::Authority(text));
        return;
    }
    if text.starts_with("Starting handshake") {
        out.push(Event::Start);
    } else if let Some(rest) = text.strip_prefix("Remote client:").or(text.strip_prefix("Remote server:")) {
        out.push(Event::Peer(rest.split(", Timestamp").next().unwrap_or(rest).trim()));
    } else if text.contains("client_hello") {
        hello(text, out);
    } else if text.contains("server_hello_done") {
        out.extend([Event::Role(sender(text, Side::Server)), Event::HelloDone]);
    } else if text.contains("server_hello") {
        out.extend([Event::Role(sender(text, Side::Server)), Event::ServerHello]);
    } else if text.contains("certificate_request") {
        out.extend([Event::Role(sender(text, Side::Server)), Event::Request]);
    } else if text.starts_with("Accepted certificate authorities:") {
        out.push(Event::RequestEnd);
    } else if text.starts_with("No client certificate available") {
        out.extend([Event::Role(Side::Client), Event::Request, Event::NoClientCertificate]);
    } else if text.starts_with("Certificate message is empty") {
        out.push(Event::Role(Side::Server));
        out.push(Event::Chain { of: Some(Side::Client), empty: Some(true) });
        out.push(Event::Failure(text));
    } else if text.contains("certificate handshake message") || text.contains("certificate message") {
        certificate(text, out);
    } else if text.contains("certificate, chain has") {
        out.push(Event::Chain {
            of: Some(if text.starts_with("Client") { Side::Client } else { Side::Server }),
            empty: Some(false),
        });
    } else if text.contains("finished message") || text.contains("finished handshake message") {
        out.push(Event::Finished(Some(text.starts_with("Sending"))));
    } else if text.starts_with("Handshake completed") {
        out.push(Event::Completed);
    } else if text.starts_with("Closing transport") {
        out.push(Event::Close);
    } else if let Some(version) = text.strip_prefix("Server selected SSL version ") {
        out.push(Event::Protocol(protocol(version.trim_end_matches('.'))));
    } else if let Some(suite) = after(text, "CipherSuite selected by server:") {
        out.push(Event::Suite(suite.trim()));
    }
    alert(text, out);
    if text.contains("while handshaking:") {
        out.push(Event::Failure(text));
    }
}

/// Which end this is, from a message of one side's that was sent or received.
fn sender(text: &str, of: Side) -> Side {
    match (text.starts_with("Sending"), of) {
        (true, of) => of,
        (false, Side::Client) => Side::Server,
        (false, Side::Server) => Side::Client,
    }
}

fn hello<'l>(text: &'l str, out: &mut Vec<Event<'l>>) {
    let sent = text.starts_with("Sending");
    out.push(Event::Hello(Some(if sent { Side::Client } else { Side::Server })));
    if text.contains(" v2 ") {
        out.push(Event::OldHello);
    }
    if let Some(version) = after(text, "requesting version ").or_else(|| after(text, "requests version ")) {
        let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
        out.push(Event::Offered(vec![protocol(version[..end].trim_end_matches('.'))]));
    }
    // Newer builds name the host in this line; the address follows in `Remote client:` else.
    if let Some(host) = after(text, "message to ") {
        out.push(Event::Peer(host.split(',').next().unwrap_or(host).trim()));
    }
}

fn certificate<'l>(text: &'l str, out: &mut Vec<Event<'l>>) {
    let of = if text.contains("client certificate") {
        Some(Side::Client)
    } else if text.contains("server certificate") {
        Some(Side::Server)
    } else {
        None
    };
    out.extend(of.map(|of| Event::Role(sender(text, of))));
    let empty = text.contains("empty").then_some(true);
    out.push(Event::Chain { of, empty });
}

fn alert<'l>(text: &'l str, out: &mut Vec<Event<'l>>) {
    let Some(rest) = after(text, "Alert ") else { return };
    let fatal = rest.starts_with("Fatal:");
    if let Some(name) = rest.strip_prefix("Fatal:").or(rest.strip_prefix("Warning:")) {
        let sent = text.starts_with("Sending alert") || text.starts_with("Exception sending");
        out.push(Event::Alert { sent, fatal, name: alert_name(name) });
    }
}

/// A protocol by the number it has on the wire.
fn protocol(version: &str) -> &str {
    match version {
        "2.0" => "SSLv2Hello",
        "3.0" => "SSLv3",
        "3.1" => "TLSv1",
        "3.2" => "TLSv1.1",
        "3.3" => "TLSv1.2",
        "3.4" => "TLSv1.3",
        other => other,
    }
}
