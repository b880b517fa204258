//! Files and places in the way formats for other programs name them.

use std::path::{Component, Path};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::Report;
use crate::document::{Document, FileId};
use crate::finding::identity;
use crate::syntax::{Span, printable};

/// What a URI's path may hold as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A document's path from the root of the report, for people: control characters visible.
pub fn path_of(report: &Report<'_>, file: FileId) -> String {
    let path = identity::relative(report.discovery.document(file), report.root);
    printable(&path).into_owned()
}

/// Where a document is, as a URI: relative to the root of the report where it lies in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Uri {
    /// Below the root.
    Inside(String),
    /// Elsewhere: with `file:` in front.
    Outside(String),
}

impl Uri {
    /// The URI of a document.
    pub fn of(document: &Document, root: &Path) -> Uri {
        match document.path.strip_prefix(root) {
            Ok(inside) => Uri::Inside(encoded(inside)),
            Err(_) => Uri::Outside(file(&document.path)),
        }
    }
}

/// The `file:` URI of an absolute path.
pub fn file(path: &Path) -> String {
    format!("file:///{}", encoded(path))
}

/// A path's names, percent-encoded and joined by `/`. Bytes that are no UTF-8 stay the bytes they are.
fn encoded(path: &Path) -> String {
    let name = |part: Component<'_>| match part {
        Component::RootDir | Component::CurDir => None,
        part => Some(percent_encode(part.as_os_str().as_encoded_bytes(), ENCODED).to_string()),
    };
    path.components().filter_map(name).collect::<Vec<_>>().join("/")
}

/// The name of a document's encoding as the IANA has it.
pub fn encoding(document: &Document) -> &'static str {
    if document.is_utf8() { "UTF-8" } else { "ISO-8859-1" }
}

/// Byte offsets of one document as lines and columns in the encoding the whole of it has.
pub struct Text<'d> {
    document: &'d Document,
    utf8: bool,
}

impl<'d> Text<'d> {
    /// Looks at the bytes: what is not UTF-8 throughout counts as ISO-8859-1, in which every byte is a character.
    pub fn of(document: &'d Document) -> Self {
        Text { document, utf8: document.is_utf8() }
    }

    /// The 1-based line and column, in code points.
    pub fn position(&self, offset: u32) -> (usize, usize) {
        let line = self.document.line_of(offset);
        let start = self.document.line_span(line).start.min(offset);
        let before = Span { start, end: offset }.of(self.document.bytes());
        // Of a character in UTF-8, only the first byte is none of 10xxxxxx.
        let count =
            if self.utf8 { before.iter().filter(|&&byte| byte & 0xc0 != 0x80).count() } else { before.len() };
        (line, count + 1)
    }

    /// New bytes as the text they mean in this document; `None` if they are none.
    pub fn decode(&self, bytes: &[u8]) -> Option<String> {
        if self.utf8 {
            return std::str::from_utf8(bytes).ok().map(str::to_owned);
        }
        Some(bytes.iter().map(|&byte| char::from(byte)).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::document::Role;

    #[test]
    fn names_become_uris() {
        let uri = |path: &str, root: &str| {
            let document = Document::new(PathBuf::from(path), path.into(), Role::ServerCnf, Vec::new());
            Uri::of(&document, Path::new(root))
        };
        assert_eq!(uri("/r/a b/100%.cnf", "/r"), Uri::Inside("a%20b/100%25.cnf".into()));
        assert_eq!(uri("/r/x:y/\u{e9}#?.cnf", "/r"), Uri::Inside("x%3Ay/%C3%A9%23%3F.cnf".into()));
        assert_eq!(uri("/q/server.cnf", "/r"), Uri::Outside("file:///q/server.cnf".into()));
    }

    #[test]
    fn columns_count_characters_of_the_files_encoding() {
        let position = |bytes: &[u8], offset| {
            let document = Document::new("x".into(), "x".into(), Role::ServerCnf, bytes.to_vec());
            Text::of(&document).position(offset)
        };
        assert_eq!(position("é=1\né=2".as_bytes(), 6), (2, 2));
        assert_eq!(position(b"\xe9=1\n\xc3\xa9=2", 6), (2, 3));
        assert_eq!(position("a=\u{1f600}!".as_bytes(), 6), (1, 4));
    }
}
