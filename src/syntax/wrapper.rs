//! Configuration files of the Tanuki Java Service Wrapper (`wrapper.conf`, `custom_wrapper.conf`).
//!
//! They look like properties files and are none: no escapes, no continuation, only `=` separates, `#` starts a
//! comment anywhere outside double quotes, and `#include` is a directive. Measured on the real wrapper 3.5.51.

use std::borrow::Cow;
use std::sync::Arc;

use super::encoding::{Charset, Declared};
use super::{Span, display_text};

/// Bytes the wrapper reads at a time: a longer line falls into several (measured).
const BUFFER: usize = 16_896;

/// Characters of a value the wrapper keeps; the rest is lost without a word (measured).
pub const MAX_VALUE: usize = 16_383;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing but blanks.
    Blank,
    /// A comment, or a directive without meaning for us (`#include.debug`).
    Comment,
    /// `#encoding=NAME` on the first line.
    Encoding(Span),
    /// `#properties.on_overwrite.exit=TRUE` or `FALSE`: whether a property written twice stops the wrapper.
    ExitOnOverwrite(bool),
    /// `#include PATH` or `#include.required PATH`, live although it looks like a comment.
    Include {
        /// Whether the wrapper refuses to start without the file.
        required: bool,
        /// The path, `%VAR%` unexpanded.
        target: Span,
    },
    /// `include PATH`, whose `#` is missing.
    BareInclude,
    /// `key=value`
    Property {
        /// The key, without blanks around it.
        key: Span,
        /// The value, without blanks around it and without a comment behind it.
        value: Span,
    },
    /// `set.NAME=value` or `set.default.NAME=value`
    Set {
        /// Whether it only holds where the variable has no value yet.
        default: bool,
        /// The variable's name.
        name: Span,
        /// Its value.
        value: Span,
    },
    /// A line the wrapper drops without a word: no `=`, or a blank inside the key.
    Ignored,
}

/// One line with its line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// All its bytes.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// A parsed wrapper configuration file.
#[derive(Debug, Clone)]
pub struct Wrapper {
    bytes: Arc<[u8]>,
    lines: Vec<Line>,
    charset: Declared,
}

impl Wrapper {
    /// Parses any bytes; never fails.
    pub fn parse(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        let mut lines = Vec::with_capacity(bytes.len() / 40 + 2);
        let mut charset = Declared::Nothing;
        let mut at = 0;
        while at < bytes.len() {
            let most = bytes.len().min(at + BUFFER);
            let end = memchr::memchr(b'\n', &bytes[at..most]).map_or(most, |found| at + found + 1);
            let kind = kind_of(&bytes, at, end, at == 0);
            if let Kind::Encoding(name) = kind {
                charset = Declared::of(&display_text(name.of(&bytes)));
            }
            lines.push(Line { span: Span::new(at, end), kind });
            at = end;
        }
        Wrapper { bytes, lines, charset }
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All lines; their spans tile the file.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// What the first line says of the file's encoding.
    pub fn charset(&self) -> Declared {
        self.charset
    }

    /// The first line with bytes that mean nothing in the file's encoding: the wrapper does not start with it, be it a
    /// comment. Without `#encoding` the encoding is that of the system, taken to be UTF-8.
    pub fn undecodable(&self) -> Option<&Line> {
        if self.bytes.is_ascii() {
            return None;
        }
        let charset = self.charset.used()?;
        self.lines.iter().find(|line| charset.decode(self.read_of(line)).is_none())
    }

    /// The first line with a byte outside ASCII.
    pub fn beyond_ascii(&self) -> Option<&Line> {
        self.lines.iter().find(|line| !self.read_of(line).is_ascii())
    }

    /// The bytes of a line that the wrapper looks at: those before a NUL.
    fn read_of(&self, line: &Line) -> &[u8] {
        let bytes = line.span.of(&self.bytes);
        &bytes[..memchr::memchr(0, bytes).unwrap_or(bytes.len())]
    }

    /// The properties in file order: key, value and the line they stand on.
    pub fn properties(&self) -> impl Iterator<Item = (&Line, Cow<'_, str>, Cow<'_, str>)> {
        self.lines.iter().filter_map(|line| match line.kind {
            Kind::Property { key, value } => Some((line, self.text(key), self.value(value))),
            _ => None,
        })
    }

    /// The text of a span as it stands.
    pub fn text(&self, span: Span) -> Cow<'_, str> {
        let bytes = span.of(&self.bytes);
        match self.charset.used().filter(|charset| *charset != Charset::Utf8) {
            Some(charset) if !bytes.is_ascii() => {
                charset.decode(bytes).unwrap_or_else(|| display_text(bytes))
            }
            _ => display_text(bytes),
        }
    }

    /// A value before its variables are put in: `##` outside quotes read as one `#`.
    pub fn raw_value(&self, span: Span) -> Cow<'_, str> {
        let text = self.text(span);
        if !text.contains("##") {
            return text;
        }
        let mut out = String::with_capacity(text.len());
        let (mut quoted, mut hash) = (false, false);
        for c in text.chars() {
            quoted ^= c == '"';
            if c == '#' && !quoted {
                hash = !hash;
                if !hash {
                    continue;
                }
            } else {
                hash = false;
            }
            out.push(c);
        }
        out.into()
    }

    /// A value as the wrapper takes it: `##` outside quotes read as one `#`, control characters dropped.
    pub fn value(&self, span: Span) -> Cow<'_, str> {
        without_control(self.raw_value(span))
    }

    /// What the wrapper looks at in a line of an argument file: no line end, no blanks around, no comment.
    pub fn argument_span(&self, line: &Line) -> Span {
        let (text, comment) = text_of(&self.bytes, line.span.range().start, line.span.range().end);
        if text.of(&self.bytes).starts_with(b"#") {
            return Span { end: text.start, ..text };
        }
        trim(&self.bytes, text.range().start, comment)
    }
}

/// A text without its control characters, which the wrapper drops from every value.
pub fn without_control(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        return text;
    }
    // The C library counts the line and the paragraph separator among them (measured).
    let control = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    if text.contains(control) { text.chars().filter(|c| !control(*c)).collect() } else { text }
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Cuts blanks off both ends of a range.
fn trim(bytes: &[u8], start: usize, end: usize) -> Span {
    let raw = &bytes[start..end];
    let lead = raw.iter().take_while(|b| is_blank(b)).count();
    let trail = raw[lead..].iter().rev().take_while(|b| is_blank(b)).count();
    Span::new(start + lead, end - trail)
}

/// A line without its end and the blanks around it, and where a comment in it starts (else its end).
fn text_of(bytes: &[u8], start: usize, end: usize) -> (Span, usize) {
    // A CR ends the line wherever it stands, a NUL too; what follows is not read.
    let stop = memchr::memchr3(b'\r', b'\n', 0, &bytes[start..end]).map_or(end, |found| start + found);
    let text = trim(bytes, start, stop);
    let comment = comment_start(text.of(bytes)).map_or(stop, |found| text.range().start + found);
    (text, comment)
}

fn kind_of(bytes: &[u8], start: usize, end: usize, first: bool) -> Kind {
    let (text, comment) = text_of(bytes, start, end);
    let line = text.of(bytes);
    if line.is_empty() {
        return Kind::Blank;
    }
    let line_start = text.range().start;
    // Only in front of #encoding is a byte order mark passed over (measured).
    if first && let Some(name) = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).strip_prefix(ENCODING) {
        let length = name.iter().take_while(|b| !matches!(b, b' ' | b'\r' | b'\n' | 0)).count();
        let name_start = bytes.len() - name.len();
        return Kind::Encoding(Span::new(name_start, name_start + length));
    }
    if line[0] == b'#' {
        return directive(bytes, line, line_start);
    }
    if line.starts_with(b"include") {
        return Kind::BareInclude;
    }
    let Some(equals) = memchr::memchr(b'=', &bytes[line_start..comment]) else {
        return Kind::Ignored;
    };
    let key = trim(bytes, line_start, line_start + equals);
    let value = trim(bytes, line_start + equals + 1, comment);
    let key_text = key.of(bytes);
    if key_text.iter().any(is_blank) || key_text.is_empty() {
        return Kind::Ignored;
    }
    for (prefix, default) in [(&b"set.default."[..], true), (b"set.", false)] {
        if key_text.len() > prefix.len() && key_text.starts_with(prefix) {
            let name = Span::new(key.range().start + prefix.len(), key.range().end);
            return Kind::Set { default, name, value };
        }
    }
    Kind::Property { key, value }
}

const ENCODING: &[u8] = b"#encoding=";

fn directive(bytes: &[u8], line: &[u8], start: usize) -> Kind {
    for (word, required) in [(&b"#include.required "[..], true), (b"#include ", false)] {
        if line.starts_with(word) {
            return Kind::Include { required, target: trim(bytes, start + word.len(), start + line.len()) };
        }
    }
    // With nothing behind it, the blank after the word is cut off with the others.
    match line.strip_prefix(b"#properties.on_overwrite.exit=") {
        Some(value) if value.eq_ignore_ascii_case(b"true") => Kind::ExitOnOverwrite(true),
        Some(value) if value.eq_ignore_ascii_case(b"false") => Kind::ExitOnOverwrite(false),
        _ => Kind::Comment,
    }
}

/// Where a comment starts inside a line: at a `#` outside double quotes that is not doubled.
fn comment_start(line: &[u8]) -> Option<usize> {
    let mut quoted = false;
    let mut at = 0;
    while at < line.len() {
        match line[at] {
            b'"' => quoted = !quoted,
            b'#' if !quoted => {
                if line.get(at + 1) != Some(&b'#') {
                    return Some(at);
                }
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn props(text: &str) -> Vec<(String, String)> {
        Wrapper::parse(text.as_bytes())
            .properties()
            .map(|(_, k, v)| (k.into_owned(), v.into_owned()))
            .collect()
    }

    #[test]
    fn properties_are_no_java_properties() {
        let text = "a = C:\\temp\\new \\\nb:c\nk x=y\n=v\n!x=1\nd=1###c\ne=\"a # b\" # note\nf=x\ty\n";
        let expected = [("a", "C:\\temp\\new \\"), ("!x", "1"), ("d", "1#"), ("e", "\"a # b\""), ("f", "xy")];
        assert_eq!(props(text), expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    }

    #[test]
    fn one_hash_includes_and_two_do_not() {
        let text = "#encoding=UTF-8\n#include a.conf \n##include b.conf\n# include c.conf\n#include.required d.conf\n#include\te.conf\n";
        let doc = Wrapper::parse(text.as_bytes());
        let targets: Vec<_> = doc
            .lines()
            .iter()
            .filter_map(|line| match line.kind {
                Kind::Include { required, target } => Some((required, doc.text(target))),
                _ => None,
            })
            .collect();
        assert_eq!(targets, [(false, "a.conf".into()), (true, "d.conf".into())]);
        assert!(matches!(doc.lines()[0].kind, Kind::Encoding(_)));
    }

    #[test]
    fn set_lines_name_variables() {
        let doc = Wrapper::parse(&b"set.A=1\nset.default.B=%A%2\n"[..]);
        assert!(matches!(doc.lines()[0].kind, Kind::Set { default: false, .. }));
        assert!(matches!(doc.lines()[1].kind, Kind::Set { default: true, .. }));
    }

    proptest! {
        #[test]
        fn every_byte_belongs_to_one_line(text in crate::syntax::properties::tests::tricky_bytes()) {
            let doc = Wrapper::parse(text.as_slice());
            let joined: Vec<u8> = doc.lines().iter().flat_map(|l| l.span.of(&text).to_vec()).collect();
            prop_assert_eq!(joined, text);
        }
    }
}
