//! The words by which lines of interest are found, and the search for them.

use aho_corasick::packed::{Config, MatchKind, Searcher};
use aho_corasick::{AhoCorasick, Input};

/// What a word makes of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// IAIK's debug output.
    Iaik,
    /// A record of the new JSSE.
    New,
    /// A line of the old JSSE.
    Old,
    /// A record of the new JSSE as JSON.
    Expand,
    /// An exception inside a record.
    Throwable,
    /// An exception, or a text that says the same.
    Text,
    /// A secret of this kind.
    Secret(&'static str),
    /// A sign that JSSE's debug value is no narrow one.
    Wide,
    /// A line that the narrowest of JSSE's debug values prints too.
    Jsse,
}

/// The words, and what each is a sign of. None is shorter than four bytes: by these the vector search tells them apart,
/// and one of three would make it several times slower.
const WORDS: [(&str, Kind); 34] = [
    ("ssl_debug(", Kind::Iaik),
    ("Produced ", Kind::New),
    ("Consuming ", Kind::New),
    ("Received alert message", Kind::New),
    ("Fatal (", Kind::New),
    (" alert(", Kind::New),
    ("failed to send warning", Kind::New),
    ("client authentication", Kind::New),
    ("\"logger\"", Kind::Expand),
    ("\"throwable\"", Kind::Throwable),
    ("*** ", Kind::Old),
    (", READ: ", Kind::Old),
    (", WRITE: ", Kind::Old),
    (", SEND ", Kind::Old),
    (", RECV ", Kind::Old),
    ("handling exception", Kind::Old),
    (", fatal", Kind::Old),
    ("%% Cached", Kind::Old),
    ("%% No cached", Kind::Old),
    ("Exception: ", Kind::Text),
    ("fatal alert", Kind::Text),
    ("PKIX path ", Kind::Text),
    ("during handshake", Kind::Text),
    ("the handshake", Kind::Text),
    (" SSL message", Kind::Text),
    ("rejected by ", Kind::Text),
    ("no cipher suites", Kind::Text),
    ("Master Secret:", Kind::Secret("master-secret")),
    ("laintext ", Kind::Secret("payload")),
    ("Authorization: ", Kind::Secret("authorization-header")),
    ("Cookie: ", Kind::Secret("cookie")),
    ("PRIVATE KEY-----", Kind::Secret("private-key")),
    ("trigger seeding", Kind::Wide),
    ("jdk.tls.keyLimits", Kind::Jsse),
];

/// A line of interest in a block.
#[derive(Debug, Clone, Copy)]
pub struct Hit {
    /// Its first byte.
    pub start: u32,
    /// One behind its last byte.
    pub end: u32,
    /// Its number in the block, from 0.
    pub line: u32,
    /// What it is a sign of.
    pub kind: Kind,
}

/// The search for the words.
#[derive(Debug)]
pub enum Search {
    /// By vectors.
    Vector(Box<Searcher>),
    /// For machines without.
    Plain(Box<AhoCorasick>),
    /// Never: the words are few and short, and make an automaton.
    Nothing,
}

impl Default for Search {
    fn default() -> Self {
        let words = WORDS.iter().map(|(word, _)| word);
        if let Some(searcher) =
            Config::new().match_kind(MatchKind::LeftmostFirst).builder().extend(words.clone()).build()
        {
            return Search::Vector(Box::new(searcher));
        }
        AhoCorasick::new(words).map_or(Search::Nothing, |automaton| Search::Plain(Box::new(automaton)))
    }
}

impl Search {
    /// The first word from `at` on: its place and its kind.
    pub fn find(&self, block: &[u8], at: usize) -> Option<(usize, Kind)> {
        let found = match self {
            Search::Vector(searcher) => searcher.find_in(block, (at..block.len()).into()),
            Search::Plain(automaton) => automaton.find(Input::new(block).range(at..)),
            Search::Nothing => None,
        }?;
        Some((found.start(), WORDS[found.pattern().as_usize()].1))
    }

    /// All lines of interest of a block, and how many lines it has. Blocks end with the end of a line, and are far
    /// smaller than 4 GiB.
    pub fn hits(&self, block: &[u8], hits: &mut Vec<Hit>) -> u32 {
        let (mut at, mut line) = (0, 0);
        while let Some((found, kind)) = self.find(block, at) {
            let start = memchr::memrchr(b'\n', &block[at..found]).map_or(at, |before| at + before + 1);
            let end = memchr::memchr(b'\n', &block[found..]).map_or(block.len(), |after| found + after);
            line += newlines(&block[at..start]);
            let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
            hits.push(Hit { start: clamp(start), end: clamp(end), line, kind });
            line += 1;
            at = (end + 1).min(block.len());
        }
        line + newlines(&block[at..])
    }
}

/// How many lines end in some bytes.
pub fn newlines(bytes: &[u8]) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', bytes).count()).unwrap_or(u32::MAX)
}
