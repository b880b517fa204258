//! Files that other files name: a list of cipher suites (`file:PATH`), an override of java.security under a name of its
//! own. Read only inside the installation that names them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{Discovery, Group};
use crate::document::{Document, FileId, Mentions, Role};
use crate::instance::security::OVERRIDE_PROPERTY;
use crate::instance::wrapper::WrapperConfig;
use crate::instance::{Given, Instance};
use crate::syntax::wrapper::{Kind, Wrapper};
use crate::tls::suites::{self, Listed};

/// Adds what the instances name and `read` finds: it gets a path and the folder that the file must not lie outside of.
pub fn add(discovery: &mut Discovery, mut read: impl FnMut(&Path, &Path) -> Option<Vec<u8>>) {
    for index in 0..discovery.groups.len() {
        // Hardly any installation names such a file: most need no second look.
        if !deserves_a_look(discovery, &discovery.groups[index]) {
            continue;
        }
        let group = &discovery.groups[index];
        let instance = Instance::new(discovery, group, Given::default());
        let wanted = wanted(&instance);
        let root = group.root.clone();
        for (path, role) in wanted {
            let Some((path, bytes)) =
                candidates(&root, &path).find_map(|path| read(&path, &root).map(|bytes| (path, bytes)))
            else {
                continue;
            };
            if discovery.documents.iter().any(|document| document.path == path) {
                continue;
            }
            let display = super::display_path(&path);
            let mut document = Document::new(path, display, role, bytes);
            document.context = role == Role::SuiteList;
            discovery.documents.push(document);
            discovery.groups[index].files.push(FileId(discovery.documents.len() - 1));
        }
        included(discovery, index, &mut read);
        let looked_at = discovery.groups[index].files.clone();
        discovery.set_aside(looked_at);
    }
}

/// What a document says of other files.
pub fn mentions(document: &Document) -> Mentions {
    let bytes = document.bytes();
    let has = |word: &[u8]| memchr::memmem::find(bytes, word).is_some();
    let mut overrides = false;
    let names_override = memchr::memmem::find_iter(bytes, OVERRIDE_PROPERTY).any(|at| {
        overrides = true;
        let line = &bytes[at..];
        let end = memchr::memchr2(b'\n', b'\r', line).unwrap_or(line.len());
        !line[..end].ends_with(b"java.security")
    });
    let lists = memchr::memmem::find_iter(bytes, b"CipherSuiteList").any(|at| {
        let rest = bytes[at..].iter().skip("CipherSuiteList".len());
        let value = rest.skip_while(|byte| b" \t\x0c=:\\\r\n".contains(byte));
        value.take(4).eq(b"file")
    });
    // Of other files no syntax is asked for: it would be made for nothing.
    let is_wrapper = document.role.is_wrapper();
    let includes = is_wrapper && has(b"#include");
    let includes_another = |doc: &Wrapper| {
        doc.lines().iter().any(|line| match line.kind {
            Kind::Include { target, .. } => {
                let target = target.of(doc.bytes());
                target.rsplit(|byte| matches!(byte, b'/' | b'\\')).next() != Some(CUSTOM.as_bytes())
            }
            _ => false,
        })
    };
    let other_includes =
        is_wrapper && has(b"additional_file") || includes && document.wrapper().is_some_and(includes_another);
    Mentions {
        others: names_override || has(b"CipherSuiteList=file") || other_includes,
        custom: includes,
        overrides,
        lists,
    }
}

/// The file that every wrapper.conf includes.
const CUSTOM: &str = "custom_wrapper.conf";

/// Whether an instance may name files that are not among those found: not if all it names are there anyway.
fn deserves_a_look(discovery: &Discovery, group: &Group) -> bool {
    let files = || group.files.iter().map(|id| discovery.document(*id));
    let any = |says: fn(&Mentions) -> bool| files().any(|document| says(&document.mentions));
    if any(|says| says.others) {
        return true;
    }
    let custom = files().find(|document| document.role == Role::CustomWrapper);
    let lacks_custom = || !custom.is_some_and(|custom| custom.file_name().ends_with(CUSTOM));
    let lacks_override = || !files().any(|document| document.role == Role::SecurityOverride);
    any(|says| says.custom)
        && (lacks_custom() || any(|says| says.lists) || any(|says| says.overrides) && lacks_override())
}

/// Rounds of looking for included files: an include may lead to the next, ten deep.
const ROUNDS: usize = 10;

/// Files an instance may get by includes.
const MOST_INCLUDED: usize = 100;

/// Adds what the wrapper files of an instance include or take arguments from, as far as it lies in the profile they belong to.
fn included(discovery: &mut Discovery, index: usize, read: &mut impl FnMut(&Path, &Path) -> Option<Vec<u8>>) {
    let mut tried: HashSet<String> = HashSet::new();
    for _ in 0..ROUNDS {
        let files = &discovery.groups[index].files;
        let config = WrapperConfig::read(&discovery.documents, files);
        let Some(first) = config.main().or(config.custom()) else { return };
        // A profile keeps its wrapper files in a folder of their own; relative names lead to its neighbours.
        let folder = discovery.document(first).folder().to_owned();
        let profile = match folder.file_name().is_some_and(|name| name == "configuration" || name == "conf") {
            true => folder.parent().unwrap_or(&folder).to_owned(),
            false => folder.clone(),
        };
        let mut grown = false;
        for (target, role) in config.wanted() {
            if tried.len() >= MOST_INCLUDED || !tried.insert(target.clone()) {
                continue;
            }
            let beside = target.rsplit(['/', '\\']).next().map(|name| folder.join(name));
            let mut paths = candidates(&profile, target).chain(beside);
            let found = paths.find_map(|path| read(&path, &profile).map(|bytes| (path, bytes)));
            let Some((path, bytes)) = found else { continue };
            if discovery.documents.iter().any(|document| document.path == path) {
                continue;
            }
            let display = super::display_path(&path);
            discovery.documents.push(Document::new(path, display, *role, bytes));
            discovery.groups[index].files.push(FileId(discovery.documents.len() - 1));
            grown = true;
        }
        if !grown {
            return;
        }
    }
}

/// The paths an instance names, and what is behind each.
fn wanted(instance: &Instance<'_>) -> Vec<(String, Role)> {
    let mut wanted = Vec::new();
    for setting in suites::setting_names() {
        if let Listed::Unread(value) = suites::listed(instance, setting) {
            let path = suites::file_reference(&value).unwrap_or(&value);
            wanted.push((path.to_owned(), Role::SuiteList));
        }
    }
    if let Some(property) = instance.jvm.property(OVERRIDE_PROPERTY) {
        wanted.push((property.value.trim_start_matches('=').to_owned(), Role::SecurityOverride));
    }
    wanted
}

/// Where a file that the server knows by a path may lie below a folder: the path itself, and the ends of it, longest
/// first, since the folder may be a copy of what lies elsewhere on the server.
fn candidates<'p>(root: &'p Path, path: &'p str) -> impl Iterator<Item = PathBuf> + use<'p> {
    let parts: Vec<&str> =
        path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != "." && *part != "..").collect();
    let whole = Path::new(path).starts_with(root).then(|| PathBuf::from(path));
    whole.into_iter().chain((0..parts.len()).map(move |start| {
        let mut below = root.to_owned();
        below.extend(&parts[start..]);
        below
    }))
}
