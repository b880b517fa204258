//! A file of an installation: its role, its bytes, its syntax.

use std::hash::BuildHasher as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::syntax::Span;
use crate::syntax::ports::Ports;
use crate::syntax::properties::Properties;
use crate::syntax::setenv::Setenv;
use crate::syntax::wrapper::Wrapper;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// `server.cnf`: the watt settings
    ServerCnf,
    /// `application.properties`: the configuration variables template of a Microservices Runtime
    Template,
    /// `wrapper.conf` as delivered
    Wrapper,
    /// `custom_wrapper.conf`: the site's own JVM arguments
    CustomWrapper,
    /// `listeners.cnf`: the ports of a package
    Ports,
    /// `bin/setenv.sh` or `bin/setenv.bat` of a Microservices Runtime
    Setenv,
    /// A file that a wrapper configuration includes, other than custom_wrapper.conf
    WrapperInclude,
    /// A file of JVM arguments that a wrapper configuration names (`wrapper.java.additional_file`)
    Arguments,
    /// A file of security properties named by `-Djava.security.properties`, such as `webm_override_java.security`
    SecurityOverride,
    /// `java.security` of the JVM
    JavaSecurity,
    /// `bin/ini.cnf`, which tells the release
    Ini,
    /// `manifest.v3` of the package WmRoot, which tells the release
    Manifest,
    /// `release` of the JVM folder, which tells the Java version
    JdkRelease,
    /// A keystore or truststore alias below `config/security/keystore`
    StoreAlias,
    /// A file with a list of cipher suites that a setting points to
    SuiteList,
    /// `bin/.lock`: the server runs, or was not shut down cleanly
    Lock,
    /// `wattlint.toml`
    Config,
}

impl Role {
    /// In words, as `check --list-files` prints it.
    pub fn name(self) -> &'static str {
        match self {
            Role::ServerCnf => "settings",
            Role::Template => "template",
            Role::Wrapper => "wrapper",
            Role::CustomWrapper => "custom wrapper",
            Role::Ports => "ports",
            Role::Setenv => "start script",
            Role::WrapperInclude => "wrapper include",
            Role::Arguments => "JVM arguments",
            Role::SecurityOverride => "security override",
            Role::JavaSecurity => "java.security",
            Role::Ini => "release",
            Role::Manifest => "release",
            Role::JdkRelease => "JDK release",
            Role::StoreAlias => "store alias",
            Role::SuiteList => "cipher suites",
            Role::Lock => "lock",
            Role::Config => "wattlint",
        }
    }

    /// Whether it is read as a `java.util.Properties` file.
    pub fn is_properties(self) -> bool {
        matches!(
            self,
            Role::ServerCnf | Role::Template | Role::SecurityOverride | Role::JavaSecurity | Role::Ini
        )
    }

    /// Whether it is read as a file of the wrapper.
    pub fn is_wrapper(self) -> bool {
        matches!(self, Role::Wrapper | Role::CustomWrapper | Role::WrapperInclude | Role::Arguments)
    }

    /// Whether a file of this role makes an instance of its own where nothing else is found.
    pub fn is_primary(self) -> bool {
        self <= Role::Ports
    }
}

/// A file's syntax tree.
#[derive(Debug, Clone)]
pub enum Syntax {
    /// `java.util.Properties`
    Properties(Properties),
    /// Tanuki wrapper configuration
    Wrapper(Wrapper),
    /// `<Values>` XML with ports
    Ports(Ports),
    /// A start script
    Setenv(Setenv),
    /// Read for a fact or two only
    Opaque,
}

/// Number of a file within one run; an index into the run's list of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub usize);

/// A stretch of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub span: Span,
}

impl Place {
    /// A place from its parts.
    pub fn new(file: FileId, span: Span) -> Self {
        Place { file, span }
    }

    /// The start of a file, for what no line of it says.
    pub fn top(file: FileId) -> Self {
        Place::new(file, Span::at(0))
    }
}

/// A position for people: 1-based line and column. Columns count characters as they are displayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1. A line ends at LF, CRLF or a lone CR.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
}

/// One file of the run, parsed without losing a byte.
#[derive(Debug, Clone)]
pub struct Document {
    /// Where it is, absolute where it came from disk.
    pub path: PathBuf,
    real: Option<PathBuf>,
    /// Other paths that lead to the same file.
    pub links: Vec<PathBuf>,
    /// Its path as shown to people: as given on the command line, with `/`.
    pub display: String,
    /// What it is for.
    pub role: Role,
    /// Read only to understand another file that was asked for: findings in it are not reported.
    pub context: bool,
    /// What it says of other files, where whoever read it asked.
    pub mentions: Mentions,
    /// In a box, since a large run has a hundred thousand documents without one.
    body: OnceLock<Box<Body>>,
    seal: Option<Arc<Seal>>,
}

/// What a file says of others, so that few have to be looked into to find out what else belongs to an instance.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mentions {
    /// It may name files that nothing but their mention tells of.
    pub others: bool,
    /// It may include a custom_wrapper.conf.
    pub custom: bool,
    /// It may name an override of java.security, of whatever name.
    pub overrides: bool,
    /// It may name a file with a list of cipher suites, in whatever way.
    pub lists: bool,
}

/// What a document holds: large, and for documents of a large run not in memory all the time.
#[derive(Debug, Clone)]
struct Body {
    bytes: Arc<[u8]>,
    /// Made on first use: of a large run most files are looked into in one of its steps only.
    syntax: OnceLock<Syntax>,
    utf8: OnceLock<bool>,
    lines: OnceLock<Vec<u32>>,
    columns: OnceLock<Columns>,
}

impl Body {
    fn new(bytes: Arc<[u8]>) -> Self {
        Body {
            bytes,
            syntax: OnceLock::new(),
            utf8: OnceLock::new(),
            lines: OnceLock::new(),
            columns: OnceLock::new(),
        }
    }
}

impl Syntax {
    /// Parses bytes as what a file of that role and name is.
    fn parse(path: &Path, role: Role, bytes: Arc<[u8]>) -> Self {
        match role {
            role if role.is_properties() => Syntax::Properties(Properties::parse(bytes)),
            role if role.is_wrapper() => Syntax::Wrapper(Wrapper::parse(bytes)),
            Role::Ports => Syntax::Ports(Ports::parse(bytes)),
            Role::Setenv => {
                let batch = path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("bat"));
                Syntax::Setenv(Setenv::parse(bytes, batch))
            }
            _ => Syntax::Opaque,
        }
    }
}

/// What is kept of a body that may be dropped and read again: enough to tell whether the file is still the same.
#[derive(Debug)]
struct Seal {
    length: usize,
    hash: u64,
    utf8: bool,
    /// The file was another one when it was read again.
    broken: AtomicBool,
}

impl Seal {
    fn of(bytes: &[u8]) -> Self {
        Seal {
            length: bytes.len(),
            hash: Self::hash(bytes),
            utf8: std::str::from_utf8(bytes).is_ok(),
            broken: AtomicBool::new(false),
        }
    }

    fn hash(bytes: &[u8]) -> u64 {
        // Compared within one run only, so any seed will do, as long as it stays.
        foldhash::quality::FixedState::default().hash_one(bytes)
    }

    /// The file's bytes once more. Of a file that is another one by now there are as many blanks as it had bytes: what
    /// is known of places in it fits, nothing of it is shown, and the run says so in the end.
    fn read_again(&self, path: &Path) -> Vec<u8> {
        let is_as_long = |meta: &std::fs::Metadata| meta.is_file() && meta.len() == self.length as u64;
        let read = || std::fs::metadata(path).ok().filter(is_as_long).and_then(|_| std::fs::read(path).ok());
        let is_same = |bytes: &Vec<u8>| bytes.len() == self.length && Self::hash(bytes) == self.hash;
        read().filter(is_same).unwrap_or_else(|| {
            self.broken.store(true, Ordering::Relaxed);
            vec![b' '; self.length]
        })
    }
}

/// What tells columns in long lines without counting from their start each time.
#[derive(Debug, Clone)]
struct Columns {
    /// Characters that begin before each multiple of [`Columns::STEP`] bytes, counted as in UTF-8.
    before: Vec<u32>,
    /// Where bytes stand that are no UTF-8.
    broken: Vec<u32>,
}

impl Columns {
    const STEP: usize = 4096;

    fn of(bytes: &[u8]) -> Self {
        let mut before = vec![0];
        for chunk in bytes.chunks(Self::STEP) {
            before.push(before[before.len() - 1] + Span::at(characters(chunk)).start);
        }
        let mut broken = Vec::new();
        let mut at = 0;
        for chunk in bytes.utf8_chunks() {
            at += chunk.valid().len();
            if !chunk.invalid().is_empty() {
                broken.push(Span::at(at).start);
            }
            at += chunk.invalid().len();
        }
        Columns { before, broken }
    }

    /// Characters of a stretch of bytes, in UTF-8 where it is UTF-8, in ISO-8859-1 otherwise.
    fn count(&self, bytes: &[u8], span: Span) -> usize {
        let index = self.broken.partition_point(|&at| at < span.start);
        let broken = self.broken.get(index).is_some_and(|&at| at < span.end);
        let begins = |at: u32| bytes.get(at as usize).is_none_or(|&byte| !is_continuation(byte));
        let at_broken = self.broken.get(index).is_some_and(|&at| at == span.end);
        if broken || !(begins(span.end) || at_broken) {
            return span.range().len();
        }
        let until = |at: u32| {
            let step = at as usize / Self::STEP;
            self.before[step] as usize + characters(&bytes[step * Self::STEP..at as usize])
        };
        until(span.end) - until(span.start)
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// Bytes that begin a character of UTF-8.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| !is_continuation(**byte)).count()
}

impl Document {
    /// A file of a role, with its bytes.
    pub fn new(path: PathBuf, display: String, role: Role, bytes: impl Into<Arc<[u8]>>) -> Self {
        let body = Body::new(bytes.into());
        Document {
            real: None,
            path,
            links: Vec::new(),
            display,
            role,
            context: false,
            mentions: Mentions::default(),
            body: OnceLock::from(Box::new(body)),
            seal: None,
        }
    }

    /// The file itself, if `path` goes through links; `path` if it does not.
    pub fn real(&self) -> &Path {
        self.real.as_ref().unwrap_or(&self.path)
    }

    /// Says where the file itself is.
    pub fn set_real(&mut self, real: PathBuf) {
        self.real = (real != self.path).then_some(real);
    }

    /// Drops what it holds, which is read again from its path when somebody asks for it. Only for what came from there.
    pub fn set_aside(&mut self) {
        if let Some(body) = self.body.take() {
            self.seal.get_or_insert_with(|| Arc::new(Seal::of(&body.bytes)));
        }
    }

    /// Whether it was set aside once, so that it can be again.
    pub fn is_sealed(&self) -> bool {
        self.seal.is_some()
    }

    /// Whether what it holds is in memory.
    pub fn is_here(&self) -> bool {
        self.body.get().is_some()
    }

    /// Whether its file was another one when it was read again.
    pub fn is_broken(&self) -> bool {
        self.seal.as_ref().is_some_and(|seal| seal.broken.load(Ordering::Relaxed))
    }

    /// How many bytes it has, without reading it again.
    pub fn length(&self) -> usize {
        self.seal.as_ref().map_or_else(|| self.bytes().len(), |seal| seal.length)
    }

    /// Whether all of it is UTF-8, without reading it again.
    pub fn is_utf8(&self) -> bool {
        let look = || *self.body().utf8.get_or_init(|| std::str::from_utf8(self.bytes()).is_ok());
        self.seal.as_ref().map_or_else(look, |seal| seal.utf8)
    }

    fn body(&self) -> &Body {
        self.body.get_or_init(|| {
            let bytes = self.seal.as_ref().map(|seal| seal.read_again(&self.path));
            Box::new(Body::new(bytes.unwrap_or_default().into()))
        })
    }

    /// Whether a path of the server's own system may lead to it: the file's name is the same. Folders are not compared,
    /// since those of the server are not those of a copy.
    pub fn is_at(&self, path: &str) -> bool {
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        !name.is_empty() && self.file_name() == name
    }

    /// The same file with other bytes, as after a fix.
    pub fn with_bytes(&self, bytes: Vec<u8>) -> Document {
        let mut new = Document::new(self.path.clone(), self.display.clone(), self.role, bytes);
        new.context = self.context;
        new.real = self.real.clone();
        new.links = self.links.clone();
        new
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        &self.body().bytes
    }

    /// Its syntax tree.
    pub fn syntax(&self) -> &Syntax {
        let body = self.body();
        body.syntax.get_or_init(|| Syntax::parse(&self.path, self.role, Arc::clone(&body.bytes)))
    }

    /// The properties tree, if it is a properties file.
    pub fn properties(&self) -> Option<&Properties> {
        match self.syntax() {
            Syntax::Properties(doc) => Some(doc),
            _ => None,
        }
    }

    /// The wrapper tree, if it is a wrapper file.
    pub fn wrapper(&self) -> Option<&Wrapper> {
        match self.syntax() {
            Syntax::Wrapper(doc) => Some(doc),
            _ => None,
        }
    }

    /// The ports tree, if it is a ports file.
    pub fn ports(&self) -> Option<&Ports> {
        match self.syntax() {
            Syntax::Ports(doc) => Some(doc),
            _ => None,
        }
    }

    /// The start script's tree, if it is one.
    pub fn setenv(&self) -> Option<&Setenv> {
        match self.syntax() {
            Syntax::Setenv(doc) => Some(doc),
            _ => None,
        }
    }

    /// Its file name.
    pub fn file_name(&self) -> &str {
        self.path.file_name().and_then(|name| name.to_str()).unwrap_or(&self.display)
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// Offsets at which lines start. Built on first use: only findings need it.
    fn line_starts(&self) -> &[u32] {
        let body = self.body();
        body.lines.get_or_init(|| {
            let mut starts = vec![0];
            for at in memchr::memchr2_iter(b'\n', b'\r', &body.bytes) {
                let crlf = body.bytes[at] == b'\r' && body.bytes.get(at + 1) == Some(&b'\n');
                if !crlf {
                    starts.push(Span::at(at + 1).start);
                }
            }
            starts
        })
    }

    /// 1-based number of the line that holds the byte at `offset`.
    pub fn line_of(&self, offset: u32) -> usize {
        self.line_starts().partition_point(|&start| start <= offset).max(1)
    }

    /// The bytes of a line, given its 1-based number, with its line end.
    pub fn line_span(&self, line: usize) -> Span {
        let starts = self.line_starts();
        let start = starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let end = starts.get(line).map_or(self.bytes().len(), |&end| end as usize);
        Span::new(start as usize, end)
    }

    /// How many lines there are.
    pub fn line_count(&self) -> usize {
        let starts = self.line_starts();
        let open = starts.last().is_some_and(|&last| (last as usize) < self.bytes().len());
        starts.len() - usize::from(!open && starts.len() > 1)
    }

    /// Line and column of a byte offset.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_of(offset);
        let start = self.line_span(line).start.min(offset);
        let span = Span { start, end: offset.min(Span::at(self.bytes().len()).start) };
        let before = span.of(self.bytes());
        let characters = if before.len() <= Columns::STEP {
            crate::syntax::display_text(before).chars().count()
        } else {
            self.body().columns.get_or_init(|| Columns::of(self.bytes())).count(self.bytes(), span)
        };
        Position { line, column: characters + 1 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PIECES: &[&[u8]] = &[b"a", b"\xe4", b"\xc3\xa4", b"\xf0\x9f\x98\x80", b"\x80"];

    proptest! {
        /// In long lines columns are told as in short ones.
        #[test]
        fn columns_of_long_lines(
            pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40),
            start in 0_usize..200,
            repeat in prop::sample::select(&[1, 700][..]),
        ) {
            let bytes = pieces.concat().repeat(repeat);
            let start = start.min(bytes.len());
            // A line begins where a character may.
            prop_assume!(bytes.get(start).is_none_or(|byte| !is_continuation(*byte)));
            let columns = Columns::of(&bytes);
            let step = (bytes.len() / 40).max(1);
            for end in (start..=bytes.len()).step_by(step) {
                let expected = crate::syntax::display_text(&bytes[start..end]).chars().count();
                prop_assert_eq!(columns.count(&bytes, Span::new(start, end)), expected, "{}..{}", start, end);
            }
        }
    }
}
