//! wrapper.conf and custom_wrapper.conf joined as the Tanuki wrapper joins them.

use std::collections::{HashMap, HashSet};

use crate::document::{Document, FileId, Place, Role};
use crate::secrets::is_secret_name;
use crate::syntax::Span;
use crate::syntax::wrapper::Kind;

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
}

impl WrapperLine {
    /// The place of the value; of the key if the value is empty.
    pub fn place(&self) -> Place {
        let span = if self.value.is_empty() { self.key } else { self.value };
        Place::new(self.file, span)
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

/// The wrapper's view of all its files.
#[derive(Debug, Default)]
pub struct WrapperConfig {
    lines: Vec<WrapperLine>,
    winners: HashMap<String, usize>,
    used: HashSet<u64>,
    main: Option<FileId>,
    custom: Option<FileId>,
    /// A custom_wrapper.conf that wrapper.conf does not include: the wrapper never reads it.
    pub unread: Option<FileId>,
    unread_lines: Vec<WrapperLine>,
    variables: HashMap<String, String>,
}

impl WrapperConfig {
    /// Joins the wrapper files of an instance. Without a wrapper.conf, custom_wrapper.conf stands alone.
    pub fn read(documents: &[Document], files: &[FileId]) -> Self {
        let of = |role| files.iter().copied().find(|id| documents[id.0].role == role);
        let mut config = WrapperConfig {
            main: of(Role::Wrapper),
            custom: of(Role::CustomWrapper),
            ..WrapperConfig::default()
        };
        let mut joined = false;
        match (config.main, config.custom) {
            (Some(main), custom) => config.add(documents, main, custom, &mut joined),
            (None, Some(custom)) => {
                config.add(documents, custom, None, &mut joined);
                joined = true;
            }
            (None, None) => {}
        }
        if !joined && let Some(custom) = config.custom {
            let read = std::mem::take(&mut config.lines);
            config.add(documents, custom, None, &mut joined);
            config.unread_lines = std::mem::replace(&mut config.lines, read);
            config.unread = Some(custom);
        }
        // What used a variable before it was set gets its last value in the end (measured).
        let mut lines = std::mem::take(&mut config.lines);
        for line in lines.iter_mut().filter(|line| line.text.contains('%')) {
            line.text = config.expand(&line.text);
        }
        config.lines = lines;
        for (index, line) in config.lines.iter().enumerate() {
            config.winners.insert(line.name.clone(), index);
            config.used.extend(any_index(&line.name));
        }
        config
    }

    fn add(&mut self, documents: &[Document], file: FileId, custom: Option<FileId>, joined: &mut bool) {
        let Some(doc) = documents[file.0].wrapper() else {
            return;
        };
        for line in doc.lines() {
            match line.kind {
                Kind::Property { key, value } => self.lines.push(WrapperLine {
                    file,
                    span: line.span,
                    key,
                    value,
                    name: doc.text(key).to_ascii_lowercase(),
                    text: self.expand(&doc.value(value)),
                }),
                Kind::Set { default, name, value } => {
                    let name = doc.text(name).into_owned();
                    let value = self.expand(&doc.value(value));
                    if !default || !self.variables.contains_key(&name) {
                        self.variables.insert(name, value);
                    }
                }
                Kind::Include { target, .. } => {
                    let target = doc.text(target);
                    let name = target.rsplit(['/', '\\']).next().unwrap_or_default();
                    if let Some(custom) = custom
                        // A repository may keep it under a longer name, such as is-custom_wrapper.conf.
                        && !name.is_empty()
                        && documents[custom.0].file_name().ends_with(name)
                    {
                        *joined = true;
                        self.add(documents, custom, None, joined);
                    }
                }
                _ => {}
            }
        }
    }

    /// Puts known `%VAR%` in; unknown ones stay as they are, as the wrapper leaves them.
    fn expand(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find('%') {
            let Some(length) = rest[start + 1..].find('%') else {
                break;
            };
            let name = &rest[start + 1..start + 1 + length];
            out.push_str(&rest[..start]);
            // A secret stays under its name, so that it can reach no message.
            match self.variables.get(name).filter(|_| !is_secret_name(name)) {
                Some(value) => {
                    out.push_str(value);
                    rest = &rest[start + length + 2..];
                }
                None => {
                    out.push_str(&rest[start..start + 1 + length]);
                    rest = &rest[start + 1 + length..];
                }
            }
        }
        out.push_str(rest);
        out
    }

    /// All property lines in reading order, also those a later one overrides.
    pub fn lines(&self) -> &[WrapperLine] {
        &self.lines
    }

    /// The property lines of a custom_wrapper.conf that the wrapper never reads.
    pub fn unread_lines(&self) -> &[WrapperLine] {
        &self.unread_lines
    }

    /// The line that decides a property, by its name in any case.
    pub fn get(&self, name: &str) -> Option<&WrapperLine> {
        self.winners.get(&name.to_ascii_lowercase()).map(|&index| &self.lines[index])
    }

    /// Whether a line decides (a later line of the same name would override it).
    pub fn is_winner(&self, line: &WrapperLine) -> bool {
        self.winners.get(&line.name).is_some_and(|&index| std::ptr::eq(&self.lines[index], line))
    }

    /// The JVM option lines that take effect, in the order the wrapper passes them: by number.
    ///
    /// Where `wrapper.ignore_sequence_gaps` is not TRUE, the wrapper stops at the first gap without a word. Without a
    /// wrapper.conf to look into, the stock value TRUE is taken.
    pub fn options(&self) -> Vec<&WrapperLine> {
        let mut options: Vec<(u64, &WrapperLine)> = self
            .winners
            .values()
            .map(|&index| &self.lines[index])
            .filter_map(|line| Some((line.index()?, line)))
            .collect();
        options.sort_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
        if !self.gaps_allowed() {
            let unbroken =
                options.iter().zip(1..).take_while(|((index, _), expected)| index == expected).count();
            options.truncate(unbroken);
        }
        options
            .into_iter()
            .map(|(_, line)| line)
            .filter(|line| line.text.trim_start_matches('"').starts_with('-'))
            .collect()
    }

    /// Whether numbers may leave gaps.
    pub fn gaps_allowed(&self) -> bool {
        match self.get("wrapper.ignore_sequence_gaps") {
            Some(line) => line.text.eq_ignore_ascii_case("true"),
            None => self.main.is_none(),
        }
    }

    /// Whether the quotes of an option are taken off before the JVM gets it.
    pub fn strips_quotes(&self, line: &WrapperLine) -> bool {
        let is_true = |name: &str| self.get(name).is_some_and(|l| l.text.eq_ignore_ascii_case("true"));
        is_true(&format!("{}.stripquotes", line.name))
            || is_true("wrapper.java.additional.default.stripquotes")
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
