//! `java.util.Properties` files, read exactly as `Properties.load(InputStream)` reads them.
//!
//! The grammar was measured on fourteen JDKs from 8u51 to 25 and is tested against the real class where
//! Java is installed (`tests/java_oracle.rs`) and against the `java-properties` crate.

use std::borrow::Cow;
use std::sync::Arc;

use super::Span;

/// One logical line: a key, perhaps a separator, perhaps a value, over one or more natural lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Everything, with leading blanks, continuations and the line end.
    pub span: Span,
    /// The key as written, escapes and all.
    pub key: Span,
    /// The value as written; empty if there is none.
    pub value: Span,
    /// Whether a backslash joins several natural lines.
    pub continued: bool,
}

/// A piece of the file. The spans of all items, in order, tile the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item {
    /// A natural line of blanks only, with its line end.
    Blank(Span),
    /// A comment line, with its line end.
    Comment(Span),
    /// A key and its value.
    Entry(Entry),
}

impl Item {
    /// The bytes the item covers.
    pub fn span(&self) -> Span {
        match self {
            Item::Blank(span) | Item::Comment(span) => *span,
            Item::Entry(entry) => entry.span,
        }
    }
}

/// A `\u` that four hexadecimal digits do not follow. Java throws `IllegalArgumentException` there and reads no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MalformedEscape {
    /// The backslash and what stands in place of the four digits.
    pub span: Span,
    /// Index of the broken entry among [`Properties::entries`]. It and all after it are not loaded.
    pub entry: usize,
}

/// A parsed properties file.
#[derive(Debug, Clone)]
pub struct Properties {
    bytes: Arc<[u8]>,
    items: Vec<Item>,
    malformed: Option<MalformedEscape>,
}

impl Properties {
    /// Parses any bytes. Never fails: a malformed escape is kept as [`Properties::malformed`].
    pub fn parse(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        let mut items = Vec::with_capacity(bytes.len() / 40 + 4);
        let mut at = 0;
        while at < bytes.len() {
            let item = next_item(&bytes, at);
            at = item.span().range().end;
            items.push(item);
        }
        let mut doc = Properties { bytes, items, malformed: None };
        if memchr::memmem::find(&doc.bytes, b"\\u").is_some() || doc.has_continuation() {
            doc.malformed = doc.find_malformed();
        }
        doc
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All items in file order.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// All entries in file order, also those Java never reaches.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.items.iter().filter_map(|item| match item {
            Item::Entry(entry) => Some(entry),
            _ => None,
        })
    }

    /// The entries Java loads: all, or those before a malformed escape.
    pub fn loaded(&self) -> impl Iterator<Item = &Entry> {
        let count = self.malformed.map_or(usize::MAX, |broken| broken.entry);
        self.entries().take(count)
    }

    /// The escape at which Java stops reading, if there is one.
    pub fn malformed(&self) -> Option<MalformedEscape> {
        self.malformed
    }

    /// The key of an entry, unescaped.
    pub fn key(&self, entry: &Entry) -> Cow<'_, str> {
        decode(&self.bytes, entry.key)
    }

    /// The value of an entry, unescaped.
    pub fn value(&self, entry: &Entry) -> Cow<'_, str> {
        decode(&self.bytes, entry.value)
    }

    fn has_continuation(&self) -> bool {
        self.entries().any(|entry| entry.continued)
    }

    fn find_malformed(&self) -> Option<MalformedEscape> {
        self.entries().enumerate().find_map(|(index, entry)| {
            [entry.key, entry.value].into_iter().find_map(|span| {
                let logical = Logical::new(&self.bytes, span);
                let mut broken = None;
                unescape(&logical.chars, |_| {}, |at| broken = Some(at));
                broken.map(|at| MalformedEscape {
                    span: Span::new(logical.offset(at), logical.end_of(at + 6)),
                    entry: index,
                })
            })
        })
    }
}

/// The items that a stretch of a file touches, told without a look at the rest of the file; `None` if the logical lines
/// there reach further than `most` bytes beyond it.
pub fn items_near(bytes: &[u8], stretch: Span, most: usize) -> Option<Vec<Item>> {
    // What merely ends where the stretch begins touches it too.
    let (from, to) = (stretch.range().start.saturating_sub(1), stretch.range().end);
    let mut at = line_start(bytes, from);
    while at > 0 && joins(bytes, at) && from - at <= most {
        at = line_start(bytes, at - 1);
    }
    let mut end = after_newline(bytes, line_end(bytes, to));
    while end < bytes.len() && joins(bytes, end) && end - to <= most {
        end = after_newline(bytes, line_end(bytes, end));
    }
    if from - at > most || end - to > most {
        return None;
    }
    let mut items = Vec::new();
    while at < bytes.len() && at <= to {
        let item = next_item(bytes, at);
        at = item.span().range().end;
        items.push(item);
    }
    Some(items)
}

/// Where the natural line that holds the byte at `at` begins.
fn line_start(bytes: &[u8], at: usize) -> usize {
    let before = |end: usize| memchr::memrchr2(b'\r', b'\n', &bytes[..end]).map_or(0, |found| found + 1);
    let start = before(at.min(bytes.len()));
    let inside_crlf = start > 0 && bytes[start - 1] == b'\r' && bytes.get(start) == Some(&b'\n');
    if inside_crlf { before(start - 1) } else { start }
}

/// Whether a backslash before the line end in front of the line that begins at `start` may join the two.
fn joins(bytes: &[u8], start: usize) -> bool {
    let text = &bytes[..start];
    let text = text.strip_suffix(b"\r\n").or(text.strip_suffix(b"\n")).or(text.strip_suffix(b"\r"));
    text.is_some_and(|text| text.ends_with(b"\\"))
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0c)
}

fn is_newline(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// One past the line end at `at` (CR, LF or CRLF), or `at` if none stands there.
fn after_newline(bytes: &[u8], at: usize) -> usize {
    match (bytes.get(at), bytes.get(at + 1)) {
        (Some(b'\r'), Some(b'\n')) => at + 2,
        (Some(b'\r' | b'\n'), _) => at + 1,
        _ => at,
    }
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr::memchr2(b'\r', b'\n', &bytes[at..]).map_or(bytes.len(), |found| at + found)
}

fn skip_blanks(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|&&b| is_blank(b)).count()
}

/// Reads the item that starts at `start`, which is a line start inside the file.
fn next_item(bytes: &[u8], start: usize) -> Item {
    let mut text = skip_blanks(bytes, start);
    // A logical line that is nothing but joined blank lines so far may still turn into a comment
    // (JDK 9 and later) or an entry.
    loop {
        match bytes.get(text) {
            None => {
                return Item::Blank(Span::new(start, text));
            }
            Some(&b) if is_newline(b) => {
                return Item::Blank(Span::new(start, after_newline(bytes, text)));
            }
            Some(b'#' | b'!') => {
                let end = after_newline(bytes, line_end(bytes, text));
                return Item::Comment(Span::new(start, end));
            }
            Some(b'\\') if bytes.get(text + 1).is_some_and(|&b| is_newline(b)) => {
                let next = after_newline(bytes, text + 1);
                // At the end of the file Java makes an empty entry of it, unless the line end is a CRLF.
                if next == bytes.len() && next == text + 2 {
                    break;
                }
                text = skip_blanks(bytes, next);
            }
            Some(_) => break,
        }
    }
    let (end, continued) = logical_end(bytes, text);
    let logical = Logical::new(bytes, Span::new(text, end));
    let (key_len, value_start) = split(&logical.chars);
    let key = Span::new(text, logical.end_of(key_len).max(text));
    let value = Span::new(logical.end_of(value_start).max(key.range().end), end);
    let value = match logical.chars.get(value_start) {
        Some(_) => Span::new(logical.offset(value_start), end),
        None => Span::at(value.range().end.min(end).max(key.range().end)),
    };
    Item::Entry(Entry {
        span: Span::new(start, after_newline(bytes, end)),
        key,
        value,
        continued: continued || text > skip_blanks(bytes, start),
    })
}

/// Where the logical line that starts at `at` ends, before its line end, and whether lines were joined.
fn logical_end(bytes: &[u8], mut at: usize) -> (usize, bool) {
    let mut continued = false;
    loop {
        let end = line_end(bytes, at);
        let slashes = bytes[at..end].iter().rev().take_while(|&&b| b == b'\\').count();
        if slashes % 2 == 0 || end == bytes.len() {
            return (end, continued);
        }
        continued = true;
        let next = skip_blanks(bytes, after_newline(bytes, end));
        if next == bytes.len() {
            // Only blanks follow, if anything: they belong to this line.
            return (next, true);
        }
        at = next;
    }
}

/// A stretch of a file with its line continuations taken out, and the way back to the bytes.
struct Logical<'a> {
    bytes: &'a [u8],
    chars: Cow<'a, [u8]>,
    /// For joined lines, the offset of each logical byte.
    offsets: Vec<u32>,
    span: Span,
}

impl<'a> Logical<'a> {
    fn new(bytes: &'a [u8], span: Span) -> Self {
        let raw = span.of(bytes);
        // The backslash at the very end of a file is dropped by Java like one before a line end.
        let plain = memchr::memchr2(b'\r', b'\n', raw).is_none()
            && (raw.last() != Some(&b'\\') || !ends_in_lone_backslash(raw));
        if plain {
            return Logical { bytes, chars: Cow::Borrowed(raw), offsets: Vec::new(), span };
        }
        let mut chars = Vec::with_capacity(raw.len());
        let mut offsets = Vec::with_capacity(raw.len());
        let (mut at, end) = (span.range().start, span.range().end);
        while at < end {
            let byte = bytes[at];
            if byte == b'\\' {
                let next = at + 1;
                if next == end {
                    break;
                }
                if is_newline(bytes[next]) {
                    at = skip_blanks(bytes, after_newline(bytes, next)).min(end);
                    continue;
                }
                // A backslash and what it escapes stay together, so that `\\` never joins lines.
                if bytes[next] == b'\\' {
                    chars.push(byte);
                    offsets.push(Span::at(at).start);
                    at += 1;
                }
            }
            chars.push(bytes[at]);
            offsets.push(Span::at(at).start);
            at += 1;
        }
        Logical { bytes, chars: Cow::Owned(chars), offsets, span }
    }

    /// File offset of the logical byte `index`.
    fn offset(&self, index: usize) -> usize {
        match &self.chars {
            Cow::Borrowed(_) => (self.span.range().start + index).min(self.span.range().end),
            Cow::Owned(_) => self.offsets.get(index).map_or(self.span.range().end, |&o| o as usize),
        }
    }

    /// File offset just behind the `count` first logical bytes.
    fn end_of(&self, count: usize) -> usize {
        match count.min(self.chars.len()) {
            0 => self.span.range().start,
            count => (self.offset(count - 1) + 1).min(self.bytes.len()),
        }
    }
}

fn ends_in_lone_backslash(raw: &[u8]) -> bool {
    raw.iter().rev().take_while(|&&b| b == b'\\').count() % 2 == 1
}

/// Length of the key and start of the value in a logical line.
fn split(line: &[u8]) -> (usize, usize) {
    let mut escaped = false;
    let mut separated = false;
    let mut key_len = line.len();
    let mut value = line.len();
    for (index, &byte) in line.iter().enumerate() {
        if !escaped && (byte == b'=' || byte == b':' || is_blank(byte)) {
            key_len = index;
            value = index + 1;
            separated = !is_blank(byte);
            break;
        }
        escaped = byte == b'\\' && !escaped;
    }
    while let Some(&byte) = line.get(value) {
        if !is_blank(byte) {
            if separated || (byte != b'=' && byte != b':') {
                break;
            }
            separated = true;
        }
        value += 1;
    }
    (key_len, value)
}

/// Walks the UTF-16 code units of an escaped stretch; `broken` gets the index of a malformed `\u`, where it stops.
fn unescape(line: &[u8], mut unit: impl FnMut(u16), mut broken: impl FnMut(usize)) {
    let mut at = 0;
    while at < line.len() {
        let byte = line[at];
        at += 1;
        if byte != b'\\' {
            unit(u16::from(byte));
            continue;
        }
        let Some(&escaped) = line.get(at) else {
            break;
        };
        at += 1;
        match escaped {
            b'u' => {
                let digits = line.get(at..at + 4).and_then(hex4);
                match digits {
                    Some(code) => unit(code),
                    None => return broken(at - 2),
                }
                at += 4;
            }
            b't' => unit(9),
            b'r' => unit(13),
            b'n' => unit(10),
            b'f' => unit(12),
            other => unit(u16::from(other)),
        }
    }
}

fn hex4(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0u16, |code, &digit| {
        let value = char::from(digit).to_digit(16)?;
        Some(code << 4 | u16::try_from(value).ok()?)
    })
}

/// The text of a raw span: continuations joined, escapes resolved, bytes as ISO-8859-1.
///
/// A lone surrogate, which Rust's strings can't hold, becomes U+FFFD.
pub fn decode(bytes: &[u8], span: Span) -> Cow<'_, str> {
    match plain(bytes, span) {
        Some(text) => Cow::Borrowed(text),
        None => String::from_utf16_lossy(&decode_utf16(bytes, span)).into(),
    }
}

/// The text of a span in which nothing is escaped and all is ASCII: of most.
fn plain(bytes: &[u8], span: Span) -> Option<&str> {
    let raw = span.of(bytes);
    // One pass without a way out of it, which the compiler makes wide steps of.
    let odd = raw.iter().fold(false, |odd, &byte| odd | !byte.is_ascii() | (byte == b'\\'));
    if odd { None } else { std::str::from_utf8(raw).ok() }
}

/// As [`decode`], as the UTF-16 code units that Java holds. Stops at a malformed escape.
pub fn decode_utf16(bytes: &[u8], span: Span) -> Vec<u16> {
    let logical = Logical::new(bytes, span);
    let mut units = Vec::with_capacity(logical.chars.len());
    unescape(&logical.chars, |unit| units.push(unit), |_| {});
    units
}

/// As [`decode`], past malformed escapes, to see what somebody meant.
pub fn decode_past_errors(bytes: &[u8], span: Span) -> Cow<'_, str> {
    if let Some(text) = plain(bytes, span) {
        return Cow::Borrowed(text);
    }
    let logical = Logical::new(bytes, span);
    let mut units = Vec::with_capacity(logical.chars.len());
    let mut rest = &logical.chars[..];
    loop {
        let mut broken = None;
        unescape(rest, |unit| units.push(unit), |at| broken = Some(at));
        match broken {
            Some(at) => rest = &rest[at + 2..],
            None => return String::from_utf16_lossy(&units).into(),
        }
    }
}

/// Where in the file the parts of a decoded list stand: the spans of the elements between `separator`s, blanks cut off.
///
/// Works on the raw value; a separator is only counted where it is not escaped away as another character.
pub fn elements(bytes: &[u8], value: Span, separator: u8) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut start = value.range().start;
    loop {
        let rest = &bytes[start..value.range().end];
        let length = memchr::memchr(separator, rest).unwrap_or(rest.len());
        let from = skip_joint(bytes, start, start + length);
        let blanks = bytes[from..start + length]
            .iter()
            .rev()
            .take_while(|&&b| is_blank(b) || is_newline(b) || b == b'\\')
            .count();
        spans.push(Span::new(from, start + length - blanks));
        if length == rest.len() {
            return spans;
        }
        start += length + 1;
    }
}

/// Skips blanks and line continuations from `at`.
fn skip_joint(bytes: &[u8], mut at: usize, end: usize) -> usize {
    while at < end {
        match bytes[at] {
            b if is_blank(b) || is_newline(b) => at += 1,
            b'\\' if bytes.get(at + 1).is_some_and(|&b| is_newline(b)) => at += 1,
            _ => break,
        }
    }
    at
}

/// A value written so that `Properties.load` gives it back, in the manner of `Properties.store`.
///
/// (The writer of the `java-properties` crate is the wrong tool here: it escapes every blank and writes control
/// characters as a `\u` with too few digits, which Java refuses. The tests read our result back with the crate.)
pub fn escape_value(value: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 8);
    let mut units = [0u16; 2];
    for (index, c) in value.chars().enumerate() {
        match c {
            ' ' if index == 0 => out.extend(b"\\ "),
            '\t' => out.extend(b"\\t"),
            '\n' => out.extend(b"\\n"),
            '\r' => out.extend(b"\\r"),
            '\u{c}' => out.extend(b"\\f"),
            '\\' | '=' | ':' | '#' | '!' => out.extend([b'\\', c as u8]),
            ' '..='~' => out.push(c as u8),
            _ => out.extend(
                c.encode_utf16(&mut units).iter().flat_map(|unit| format!("\\u{unit:04X}").into_bytes()),
            ),
        }
    }
    out
}

#[cfg(test)]
pub(crate) mod tests;
