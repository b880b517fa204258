//! Reading files and folders from disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::roles::{self, Identity};
use super::{Discovery, MAX_FILE_BYTES, Options, Problem, display_from, display_path, group, referenced};
use crate::document::{Document, Role};
use crate::parallel;

/// Folders no configuration lives in, wherever they are.
const SKIPPED: &[&str] =
    &[".git", ".hg", ".svn", "node_modules", "logs", "legal", "jmods", "DocumentStore", "XAStore"];

/// Collects the files of all paths of a run.
pub struct Walk {
    options: Options,
    found: Discovery,
    /// Bytes kept in memory so far.
    kept: AtomicU64,
}

/// What an entry of a folder comes to.
enum Step {
    /// A file to read, with what its name promises, and whether it is a link.
    File(PathBuf, Role, bool),
    Document(Box<Document>),
    Note(String),
    Problem(Problem),
    /// A folder in which a run was interrupted.
    Interrupted(PathBuf),
    Nothing,
}

/// An entry of a folder.
struct Found {
    path: PathBuf,
    is_folder: bool,
    is_link: bool,
}

impl Found {
    fn new(entry: &fs::DirEntry) -> std::io::Result<Found> {
        let kind = entry.file_type()?;
        Ok(Found { path: entry.path(), is_folder: kind.is_dir(), is_link: kind.is_symlink() })
    }

    fn name(&self) -> &std::ffi::OsStr {
        self.path.file_name().unwrap_or_default()
    }
}

/// What to do about an entry, by its name.
fn step(entry: &Found, folder: &Folder<'_>) -> Option<Step> {
    let path = entry.path.as_path();
    let Some(role) = roles::by_name(path) else {
        if entry.name().to_str().is_some_and(crate::fix::write::is_trace) {
            return path.parent().map(|folder| Step::Interrupted(normal(folder)));
        }
        let lookalike = !entry.is_folder && roles::is_lookalike(path);
        return lookalike.then(|| {
            let shown = folder.shown(path);
            Step::Note(format!(
                "{shown}: has another name than the server reads, so it was left out; name it to have it read"
            ))
        });
    };
    if entry.is_folder {
        // `release` and `.lock` are names a folder may well have.
        let problem = role.is_primary() && roles::is_canonical(path);
        return problem
            .then(|| Step::Problem(Problem::NotAFile { path: folder.shown(path), what: "a folder" }));
    }
    Some(Step::File(path.to_owned(), role, entry.is_link))
}

/// A folder of the command line.
struct Folder<'p> {
    /// As given.
    given: &'p Path,
    /// Absolute, as [`normal`] has the paths of what lies in it.
    normal: PathBuf,
    /// The folder itself, if its path goes through links. None of those in it is followed to a folder.
    real: Option<PathBuf>,
    /// The current folder of the run.
    current: PathBuf,
}

impl Walk {
    pub fn new(options: Options) -> Self {
        Walk { options, found: Discovery::default(), kept: AtomicU64::new(0) }
    }

    /// Adds one path of the command line.
    pub fn add(&mut self, path: &Path) {
        let shown = display_path(path);
        self.found.paths.push(normal(path));
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => self.add_folder(path, shown),
            Ok(meta) if meta.is_file() => self.add_named(path, shown, meta.len()),
            Ok(_) => self.problem(Problem::NotAFile { path: shown, what: "a device, pipe or socket" }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.problem(Problem::Missing { path: shown });
            }
            Err(source) => self.problem(Problem::Unreadable { path: shown, source }),
        }
    }

    /// Groups what was found into instances.
    pub fn finish(mut self) -> Discovery {
        self.found.interrupted.sort();
        self.found.interrupted.dedup();
        self.found.group();
        referenced::add(&mut self.found, inside);
        self.found
    }

    fn problem(&mut self, problem: Problem) {
        self.found.problems.push(problem);
    }

    fn add_folder(&mut self, folder: &Path, shown: String) {
        let before = (self.found.documents.len(), self.found.problems.len());
        let place = Folder::new(folder);
        let mut steps = Vec::new();
        if let Some(role) = roles::by_name(folder) {
            // It has a file's name, and reading says so.
            steps.push(Step::File(folder.to_owned(), role, folder.is_symlink()));
        }
        self.look_into(folder, &place, &mut steps);
        // Files are read by all processors; what they come to stays in the order of the walk.
        let read = |step| match step {
            Step::File(path, role, is_link) => self.read_found(&path, role, is_link, &place),
            other => other,
        };
        let steps = parallel::map(steps, read);
        self.found.documents.reserve_exact(steps.len());
        for step in steps {
            match step {
                Step::Document(document) => self.found.documents.push(*document),
                Step::Note(note) => self.found.notes.push(note),
                Step::Problem(problem) => self.problem(problem),
                Step::Interrupted(folder) => self.found.interrupted.push(folder),
                Step::File(..) | Step::Nothing => {}
            }
        }
        let nothing = !self.found.documents[before.0..].iter().any(|doc| super::is_linted(doc.role));
        if nothing && self.found.problems.len() == before.1 {
            self.problem(Problem::Nothing { path: shown });
        }
    }

    /// Adds what the entries of a folder come to, in the order of their names; what is in a folder follows it.
    ///
    /// Many folders side by side are all processors' work, which `walkdir` can't share out.
    fn look_into(&self, folder: &Path, place: &Folder<'_>, steps: &mut Vec<Step>) {
        let unreadable = |source| Step::Problem(Problem::Unreadable { path: display_path(folder), source });
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(source) => return steps.push(unreadable(source)),
        };
        let mut found = Vec::new();
        for entry in entries {
            match entry.and_then(|entry| Found::new(&entry)) {
                Ok(entry) if wanted(&entry, &self.options) => found.push(entry),
                Ok(_) => {}
                Err(source) => steps.push(unreadable(source)),
            }
        }
        found.sort_unstable_by(|a, b| a.path.file_name().cmp(&b.path.file_name()));
        let below = |entry: Found, steps: &mut Vec<Step>| {
            steps.extend(step(&entry, place));
            if entry.is_folder {
                self.look_into(&entry.path, place, steps);
            }
        };
        if found.iter().filter(|entry| entry.is_folder).count() > parallel::FEW {
            let all = parallel::map(found, |entry| {
                let mut steps = Vec::new();
                below(entry, &mut steps);
                steps
            });
            steps.extend(all.into_iter().flatten());
        } else {
            found.into_iter().for_each(|entry| below(entry, steps));
        }
    }

    /// Reads a file that the walk found.
    fn read_found(&self, path: &Path, role: Role, is_link: bool, folder: &Folder<'_>) -> Step {
        let shown = || folder.shown(path);
        let most = self.options.config.largest_file();
        // A link is followed to a file (Kubernetes mounts files so), never to a folder.
        match fs::metadata(path) {
            Ok(meta) if meta.is_file() => match read(path, meta.len(), most) {
                Ok(Read::Bytes(bytes)) => match roles::identify(path, &bytes) {
                    Identity::Role(role) => {
                        let mut document = Document::new(folder.normal(path), shown(), role, bytes);
                        document.set_real(folder.real(path, is_link, &document.path));
                        document.mentions = referenced::mentions(&document);
                        self.keep(&mut document);
                        Step::Document(Box::new(document))
                    }
                    Identity::Other(why) => Step::Note(format!("{}: {why}", shown())),
                    Identity::Unknown => Step::Nothing,
                },
                Ok(Read::TooLarge) => Step::Note(format!("{}: {}", shown(), too_large(meta.len(), most))),
                Err(source) => Step::Problem(Problem::Unreadable { path: shown(), source }),
            },
            Ok(_) if role == Role::Lock || !super::is_linted(role) => Step::Nothing,
            Ok(meta) => Step::Problem(Problem::NotAFile {
                path: shown(),
                what: if meta.is_dir() { "a link to a folder" } else { "a device, pipe or socket" },
            }),
            Err(source) => Step::Problem(Problem::Unreadable { path: shown(), source }),
        }
    }

    /// Keeps what a document holds in memory, or not if there is too much of it already.
    fn keep(&self, document: &mut Document) {
        let Some(most) = self.options.keep else { return };
        let length = document.bytes().len() as u64;
        // A file that is larger than all that is kept is kept too, if it comes first: most likely it is the only one.
        if self.kept.fetch_add(length, Ordering::Relaxed) >= most {
            document.set_aside();
        }
    }

    /// A file named on the command line: it must be usable, and its surroundings help to understand it.
    fn add_named(&mut self, path: &Path, shown: String, length: u64) {
        match read(path, length, self.options.config.largest_file()) {
            Ok(Read::Bytes(bytes)) => self.add_bytes(path, shown, bytes),
            Ok(Read::TooLarge) => {
                let why = too_large(length, self.options.config.largest_file());
                self.problem(Problem::Unsuitable { path: shown, why });
            }
            Err(source) => self.problem(Problem::Unreadable { path: shown, source }),
        }
    }

    /// A file that comes from a stream instead of its path.
    pub fn add_stream(&mut self, path: &Path, stream: impl std::io::Read) {
        let shown = display_path(path);
        let most = self.options.config.largest_file();
        match read_stream(stream, 0, most) {
            Ok(Read::Bytes(bytes)) => self.add_bytes(path, shown, bytes),
            Ok(Read::TooLarge) => {
                let why = format!("is more than the {} a configuration file may have here", size(most));
                self.problem(Problem::Unsuitable { path: shown, why });
            }
            Err(source) => self.problem(Problem::Unreadable { path: shown, source }),
        }
    }

    fn add_bytes(&mut self, path: &Path, shown: String, bytes: Vec<u8>) {
        match roles::identify_any(path, &bytes) {
            Identity::Role(role) => {
                self.document(path, shown, role, bytes, false);
                self.add_context(path, role);
                self.look_for_journals(path);
            }
            Identity::Other(why) => self.problem(Problem::Unsuitable { path: shown, why }),
            Identity::Unknown => self.problem(Problem::Unsuitable {
                path: shown,
                why: "is no file wattlint knows, by its name or its content; it reads server.cnf, application.properties, \
                      wrapper.conf, custom_wrapper.conf, listeners.cnf and java.security"
                    .to_owned(),
            }),
        }
    }

    /// A run may have been interrupted in the folder of a file that is named: of folders, the walk sees that itself.
    fn look_for_journals(&mut self, path: &Path) {
        let absolute = normal(path);
        let Some(folder) = absolute.parent() else { return };
        let mut names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
        if names.any(|name| name.to_str().is_some_and(crate::fix::write::is_trace)) {
            self.found.interrupted.push(folder.to_owned());
        }
    }

    /// Reads what lies beside a single file in a real installation, so that the verdict knows release, JDK and JVM.
    fn add_context(&mut self, path: &Path, role: Role) {
        let absolute = normal(path);
        let Some(home) = group::installed_home(&absolute, role) else {
            return;
        };
        let shown_home = common_display(path, &absolute, &home);
        for relative in group::context_files(&home) {
            let file = home.join(&relative);
            let Ok(meta) = fs::metadata(&file) else { continue };
            if !meta.is_file() || file == absolute {
                continue;
            }
            if let Ok(Read::Bytes(bytes)) = read(&file, meta.len(), self.options.config.largest_file())
                && let Identity::Role(role) = roles::identify(&file, &bytes)
            {
                let shown = display_path(&shown_home.join(&relative));
                self.document(&normal(&file), shown, role, bytes, true);
            }
        }
    }

    fn document(&mut self, path: &Path, shown: String, role: Role, bytes: Vec<u8>, context: bool) {
        let mut document = Document::new(normal(path), shown, role, bytes);
        document.context = context;
        document.mentions = referenced::mentions(&document);
        document.set_real(fs::canonicalize(path).unwrap_or_else(|_| document.path.clone()));
        self.found.documents.push(document);
    }
}

impl<'p> Folder<'p> {
    fn new(given: &'p Path) -> Self {
        let absolute = std::path::absolute(given).unwrap_or_else(|_| given.to_owned());
        let real = fs::canonicalize(given).ok();
        let normal = match &real {
            Some(real) if climbs(&absolute) => real.clone(),
            _ => absolute,
        };
        Folder { given, normal, real, current: std::env::current_dir().unwrap_or_default() }
    }

    /// The name for people of something in it.
    fn shown(&self, path: &Path) -> String {
        display_from(&self.current, path)
    }

    fn inside<'q>(&self, path: &'q Path) -> &'q Path {
        path.strip_prefix(self.given).unwrap_or(path)
    }

    /// As [`normal`], without asking the system.
    fn normal(&self, path: &Path) -> PathBuf {
        self.normal.join(self.inside(path))
    }

    /// The file behind a path, without asking the system where no link is.
    fn real(&self, path: &Path, is_link: bool, normal: &Path) -> PathBuf {
        match &self.real {
            Some(real) if !is_link => real.join(self.inside(path)),
            _ => fs::canonicalize(path).unwrap_or_else(|_| normal.to_owned()),
        }
    }
}

/// Whether a path has a `..` in it.
fn climbs(path: &Path) -> bool {
    path.components().any(|part| part == std::path::Component::ParentDir)
}

/// An absolute path without `.` and `..`. Behind a link, `..` means the folder above the link's target, so where it
/// stands the file system is asked.
pub fn normal(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let resolved = || {
        let folder = fs::canonicalize(absolute.parent()?).ok()?;
        Some(folder.join(absolute.file_name()?))
    };
    if climbs(&absolute) { resolved().unwrap_or(absolute) } else { absolute }
}

/// The path of an installation's home in the user's words, given those for a file inside it.
fn common_display(path: &Path, absolute: &Path, home: &Path) -> PathBuf {
    let depth = absolute.strip_prefix(home).map_or(0, |rest| rest.components().count());
    path.ancestors().nth(depth).filter(|p| !p.as_os_str().is_empty()).map_or_else(
        || {
            if depth == path.components().count() { PathBuf::from(".") } else { home.to_owned() }
        },
        Path::to_owned,
    )
}

/// The bytes of a file that another one names, if it really lies inside a folder. What cannot be read is as good as
/// missing: the model says that it was not read.
fn inside(path: &Path, folder: &Path) -> Option<Vec<u8>> {
    let real = fs::canonicalize(path)
        .ok()
        .filter(|real| fs::canonicalize(folder).is_ok_and(|folder| real.starts_with(folder)))?;
    let meta = fs::metadata(&real).ok().filter(fs::Metadata::is_file)?;
    match read(&real, meta.len(), MAX_FILE_BYTES) {
        Ok(Read::Bytes(bytes)) => Some(bytes),
        _ => None,
    }
}

pub(super) enum Read {
    Bytes(Vec<u8>),
    TooLarge,
}

pub(super) fn read(path: &Path, length: u64, most: u64) -> std::io::Result<Read> {
    if length > most {
        return Ok(Read::TooLarge);
    }
    read_stream(fs::File::open(path)?, length, most)
}

fn read_stream(stream: impl std::io::Read, length: u64, most: u64) -> std::io::Result<Read> {
    use std::io::Read as _;
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default() + 1);
    // One byte more than allowed tells a file that grew.
    stream.take(most + 1).read_to_end(&mut bytes)?;
    Ok(if bytes.len() as u64 > most { Read::TooLarge } else { Read::Bytes(bytes) })
}

fn size(bytes: u64) -> String {
    if bytes >> 20 > 0 { format!("{} MiB", bytes >> 20) } else { format!("{bytes} bytes") }
}

pub(super) fn too_large(length: u64, most: u64) -> String {
    format!("is {}, more than the {} a configuration file may have here: left out", size(length), size(most))
}

/// Whether to look at an entry of a folder at all. Nothing of what is refused here is opened.
fn wanted(entry: &Found, options: &Options) -> bool {
    let config = &options.config;
    if !config.exclude.is_empty() && config.excludes(&normal(&entry.path)) {
        return false;
    }
    if !entry.is_folder {
        return true;
    }
    let name = entry.name().to_string_lossy();
    let ancestor = |n: usize| {
        let folder = entry.path.ancestors().nth(n).and_then(Path::file_name);
        folder.map(|name| name.to_string_lossy()).unwrap_or_default()
    };
    // Kubernetes keeps the files behind its links in folders named so.
    if SKIPPED.contains(&name.as_ref()) || name.starts_with("..") {
        return false;
    }
    let backup =
        (name == "backup" && ancestor(1) == "config") || name.ends_with(".bck") || name.ends_with(".bak");
    if backup && !options.include_backups {
        return false;
    }
    // A package keeps its ports below config; its services, pages and jars are none of our business.
    if ancestor(2) == "packages" {
        return name == "config";
    }
    // In a JVM only the security folder matters.
    if ancestor(1) == "lib" && ancestor(2).starts_with("jvm") || ancestor(1) == "lib" && ancestor(2) == "jre"
    {
        return name == "security";
    }
    true
}
