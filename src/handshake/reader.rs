//! Files, rotated sets of them, compressed ones and standard input, to blocks of whole lines.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use thiserror::Error;

use super::scan::{LONGEST_LINE, Scanner};
use super::words::{Hit, Search};

/// Bytes read at once. Threads wait for each other at every block; with larger ones that costs less, with far larger
/// ones the bytes are out of the cache when they are searched.
pub const CHUNK: u64 = 2 << 20;
/// Blocks kept to be filled anew.
const MOST_SPARE: usize = 16;
/// What a compressed file begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Why a log can't be read.
#[derive(Debug, Error)]
pub enum LogError {
    /// The file or folder can't be read.
    #[error("{path}: {source}")]
    Io {
        /// As given.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A folder without a log.
    #[error("{path}: no wrapper.log is in this folder; give the log itself")]
    NoLog {
        /// As given.
        path: String,
    },
    /// A missing path, with what is there in its place.
    #[error("{path}: there is no such file{hint}")]
    Missing {
        /// As given.
        path: String,
        /// What to do.
        hint: String,
    },
}

/// Puts chunks of bytes, cut anywhere, together to blocks of whole lines.
#[derive(Debug, Default)]
pub struct Lines {
    /// The beginning of a line whose end is still to come.
    rest: Vec<u8>,
    /// Whether the line at hand was too long and its rest is passed over.
    skipping: bool,
    /// Lines that were longer than what is looked at.
    pub cut: u64,
}

impl Lines {
    /// Begins a block with what is left of the one before; the next chunk is to be put behind it.
    pub fn begin(&mut self, block: &mut Vec<u8>) {
        block.clear();
        block.extend_from_slice(&self.rest);
        self.rest.clear();
    }

    /// Cuts a block behind its last whole line; what is behind that is kept for the next block.
    pub fn settle(&mut self, block: &mut Vec<u8>) {
        if self.skipping {
            let end = memchr::memchr(b'\n', block);
            block.drain(..end.map_or(block.len(), |end| end + 1));
            self.skipping = end.is_none();
        }
        let whole = memchr::memrchr(b'\n', block).map_or(0, |end| end + 1);
        self.rest.clear();
        self.rest.extend_from_slice(&block[whole..]);
        block.truncate(whole);
        if self.rest.len() > LONGEST_LINE {
            // Its front is all that is looked at.
            self.rest.truncate(LONGEST_LINE);
            self.end(block);
            self.cut += 1;
            self.skipping = true;
        }
    }

    /// No chunk follows: adds a last line that has no end.
    pub fn end(&mut self, block: &mut Vec<u8>) {
        if !self.rest.is_empty() {
            block.extend_from_slice(&self.rest);
            self.rest.clear();
            block.push(b'\n');
        }
    }
}

/// A block with the lines of interest in it.
#[derive(Default)]
struct Block {
    /// Its place among the blocks.
    number: u64,
    bytes: Vec<u8>,
    hits: Vec<Hit>,
    lines: u32,
}

/// Where blocks come from; the threads take turns.
struct Source<R> {
    input: R,
    lines: Lines,
    /// Blocks that were gone through, to be filled anew.
    spare: Vec<Block>,
    blocks: u64,
    bytes: u64,
    /// How it ended, once it has.
    result: Option<io::Result<()>>,
}

impl<R: Read> Source<R> {
    /// The next block. A block may be empty.
    fn next(&mut self) -> Option<Block> {
        if self.result.is_some() {
            return None;
        }
        let mut block = self.spare.pop().unwrap_or_default();
        self.lines.begin(&mut block.bytes);
        let length = match self.input.by_ref().take(CHUNK).read_to_end(&mut block.bytes) {
            Ok(length) => length,
            Err(error) => {
                self.result = Some(Err(error));
                0
            }
        };
        self.bytes += length as u64;
        self.lines.settle(&mut block.bytes);
        if length == 0 {
            self.result.get_or_insert(Ok(()));
            self.lines.end(&mut block.bytes);
        }
        block.number = self.blocks;
        self.blocks += 1;
        Some(block)
    }
}

/// Reads to the end: some threads read and search for lines of interest, which is best done while the bytes are still
/// at hand; this one goes through the lines in order. `each` is called after every block. The bytes read.
///
/// # Errors
/// What reading gives; what was read before is taken in.
pub fn read(
    input: impl Read + Send,
    scanner: &mut Scanner,
    each: &mut dyn FnMut(&mut Scanner),
) -> io::Result<u64> {
    let searchers = thread::available_parallelism().map_or(1, usize::from).clamp(1, 4);
    let lines = Lines::default();
    let source = Source { input, lines, spare: Vec::new(), blocks: 0, bytes: 0, result: None };
    let source = Mutex::new(source);
    let locked = || source.lock().unwrap_or_else(PoisonError::into_inner);
    thread::scope(|scope| {
        let (ready, blocks) = mpsc::sync_channel::<Block>(searchers);
        for _ in 0..searchers {
            let ready = ready.clone();
            let next = || locked().next();
            scope.spawn(move || {
                let search = Search::default();
                while let Some(mut block) = next() {
                    block.hits.clear();
                    block.lines = search.hits(&block.bytes, &mut block.hits);
                    if ready.send(block).is_err() {
                        break;
                    }
                }
            });
        }
        drop(ready);
        let mut early: BTreeMap<u64, Block> = BTreeMap::new();
        let mut turn = 0;
        for block in blocks {
            early.insert(block.number, block);
            while let Some(block) = early.remove(&turn) {
                scanner.prepared(&block.bytes, &block.hits, block.lines);
                each(scanner);
                turn += 1;
                let mut source = locked();
                if source.spare.len() < MOST_SPARE {
                    source.spare.push(block);
                }
            }
        }
    });
    let source = source.into_inner().unwrap_or_else(PoisonError::into_inner);
    scanner.cut_lines(source.lines.cut);
    source.result.unwrap_or(Ok(())).map(|()| source.bytes)
}

/// Opens a log; a compressed one is seen by its first bytes, whatever it is called.
///
/// # Errors
/// What opening gives.
pub fn open(path: &Path) -> Result<Box<dyn Read + Send>, LogError> {
    let fail = |source| LogError::Io { path: shown(path), source };
    if path == Path::new("-") {
        return unzipped(io::stdin()).map_err(fail);
    }
    unzipped(File::open(path).map_err(fail)?).map_err(fail)
}

fn unzipped(mut input: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let mut head = Vec::new();
    input.by_ref().take(2).read_to_end(&mut head)?;
    let zipped = head == GZIP;
    let whole = io::Cursor::new(head).chain(input);
    Ok(if zipped { Box::new(flate2::read::MultiGzDecoder::new(whole)) } else { Box::new(whole) })
}

fn shown(path: &Path) -> String {
    crate::discover::display_path(path)
}

/// The logs of what was given, oldest first: a folder stands for the `wrapper.log*` in it.
///
/// # Errors
/// A path that leads to no log.
pub fn files(given: &[PathBuf]) -> Result<Vec<PathBuf>, LogError> {
    let mut all = Vec::new();
    for path in given {
        if path == Path::new("-") {
            all.push(path.clone());
        } else if path.is_dir() {
            all.extend(in_folder(path)?);
        } else if path.exists() {
            all.push(path.clone());
        } else {
            return Err(LogError::Missing { path: shown(path), hint: String::new() });
        }
    }
    all.sort_by_key(|path| age(path));
    all.dedup();
    Ok(all)
}

fn in_folder(path: &Path) -> Result<Vec<PathBuf>, LogError> {
    let fail = |source| LogError::Io { path: shown(path), source };
    for folder in [path.to_owned(), path.join("logs")] {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(fail)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with("wrapper") && name.contains(".log") && entry.path().is_file() {
                found.push(entry.path());
            }
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Err(LogError::NoLog { path: shown(path) })
}

/// What sorts the files of a rotated set, oldest first: folder and stem, a date in the name, then the number from
/// the highest to none.
fn age(path: &Path) -> (PathBuf, String, bool, String, std::cmp::Reverse<u64>) {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let (stem, suffix) = match name.find(".log") {
        Some(at) => (&name[..at], name[at + 4..].trim_start_matches(['.', '-', '_'])),
        None => (name, ""),
    };
    // wrapper_20260312.log: the date stands in the stem.
    let date_at = stem.rfind(|c: char| !c.is_ascii_digit() && c != '-').map_or(0, |at| at + 1);
    let (base, date) = if stem.len() - date_at >= 8 { stem.split_at(date_at) } else { (stem, "") };
    let base = base.trim_end_matches(['_', '-', '.']);
    let number = suffix.parse::<u64>().ok().filter(|_| suffix.len() < 6);
    let date = if number.is_some() || suffix.is_empty() { date.to_owned() } else { suffix.to_owned() };
    let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
    (folder, base.to_owned(), date.is_empty(), date, std::cmp::Reverse(number.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_sets_are_read_in_order() {
        let mut names: Vec<PathBuf> =
            ["wrapper.log", "wrapper.log.10.gz", "wrapper.log.2", "wrapper.log.1"].map(PathBuf::from).into();
        names.sort_by_key(|path| age(path));
        let names: Vec<String> = names.iter().map(|path| path.display().to_string()).collect();
        assert_eq!(names, ["wrapper.log.10.gz", "wrapper.log.2", "wrapper.log.1", "wrapper.log"]);
        let mut names: Vec<PathBuf> =
            ["wrapper.log", "wrapper_20260313.log", "wrapper_20260312.log"].map(PathBuf::from).into();
        names.sort_by_key(|path| age(path));
        assert_eq!(names[0], PathBuf::from("wrapper_20260312.log"));
        assert_eq!(names[2], PathBuf::from("wrapper.log"));
    }
}
