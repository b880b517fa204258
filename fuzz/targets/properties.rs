//! `java.util.Properties` files: every byte in one item, values as a second reader has them, escapes that read back.

use std::path::PathBuf;

use wattlint::document::{Document, Role};
use wattlint::secrets;
use wattlint::syntax::properties::{Item, Properties, decode_utf16, elements, escape_value};
use wattlint::syntax::{Span, display_text};

use super::{MOST, inside, tiled};

pub fn run(data: &[u8]) {
    if data.len() > MOST {
        return;
    }
    let doc = Properties::parse(data);
    let whole = Span::new(0, data.len());
    assert_eq!(tiled(doc.items().iter().map(Item::span)), data.len());
    for entry in doc.entries() {
        inside(entry.span, entry.key);
        inside(entry.span, entry.value);
        assert!(entry.key.end <= entry.value.start, "{entry:?}");
        let mut at = entry.value.start;
        for element in elements(data, entry.value, b',') {
            assert!(at <= element.start && element.start <= element.end, "{element:?} in {entry:?}");
            at = element.end;
        }
        assert!(at <= entry.value.end, "elements leave {entry:?}");
    }
    if let Some(broken) = doc.malformed() {
        inside(whole, broken.span);
        assert!(!broken.span.is_empty() && broken.entry < doc.entries().count());
    }
    reads_back(&doc);
    second_reader(&doc);
    places(data);
}

/// A loaded value, written and read again, is the same.
fn reads_back(doc: &Properties) {
    for entry in doc.loaded() {
        let value = doc.value(entry);
        let mut line = b"key=".to_vec();
        line.extend(escape_value(&value));
        let again = Properties::parse(line.as_slice());
        let mut entries = again.loaded();
        let read = entries.next().expect("the line that was written");
        assert_eq!((again.key(read), again.value(read)), ("key".into(), value));
        assert!(entries.next().is_none(), "one line became several");
    }
}

/// The java-properties crate reads the same, where it follows the same rules as Java: it does not join lines as Java
/// does, knows no surrogate pairs, takes bytes from 0x80 to 0x9f for those of windows-1252, and obeys byte order marks
/// (or stumbles over the first byte of one).
fn second_reader(doc: &Properties) {
    let text = doc.bytes();
    let joins = text.split(|b| matches!(b, b'\n' | b'\r')).any(|line| line.ends_with(b"\\"));
    let half = doc.loaded().any(|entry| {
        let half = |span| decode_utf16(text, span).iter().any(|unit| (0xd800..0xe000).contains(unit));
        half(entry.key) || half(entry.value)
    });
    let windows = text.iter().any(|byte| (0x80..0xa0).contains(byte));
    let marked = matches!(text.first(), Some(0xfe | 0xff | 0xef));
    if joins || half || windows || marked || doc.malformed().is_some() {
        return;
    }
    let mut theirs = Vec::new();
    let read = java_properties::PropertiesIter::new(text).read_into(|key, value| theirs.push((key, value)));
    if read.is_ok() {
        let ours: Vec<(String, String)> =
            doc.loaded().map(|e| (doc.key(e).into_owned(), doc.value(e).into_owned())).collect();
        assert_eq!(ours, theirs);
    }
}

/// Lines, columns and secrets of a document lie inside it.
pub fn places(data: &[u8]) {
    for role in [Role::ServerCnf, Role::CustomWrapper, Role::Ports, Role::Setenv] {
        let document = Document::new(PathBuf::from("x"), "x".to_owned(), role, data.to_vec());
        let lines = (1..=document.line_count()).map(|line| document.line_span(line));
        assert_eq!(tiled(lines.filter(|line| !line.is_empty())), data.len());
        let mut at = 0;
        for secret in secrets::spans(&document) {
            assert!(at <= secret.start && secret.start < secret.end, "{secret:?}");
            at = secret.end;
            let position = document.position(secret.start);
            let line = document.line_span(position.line);
            assert!(line.start <= secret.start && secret.start <= line.end);
            assert!(position.column >= 1);
        }
        assert!(at as usize <= data.len());
    }
    let text = display_text(data).into_owned();
    let once = secrets::masked(text);
    assert_eq!(secrets::masked(once.clone()), once, "masking twice masks more");
}
