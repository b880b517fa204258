//! Lossless documents: every byte of a file belongs to exactly one item, and no item carries meaning.
//!
//! Each parser here splits a file into consecutive pieces that, printed one after the other, give the
//! file back. What a key *means* is the business of [`crate::instance`].

pub mod encoding;
pub mod ports;
pub mod properties;
pub mod setenv;
pub mod wrapper;

use std::borrow::Cow;

/// A range of bytes of one file, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from byte offsets. Files are limited to [`crate::discover::MAX_FILE_BYTES`], far below 4 GiB,
    /// so an offset always fits; a larger one is clamped rather than wrapped.
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { start: clamp(start), end: clamp(end) }
    }

    /// The empty span at `offset`.
    pub fn at(offset: usize) -> Self {
        Span::new(offset, offset)
    }

    /// The span as a range for slicing.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The bytes of `text` it covers; empty if it does not lie inside `text`.
    pub fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.range()).unwrap_or_default()
    }

    /// Whether it covers no byte.
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// Whether `other` lies inside it.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// How a line of a file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newline {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
    /// `\r` alone, which `java.util.Properties` takes as a line end
    Cr,
}

impl Newline {
    /// Its bytes.
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Newline::Lf => b"\n",
            Newline::CrLf => b"\r\n",
            Newline::Cr => b"\r",
        }
    }

    /// The newline that `text` ends with.
    pub fn ending(text: &[u8]) -> Option<Newline> {
        match text {
            [.., b'\r', b'\n'] => Some(Newline::CrLf),
            [.., b'\n'] => Some(Newline::Lf),
            [.., b'\r'] => Some(Newline::Cr),
            _ => None,
        }
    }

    /// The newline of the first line of `text`, `Lf` if there is none.
    pub fn first_of(text: &[u8]) -> Newline {
        match memchr::memchr2(b'\r', b'\n', text) {
            Some(at) if text[at] == b'\n' => Newline::Lf,
            Some(at) if text.get(at + 1) == Some(&b'\n') => Newline::CrLf,
            Some(_) => Newline::Cr,
            None => Newline::Lf,
        }
    }
}

/// Bytes as text for people: UTF-8 where they are UTF-8, ISO-8859-1 otherwise.
pub fn display_text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into(),
    }
}

/// Whether a character is one a terminal obeys instead of showing it: a control character, or one that hides others or
/// turns their order around.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A text without control characters: each becomes a visible sign.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            // The Unicode pictures of the control characters.
            '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
            '\u{7f}' => '\u{2421}',
            c if is_hidden(c) => '\u{fffd}',
            c => c,
        })
        .collect::<String>()
        .into()
}
