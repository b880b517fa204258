//! Writing changed files: each new text is complete and on disk beside its target before any target is replaced.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use thiserror::Error;

use super::apply::Change;
use crate::discover::Discovery;

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
        "{path}: cannot be replaced: {source}; these files are changed already and could not be put back: {stuck}"
    )]
    Torn {
        /// As shown.
        path: String,
        /// What the system says.
        source: std::io::Error,
        /// The files that keep their new text.
        stuck: String,
    },
}

/// A new text, complete on disk, waiting to take its file's place.
struct Ready<'c> {
    target: PathBuf,
    shown: String,
    change: &'c Change,
    file: NamedTempFile,
}

/// Replaces all changed files, or none.
pub fn write(discovery: &Discovery, changes: &[Change]) -> Result<(), WriteError> {
    let mut ready = Vec::with_capacity(changes.len());
    for change in changes {
        let document = discovery.document(change.file);
        let shown = document.display.clone();
        let refused = |step| move |source| WriteError::Refused { path: shown.clone(), step, source };
        // A link stays a link: its target is what changes.
        let target = fs::canonicalize(&document.real).map_err(refused("cannot be found"))?;
        let shown = document.display.clone();
        let file = prepare(&target, &change.after).map_err(|(step, source)| WriteError::Refused {
            path: shown.clone(),
            step,
            source,
        })?;
        ready.push(Ready { target, shown, change, file });
    }
    for one in &ready {
        unchanged(&one.target, &one.shown, &one.change.before)?;
    }
    let mut done: Vec<(PathBuf, &Change)> = Vec::new();
    for one in ready {
        match one.file.persist(&one.target) {
            Ok(_) => done.push((one.target, one.change)),
            Err(error) => return Err(roll_back(&done, one.shown, error.error)),
        }
    }
    for (target, _) in &done {
        // The rename itself must reach the disk. Where a folder can't be synced, the file's own sync has to do.
        if let Some(Ok(folder)) = target.parent().map(fs::File::open) {
            folder.sync_all().ok();
        }
    }
    Ok(())
}

/// Writes a text beside its target, with the target's mode and, where the system lets us, its owner.
fn prepare(target: &Path, text: &[u8]) -> Result<NamedTempFile, (&'static str, std::io::Error)> {
    let folder = target.parent().unwrap_or(Path::new("."));
    let meta = fs::metadata(target).map_err(|e| ("cannot be read", e))?;
    if meta.permissions().readonly() {
        return Err(("is write-protected", std::io::Error::from(std::io::ErrorKind::PermissionDenied)));
    }
    let mut file = tempfile::Builder::new()
        .prefix(".wattlint-")
        .tempfile_in(folder)
        .map_err(|e| ("no file can be made beside it", e))?;
    file.write_all(text).map_err(|e| ("the new text cannot be written beside it", e))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        std::os::unix::fs::chown(file.path(), Some(meta.uid()), Some(meta.gid())).ok();
    }
    file.as_file().set_permissions(meta.permissions()).map_err(|e| ("its mode cannot be kept", e))?;
    file.as_file().sync_all().map_err(|e| ("the new text cannot be written beside it", e))?;
    Ok(file)
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

/// Puts the old texts back after a failure half-way.
fn roll_back(done: &[(PathBuf, &Change)], path: String, source: std::io::Error) -> WriteError {
    let stuck: Vec<String> = done
        .iter()
        .filter(|(target, change)| {
            let back = prepare(target, &change.before).map_err(|(_, e)| e);
            back.and_then(|file| file.persist(target).map_err(|e| e.error)).is_err()
        })
        .map(|(target, _)| target.display().to_string())
        .collect();
    if stuck.is_empty() {
        WriteError::Refused { path, step: "cannot be replaced", source }
    } else {
        WriteError::Torn { path, source, stuck: stuck.join(", ") }
    }
}
