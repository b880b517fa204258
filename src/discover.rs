//! Paths to documents: which files of a tree matter, what each is for, and which belong together.

mod group;
mod loaded;
mod referenced;
mod roles;
mod single;
mod walk;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

pub use group::Group;
pub use loaded::Loaded;
pub use single::{read_file, wrapper_files};
pub use walk::normal as absolute;

use crate::config::Config;
use crate::document::{Document, FileId, Role};

/// Files above this size are not read: the largest real configuration file is a hundred times smaller.
pub const MAX_FILE_BYTES: u64 = 32 << 20;

/// What went wrong with one path. Each of these makes the exit code 2.
#[derive(Debug, Error)]
pub enum Problem {
    /// The path does not exist.
    #[error("{path}: there is no such file or folder")]
    Missing {
        /// As given.
        path: String,
    },
    /// The file or folder can't be read.
    #[error("{path}: cannot be read: {source}")]
    Unreadable {
        /// As shown.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A folder, device or the like stands where a file belongs.
    #[error("{path}: is {what}, where a file should be")]
    NotAFile {
        /// As shown.
        path: String,
        /// "a folder" and so on.
        what: &'static str,
    },
    /// The file changed while wattlint read it.
    #[error("{path}: was changed while it was checked; check it again")]
    Changed {
        /// As shown.
        path: String,
    },
    /// A file named on the command line that wattlint can't take.
    #[error("{path}: {why}")]
    Unsuitable {
        /// As given.
        path: String,
        /// Why, and what to do.
        why: String,
    },
    /// A folder without any configuration file.
    #[error(
        "{path}: holds no Integration Server configuration \
         (looked for server.cnf, application.properties, wrapper.conf, custom_wrapper.conf and listeners.cnf)"
    )]
    Nothing {
        /// As given.
        path: String,
    },
}

impl Problem {
    /// The path it is about, as shown.
    pub fn path(&self) -> &str {
        match self {
            Problem::Missing { path }
            | Problem::Unreadable { path, .. }
            | Problem::NotAFile { path, .. }
            | Problem::Changed { path }
            | Problem::Unsuitable { path, .. }
            | Problem::Nothing { path } => path,
        }
    }
}

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Also read `config/backup` and backups of the JVM.
    pub include_backups: bool,
    /// The settings of the run: what to leave out, and how large files may be.
    pub config: Arc<Config>,
    /// Bytes of files that are kept in memory, if not all: those beyond are read again when they are needed.
    pub keep: Option<u64>,
}

/// Everything found under the paths of one run.
#[derive(Debug, Default)]
pub struct Discovery {
    /// The documents, sorted by path.
    pub documents: Vec<Document>,
    /// The instances they make up.
    pub groups: Vec<Group>,
    /// Files left out, and why: for people, on stderr.
    pub notes: Vec<String>,
    /// Paths that could not be used.
    pub problems: Vec<Problem>,
    /// Folders in which a run was interrupted while it wrote.
    pub interrupted: Vec<PathBuf>,
    /// The paths looked through, absolute.
    pub paths: Vec<PathBuf>,
    recent: loaded::Recent,
}

impl Discovery {
    /// Looks through files and folders on disk.
    pub fn from_paths(paths: &[PathBuf], options: Options) -> Discovery {
        let mut found = walk::Walk::new(options);
        for path in paths {
            found.add(path);
        }
        found.finish()
    }

    /// Takes a single file from a stream, as if it stood at `path`: what lies around that path helps to understand it.
    pub fn from_stream(path: &Path, stream: impl std::io::Read, options: Options) -> Discovery {
        let mut found = walk::Walk::new(options);
        found.add_stream(path, stream);
        found.finish()
    }

    /// Takes files from memory, as the rules' examples do. Paths are relative, with `/`.
    pub fn from_memory<'a>(files: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Discovery {
        let mut found = Discovery::default();
        let mut others: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
        for (path, bytes) in files {
            let path_buf = PathBuf::from(path);
            match roles::identify(&path_buf, &bytes) {
                roles::Identity::Role(role) => {
                    let shown = crate::syntax::printable(path).into_owned();
                    let mut document = Document::new(path_buf, shown, role, bytes);
                    document.mentions = referenced::mentions(&document);
                    found.documents.push(document);
                }
                roles::Identity::Other(why) => found.notes.push(format!("{path}: {why}")),
                roles::Identity::Unknown => {
                    others.insert(path_buf, bytes);
                }
            }
        }
        found.group();
        referenced::add(&mut found, |path, _| others.remove(path));
        let unknown = others.keys().map(|path| format!("{}: is none of the known files", path.display()));
        found.notes.extend(unknown);
        found
    }

    /// The same documents in the same groups, to try changes on.
    pub fn copy(&self) -> Discovery {
        Discovery {
            documents: self.documents.clone(),
            groups: self.groups.clone(),
            paths: self.paths.clone(),
            ..Discovery::default()
        }
    }

    /// A document by its number. What it holds stays in memory once it was asked for: see [`Discovery::open`].
    pub fn document(&self, id: FileId) -> &Document {
        &self.documents[id.0]
    }

    /// A document by its number, to look into: of a run too large for memory, what it holds is dropped soon after.
    pub fn open(&self, id: FileId) -> Loaded<'_> {
        self.recent.open(self.document(id), id)
    }

    /// Drops what documents hold that may be read again.
    pub fn set_aside(&mut self, files: impl IntoIterator<Item = FileId>) {
        for id in files {
            let document = &mut self.documents[id.0];
            if document.is_sealed() {
                document.set_aside();
            }
        }
    }

    /// The files that were others when they were read again.
    pub fn changed(&self) -> Vec<Problem> {
        let broken = self.documents.iter().filter(|document| document.is_broken());
        broken.map(|document| Problem::Changed { path: document.display.clone() }).collect()
    }

    /// Makes one document of all paths that lead to one file. Found by name and again in a folder, it was asked for.
    fn merge_links(&mut self) {
        self.documents.sort_by(|a, b| (a.real(), a.context, &a.path).cmp(&(b.real(), b.context, &b.path)));
        self.documents.dedup_by(|later, first| {
            let same = later.real() == first.real();
            if same && later.path != first.path && !first.links.contains(&later.path) {
                first.links.push(later.path.clone());
            }
            same
        });
    }

    fn group(&mut self) {
        self.merge_links();
        self.documents.sort_by(|a, b| a.path.cmp(&b.path));
        self.groups = group::group(&self.documents);
    }
}

/// The name of a path for people: from the current folder where it lies in it, with `/`, control characters visible.
pub fn display_path(path: &Path) -> String {
    display_from(&std::env::current_dir().unwrap_or_default(), path)
}

/// As [`display_path`], where the current folder is known already.
fn display_from(current: &Path, path: &Path) -> String {
    let path = match path.strip_prefix(current) {
        Ok(inside) if inside.as_os_str().is_empty() => Path::new("."),
        Ok(inside) if path.is_absolute() => inside,
        _ => path,
    };
    let text = path.to_string_lossy();
    let text = if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() };
    let text = text.strip_prefix("./").unwrap_or(&text);
    crate::syntax::printable(text).into_owned()
}

/// Whether a file of this role is read for its own sake (and not only to learn the release or the JDK).
pub fn is_linted(role: Role) -> bool {
    role.is_primary() || matches!(role, Role::Setenv | Role::SecurityOverride | Role::JavaSecurity)
}
