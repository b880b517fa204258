//! An edit, a fix, and the text of a file under a series of edits.

use crate::document::FileId;
use crate::rules::schema::Safety;
use crate::syntax::Span;

/// Bytes of one file replaced by others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Edit {
    /// The file.
    pub file: FileId,
    /// The bytes to go; empty for an insertion.
    pub span: Span,
    /// The bytes to come; empty for a deletion.
    pub text: Vec<u8>,
}

/// By place. At one place, what continues a line comes before what begins a new one.
impl Ord for Edit {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let begins_line = |edit: &Edit| edit.text.starts_with(b"\n") || edit.text.starts_with(b"\r");
        (self.file, self.span, begins_line(self), &self.text).cmp(&(
            other.file,
            other.span,
            begins_line(other),
            &other.text,
        ))
    }
}

impl PartialOrd for Edit {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Edit {
    /// Puts `text` in the place of `span`.
    pub fn replace(file: FileId, span: Span, text: impl Into<Vec<u8>>) -> Self {
        Edit { file, span, text: text.into() }
    }

    /// Puts `text` at `offset`.
    pub fn insert(file: FileId, offset: usize, text: impl Into<Vec<u8>>) -> Self {
        Edit::replace(file, Span::at(offset), text)
    }

    /// Takes `span` away.
    pub fn delete(file: FileId, span: Span) -> Self {
        Edit::replace(file, span, Vec::new())
    }

    /// Takes a later edit of the same fix in, if the two meet in a way that leaves no doubt about the result.
    fn absorb(&mut self, later: &Edit) -> bool {
        let deletions = self.text.is_empty() && later.text.is_empty();
        let insertions = self.span.is_empty() && self.span == later.span;
        if !self.collides(later) || !(deletions || insertions) {
            return false;
        }
        self.span.end = self.span.end.max(later.span.end);
        self.text.extend_from_slice(&later.text);
        true
    }

    /// Whether both can't be made: they overlap or touch. Touching counts, since the order would be a guess.
    pub fn collides(&self, other: &Edit) -> bool {
        self.file == other.file
            && self != other
            && self.span.start <= other.span.end
            && other.span.start <= self.span.end
    }
}

/// A named change that keeps a promise about its safety.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// In the imperative.
    pub title: String,
    /// Its tier.
    pub safety: Safety,
    /// Sorted within each file; they do not overlap. Empty for advice.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// A fix from its edits; they are sorted, equal ones merged, deletions that meet made one, and insertions at one
    /// place put one behind the other.
    pub fn new(title: impl Into<String>, safety: Safety, mut edits: Vec<Edit>) -> Self {
        edits.sort();
        edits.dedup();
        edits.dedup_by(|later, first| first.absorb(later));
        debug_assert!(
            edits
                .windows(2)
                .all(|pair| pair[0].file < pair[1].file || pair[0].span.end <= pair[1].span.start),
            "the edits of one fix do not overlap: {edits:?}"
        );
        Fix { title: title.into(), safety, edits }
    }
}

/// A piece of an edited file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// Bytes of the file as it was.
    Original(Span),
    /// New bytes.
    New(Vec<u8>),
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Piece::Original(span) => span.range().len(),
            Piece::New(text) => text.len(),
        }
    }

    /// The part between two offsets inside the piece.
    fn part(&self, from: usize, to: usize) -> Piece {
        match self {
            Piece::Original(span) => {
                Piece::Original(Span::new(span.range().start + from, span.range().start + to))
            }
            Piece::New(text) => Piece::New(text[from..to].to_vec()),
        }
    }
}

/// Walks through pieces by bytes.
struct Cursor<'p> {
    pieces: &'p [Piece],
    /// Bytes of the first piece already taken.
    used: usize,
}

impl<'p> Cursor<'p> {
    fn new(pieces: &'p [Piece]) -> Self {
        Cursor { pieces, used: 0 }
    }

    /// Hands over the next `count` bytes, in parts of pieces; fewer at the end.
    fn take(&mut self, mut count: usize, mut part: impl FnMut(Piece)) {
        while let Some(piece) = self.pieces.first() {
            let length = (piece.len() - self.used).min(count);
            part(piece.part(self.used, self.used + length));
            self.used += length;
            count -= length;
            if self.used < piece.len() {
                return;
            }
            self.pieces = &self.pieces[1..];
            self.used = 0;
        }
    }
}

/// A file under several rounds of edits, which never forgets which bytes are still the original ones.
#[derive(Debug, Clone)]
pub struct EditedText {
    pieces: Vec<Piece>,
}

impl EditedText {
    /// The unedited file of that many bytes.
    pub fn new(length: usize) -> Self {
        EditedText { pieces: vec![Piece::Original(Span::new(0, length))] }
    }

    /// Makes the edits of one round, whose spans count in the text as it is now. They must be disjoint.
    pub fn apply(&mut self, edits: &[&Edit]) {
        let mut sorted = edits.to_vec();
        sorted.sort();
        let mut old = Cursor::new(&self.pieces);
        let mut pieces = Vec::with_capacity(self.pieces.len() + 2 * sorted.len());
        let mut at = 0;
        for edit in sorted {
            let range = edit.span.range();
            old.take(range.start.saturating_sub(at), |piece| pieces.push(piece));
            old.take(range.len(), |_| {});
            pieces.push(Piece::New(edit.text.clone()));
            at = range.end.max(at);
        }
        old.take(usize::MAX, |piece| pieces.push(piece));
        pieces.retain(|piece| piece.len() > 0);
        self.pieces = pieces;
    }

    /// The bytes now.
    pub fn bytes(&self, original: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(original.len() + 64);
        for piece in &self.pieces {
            match piece {
                Piece::Original(span) => out.extend_from_slice(span.of(original)),
                Piece::New(text) => out.extend_from_slice(text),
            }
        }
        out
    }

    /// The edits that lead from the original straight to the text now.
    pub fn against_original(&self, file: FileId, length: usize) -> Vec<Edit> {
        let mut edits: Vec<Edit> = Vec::new();
        let mut at = 0;
        let mut new = Vec::new();
        let mut flush = |from: usize, to: usize, new: &mut Vec<u8>| {
            if from < to || !new.is_empty() {
                edits.push(Edit::replace(file, Span::new(from, to), std::mem::take(new)));
            }
        };
        for piece in &self.pieces {
            match piece {
                Piece::Original(span) => {
                    flush(at, span.range().start, &mut new);
                    at = span.range().end;
                }
                Piece::New(text) => new.extend_from_slice(text),
            }
        }
        flush(at, length, &mut new);
        edits
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: FileId = FileId(0);

    #[test]
    fn touching_edits_collide() {
        let a = Edit::replace(FILE, Span::new(2, 4), "x");
        assert!(a.collides(&Edit::insert(FILE, 4, "y")));
        assert!(!a.collides(&Edit::insert(FILE, 5, "y")));
        assert!(!a.collides(&a.clone()));
        assert!(!a.collides(&Edit::insert(FileId(1), 4, "y")));
    }

    proptest! {
        /// Two rounds of edits, folded into one against the original, give the same text.
        #[test]
        fn rounds_fold_into_one(
            original in "[a-z]{0,30}",
            rounds in prop::collection::vec((0usize..40, 0usize..6, "[A-Z]{0,4}"), 0..8),
        ) {
            let original = original.as_bytes();
            let mut text = EditedText::new(original.len());
            let mut expected = original.to_vec();
            for (start, length, new) in rounds {
                let start = start.min(expected.len());
                let end = (start + length).min(expected.len());
                let edit = Edit::replace(FILE, Span::new(start, end), new.as_bytes());
                text.apply(&[&edit]);
                expected.splice(start..end, new.bytes());
                prop_assert_eq!(&text.bytes(original), &expected);
            }
            let folded = text.against_original(FILE, original.len());
            let mut again = EditedText::new(original.len());
            again.apply(&folded.iter().collect::<Vec<_>>());
            prop_assert_eq!(again.bytes(original), expected);
        }
    }
}
