//! wrapper.conf, custom_wrapper.conf and what they include, joined as the Tanuki wrapper joins them.

mod arguments;
mod notice;
mod reading;
mod variables;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

pub use arguments::Passed;
pub use notice::{Notice, What};

use crate::document::{Document, FileId, Place, Role};
use crate::syntax::Span;
pub use reading::joined;
use reading::{Finder, Reading};

/// The prefix of the properties that hold JVM options.
pub const ADDITIONAL: &str = "wrapper.java.additional.";

/// The lowest index the vendor leaves to the site.
pub const FIRST_OWN_INDEX: u64 = 400;

/// A property line, in the order the wrapper reads them.
#[derive(Debug, Clone)]
pub struct WrapperLine {
    /// The file.
    pub file: FileId,
    /// The whole line.
    pub span: Span,
    /// The key as written.
    pub key: Span,
    /// The value as written.
    pub value: Span,
    /// The key in lower case: the wrapper compares keys without case.
    pub name: String,
    /// The value with its variables expanded as far as they are known.
    pub text: String,
    /// How many includes lead to the file it stands in.
    pub depth: usize,
}

impl WrapperLine {
    /// The place of the value; of the key if the value is empty.
    pub fn place(&self) -> Place {
        let span = if self.value.is_empty() { self.key } else { self.value };
        Place::new(self.file, span)
    }

    /// The place of the key.
    pub fn key_place(&self) -> Place {
        Place::new(self.file, self.key)
    }

    /// N, if it is a line `wrapper.java.additional.N` (up to 15 digits).
    pub fn index(&self) -> Option<u64> {
        index_of(&self.name)
    }

    /// The option's name: what stands before its `=`, quotes taken off.
    pub fn option(&self) -> &str {
        option_name(&self.text)
    }
}

/// The name of a JVM option: `-Dkey` of `-Dkey=value`, `-Xmx` forms and flags as they are.
pub fn option_name(option: &str) -> &str {
    let option = option.trim_start_matches('"');
    let end = if option.starts_with("-Xbootclasspath") { option.find(':') } else { option.find('=') };
    end.map_or_else(|| option.trim_end_matches('"'), |end| &option[..end])
}

fn index_of(name: &str) -> Option<u64> {
    let digits = name.strip_prefix(ADDITIONAL)?;
    let valid = (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    valid.then(|| digits.parse().ok()).flatten()
}

/// The index in a property's name, with `.stripquotes` and the like behind it too.
fn any_index(name: &str) -> Option<u64> {
    let rest = name.strip_prefix(ADDITIONAL)?;
    rest.split('.').next()?.parse().ok()
}

/// All numbers between a dot and what may end a key, anywhere in a file, in comments and misspelt keys too: a new option
/// had better not get one of them.
fn numbers_in(bytes: &[u8]) -> impl Iterator<Item = u64> + '_ {
    memchr::memchr_iter(b'.', bytes).filter_map(|at| {
        let rest = &bytes[at + 1..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        rest.get(digits).filter(|next| matches!(next, b'=' | b':' | b'.' | b' ' | b'\t'))?;
        std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()
    })
}

/// Lines with the ways to find them.
#[derive(Debug, Default)]
struct Lines {
    list: Vec<WrapperLine>,
    /// Of each name the indexes of its lines; the last one decides.
    by_name: HashMap<String, Vec<usize>, foldhash::fast::RandomState>,
    /// The index of each line by its place; of one that is read several times, the first.
    by_place: BTreeMap<(FileId, u32), usize>,
}

impl Lines {
    fn of(list: Vec<WrapperLine>) -> Self {
        let mut lines = Lines::default();
        for (index, line) in list.iter().enumerate() {
            lines.by_name.entry(line.name.clone()).or_default().push(index);
            // What is given on the command line stands nowhere.
            if !line.span.is_empty() {
                lines.by_place.entry((line.file, line.span.start)).or_insert(index);
            }
        }
        Lines { list, ..lines }
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &WrapperLine> {
        self.by_name.get(name).into_iter().flatten().map(|&index| &self.list[index])
    }
}

/// The wrapper's view of all its files.
#[derive(Debug, Default)]
pub struct WrapperConfig {
    lines: Lines,
    used: HashSet<u64, foldhash::fast::RandomState>,
    main: Option<FileId>,
    custom: Option<FileId>,
    /// A custom_wrapper.conf that wrapper.conf does not include: the wrapper never reads it.
    pub unread: Option<FileId>,
    unread_lines: Lines,
    notices: Vec<Notice>,
    starts: bool,
    wanted: Vec<(String, Role)>,
    passed: Vec<Passed>,
}

/// What is known from outside of how a wrapper is started.
#[derive(Debug, Clone, Copy, Default)]
pub struct Started<'a> {
    /// The folder of the wrapper program, which relative names start from. With it, a file that was not found does not
    /// exist; without it, it may just not be among those read.
    pub base: Option<&'a Path>,
    /// The file given to it, if it is another than wrapper.conf.
    pub main: Option<FileId>,
    /// Variables of the environment.
    pub environment: &'a [(String, String)],
    /// Properties given on the wrapper's command line: they beat every file.
    pub given: &'a [(String, String)],
}

impl WrapperConfig {
    /// Joins the wrapper files of an instance. Without a wrapper.conf, custom_wrapper.conf stands alone.
    pub fn read(documents: &[Document], files: &[FileId]) -> Self {
        Self::read_started(documents, files, Started::default())
    }

    /// As [`WrapperConfig::read`], with what is known of the start.
    pub fn read_started(documents: &[Document], files: &[FileId], started: Started<'_>) -> Self {
        let of = |role| files.iter().copied().find(|id| documents[id.0].role == role);
        let main = started.main.or_else(|| of(Role::Wrapper));
        let custom = of(Role::CustomWrapper).filter(|custom| Some(*custom) != main);
        let Some(first) = main.or(custom) else { return WrapperConfig::default() };
        let finder = Finder { documents, files, base: started.base, custom };
        let read = |first| Reading::of(&finder, first, started);
        let reading = read(first);
        let unread = custom.filter(|custom| !reading.files.contains(custom));
        let mut config = WrapperConfig {
            main,
            custom,
            unread,
            unread_lines: unread.map(|custom| Lines::of(read(custom).lines)).unwrap_or_default(),
            lines: Lines::of(reading.lines),
            notices: reading.notices,
            starts: reading.starts,
            wanted: reading.wanted,
            ..WrapperConfig::default()
        };
        config.used.extend(config.lines.list.iter().filter_map(|line| any_index(&line.name)));
        for file in reading.files.iter().chain(&unread) {
            config.used.extend(numbers_in(documents[file.0].bytes()));
        }
        config.pass(&finder, &reading.variables);
        config
    }

    /// All property lines in reading order, also those a later one overrides.
    pub fn lines(&self) -> &[WrapperLine] {
        &self.lines.list
    }

    /// The property lines of a custom_wrapper.conf that the wrapper never reads.
    pub fn unread_lines(&self) -> &[WrapperLine] {
        &self.unread_lines.list
    }

    /// The line that decides a property, by its name in any case.
    pub fn get(&self, name: &str) -> Option<&WrapperLine> {
        let all = self.lines.by_name.get(&name.to_ascii_lowercase())?;
        all.last().map(|&index| &self.lines.list[index])
    }

    /// The lines of a name, written in lower case, among those that a line stands among: the ones the wrapper reads, or
    /// the ones it does not.
    pub fn beside(&self, line: &WrapperLine, name: &str) -> impl Iterator<Item = &WrapperLine> {
        let unread = self.unread == Some(line.file);
        if unread { &self.unread_lines } else { &self.lines }.named(name)
    }

    /// The line that a place lies in.
    pub fn line_at(&self, place: Place) -> Option<&WrapperLine> {
        let before = self.lines.by_place.range(..=(place.file, place.span.start)).next_back();
        let line = before.map(|(_, &index)| &self.lines.list[index])?;
        (line.file == place.file && line.span.contains(place.span)).then_some(line)
    }

    /// Whether a line decides (a later line of the same name would override it).
    pub fn is_winner(&self, line: &WrapperLine) -> bool {
        self.get(&line.name).is_some_and(|winner| std::ptr::eq(winner, line))
    }

    /// The arguments the wrapper passes to the JVM, in their order, without those it adds by itself.
    pub fn passed(&self) -> &[Passed] {
        &self.passed
    }

    /// The JVM option lines that take effect, in the order the wrapper passes them: by number.
    pub fn options(&self) -> impl DoubleEndedIterator<Item = &WrapperLine> {
        self.passed.iter().filter_map(|passed| Some(&self.lines.list[passed.line?]))
    }

    /// What the wrapper says, or would say if it said more, while it reads its files.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Whether the wrapper gets as far as starting Java.
    pub fn starts(&self) -> bool {
        self.starts
    }

    /// Files that were named and are not among those read, and what they are named for.
    pub fn wanted(&self) -> &[(String, Role)] {
        &self.wanted
    }

    /// The smallest index from `from` on that no line uses, also no overridden one.
    pub fn free_index(&self, from: u64) -> u64 {
        (from..).find(|index| !self.used.contains(index)).unwrap_or(u64::MAX)
    }

    /// The custom_wrapper.conf, read or not.
    pub fn custom(&self) -> Option<FileId> {
        self.custom
    }

    /// The wrapper.conf.
    pub fn main(&self) -> Option<FileId> {
        self.main
    }
}
