//! Security properties: the JVM's java.security and the file that `-Djava.security.properties` lays over it.

use std::borrow::Cow;

use super::jvm::Jvm;
use crate::document::{Document, FileId, Place, Role};

/// The name of the override file that Integration Server brings from 10.11 on.
pub const VENDOR_OVERRIDE: &str = "webm_override_java.security";

/// The system property that names an override file.
pub const OVERRIDE_PROPERTY: &str = "java.security.properties";

/// The files that decide security properties, as far as they were found.
#[derive(Debug, Default)]
pub struct SecurityFiles<'f> {
    /// The JVM's own java.security.
    pub master: Option<(FileId, &'f Document)>,
    /// The override file the JVM is told to read, if it is among the files of the instance.
    pub overlay: Option<(FileId, &'f Document)>,
    /// Whether the override replaces the whole java.security (`==`).
    pub replaces: bool,
    /// `jdk.tls.disabledAlgorithms` as these files set it; kept, since every suite of every list is held against it.
    pub disabled_algorithms: Option<Cow<'f, str>>,
    /// Where that stands.
    pub disabled_place: Option<Place>,
    /// `jdk.certpath.disabledAlgorithms` as these files set it.
    pub certpath: Option<Cow<'f, str>>,
    /// Where that stands.
    pub certpath_place: Option<Place>,
}

impl<'f> SecurityFiles<'f> {
    /// Finds both files. A Microservices Runtime's start script names the vendor's override itself, before
    /// `JAVA_CUSTOM_OPTS`; a wrapper profile does so at index 105.
    pub fn find(documents: &'f [Document], files: &[FileId], jvm: &Jvm<'f>) -> Self {
        let of = |role| {
            files.iter().map(|&id| (id, &documents[id.0])).filter(move |(_, document)| document.role == role)
        };
        let named = jvm.property(OVERRIDE_PROPERTY);
        // A wrapper that does not name it does not load it.
        let by_wrapper = of(Role::CustomWrapper).next().is_some();
        let path = match named {
            Some(property) => property.value.as_str(),
            None if by_wrapper => "",
            None => VENDOR_OVERRIDE,
        };
        let name = path.trim_start_matches('=').rsplit(['/', '\\']).next().unwrap_or_default();
        let mut found = SecurityFiles {
            master: of(Role::JavaSecurity).next(),
            overlay: of(Role::SecurityOverride).find(|(_, document)| document.file_name() == name),
            replaces: named.is_some_and(|property| property.value.starts_with('=')),
            disabled_algorithms: None,
            disabled_place: None,
            certpath: None,
            certpath_place: None,
        };
        if let Some((value, place)) = found.get("jdk.tls.disabledAlgorithms") {
            found.disabled_algorithms = Some(value);
            found.disabled_place = Some(place);
        }
        if let Some((value, place)) = found.get("jdk.certpath.disabledAlgorithms") {
            found.certpath = Some(value);
            found.certpath_place = Some(place);
        }
        found
    }

    /// The value of a security property, and the line that sets it.
    fn get(&self, name: &str) -> Option<(Cow<'f, str>, Place)> {
        let order = if self.replaces { [self.overlay, None] } else { [self.overlay, self.master] };
        order.into_iter().flatten().find_map(|(id, document)| {
            let doc = document.properties()?;
            let entry = doc.loaded().filter(|entry| doc.key(entry) == name).last()?;
            let span = if entry.value.is_empty() { entry.key } else { entry.value };
            Some((doc.value(entry), Place::new(id, span)))
        })
    }

    /// Whether the override replaces java.security and names no provider, which leaves the JVM without TLS (measured).
    pub fn without_providers(&self) -> bool {
        self.replaces
            && self.overlay.and_then(|(_, document)| document.properties()).is_some_and(|doc| {
                !doc.loaded().any(|entry| doc.key(entry).starts_with("security.provider."))
            })
    }
}
