//! Writing changed files: all of a run, or none, also if the power goes in between.
//!
//! Each new text is complete and synced beside its target before any target is replaced; then a journal in every folder
//! concerned says what is to be renamed, and is synced too; then the renames follow; then the journals go. Whatever ends
//! the process, the next run that writes finds either no complete journal (and takes the leftovers away, all files
//! being old) or a complete one (and finishes, all files becoming new).

mod journal;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::apply::Change;
use crate::discover::Discovery;
use journal::{Entry, Journals};

pub use journal::{Recovered, is_trace, recover};

/// Why nothing was written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// Somebody changed the file since it was read.
    #[error("{path}: changed on disk since it was read; nothing was written: run the command again")]
    Changed {
        /// As shown.
        path: String,
    },
    /// The file system refused.
    #[error("{path}: {step}: {source}; no file was changed")]
    Refused {
        /// As shown.
        path: String,
        /// What was tried.
        step: &'static str,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file could not be replaced after others were, and not all of those could be put back.
    #[error(
        "{path}: cannot be replaced: {source}; these files are changed already and could not be put back: {stuck}; \
         the next run that writes finishes the change"
    )]
    Torn {
        /// As shown.
        path: String,
        /// What the system says.
        source: std::io::Error,
        /// The files that keep their new text.
        stuck: String,
    },
    /// Another run is writing in the same folder.
    #[error(
        "{path}: another wattlint is writing in this folder; nothing was written: try again when it is done"
    )]
    Busy {
        /// The folder.
        path: String,
    },
    /// An earlier run was interrupted, and what it left cannot be finished or taken back.
    #[error(
        "{path}: an earlier run was interrupted while it wrote, and somebody has changed this file since; nothing was \
         written: see to the files that {journal} names, then delete it"
    )]
    Unfinished {
        /// The file that is neither old nor new.
        path: String,
        /// The journal.
        journal: String,
    },
}

/// What there is to say of a write that worked.
#[derive(Debug, Default)]
pub struct Written {
    /// For people: copies made, names and owners that could not be kept.
    pub notes: Vec<String>,
}

/// How to write.
#[derive(Debug, Clone, Copy, Default)]
pub struct How {
    /// Keep a copy of each old text beside the file, with `.bak` behind its name.
    pub backup: bool,
}

/// A new text, complete on disk, waiting to take its file's place.
struct Ready<'c> {
    target: PathBuf,
    shown: String,
    change: &'c Change,
    temporary: PathBuf,
}

/// Files that go away unless they are kept.
#[derive(Default)]
struct Leftovers(Vec<PathBuf>);

impl Drop for Leftovers {
    fn drop(&mut self) {
        for path in &self.0 {
            // What cannot be removed is named so that the next run knows it.
            fs::remove_file(path).ok();
        }
    }
}

/// Replaces all changed files, or none.
///
/// # Errors
/// Nothing was changed, save for [`WriteError::Torn`], which says what was.
pub fn write(discovery: &Discovery, changes: &[Change], how: How) -> Result<Written, WriteError> {
    let _signals = Signals::held();
    let mut targets = Vec::with_capacity(changes.len());
    for change in changes {
        let document = discovery.document(change.file);
        let refused =
            |source| WriteError::Refused { path: document.display.clone(), step: "cannot be found", source };
        // A link stays a link: its target is what changes.
        targets.push((fs::canonicalize(document.real()).map_err(refused)?, document.display.clone()));
    }
    let folders: BTreeSet<&Path> = targets.iter().filter_map(|(target, _)| target.parent()).collect();
    let mut leftovers = Leftovers::default();
    let mut journals = Journals::open(folders)?;
    let mut written = Written::default();
    let mut ready = Vec::with_capacity(changes.len());
    for (number, (change, (target, shown))) in changes.iter().zip(targets).enumerate() {
        let temporary = journals.temporary(&target, number + 1);
        leftovers.0.push(temporary.clone());
        prepare(&target, &temporary, &change.after, &mut written.notes)
            .map_err(|(step, source)| WriteError::Refused { path: shown.clone(), step, source })?;
        ready.push(Ready { target, shown, change, temporary });
    }
    for one in &ready {
        unchanged(&one.target, &one.shown, &one.change.before)?;
    }
    let copies = if how.backup { back_up(&ready, &mut written)? } else { Leftovers::default() };
    let entries: Vec<Entry> = ready
        .iter()
        .map(|one| Entry::new(&one.target, &one.temporary, &one.change.before, &one.change.after))
        .collect();
    journals.commit(&entries)?;
    let mut done: Vec<&Ready<'_>> = Vec::new();
    for one in &ready {
        let result = unchanged(&one.target, &one.shown, &one.change.before).and_then(|()| {
            fs::rename(&one.temporary, &one.target).map_err(|source| WriteError::Refused {
                path: one.shown.clone(),
                step: "cannot be replaced",
                source,
            })
        });
        match result {
            Ok(()) => done.push(one),
            Err(error) => match roll_back(&done, &journals, error) {
                Err(torn) => {
                    // The journals and the new texts stay, for the next run to finish with.
                    journals.keep();
                    std::mem::forget(leftovers);
                    std::mem::forget(copies);
                    return Err(torn);
                }
                Ok(error) => return Err(error),
            },
        }
    }
    std::mem::forget(copies);
    sync_folders(ready.iter().map(|one| one.target.as_path()));
    Ok(written)
}

/// Makes renames reach the disk. Where a folder can't be synced, the files' own sync has to do.
fn sync_folders<'p>(files: impl Iterator<Item = &'p Path>) {
    let folders: BTreeSet<&Path> = files.filter_map(Path::parent).collect();
    for folder in folders {
        if let Ok(folder) = File::open(folder) {
            folder.sync_all().ok();
        }
    }
}

type Step<T> = Result<T, (&'static str, std::io::Error)>;

/// Writes a text beside its target, with the target's mode, attributes and, where the system lets us, its owner.
fn prepare(target: &Path, temporary: &Path, text: &[u8], notes: &mut Vec<String>) -> Step<()> {
    let meta = fs::metadata(target).map_err(|e| ("cannot be read", e))?;
    if !meta.is_file() {
        return Err(("is no file", std::io::Error::from(std::io::ErrorKind::InvalidInput)));
    }
    if meta.permissions().readonly() {
        return Err(("is write-protected", std::io::Error::from(std::io::ErrorKind::PermissionDenied)));
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        // Nobody else may read what may hold secrets before it has the target's own mode.
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(temporary).map_err(|e| ("no file can be made beside it", e))?;
    file.write_all(text).map_err(|e| ("the new text cannot be written beside it", e))?;
    keep_attributes(target, temporary, &meta, notes)?;
    file.set_permissions(meta.permissions()).map_err(|e| ("its mode cannot be kept", e))?;
    file.sync_all().map_err(|e| ("the new text cannot be written beside it", e))?;
    Ok(())
}

#[cfg(unix)]
fn keep_attributes(
    target: &Path,
    temporary: &Path,
    meta: &fs::Metadata,
    notes: &mut Vec<String>,
) -> Step<()> {
    use std::os::unix::fs::MetadataExt as _;
    let shown = crate::discover::display_path(target);
    if meta.nlink() > 1 {
        notes.push(format!(
            "{shown} has {} other names (hard links): they keep the old text",
            meta.nlink() - 1
        ));
    }
    let own = fs::metadata(temporary).map_err(|e| ("cannot be read", e))?;
    let differs = (own.uid(), own.gid()) != (meta.uid(), meta.gid());
    if differs && std::os::unix::fs::chown(temporary, Some(meta.uid()), Some(meta.gid())).is_err() {
        // Often the group can be kept where the owner can't.
        std::os::unix::fs::chown(temporary, None, Some(meta.gid())).ok();
        notes.push(format!("{shown} gets another owner: only an administrator could keep its own"));
    }
    // Access control lists are attributes too. A file system that has none has nothing to lose.
    for name in xattr::list(target).into_iter().flatten() {
        if let Ok(Some(value)) = xattr::get(target, &name)
            && xattr::set(temporary, &name, &value).is_err()
        {
            notes.push(format!("{shown} loses the attribute {}", name.to_string_lossy()));
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn keep_attributes(_: &Path, _: &Path, _: &fs::Metadata, _: &mut Vec<String>) -> Step<()> {
    Ok(())
}

fn unchanged(target: &Path, shown: &str, before: &[u8]) -> Result<(), WriteError> {
    match fs::read(target) {
        Ok(now) if now == before => Ok(()),
        Ok(_) => Err(WriteError::Changed { path: shown.to_owned() }),
        Err(source) => {
            Err(WriteError::Refused { path: shown.to_owned(), step: "cannot be read again", source })
        }
    }
}

/// Copies the old texts beside their files, under names that are free and that wattlint never reads.
fn back_up(ready: &[Ready<'_>], written: &mut Written) -> Result<Leftovers, WriteError> {
    let mut copies = Leftovers::default();
    for one in ready {
        let mut name = one.target.file_name().unwrap_or_default().to_owned();
        name.push(".bak");
        let mut path = one.target.with_file_name(&name);
        for number in 1.. {
            if fs::symlink_metadata(&path).is_err() {
                break;
            }
            let mut numbered = name.clone();
            numbered.push(number.to_string());
            path = one.target.with_file_name(numbered);
        }
        copies.0.push(path.clone());
        let mut ignored = Vec::new();
        prepare(&one.target, &path, &one.change.before, &mut ignored).map_err(|(_, source)| {
            WriteError::Refused { path: one.shown.clone(), step: "no copy can be made beside it", source }
        })?;
        written.notes.push(format!("kept the old text as {}", crate::discover::display_path(&path)));
    }
    Ok(copies)
}

/// Puts the old texts back after a failure half-way; the error then is the one that made it necessary.
fn roll_back(done: &[&Ready<'_>], journals: &Journals, error: WriteError) -> Result<WriteError, WriteError> {
    let mut stuck = Vec::new();
    for (number, one) in done.iter().enumerate() {
        let temporary = journals.temporary(&one.target, done.len() + number + 1_000_000);
        let back = prepare(&one.target, &temporary, &one.change.before, &mut Vec::new())
            .map_err(|(_, source)| source)
            .and_then(|()| fs::rename(&temporary, &one.target));
        if back.is_err() {
            fs::remove_file(&temporary).ok();
            stuck.push(one.shown.as_str());
        }
    }
    if stuck.is_empty() {
        return Ok(error);
    }
    let (path, source) = match error {
        WriteError::Refused { path, source, .. } => (path, source),
        WriteError::Changed { path } => (path, std::io::Error::other("changed on disk meanwhile")),
        other => return Err(other),
    };
    Err(WriteError::Torn { path, source, stuck: stuck.join(", ") })
}

/// Signals that would end the process in the middle of a write are noted and passed over until it is done; one that a
/// file size limit sends makes the write fail instead.
pub(crate) struct Signals(#[cfg(unix)] Vec<signal_hook::SigId>);

impl Signals {
    #[cfg(unix)]
    pub(crate) fn held() -> Self {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
        let noted = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let hold = |signal| signal_hook::flag::register(signal, std::sync::Arc::clone(&noted)).ok();
        Signals([SIGHUP, SIGINT, SIGTERM, SIGXFSZ].into_iter().filter_map(hold).collect())
    }

    #[cfg(not(unix))]
    pub(crate) fn held() -> Self {
        Signals()
    }
}

#[cfg(unix)]
impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.0.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
}
