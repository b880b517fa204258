//! The watt settings of an instance: which file wrote them, which one wins, what holds where none does.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::release::Release;
use crate::catalog::{self, Watt};
use crate::document::{Document, FileId, Place, Role};
use crate::rules::schema::Basis;
use crate::syntax::properties::{self, Properties};

/// The prefix of a watt setting in a Microservices Runtime template.
pub const TEMPLATE_PREFIX: &str = "settings.";

/// The default of `watt.config.systemProperties`; setting it without this loses it.
pub const SYSTEM_PROPERTIES: &str = "watt.config.systemProperties";

/// A line that writes a setting.
#[derive(Debug, Clone)]
pub struct Written<'f> {
    /// The file.
    pub file: FileId,
    /// The entry in it.
    pub entry: properties::Entry,
    /// The unescaped value.
    pub value: Cow<'f, str>,
    /// Whether the value is known now: it holds no substitution, and is not encrypted.
    pub known: bool,
}

impl Written<'_> {
    /// The place of the value; of the key if the value is empty.
    pub fn place(&self) -> Place {
        let span = if self.entry.value.is_empty() { self.entry.key } else { self.entry.value };
        Place::new(self.file, span)
    }

    /// The place of the key.
    pub fn key_place(&self) -> Place {
        Place::new(self.file, self.entry.key)
    }
}

/// Where an effective value comes from.
#[derive(Debug, Clone, Copy)]
pub enum Origin<'s, 'f> {
    /// A line wrote it.
    Written(&'s Written<'f>),
    /// Nobody did; the release has a default.
    Default(Basis),
    /// Not known: no server.cnf was read, the catalog has no default, or a substitution hides the value.
    Unknown,
}

/// The value a setting has in the running server.
#[derive(Debug, Clone, Copy)]
pub struct Effective<'s, 'f> {
    /// The value, where known.
    pub value: Option<&'s str>,
    /// Where it comes from.
    pub origin: Origin<'s, 'f>,
}

impl<'s, 'f> Effective<'s, 'f> {
    /// The line that decides, if one does.
    pub fn written(&self) -> Option<&'s Written<'f>> {
        match self.origin {
            Origin::Written(written) => Some(written),
            _ => None,
        }
    }

    /// Its truth value as Java's `Boolean.parseBoolean` has it; `None` if unknown.
    pub fn is_true(&self) -> Option<bool> {
        self.value.map(|value| value.eq_ignore_ascii_case("true"))
    }
}

/// All watt settings of an instance.
#[derive(Debug, Default)]
pub struct Settings<'f> {
    written: HashMap<Cow<'f, str>, Lines<'f>, foldhash::fast::RandomState>,
    base: Option<FileId>,
}

/// The lines of one name.
#[derive(Debug)]
struct Lines<'f> {
    /// What the catalog says of the name.
    watt: Option<&'static Watt>,
    all: OneOrMany<Written<'f>>,
}

/// What is nearly always one, and then needs no memory of its own.
#[derive(Debug)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            OneOrMany::One(only) => std::slice::from_ref(only),
            OneOrMany::Many(all) => all,
        }
    }

    fn push(&mut self, item: T) {
        *self = match std::mem::replace(self, OneOrMany::Many(Vec::new())) {
            OneOrMany::One(first) => OneOrMany::Many(vec![first, item]),
            OneOrMany::Many(mut all) => {
                all.push(item);
                OneOrMany::Many(all)
            }
        };
    }
}

/// How the substitutions of a template begin: the server fills them in from outside. All end at `}`.
pub const REFERENCES: [&str; 4] = ["$env{", "$secret{", "$vault{", "$file{"];

/// Whether a template value holds a substitution or is encrypted, so that its text is not the value.
pub fn is_unresolved(value: &str) -> bool {
    REFERENCES.iter().any(|form| value.contains(form)) || value.starts_with("{AES}")
}

impl<'f> Settings<'f> {
    /// Reads server.cnf and then the template, which the server applies on top of it before it starts.
    pub fn read(documents: &'f [Document], files: &[FileId]) -> Self {
        let mut settings = Settings::default();
        for role in [Role::ServerCnf, Role::Template] {
            for &id in files.iter().filter(|id| documents[id.0].role == role) {
                let Some(doc) = documents[id.0].properties() else {
                    continue;
                };
                if role == Role::ServerCnf {
                    settings.base.get_or_insert(id);
                    settings.written.reserve(doc.items().len());
                }
                settings.add(id, doc, role == Role::Template);
            }
        }
        settings
    }

    fn add(&mut self, file: FileId, doc: &'f Properties, template: bool) {
        for entry in doc.loaded() {
            let mut name = doc.key(entry);
            if template {
                match name.strip_prefix(TEMPLATE_PREFIX) {
                    Some(rest) => name = Cow::Owned(rest.to_owned()),
                    None => continue,
                }
            }
            let value = doc.value(entry);
            let known = !(template && is_unresolved(&value));
            let written = Written { file, entry: *entry, value, known };
            match self.written.entry(name) {
                // Nearly every name is written once.
                Entry::Vacant(vacant) => {
                    let watt = catalog::watt(vacant.key());
                    vacant.insert(Lines { watt, all: OneOrMany::One(written) });
                }
                Entry::Occupied(mut lines) => lines.get_mut().all.push(written),
            }
        }
    }

    /// The server.cnf, if one was read: where a setting that no line writes has its default.
    pub fn base(&self) -> Option<FileId> {
        self.base
    }

    /// Every line that writes a setting; the last one wins.
    pub fn written(&self, name: &str) -> &[Written<'f>] {
        self.written.get(name).map_or(&[], |lines| lines.all.as_slice())
    }

    /// The line that wins.
    pub fn winner(&self, name: &str) -> Option<&Written<'f>> {
        self.written(name).last()
    }

    /// The value in effect in a release.
    pub fn effective(&self, name: &str, release: Release) -> Effective<'_, 'f> {
        if let Some(winner) = self.winner(name) {
            return Effective {
                value: winner.known.then_some(winner.value.as_ref()),
                origin: Origin::Written(winner),
            };
        }
        let fact = self.base.and_then(|_| catalog::setting(name, release));
        match fact.and_then(|fact| Some((fact.default?, fact.basis))) {
            Some((default, basis)) => Effective { value: Some(default), origin: Origin::Default(basis) },
            None => Effective { value: None, origin: Origin::Unknown },
        }
    }

    /// All names written, with what the catalog says of each and its lines, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&'static Watt>, &[Written<'f>])> {
        self.written.iter().map(|(name, lines)| (name.as_ref(), lines.watt, lines.all.as_slice()))
    }

    /// How many different names are written.
    pub fn len(&self) -> usize {
        self.written.len()
    }

    /// Whether no file writes any setting.
    pub fn is_empty(&self) -> bool {
        self.written.is_empty()
    }
}
