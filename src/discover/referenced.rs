//! Files that other files name: a list of cipher suites (`file:PATH`), an override of java.security under a name of its
//! own. Read only inside the installation that names them.

use std::path::{Path, PathBuf};

use super::Discovery;
use crate::document::{Document, FileId, Role};
use crate::instance::security::OVERRIDE_PROPERTY;
use crate::instance::{Given, Instance};
use crate::tls::suites::{self, Listed};

/// Adds what the instances name and `read` finds: it gets a path and the folder that the file must not lie outside of.
pub fn add(discovery: &mut Discovery, mut read: impl FnMut(&Path, &Path) -> Option<Vec<u8>>) {
    for index in 0..discovery.groups.len() {
        let group = &discovery.groups[index];
        // Hardly any installation names such a file: most need no second look.
        let hints = |id: &FileId| {
            let bytes = discovery.document(*id).bytes();
            let names_override = memchr::memmem::find_iter(bytes, OVERRIDE_PROPERTY).any(|at| {
                let line = &bytes[at..];
                let end = memchr::memchr2(b'\n', b'\r', line).unwrap_or(line.len());
                !line[..end].ends_with(b"java.security")
            });
            names_override || memchr::memmem::find(bytes, b"CipherSuiteList=file").is_some()
        };
        if !group.files.iter().any(hints) {
            continue;
        }
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
