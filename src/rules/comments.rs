//! Comments that silence findings: `# wattlint: ignore[rule-a, rule-b] reason` above a line, `ignore-file` for a file.

use crate::document::{Document, Role, Syntax};
use crate::syntax::ports::TokenKind;
use crate::syntax::properties::Item;
use crate::syntax::wrapper::Kind;
use crate::syntax::{Span, display_text};

/// What begins such a comment.
const WORD: &[u8] = b"wattlint:";

/// A comment that silences, or tries to.
#[derive(Debug, Clone)]
pub struct Comment {
    /// The whole comment with its line end, where it has a line for itself.
    pub span: Span,
    /// Its text.
    pub text: Span,
    /// The rules it names, and where.
    pub rules: Vec<(String, Span)>,
    /// Why; empty if no reason is given.
    pub reason: String,
    /// The bytes whose findings are silenced.
    pub covers: Span,
    /// What is wrong with it.
    pub malformed: Option<&'static str>,
}

impl Comment {
    /// Reads a comment whose text may be meant for wattlint.
    fn reads(document: &Document, span: Span, text: Span, covers: Span) -> Option<Comment> {
        let bytes = document.bytes();
        let words = text.of(bytes).trim_ascii_start();
        let rest = words.strip_prefix(WORD)?;
        let offset = text.range().end - text.of(bytes).trim_ascii_start().len() + WORD.len();
        let whole = Span::new(0, bytes.len());
        let mut comment =
            Comment { span, text, rules: Vec::new(), reason: String::new(), covers, malformed: None };
        comment.malformed = comment.read(rest, offset, whole).err();
        Some(comment)
    }

    /// Reads what stands behind the word, at `offset` of the file.
    fn read(&mut self, text: &[u8], offset: usize, whole: Span) -> Result<(), &'static str> {
        let trimmed = text.trim_ascii_start();
        let mut at = offset + text.len() - trimmed.len();
        let (rest, word) = match (trimmed.strip_prefix(b"ignore-file"), trimmed.strip_prefix(b"ignore")) {
            (Some(rest), _) => {
                self.covers = whole;
                (rest, "ignore-file")
            }
            (None, Some(rest)) => (rest, "ignore"),
            (None, None) => {
                return Err("write `wattlint: ignore[RULE] reason`, or ignore-file for the whole file");
            }
        };
        at += word.len();
        let list = rest
            .strip_prefix(b"[")
            .ok_or("name the rules in square brackets: `wattlint: ignore[RULE] reason`")?;
        at += 1;
        let end = memchr::memchr(b']', list).ok_or("the bracket behind the rules is missing")?;
        let mut from = 0;
        for name in list[..end].split(|byte| *byte == b',') {
            let plain = name.trim_ascii();
            let start = at + from + (name.len() - name.trim_ascii_start().len());
            from += name.len() + 1;
            if !plain.is_empty() {
                let span = Span::new(start, start + plain.len());
                self.rules.push((display_text(plain).into_owned(), span));
            }
        }
        self.reason = display_text(list[end + 1..].trim_ascii()).into_owned();
        if self.rules.is_empty() {
            Err("it names no rule, and a comment for all of them is too much")
        } else {
            Ok(())
        }
    }
}

/// The comments of a file that silence, in their order.
pub fn comments(document: &Document) -> Vec<Comment> {
    let bytes = document.bytes();
    // Nearly every file has none.
    if memchr::memmem::find(bytes, WORD).is_none() {
        return Vec::new();
    }
    match document.syntax() {
        Syntax::Properties(doc) => {
            let items: Vec<Piece> = doc
                .items()
                .iter()
                .map(|item| match item {
                    Item::Comment(span) => Piece::Comment(*span, after(bytes, *span, &[b"#", b"!"])),
                    Item::Blank(_) => Piece::Blank,
                    Item::Entry(entry) => Piece::Line(entry.span),
                })
                .collect();
            found(document, &items)
        }
        Syntax::Wrapper(doc) => {
            let arguments = document.role == Role::Arguments;
            let items: Vec<Piece> = doc
                .lines()
                .iter()
                .map(|line| match line.kind {
                    Kind::Blank => Piece::Blank,
                    Kind::Comment => Piece::Comment(line.span, after(bytes, line.span, &[b"#"])),
                    _ if arguments && doc.argument_span(line).is_empty() => {
                        Piece::Comment(line.span, after(bytes, line.span, &[b"#"]))
                    }
                    _ => Piece::Line(line.span),
                })
                .collect();
            found(document, &items)
        }
        Syntax::Ports(doc) => {
            let tokens = doc.tokens();
            let pieces = tokens.iter().enumerate().map(|(index, token)| match token.kind {
                TokenKind::Comment => {
                    let text = after(bytes, token.span, &[b"<!--"]);
                    let end = text.range().end - "-->".len().min(text.range().len());
                    Piece::Comment(token.span, Span::new(text.range().start, end))
                }
                TokenKind::Start | TokenKind::Empty => Piece::Line(element(tokens, index)),
                _ => Piece::Blank,
            });
            found(document, &pieces.collect::<Vec<_>>())
        }
        Syntax::Setenv(_) | Syntax::Opaque => {
            let pieces = (1..=document.line_count()).map(|line| {
                let span = document.line_span(line);
                let text = span.of(bytes).trim_ascii();
                let batch = text.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"rem "));
                if batch || text.starts_with(b"#") || text.starts_with(b"::") {
                    Piece::Comment(span, after(bytes, span, &[b"#", b"::", b"rem ", b"REM ", b"Rem "]))
                } else if text.is_empty() {
                    Piece::Blank
                } else {
                    Piece::Line(span)
                }
            });
            found(document, &pieces.collect::<Vec<_>>())
        }
    }
}

/// A part of a file, as far as comments are concerned.
enum Piece {
    Blank,
    /// A comment, and the text in it.
    Comment(Span, Span),
    /// What a comment above may be about.
    Line(Span),
}

/// The comments among the pieces; each covers the next line.
fn found(document: &Document, pieces: &[Piece]) -> Vec<Comment> {
    let mut below = Span::at(document.bytes().len());
    let mut comments: Vec<Comment> = Vec::new();
    for piece in pieces.iter().rev() {
        match piece {
            Piece::Blank => {}
            Piece::Line(span) => below = *span,
            Piece::Comment(span, text) => comments.extend(Comment::reads(document, *span, *text, below)),
        }
    }
    comments.reverse();
    comments
}

/// What stands behind the sign that makes a comment.
fn after(bytes: &[u8], span: Span, signs: &[&[u8]]) -> Span {
    let text = span.of(bytes).trim_ascii();
    let start = span.range().start + (span.range().len() - span.of(bytes).trim_ascii_start().len());
    let sign = signs.iter().find(|sign| text.starts_with(sign)).map_or(0, |sign| sign.len());
    Span::new(start + sign, start + text.len())
}

/// An element from its start tag to its end tag.
fn element(tokens: &[crate::syntax::ports::Token], index: usize) -> Span {
    let first = tokens[index];
    let mut depth = 0_usize;
    for token in &tokens[index..] {
        match token.kind {
            TokenKind::Start => depth += 1,
            TokenKind::End => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Span { start: first.span.start, end: token.span.end };
        }
    }
    first.span
}
