//! Exceptions as Java prints them, with or without debug output around.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::after;
use crate::tls::jsse::Side;

/// An exception's class and message, from a line that names one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exception<'l> {
    /// Its class, with package.
    pub class: &'l str,
    /// Its message; may be empty.
    pub message: &'l str,
    /// Class and message as they stand in the line.
    pub text: &'l str,
    /// Whether it is the cause of the one before.
    pub cause: bool,
}

/// The exception a line names first.
pub fn exception(line: &str) -> Option<Exception<'_>> {
    let mut from = 0;
    while let Some(found) = line[from..].find("Exception") {
        let end = from + found + "Exception".len();
        from = end;
        let rest = &line[end..];
        // IBM's runtime shortens class names, and some classes go on after the word.
        if !(rest.is_empty() || rest.starts_with(':') || rest.starts_with(char::is_whitespace)) {
            continue;
        }
        let head = &line[..end];
        let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '$');
        let start =
            head.rfind(|c| !word(c)).map_or(0, |at| at + head[at..].chars().next().map_or(1, char::len_utf8));
        let class = &line[start..end];
        if !class.contains('.') {
            continue;
        }
        let message = rest.strip_prefix(':').unwrap_or("").trim();
        return Some(Exception {
            class,
            message,
            text: line[start..].trim_end(),
            cause: line[..start].trim_end().ends_with("Caused by:"),
        });
    }
    None
}

/// Whether a class is about nothing but TLS.
pub fn is_tls(class: &str) -> bool {
    class.starts_with("javax.net.ssl.")
        || class.starts_with("sun.security.validator.")
        || class.starts_with("sun.security.provider.certpath.")
        || class.starts_with("iaik.security.ssl.")
        || class.starts_with("com.ibm.jsse2.")
}

/// Whether a class may be about TLS: what surrounds it tells.
pub fn may_be_tls(class: &str) -> bool {
    const CLASSES: [&str; 12] = [
        "java.io.EOFException",
        "java.io.IOException",
        "java.lang.RuntimeException",
        "java.net.SocketException",
        "java.net.SocketTimeoutException",
        "java.lang.IllegalArgumentException",
        "java.security.NoSuchAlgorithmException",
        "java.security.KeyManagementException",
        "java.security.UnrecoverableKeyException",
        "java.security.InvalidAlgorithmParameterException",
        "java.security.KeyStoreException",
        "java.security.ProviderException",
    ];
    CLASSES.contains(&class) || class.starts_with("java.security.cert.")
}

/// Whether a line is a frame of a stack.
pub fn is_frame(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("at ") || (text.starts_with("... ") && text.contains(" more"))
}

/// What a frame of a stack tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Frame {
    /// Which end this was.
    pub role: Option<Side>,
    /// Whether it belongs to a TLS library.
    pub tls: bool,
    /// Whether it is of a handshake.
    pub handshaking: bool,
    /// Whether it reads or writes a message of one.
    pub handling: bool,
}

/// Parts of frames that only a client has.
const CLIENT: [&str; 13] = [
    "checkServerTrusted",
    "checkServerCerts",
    "ClientHandshaker",
    "ClientHello$ClientHelloKickstartProducer",
    "ServerHello$ServerHelloConsumer",
    "ServerHello$T12ServerHelloConsumer",
    "ServerHello$T13ServerHelloConsumer",
    "ServerKeyExchangeConsumer",
    "ClientHandshakeContext",
    "HttpsClient",
    "URLConnection",
    "httpclient",
    "checkHandshakeServerName",
];
/// Parts of frames that only a server has.
const SERVER: [&str; 7] = [
    "checkClientTrusted",
    "checkClientCerts",
    "ServerHandshaker",
    "ClientHello$",
    "ServerHello$T1",
    "ServerHandshakeContext",
    "ClientKeyExchangeConsumer",
];
/// Parts of frames that read or write a message of a handshake.
const HANDLING: [&str; 4] =
    ["HandshakeContext.dispatch", "HandshakeOutStream.", "Handshaker.process", "HandshakeMessage.write"];
/// Parts of frames of a TLS library, and of one that shakes hands.
const TLS: [&str; 4] = ["security.ssl.", "net.ssl.", "ibm.jsse2.", "andshake"];

static FRAME_WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = CLIENT.iter().chain(&SERVER).chain(&HANDLING).chain(&TLS);
    let kind = Some(AhoCorasickKind::DFA);
    AhoCorasick::builder().match_kind(MatchKind::Standard).kind(kind).build(words).ok()
});

/// Reads a frame.
pub fn frame(text: &str) -> Frame {
    let mut frame = Frame::default();
    let Some(words) = FRAME_WORDS.as_ref() else { return frame };
    let mut server = false;
    for found in words.find_overlapping_iter(text) {
        match found.pattern().as_usize() {
            word if word < CLIENT.len() => frame.role = Some(Side::Client),
            word if word < CLIENT.len() + SERVER.len() => server = true,
            word if word < CLIENT.len() + SERVER.len() + HANDLING.len() => frame.handling = true,
            word if word == CLIENT.len() + SERVER.len() + HANDLING.len() + TLS.len() - 1 => {
                frame.handshaking = true;
            }
            _ => frame.tls = true,
        }
    }
    // The client's words are the longer ones where both fit.
    if server && frame.role.is_none() {
        frame.role = Some(Side::Server);
    }
    frame
}

/// The host that was called, where a message says that the certificate is for another.
pub fn called(message: &str) -> Option<&str> {
    let rest = after(message, " name matching ").or_else(|| after(message, " names matching IP address "))?;
    let (host, _) = rest.split_once(" found")?;
    Some(host).filter(|host| !host.is_empty() && !host.contains(char::is_whitespace))
}

/// The alert that an exception's message reports as received.
pub fn received_alert(message: &str) -> Option<&str> {
    let rest = after(message, "Received fatal alert:")
        .or_else(|| after(message, "handshake alert:"))
        .or_else(|| after(message, "Peer sent alert: Alert Fatal:"))?;
    let name = rest.trim_start();
    let end = if message.contains("Peer sent") {
        name.len()
    } else {
        name.find([' ', ',', ')', ';', ']', '"', '\'', '<']).unwrap_or(name.len())
    };
    Some(name[..end].trim_end_matches('.')).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_found_in_any_line() {
        let found = exception(
            "Caused by: javax.net.ssl.SSLHandshakeException: Received fatal alert: bad_certificate",
        )
        .expect("one");
        assert_eq!(found.class, "javax.net.ssl.SSLHandshakeException");
        assert!(found.cause);
        assert_eq!(received_alert(found.message), Some("bad_certificate"));
        assert_eq!(exception("é java.io.EOFException").map(|e| e.class), Some("java.io.EOFException"));
        assert_eq!(exception("NoException: here"), None);
        assert_eq!(exception("\tat a.b.MyException.throwIt(MyException.java:3)"), None);
    }
}
