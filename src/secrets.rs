//! Which bytes of a file, and which words of a message, are secrets. They reach no output: no snippet, no message, no
//! patch.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};

use crate::document::{Document, Syntax};
use crate::instance::settings::{REFERENCES, SYSTEM_PROPERTIES};
use crate::syntax::ports::{Ports, TokenKind};
use crate::syntax::properties::{self, Item};
use crate::syntax::wrapper::Kind;
use crate::syntax::{Span, display_text};

/// What is shown instead of a secret.
pub const MASK: &str = "********";

/// Parts of names whose values are secrets.
const WORDS: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "credential",
    "apikey",
    "api_key",
    "api-key",
    "privatekey",
    "private_key",
];

/// Finds any of these words in any case.
static FINDER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    let builder = AhoCorasickBuilder::new().ascii_case_insensitive(true).build(WORDS);
    builder.expect("a dozen words are not too many")
});

/// Whether a name promises a secret value. The server's own `watt.net.httpPass` and its like count too.
pub fn is_secret_name(name: &str) -> bool {
    let ends_with = |end: &str| {
        let start = name.len().checked_sub(end.len());
        start.is_some_and(|start| name.as_bytes()[start..].eq_ignore_ascii_case(end.as_bytes()))
    };
    FINDER.is_match(name) || (ends_with("pass") && !ends_with("bypass")) || ends_with("pw")
}

/// The last dotted part of a key.
pub fn last_segment(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// Whether a value gives nothing away though its name is a secret's: a switch, or a reference to where the secret is.
fn is_reference(value: &str) -> bool {
    let value = value.trim();
    let reference = REFERENCES.iter().any(|form| {
        let inside = value.strip_prefix(form).and_then(|rest| rest.strip_suffix('}'));
        inside.is_some_and(|name| !name.contains(['{', '}', '$']))
    });
    reference || value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false")
}

/// The secrets of a document, sorted and disjoint.
pub fn spans(document: &Document) -> Vec<Span> {
    spans_in(document, Span::new(0, document.bytes().len()))
}

/// Bytes on each side of a stretch that are looked at to tell what is secret in it.
const NEAR: usize = 64 << 10;

/// The secrets of a document near a stretch of it, sorted and disjoint, if they can be told without a look at all of it.
pub fn spans_near(document: &Document, stretch: Span) -> Option<Vec<Span>> {
    if document.role.is_properties() {
        let items = properties::items_near(document.bytes(), stretch, NEAR)?;
        let mut spans = Vec::new();
        properties(document.bytes(), &items, &mut spans);
        return Some(disjoint(spans));
    }
    // The lines of the others may be long, and have many findings each.
    document.role.is_wrapper().then(|| spans_in(document, stretch))
}

/// The secrets of a document, sorted and disjoint; of a properties or wrapper file in the lines that a stretch touches.
fn spans_in(document: &Document, stretch: Span) -> Vec<Span> {
    let bytes = document.bytes();
    let mut spans = Vec::new();
    match document.syntax() {
        Syntax::Properties(doc) => {
            properties(bytes, reaching(doc.items(), Item::span, stretch), &mut spans);
        }
        Syntax::Wrapper(doc) => {
            for line in reaching(doc.lines(), |line| line.span, stretch) {
                match line.kind {
                    Kind::Property { key, value } | Kind::Set { name: key, value, .. }
                        if is_secret_name(&doc.text(key)) =>
                    {
                        // A comment behind the value may repeat it.
                        spans.push(Span::new(value.range().start, line_text_end(bytes, line.span)));
                    }
                    Kind::Blank => {}
                    _ => inline(bytes, line.span, false, &mut spans),
                }
            }
        }
        Syntax::Ports(doc) => ports(doc, &mut spans),
        Syntax::Setenv(_) | Syntax::Opaque => {
            for line in lines_from(bytes, 0) {
                inline(bytes, line, false, &mut spans);
            }
        }
    }
    disjoint(spans)
}

/// Of pieces that tile a file, those that reach into a stretch or touch it.
fn reaching<T>(pieces: &[T], span: impl Fn(&T) -> Span, stretch: Span) -> &[T] {
    let first = pieces.partition_point(|piece| span(piece).end < stretch.start);
    let count = pieces[first..].partition_point(|piece| span(piece).start <= stretch.end);
    &pieces[first..first + count]
}

/// The secrets of some items of a properties file.
fn properties(bytes: &[u8], items: &[Item], spans: &mut Vec<Span>) {
    for item in items {
        match item {
            Item::Entry(entry) => {
                let key = properties::decode_past_errors(bytes, entry.key);
                if is_secret_name(&key) {
                    if !is_reference(&properties::decode(bytes, entry.value)) {
                        spans.push(entry.value);
                    }
                    // With its separator escaped, a secret is part of the key.
                    inline(bytes, entry.key, false, spans);
                } else {
                    let commas = key.ends_with(SYSTEM_PROPERTIES);
                    inline(bytes, entry.value, commas, spans);
                }
            }
            Item::Comment(span) => inline(bytes, *span, false, spans),
            Item::Blank(_) => {}
        }
    }
}

/// The same bytes as sorted, disjoint spans.
fn disjoint(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|span| !span.is_empty());
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// The secrets of a ports file: the text of elements with a secret name. Where the XML is broken, the text goes up to
/// the next end tag, tags inside a tag are secret with it, and behind the place where reading stopped every line with a secret's name is one.
fn ports(doc: &Ports, spans: &mut Vec<Span>) {
    let bytes = doc.bytes();
    let mut end_tag = 0;
    for token in doc.tokens() {
        match token.kind {
            TokenKind::Start | TokenKind::Empty | TokenKind::End | TokenKind::Instruction
                if is_secret_name(&display_text(token.span.of(bytes))) =>
            {
                let tag = token.span.range();
                // With a quote left open, a tag holds the tags behind it and their texts.
                let inner = memchr::memchr(b'<', &bytes[tag.start + 1..tag.end]);
                if token.kind == TokenKind::Start {
                    end_tag = next_end_tag(bytes, tag.end, end_tag);
                    let start = inner.map_or(tag.end, |found| tag.start + 1 + found);
                    spans.push(Span::new(start, end_tag));
                } else if let Some(found) = inner {
                    spans.push(Span::new(tag.start + 1 + found, tag.end));
                }
            }
            TokenKind::Comment => {
                inline(bytes, token.span, false, spans);
                commented_out(bytes, token.span, spans);
            }
            _ => {}
        }
    }
    let read = doc.tokens().last().map_or(0, |token| token.span.range().end);
    for line in lines_from(bytes, read) {
        if is_secret_name(&display_text(line.of(bytes))) {
            spans.push(line);
        }
    }
}

/// Where the next end tag begins from `from` on, given the last one that was found.
fn next_end_tag(bytes: &[u8], from: usize, last: usize) -> usize {
    if last >= from && last > 0 {
        return last;
    }
    memchr::memmem::find(&bytes[from..], b"</").map_or(bytes.len(), |found| from + found)
}

/// The text of elements with a secret name in a comment, where somebody keeps a port that is no longer used.
fn commented_out(bytes: &[u8], comment: Span, spans: &mut Vec<Span>) {
    let text = comment.of(bytes);
    let offset = comment.range().start;
    let (mut at, mut end_tag) = (1, 0);
    while let Some(start) = memchr::memchr(b'<', &text[at..]).map(|found| at + found) {
        at = memchr::memchr(b'>', &text[start..]).map_or(text.len(), |found| start + found + 1);
        if is_secret_name(&display_text(&text[start..at])) {
            end_tag = next_end_tag(text, at, end_tag);
            spans.push(Span::new(offset + at, offset + end_tag));
        }
    }
}

fn lines_from(bytes: &[u8], start: usize) -> impl Iterator<Item = Span> {
    let mut at = start;
    std::iter::from_fn(move || {
        if at >= bytes.len() {
            return None;
        }
        let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |found| at + found + 1);
        let span = Span::new(at, end);
        at = end;
        Some(span)
    })
}

fn line_text_end(bytes: &[u8], span: Span) -> usize {
    span.range().start + span.of(bytes).trim_ascii_end().len()
}

/// Secrets inside a longer text: what follows `NAME=` (or `NAME:`) with a secret name, to the end of its line; where
/// commas separate, to the comma before the next `name=value`.
fn inline(bytes: &[u8], within: Span, commas: bool, spans: &mut Vec<Span>) {
    let text = within.of(bytes);
    let offset = within.range().start;
    user_info(text, offset, spans);
    options(text, offset, spans);
    let name_char = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let mut at = 0;
    while let Some(found) = text[at..].iter().position(|&b| b == b'=' || b == b':') {
        let separator = at + found;
        at = separator + 1;
        let before = text[..separator].trim_ascii_end();
        let before = before.strip_suffix(b"\\").unwrap_or(before).trim_ascii_end();
        // As in JSON: "password": "..."
        let before = before.strip_suffix(b"\"").or(before.strip_suffix(b"'")).unwrap_or(before);
        let length = before.iter().rev().take_while(|&&b| name_char(b)).count();
        if !is_secret_name(&String::from_utf8_lossy(&before[before.len() - length..])) {
            continue;
        }
        let rest = &text[at..];
        let line_end = rest.iter().position(|&b| b == b'\n' || b == b'\r').unwrap_or(rest.len());
        let end = if commas { secret_end(rest) } else { line_end };
        spans.push(Span::new(offset + at, offset + at + end));
        at += end;
    }
}

/// The word behind an option with a secret name, as in `--password geheim`.
fn options(text: &[u8], offset: usize, spans: &mut Vec<Span>) {
    let mut at = 0;
    while let Some(dashes) = memchr::memmem::find(&text[at..], b"--").map(|found| at + found) {
        let rest = &text[dashes + 2..];
        let length =
            rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')).count();
        // Further dashes in it begin no other name.
        at = dashes + 2 + length;
        let blanks = rest[length..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        if blanks > 0 && is_secret_name(&String::from_utf8_lossy(&rest[..length])) {
            let start = at + blanks;
            let value = text[start..].iter().take_while(|b| !b.is_ascii_whitespace()).count();
            spans.push(Span::new(offset + start, offset + start + value));
        }
    }
}

/// The password of `//user:password@host`, and of Oracle's `thin:user/password@host`.
fn user_info(text: &[u8], offset: usize, spans: &mut Vec<Span>) {
    if let Some(thin) = memchr::memmem::find(text, b"thin:")
        && let Some(at) = memchr::memchr(b'@', &text[thin..])
        && let Some(slash) = memchr::memchr(b'/', &text[thin..thin + at])
    {
        spans.push(Span::new(offset + thin + slash + 1, offset + thin + at));
    }
    let mut next = 0;
    while let Some(slashes) = memchr::memmem::find(&text[next..], b"//").map(|found| next + found) {
        let start = slashes + 2;
        let authority = &text[start..];
        let stop = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'<');
        let authority = &authority[..authority.iter().position(stop).unwrap_or(authority.len())];
        // Up to the same `@`, further slashes hide nothing more.
        next = start + authority.len();
        // A raw slash may stand in a password, so only blanks and quotes end the search for the `@`.
        if let Some(at) = memchr::memrchr(b'@', authority)
            && let Some(colon) = memchr::memchr(b':', &authority[..at])
        {
            spans.push(Span::new(offset + start + colon + 1, offset + start + at));
        }
    }
}

/// Where the value at the start of `rest` ends, if commas separate `name=value` pairs: an element without `=` still
/// belongs to the value before, or to nobody, and is hidden too.
fn secret_end(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(comma) = memchr::memchr(b',', &rest[at..]).map(|found| at + found) {
        let next = &rest[comma + 1..];
        let element = &next[..memchr::memchr(b',', next).unwrap_or(next.len())];
        if memchr::memchr(b'=', element).is_some() {
            return comma;
        }
        at = comma + 1;
    }
    rest.len()
}

/// A text of our own with what follows a secret's name and a separator masked: the last guard before any output.
pub fn masked(text: String) -> String {
    let mut found = Vec::new();
    inline(text.as_bytes(), Span::new(0, text.len()), false, &mut found);
    let mut out = text;
    found.retain(|span| !is_reference(&String::from_utf8_lossy(span.of(out.as_bytes()))));
    for span in disjoint(found).into_iter().rev() {
        let range = span.range();
        if !out[range.clone()].trim().is_empty() {
            out.replace_range(range, MASK);
        }
    }
    out
}

/// Headers whose whole value opens a door.
const HEADERS: [&str; 2] = ["authorization:", "cookie:"];

/// A text from a log as it may be shown: as [`masked`], and without the values of headers that carry passwords, tokens or
/// sessions, and without the password of `user:password@host`.
pub fn masked_log(text: String) -> String {
    let mut text = masked(text);
    let lower = text.to_ascii_lowercase();
    let header = HEADERS.iter().filter_map(|header| Some(lower.find(header)? + header.len())).min();
    if let Some(end) = header {
        text.truncate(end);
        text.push(' ');
        text.push_str(MASK);
    }
    let mut from = 0;
    while let Some(at) = text[from..].find('@').map(|at| from + at) {
        let word =
            text[..at].rfind(|c: char| c.is_whitespace() || "/\"'<>".contains(c)).map_or(0, |end| end + 1);
        let password = text[word..at].find(':').map(|colon| word + colon + 1).filter(|start| *start < at);
        from = at + 1;
        if let Some(start) = password {
            text.replace_range(start..at, MASK);
            from = start + MASK.len() + 1;
        }
    }
    text
}

/// A value as it may be shown: the whole of it masked where its name is a secret's, else what in it is one.
pub fn shown_value(name: &str, value: &str) -> String {
    if is_secret_name(name) {
        let plain = value.trim().is_empty() || is_reference(value);
        return if plain { value.to_owned() } else { MASK.to_owned() };
    }
    masked(value.to_owned())
}

/// Whether a stretch of bytes touches a secret.
pub fn touches(spans: &[Span], span: Span) -> bool {
    let from = spans.partition_point(|secret| secret.end <= span.start);
    spans.get(from).is_some_and(|secret| secret.start < span.end)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::document::Role;

    fn mask(role: Role, text: &str) -> String {
        let document = Document::new(PathBuf::from("x"), "x".into(), role, text.as_bytes().to_vec());
        let mut out = text.to_owned();
        for span in spans(&document).into_iter().rev() {
            out.replace_range(span.range(), "*");
        }
        out
    }

    #[test]
    fn a_secret_inside_a_secret_is_masked_once() {
        assert_eq!(masked("password=//user:CANARY@höst".to_owned()), format!("password={MASK}"));
        assert_eq!(masked("a.token = //u:é@h".to_owned()), format!("a.token ={MASK}"));
    }

    #[test]
    fn a_stretch_has_the_secrets_of_the_whole_file() {
        let text = "a.password=CANARY\\\n  CANARY\\\r\n  CANARY\n#b.token = CANARY\nx=y\nuser=--secret CANARY\\\n  z\n";
        for (role, text) in [
            (Role::ServerCnf, text.to_owned()),
            (Role::CustomWrapper, text.to_owned()),
            (Role::Ports, "<a><b name='password'>CANARY</b></a>".to_owned()),
            // Further than what is looked at.
            (Role::ServerCnf, format!("a.password=CANARY{}\nx=y\n", "\\\n1".repeat(NEAR))),
        ] {
            let document = Document::new(PathBuf::from("x"), "x".into(), role, text.into_bytes());
            let whole = spans(&document);
            let length = document.bytes().len();
            for start in (0..length).step_by(length / 50 + 1) {
                let stretch = Span::new(start, (start + 9).min(length));
                let Some(near) = spans_near(&document, stretch) else { continue };
                let inside = |spans: &[Span]| -> Vec<bool> {
                    stretch.range().map(|at| touches(spans, Span::new(at, at + 1))).collect()
                };
                assert_eq!(inside(&near), inside(&whole), "{role:?} at {start}");
            }
        }
    }

    #[test]
    fn secrets_are_found_wherever_they_hide() {
        let text = "watt.a.password=CANARY\\\n  CANARY\n#old.token = CANARY\nx=y\nuser=token:CANARY\n";
        assert_eq!(mask(Role::ServerCnf, text), "watt.a.password=*\n#old.token =*\nx=y\nuser=token:*\n");
        let text = "x\\u00zz.pass\\\nword=CANARY\n";
        assert_eq!(mask(Role::ServerCnf, text), text.replace("CANARY", "*"));
        let text = "a.password=$secret{NAME}\nb.password=$env{A}x\nc.hidePassword=false\n";
        assert_eq!(
            mask(Role::Template, text),
            "a.password=$secret{NAME}\nb.password=*\nc.hidePassword=false\n"
        );
        let text = "watt.config.systemProperties=a\\=b,javax.net.ssl.keyStorePassword\\=CAN,ARY,javax.net.debug\\=ssl\n";
        assert_eq!(
            mask(Role::ServerCnf, text),
            "watt.config.systemProperties=a\\=b,javax.net.ssl.keyStorePassword\\=*,javax.net.debug\\=ssl\n"
        );
        let text = "wrapper.java.additional.400=-Djavax.net.ssl.trustStorePassword=CAN ARY\nset.JAVA_KEYSTORE_PASSWORD=CANARY\n";
        assert_eq!(
            mask(Role::CustomWrapper, text),
            "wrapper.java.additional.400=-Djavax.net.ssl.trustStorePassword=*\nset.JAVA_KEYSTORE_PASSWORD=*\n"
        );
        let text =
            "<Values><record name=\"listeners\"><value name=\"password\">CANARY</value></record></Values>";
        assert!(!mask(Role::Ports, text).contains("CANARY"));
        let text = "<Values><!-- <value name=\"password\">CANARY</value> <b>x</b> --></Values>";
        assert_eq!(mask(Role::Ports, text), text.replace("CANARY", "*"));
    }
}
