//! The journal of a write: what is to be renamed, in a file of each folder concerned, and what to make of one that an
//! interrupted run left behind.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{WriteError, sync_folders};
use crate::discover::display_path;

const PREFIX: &str = ".wattlint-";
const SUFFIX: &str = ".journal";

/// The largest journal that is read.
const MAX_BYTES: u64 = 16 << 20;

const NEW: &str = ".new";

/// Whether a file name is that of a journal.
fn is_journal(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// Whether a file name is one that a run in the middle of writing has, or has left.
pub fn is_trace(name: &str) -> bool {
    name.starts_with(PREFIX) && (name.ends_with(SUFFIX) || name.ends_with(NEW))
}

/// What is to become of one file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    target: RawPath,
    temporary: RawPath,
    before: Print,
    after: Print,
}

/// A path as bytes, since not every name is text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct RawPath(Vec<u8>);

impl RawPath {
    #[cfg(unix)]
    fn of(path: &Path) -> Self {
        use std::os::unix::ffi::OsStrExt as _;
        RawPath(path.as_os_str().as_bytes().to_vec())
    }

    #[cfg(not(unix))]
    fn of(path: &Path) -> Self {
        RawPath(path.to_string_lossy().into_owned().into_bytes())
    }

    #[cfg(unix)]
    fn path(&self) -> PathBuf {
        use std::os::unix::ffi::OsStrExt as _;
        std::ffi::OsStr::from_bytes(&self.0).into()
    }

    #[cfg(not(unix))]
    fn path(&self) -> PathBuf {
        String::from_utf8_lossy(&self.0).into_owned().into()
    }
}

/// Length and a checksum of a text: enough to tell an old text from a new one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Print {
    length: u64,
    sum: u64,
}

impl Print {
    /// FNV-1a, 64 bits.
    fn of(text: &[u8]) -> Self {
        let sum = text.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
            (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Print { length: text.len() as u64, sum }
    }

    /// That of a file; `None` if it cannot be read.
    fn of_file(path: &Path) -> Option<Self> {
        fs::read(path).ok().map(|text| Print::of(&text))
    }
}

impl Entry {
    /// What a rename of `temporary` to `target` does.
    pub fn new(target: &Path, temporary: &Path, before: &[u8], after: &[u8]) -> Self {
        Entry {
            target: RawPath::of(target),
            temporary: RawPath::of(temporary),
            before: Print::of(before),
            after: Print::of(after),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Content {
    entries: Vec<Entry>,
    /// Tells a journal that was written to its end.
    complete: bool,
}

/// The journals of a write: one in each folder, locked as long as the write goes on, taken away at its end.
pub struct Journals {
    id: String,
    open: Vec<(PathBuf, File)>,
    keep: bool,
}

impl Journals {
    /// Opens an empty journal in each folder, and finishes or takes back what an earlier run left there.
    ///
    /// # Errors
    /// Another run is writing there, or a folder takes no new file.
    pub fn open<'p>(folders: impl IntoIterator<Item = &'p Path>) -> Result<Self, WriteError> {
        let moment = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let id = format!("{:x}-{:x}", std::process::id(), moment.as_nanos());
        let mut journals = Journals { id, open: Vec::new(), keep: false };
        for folder in folders {
            let refused = |source| WriteError::Refused {
                path: display_path(folder),
                step: "no file can be made in this folder",
                source,
            };
            // Locked before it has the name that others look for: they never find one of ours without its lock.
            let early = folder.join(format!("{PREFIX}{}-0{NEW}", journals.id));
            let path = folder.join(format!("{PREFIX}{}{SUFFIX}", journals.id));
            let file =
                File::options().read(true).write(true).create_new(true).open(&early).map_err(refused)?;
            file.try_lock().ok();
            if let Err(error) = fs::rename(&early, &path) {
                fs::remove_file(&early).ok();
                return Err(refused(error));
            }
            journals.open.push((path.clone(), file));
            // Another run at work makes this one stop; what an interrupted one left is seen to. Should that change one
            // of the files that are to be written, the comparison before the renames finds it out.
            for other in found_in(folder).into_iter().filter(|other| *other != path) {
                recover_one(folder, &other)?;
            }
        }
        Ok(journals)
    }

    /// The name of a new text beside its target.
    pub fn temporary(&self, target: &Path, number: usize) -> PathBuf {
        target.with_file_name(format!("{PREFIX}{}-{number}{NEW}", self.id))
    }

    /// Writes what is to be done into each journal. From here on, an interrupted run is finished by the next.
    pub fn commit(&mut self, entries: &[Entry]) -> Result<(), WriteError> {
        let content = Content { entries: entries.to_vec(), complete: true };
        let text = serde_json::to_vec(&content).unwrap_or_default();
        for (path, file) in &mut self.open {
            let result = file.write_all(&text).and_then(|()| file.sync_all());
            result.map_err(|source| WriteError::Refused {
                path: display_path(path),
                step: "the journal cannot be written",
                source,
            })?;
        }
        sync_folders(self.open.iter().map(|(path, _)| path.as_path()));
        Ok(())
    }

    /// Leaves the journals for the next run.
    pub fn keep(&mut self) {
        self.keep = true;
    }
}

impl Drop for Journals {
    fn drop(&mut self) {
        for (path, _) in self.open.iter().filter(|_| !self.keep) {
            fs::remove_file(path).ok();
        }
    }
}

/// The journals in a folder.
fn found_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_str().is_some_and(is_journal))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

/// What became of what an interrupted run left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recovered {
    /// It had not begun to replace files: its leftovers are gone, and all files are as they were.
    TakenBack {
        /// The folder.
        folder: PathBuf,
    },
    /// It had begun: all its files have their new texts now.
    Finished {
        /// The files.
        files: Vec<PathBuf>,
    },
}

/// Finishes or takes back what interrupted runs left in some folders.
///
/// # Errors
/// Another run is at work there, or a file has changed since in a way that leaves no right answer.
pub fn recover<'p>(folders: impl IntoIterator<Item = &'p Path>) -> Result<Vec<Recovered>, WriteError> {
    let mut recovered = Vec::new();
    for folder in folders {
        for path in found_in(folder) {
            recovered.extend(recover_one(folder, &path)?);
        }
        if remove_strays(folder) {
            recovered.push(Recovered::TakenBack { folder: folder.to_owned() });
        }
    }
    Ok(recovered)
}

fn recover_one(folder: &Path, path: &Path) -> Result<Option<Recovered>, WriteError> {
    let refused = |step| move |source| WriteError::Refused { path: display_path(path), step, source };
    let mut file = match File::options().read(true).write(true).open(path) {
        // Finished along with the journal of another folder.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(refused("the journal of an interrupted run cannot be read"))?,
    };
    if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
        return Err(WriteError::Busy { path: display_path(folder) });
    }
    let mut text = Vec::new();
    std::io::Read::by_ref(&mut file)
        .take(MAX_BYTES)
        .read_to_end(&mut text)
        .map_err(refused("the journal of an interrupted run cannot be read"))?;
    let id = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let id = id.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX)).unwrap_or_default();
    let content = serde_json::from_slice::<Content>(&text).ok().filter(|content| content.complete);
    let entries: Vec<(PathBuf, PathBuf, Entry)> = content
        .into_iter()
        .flat_map(|content| content.entries)
        .map(|entry| (entry.target.path(), entry.temporary.path(), entry))
        .collect();
    // A journal only speaks for files beside its own temporary ones, in folders that hold it too: nobody can have other
    // files replaced by putting a journal into a repository.
    let sound = entries.iter().all(|(target, temporary, _)| {
        let name = temporary.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        target.parent() == temporary.parent()
            && name.starts_with(&format!("{PREFIX}{id}-"))
            && temporary.with_file_name(format!("{PREFIX}{id}{SUFFIX}")).exists()
    });
    let is_old =
        |(target, _, entry): &(PathBuf, PathBuf, Entry)| Print::of_file(target) == Some(entry.before);
    let is_new = |(target, _, entry): &(PathBuf, PathBuf, Entry)| Print::of_file(target) == Some(entry.after);
    let can_be =
        |(_, temporary, entry): &(PathBuf, PathBuf, Entry)| Print::of_file(temporary) == Some(entry.after);
    if entries.is_empty() || !sound || !entries.iter().any(is_new) && !entries.iter().all(can_be) {
        // Nothing was replaced yet.
        remove_leftovers(folder, id);
        return Ok(Some(Recovered::TakenBack { folder: folder.to_owned() }));
    }
    let wrong = entries.iter().find(|entry| !(is_new(entry) || is_old(entry) && can_be(entry)));
    if let Some((target, _, _)) = wrong {
        return Err(WriteError::Unfinished { path: display_path(target), journal: display_path(path) });
    }
    for entry in &entries {
        if !is_new(entry) {
            fs::rename(&entry.1, &entry.0)
                .map_err(refused("what an interrupted run began cannot be finished"))?;
        }
    }
    sync_folders(entries.iter().map(|(target, _, _)| target.as_path()));
    let folders: BTreeSet<&Path> = entries.iter().filter_map(|(target, _, _)| target.parent()).collect();
    for folder in folders {
        remove_leftovers(folder, id);
    }
    Ok(Some(Recovered::Finished { files: entries.into_iter().map(|(target, _, _)| target).collect() }))
}

/// Takes away new texts that no journal of their folder speaks of: their run ended before it had one, or while it was
/// taking its things away. True if there were any.
fn remove_strays(folder: &Path) -> bool {
    let journals = found_in(folder);
    let mut any = false;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX) && name.ends_with(NEW)) else {
            continue;
        };
        let id = name.rsplit_once('-').map_or(name, |(id, _)| id);
        let spoken_of = journals.iter().any(|journal| {
            journal.file_name().and_then(|name| name.to_str()) == Some(format!("{id}{SUFFIX}").as_str())
        });
        // A run that has just begun holds a lock on its first file.
        let free = || File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if !spoken_of && free() {
            any |= fs::remove_file(entry.path()).is_ok();
        }
    }
    any
}

/// Takes away what a run named: its temporary files and, last, its journal.
fn remove_leftovers(folder: &Path, id: &str) {
    let mine = format!("{PREFIX}{id}-");
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let ours =
            entry.file_name().to_str().is_some_and(|name| name.starts_with(&mine) && name.ends_with(NEW));
        if ours {
            fs::remove_file(entry.path()).ok();
        }
    }
    fs::remove_file(folder.join(format!("{PREFIX}{id}{SUFFIX}"))).ok();
}
