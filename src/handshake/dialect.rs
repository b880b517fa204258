//! Dialects of debug output: lines to events. None knows of any other handshake than the one its line speaks of.

pub mod certificate;
pub mod exception;
pub mod iaik;
pub mod jsse_new;
pub mod jsse_old;

use super::record::Certificate;
use crate::tls::jsse::Side;

/// What a line tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'l> {
    /// IAIK begins a connection.
    Start,
    /// A ClientHello; `Client`: sent, `Server`: received; `None`: the line does not tell.
    Hello(Option<Side>),
    /// The hello has the form of SSL 2.
    OldHello,
    /// The host that the hello names.
    Sni(&'l str),
    /// The hello was printed to its end.
    HelloEnd,
    /// Protocols offered.
    Offered(Vec<&'l str>),
    /// Suites offered.
    Suites(Vec<&'l str>),
    /// A ServerHello.
    ServerHello,
    /// The server wants another hello.
    Retry,
    /// The protocol agreed on.
    Protocol(&'l str),
    /// The suite agreed on.
    Suite(&'l str),
    /// A Certificate message; of the side named, where the line tells; with certificates or empty, where it tells.
    Chain {
        /// Whose it is.
        of: Option<Side>,
        /// Whether it holds none.
        empty: Option<bool>,
    },
    /// The client has no certificate to show.
    NoClientCertificate,
    /// This end found no key for what was asked.
    NoOwnKey,
    /// One certificate of the chain.
    Certificate(Box<Certificate>),
    /// The server asks for a certificate.
    Request,
    /// An authority that the server takes.
    Authority(&'l str),
    /// The list of authorities was printed to its end.
    RequestEnd,
    /// ServerHelloDone.
    HelloDone,
    /// Finished, sent or received; `None`: the line does not tell.
    Finished(Option<bool>),
    /// The handshake is reported as complete.
    Completed,
    /// Data was exchanged.
    Data,
    /// An alert.
    Alert {
        /// Whether this side sent it.
        sent: bool,
        /// Whether it ends the connection.
        fatal: bool,
        /// Its name, as [`alert_name`] makes it.
        name: String,
    },
    /// An exception or another text that says why it failed.
    Failure(&'l str),
    /// A message of the handshake was being read or written when it failed.
    Handling,
    /// The connection is closed.
    Close,
    /// The other end's address.
    Peer(&'l str),
    /// Which end this is, from what surrounds it.
    Role(Side),
}

/// An alert's name as in the standard: `handshake failure`, `HANDSHAKE_FAILURE` and `"handshake_failure"` are one.
pub fn alert_name(text: &str) -> String {
    let word = text.trim().trim_matches('"').trim();
    word.chars().take(40).map(|c| if c == ' ' { '_' } else { c.to_ascii_lowercase() }).collect()
}

/// The part of `text` behind `start`.
pub fn after<'t>(text: &'t str, start: &str) -> Option<&'t str> {
    text.find(start).map(|at| &text[at + start.len()..])
}

/// The part of `text` between two others.
pub fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let rest = after(text, start)?;
    rest.find(end).map(|at| &rest[..at])
}

/// The names of a list as Java prints one: `[A(0x1301), B]`.
pub fn names(list: &str) -> Vec<&str> {
    let list = list.trim().trim_start_matches(['"', '[']).trim_end_matches(['"', ']', ',']);
    let name = |part: &str| part.bytes().position(|byte| matches!(byte, b'(' | b'"' | b']'));
    list.split(',')
        .map(|part| {
            let part = part.trim();
            &part[..name(part).unwrap_or(part.len())]
        })
        .filter(|part| !part.is_empty())
        .take(128)
        .collect()
}
