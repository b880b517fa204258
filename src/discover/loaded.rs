//! Documents of runs too large for memory: opened for a look, and soon forgotten.

use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use crate::document::{Document, FileId};

/// Documents that are kept for the next look. Findings come sorted by file and name few others.
const MOST: usize = 16;

/// A document with what it holds.
#[derive(Debug)]
pub enum Loaded<'d> {
    /// It is in memory anyway.
    Here(&'d Document),
    /// It was read again.
    Again(Arc<Document>),
}

impl Deref for Loaded<'_> {
    type Target = Document;

    fn deref(&self) -> &Document {
        match self {
            Loaded::Here(document) => document,
            Loaded::Again(document) => document,
        }
    }
}

/// The documents opened last.
#[derive(Debug, Default)]
pub struct Recent(Mutex<VecDeque<(FileId, Arc<Document>)>>);

impl Recent {
    /// A look into a document.
    pub fn open<'d>(&self, document: &'d Document, id: FileId) -> Loaded<'d> {
        if document.is_here() {
            return Loaded::Here(document);
        }
        // A thread that panicked while it held the list left it whole.
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, found)) = recent.iter().find(|(known, _)| *known == id) {
            return Loaded::Again(Arc::clone(found));
        }
        let again = Arc::new(document.clone());
        recent.truncate(MOST - 1);
        recent.push_front((id, Arc::clone(&again)));
        Loaded::Again(again)
    }
}
