//! Handshakes of a log for machines and for people: `wattlint diagnose`.

mod human;
mod json;

use crate::secrets::masked_log;
use crate::syntax::printable;
pub use human::{Settings, details, failure, human};

pub use json::{Array, config, summary as json_summary};

/// A text from a log as any output may show it.
fn safe(text: &str) -> String {
    masked_log(printable(text).into_owned())
}

/// Where lines of several files stand: numbers count on from file to file, reports name the file.
#[derive(Debug, Default, Clone)]
pub struct Places {
    starts: Vec<(u64, String)>,
}

impl Places {
    /// A file begins behind this many lines.
    pub fn begin(&mut self, lines: u64, name: String) {
        self.starts.push((lines, name));
    }

    /// The file and the number in it.
    pub fn of(&self, line: u64) -> (&str, u64) {
        let index = self.starts.partition_point(|(before, _)| *before < line);
        match index.checked_sub(1).and_then(|index| self.starts.get(index)) {
            Some((before, name)) => (name, line - before),
            None => ("", line),
        }
    }

    /// How many files.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.starts.iter().map(|(_, name)| name.as_str())
    }
}
