//! Reading a wrapper configuration with all it includes.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

use super::notice::{Notice, What};
use super::variables::{LATE_LOOKS, Variables, assumed_of_the_system, is_builtin, names_in};
use super::{Started, WrapperLine};
use crate::document::{Document, FileId, Place, Role};
use crate::secrets::is_secret_name;
use crate::syntax::Span;
use crate::syntax::encoding::Declared;
use crate::syntax::wrapper::{Kind, MAX_VALUE, Wrapper, without_control};

/// How many files may lead from the first to an included one (measured).
const MAX_DEPTH: usize = 10;

/// Includes followed in all. The wrapper has no such limit; a file that includes itself twice on each level would take
/// it thousands of readings.
const MAX_INCLUDES: usize = 3_000;

/// Characters of values in all. Variables that double each time they are put in, in files that include each other, would
/// grow without end.
const MAX_TEXT: usize = 8 << 20;

/// Where to look for included files.
pub struct Finder<'d> {
    /// All documents.
    pub documents: &'d [Document],
    /// Those of the instance.
    pub files: &'d [FileId],
    /// The folder relative names start from, if known.
    pub base: Option<&'d Path>,
    /// The custom_wrapper.conf.
    pub custom: Option<FileId>,
}

impl Finder<'_> {
    /// The file behind a name. Where the base is known, exactly that one; else one of the instance's with that file
    /// name, since the paths in the file are those of the server.
    pub fn find(&self, target: &str) -> Option<FileId> {
        if let Some(base) = self.base {
            let path = joined(base, target);
            return self.files.iter().copied().find(|id| self.documents[id.0].path == path);
        }
        let name = target.rsplit(['/', '\\']).next().filter(|name| !name.is_empty())?;
        // A repository may keep it under a longer name, such as is-custom_wrapper.conf.
        let custom = self.custom.filter(|id| self.documents[id.0].file_name().ends_with(name));
        let named = |id: &FileId| {
            let document = &self.documents[id.0];
            matches!(document.role, Role::WrapperInclude | Role::Arguments) && document.file_name() == name
        };
        custom.or_else(|| self.files.iter().copied().find(named))
    }
}

/// A path from a folder, without `.` and `..`.
pub fn joined(base: &Path, target: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in base.join(target).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path
}

/// What the files come to.
#[derive(Default)]
pub struct Reading {
    /// The property lines, in reading order.
    pub lines: Vec<WrapperLine>,
    /// What there is to say.
    pub notices: Vec<Notice>,
    /// The variables in the end.
    pub variables: Variables,
    /// The files read.
    pub files: Vec<FileId>,
    /// Whether the wrapper gets through.
    pub starts: bool,
    /// Included files that were not found.
    pub wanted: Vec<(String, Role)>,
    /// The line that decides each property, and its name as first written, which keeps its case.
    latest: HashMap<String, (usize, String), foldhash::fast::RandomState>,
    /// Variables that were said to be undefined.
    undefined: HashSet<String>,
    /// How many of the first lines stand on the command line.
    given: usize,
    includes: usize,
    /// Characters of values so far.
    size: usize,
    /// Whether a limit of wattlint's own was met.
    too_much: bool,
    exit_on_overwrite: bool,
    /// Whether something was met that stops the wrapper.
    failed: bool,
    ascii_only: bool,
}

impl Reading {
    /// Reads a file and what it includes.
    pub fn of(finder: &Finder<'_>, first: FileId, started: Started<'_>) -> Self {
        let mut variables = Variables::new(started.environment);
        builtin(&mut variables, finder, first);
        // The wrapper reads everything twice: the first time for its log settings, and the variables stay (measured).
        let first_time = Reading { variables, ..Reading::default() }.read_all(finder, first, started);
        let variables = first_time.variables;
        let mut reading = Reading { variables, ..Reading::default() }.read_all(finder, first, started);
        reading.finish();
        reading
    }

    fn read_all(mut self, finder: &Finder<'_>, first: FileId, started: Started<'_>) -> Self {
        self.ascii_only = is_ascii_locale(started.environment);
        for (written, value) in started.given {
            let nowhere = Span::at(0);
            let written = written.trim_matches([' ', '\t']);
            let name = written.to_lowercase();
            // Of two on the command line the first counts.
            if self.latest.contains_key(&name) {
                continue;
            }
            self.latest.insert(name.clone(), (self.lines.len(), written.to_owned()));
            let text = self.expand(value);
            if let Some(variable) = written.strip_prefix("set.") {
                self.variables.set(variable, &text);
            }
            self.lines.push(WrapperLine {
                file: first,
                span: nowhere,
                key: nowhere,
                value: nowhere,
                name,
                text,
                depth: 0,
            });
        }
        self.given = self.lines.len();
        self.starts = self.read(finder, first, 0) && !self.failed;
        self
    }

    fn say(&mut self, what: What, file: FileId, span: Span) {
        self.notices.push(Notice { what, place: Place::new(file, span) });
    }

    /// Reads a file; false if it counts as not read.
    fn read(&mut self, finder: &Finder<'_>, file: FileId, depth: usize) -> bool {
        let Some(doc) = finder.documents[file.0].wrapper() else { return false };
        if doc.charset() == Declared::Unknown {
            let span = doc.lines().first().map_or(Span::at(0), |line| line.span);
            self.say(What::UnknownEncoding { stops: depth == 0 }, file, span);
            if depth > 0 {
                return false;
            }
            self.failed = true;
        }
        self.files.push(file);
        let bad = if self.ascii_only { doc.beyond_ascii() } else { doc.undecodable() };
        let bad = bad.map(|line| line.span);
        for line in doc.lines() {
            if Some(line.span) == bad {
                self.say(What::Undecodable, file, line.span);
                self.failed = true;
            }
            match line.kind {
                Kind::Property { key, value } => self.add(doc, file, line.span, key, value, depth),
                Kind::Set { default, name, value } => {
                    let prefix = if default { "set.default.".len() } else { "set.".len() };
                    let key = Span::new(name.range().start - prefix, name.range().end);
                    self.add(doc, file, line.span, key, value, depth);
                }
                Kind::Include { required, target } => {
                    self.include(finder, doc, file, required, target, depth)
                }
                Kind::BareInclude => self.say(What::IncludeWithoutHash, file, line.span),
                Kind::ExitOnOverwrite(exit) => self.exit_on_overwrite = exit,
                Kind::Blank | Kind::Comment | Kind::Encoding(_) | Kind::Ignored => {}
            }
        }
        true
    }

    fn include(
        &mut self,
        finder: &Finder<'_>,
        doc: &Wrapper,
        file: FileId,
        required: bool,
        span: Span,
        depth: usize,
    ) {
        let raw = doc.text(span);
        let target = self.variables.expand(&raw);
        for name in names_in(&raw) {
            self.undefined(name, file, span);
        }
        let certain = finder.base.is_some();
        let Some(found) = finder.find(&target) else {
            self.wanted.push((target.clone(), Role::WrapperInclude));
            self.say(What::IncludeMissing { target, required, certain }, file, span);
            self.failed |= required && certain;
            return;
        };
        self.includes += 1;
        if depth >= MAX_DEPTH {
            self.say(What::IncludeTooDeep, file, span);
            return;
        }
        if self.includes > MAX_INCLUDES || self.size > MAX_TEXT {
            if !self.too_much {
                self.too_much = true;
                self.say(What::TooManyIncludes, file, span);
            }
            return;
        }
        let read = self.read(finder, found, depth + 1);
        self.failed |= required && !read;
    }

    fn add(&mut self, doc: &Wrapper, file: FileId, span: Span, key: Span, value: Span, depth: usize) {
        let written = doc.text(key);
        let name = written.to_lowercase();
        let variable = written.strip_prefix("set.").map(|rest| rest.strip_prefix("default.").unwrap_or(rest));
        if let Some(variable) = variable.filter(|variable| is_builtin(variable)) {
            self.say(What::BuiltinVariable { name: variable.to_owned() }, file, key);
            return;
        }
        let raw = doc.raw_value(value);
        let text = if self.size > MAX_TEXT { raw.into_owned() } else { self.expand(&raw) };
        self.size += text.len() + 64;
        let index = self.lines.len();
        let before = self.latest.get(&name).map(|(index, _)| *index);
        if before.is_some_and(|before| before < self.given) {
            self.failed |= self.exit_on_overwrite;
            return;
        }
        if let Some(before) = before {
            let before = &self.lines[before];
            let what = What::Redefined {
                name: written.clone().into_owned(),
                before: before.key_place(),
                stops: self.exit_on_overwrite,
                // The log is silent where an included file writes again what the file above it wrote (measured).
                logged: depth <= before.depth,
            };
            self.say(what, file, key);
            // What stands behind it still is worth a look.
            self.failed |= self.exit_on_overwrite;
        }
        let first = self.latest.entry(name.clone()).or_insert_with(|| (index, written.into_owned()));
        first.0 = index;
        if let Some(rest) = first.1.strip_prefix("set.").filter(|rest| !rest.is_empty()) {
            match rest.strip_prefix("default.").filter(|variable| !variable.is_empty()) {
                Some(variable) if self.variables.has(variable) => {}
                Some(variable) => self.variables.set(variable, &text),
                None => self.variables.set(rest, &text),
            }
        }
        self.lines.push(WrapperLine { file, span, key, value, name, text, depth });
    }

    /// The wrapper looks twice when it stores a value, so that a variable may hold another one's name.
    fn expand(&self, raw: &str) -> String {
        let mut text = without_control(raw.into()).into_owned();
        if text.len() > MAX_VALUE
            && let Some((cut, _)) = text.char_indices().nth(MAX_VALUE)
        {
            text.truncate(cut);
        }
        for _ in 0..2 {
            if text.contains('%') {
                text = without_control(self.variables.expand(&text).into()).into_owned();
            }
        }
        text
    }

    fn undefined(&mut self, name: &str, file: FileId, span: Span) {
        let quiet = self.variables.has(name)
            || is_builtin(name)
            || assumed_of_the_system(name)
            || is_secret_name(name);
        if !quiet && self.undefined.insert(name.to_owned()) {
            self.say(What::UndefinedVariable { name: name.to_owned() }, file, span);
        }
    }

    /// What used a variable before it was set gets its last value in the end (measured).
    fn finish(&mut self) {
        for index in 0..self.lines.len() {
            let line = &self.lines[index];
            // Nobody looks at a line that another one overrides.
            let decides = self.latest.get(&line.name).is_some_and(|(latest, _)| *latest == index);
            if !decides || !line.text.contains('%') {
                continue;
            }
            for _ in 0..LATE_LOOKS {
                if !self.lines[index].text.contains('%') || self.size > MAX_TEXT {
                    break;
                }
                let text = self.variables.expand(&self.lines[index].text);
                self.size += text.len();
                self.lines[index].text = without_control(text.into()).into_owned();
            }
            let line = &self.lines[index];
            let (file, value, text) = (line.file, line.value, line.text.clone());
            for name in names_in(&text) {
                self.undefined(name, file, value);
            }
        }
        self.notices.sort_by_key(|notice| notice.place);
    }
}

/// Whether the environment asks for the locale C, in which the wrapper takes no byte outside ASCII, whatever encoding the
/// file names (measured).
fn is_ascii_locale(environment: &[(String, String)]) -> bool {
    let value = |name: &str| {
        let found = environment.iter().find(|(known, value)| known == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    };
    let locale = value("LC_ALL").or_else(|| value("LC_CTYPE")).or_else(|| value("LANG"));
    locale.is_some_and(|locale| ["C", "POSIX"].contains(&locale))
}

/// The variables the wrapper sets itself, as the one on a 64-bit Linux has them (measured on 3.5.51). Others of its own,
/// such as its process number, stay unknown.
fn builtin(variables: &mut Variables, finder: &Finder<'_>, first: FileId) {
    let folder = finder.documents[first.0].folder();
    let text = |path: &Path| path.to_string_lossy().into_owned();
    for (name, value) in [
        ("WRAPPER_FILE_SEPARATOR", "/"),
        ("WRAPPER_PATH_SEPARATOR", ":"),
        ("WRAPPER_OS", "linux"),
        ("WRAPPER_ARCH", "x86"),
        ("WRAPPER_BITS", "64"),
        ("WRAPPER_BASE_NAME", "wrapper"),
        ("WRAPPER_EDITION", "Community"),
        ("WRAPPER_VERSION", "3.5.51"),
    ] {
        variables.set(name, value);
    }
    variables.set("WRAPPER_CONF_DIR", &text(folder));
    if let Some(base) = finder.base {
        variables.set("WRAPPER_BIN_DIR", &text(base));
        variables.set("WRAPPER_WORKING_DIR", &text(base));
    }
}
