//! One file by itself, as `wattlint show` takes one: a properties file of any name, or a wrapper configuration with what
//! it includes.

use std::collections::HashSet;
use std::path::Path;

use super::walk::{Read, read, too_large};
use super::{Discovery, Group, MAX_FILE_BYTES, Problem, display_path};
use crate::document::{Document, FileId, Role};
use crate::instance::Given;
use crate::instance::wrapper::{Started, WrapperConfig};

/// Files a wrapper configuration may be made of here.
const MAX_FILES: usize = 2_000;

/// Reads a file.
///
/// # Errors
/// It is missing, no regular file, too large or unreadable.
pub fn read_file(path: &Path) -> Result<Vec<u8>, Problem> {
    let shown = display_path(path);
    let unreadable = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => Problem::Missing { path: display_path(path) },
        _ => Problem::Unreadable { path: display_path(path), source },
    };
    let meta = std::fs::metadata(path).map_err(unreadable)?;
    if !meta.is_file() {
        let what = if meta.is_dir() { "a folder" } else { "a device, pipe or socket" };
        return Err(Problem::NotAFile { path: shown, what });
    }
    match read(path, meta.len(), MAX_FILE_BYTES).map_err(unreadable)? {
        Read::Bytes(bytes) => Ok(bytes),
        Read::TooLarge => {
            Err(Problem::Unsuitable { path: shown, why: too_large(meta.len(), MAX_FILE_BYTES) })
        }
    }
}

/// Reads a wrapper configuration and all it includes, wherever that leads, with relative names starting from `base`: who
/// names a single file asks what it means. The first document is the configuration itself.
///
/// # Errors
/// The file or the folder cannot be read.
pub fn wrapper_files(path: &Path, base: &Path, started: Started<'_>) -> Result<Discovery, Problem> {
    let bytes = read_file(path)?;
    let absolute = |path: &Path| {
        std::fs::canonicalize(path).map_err(|source| Problem::Unreadable { path: display_path(path), source })
    };
    let base = absolute(base)?;
    // The file keeps its own name where it is a link; its folder is the real one.
    let folder = match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => absolute(parent)?,
        None => absolute(Path::new("."))?,
    };
    let real = folder.join(path.file_name().unwrap_or_default());
    let mut discovery = Discovery::default();
    discovery.documents.push(Document::new(real, display_path(path), Role::Wrapper, bytes));
    let mut tried: HashSet<String> = HashSet::new();
    loop {
        let files: Vec<FileId> = (0..discovery.documents.len()).map(FileId).collect();
        let started = Started { base: Some(&base), main: Some(FileId(0)), ..started };
        let wanted = WrapperConfig::read_started(&discovery.documents, &files, started).wanted().to_vec();
        let before = discovery.documents.len();
        for (target, role) in wanted {
            if !tried.insert(target.clone()) || discovery.documents.len() >= MAX_FILES {
                continue;
            }
            let path = crate::instance::wrapper::joined(&base, &target);
            // The system is asked with the name as it stands: behind a link, `..` leads elsewhere.
            let asked = base.join(&target);
            // The wrapper opens a folder as if it were an empty file (measured).
            let bytes = asked.is_dir().then(Vec::new);
            let Some(bytes) = bytes.or_else(|| read_file(&asked).ok()) else { continue };
            let shown = display_path(&path);
            discovery.documents.push(Document::new(path, shown, role, bytes));
        }
        if discovery.documents.len() == before {
            discovery.groups.push(Group {
                root: folder,
                name: String::new(),
                files,
                given: Given::default(),
            });
            return Ok(discovery);
        }
    }
}
