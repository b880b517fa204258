//! Files, rotated sets of them, compressed ones and standard input, to blocks of whole lines.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::scan::{LONGEST_LINE, Scanner};

/// Bytes read at once.
const CHUNK: usize = 1 << 20;
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
    rest: Vec<u8>,
    /// Whether the line at hand was too long and its rest is passed over.
    skipping: bool,
}

impl Lines {
    /// Takes in a chunk.
    pub fn feed(&mut self, mut chunk: &[u8], scanner: &mut Scanner) {
        if self.skipping {
            let Some(end) = memchr::memchr(b'\n', chunk) else { return };
            chunk = &chunk[end + 1..];
            self.skipping = false;
        }
        if !self.rest.is_empty() {
            let end = memchr::memchr(b'\n', chunk).map_or(chunk.len(), |end| end + 1);
            self.rest.extend_from_slice(&chunk[..end]);
            chunk = &chunk[end..];
            if self.rest.last() == Some(&b'\n') {
                let rest = std::mem::take(&mut self.rest);
                scanner.block(&rest);
                self.rest = rest;
                self.rest.clear();
            } else {
                self.cut(scanner);
                return;
            }
        }
        let whole = memchr::memrchr(b'\n', chunk).map_or(0, |end| end + 1);
        if whole > 0 {
            scanner.block(&chunk[..whole]);
        }
        self.rest.extend_from_slice(&chunk[whole..]);
        self.cut(scanner);
    }

    /// A line without an end in sight: its front is all that is looked at.
    fn cut(&mut self, scanner: &mut Scanner) {
        if self.rest.len() > LONGEST_LINE {
            self.rest.truncate(LONGEST_LINE);
            self.end(scanner);
            scanner.cut_line();
            self.skipping = true;
        }
    }

    /// No chunk follows.
    pub fn end(&mut self, scanner: &mut Scanner) {
        if !self.rest.is_empty() {
            self.rest.push(b'\n');
            let rest = std::mem::take(&mut self.rest);
            scanner.block(&rest);
        }
    }
}

/// Reads to the end. `each` is called after every chunk.
///
/// # Errors
/// What reading gives.
pub fn read(input: impl Read, scanner: &mut Scanner, each: &mut dyn FnMut(&mut Scanner)) -> io::Result<u64> {
    let mut input = input;
    let mut lines = Lines::default();
    let mut buffer = vec![0; CHUNK];
    let mut total = 0;
    loop {
        let length = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        total += length as u64;
        lines.feed(&buffer[..length], scanner);
        each(scanner);
    }
    lines.end(scanner);
    each(scanner);
    Ok(total)
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
