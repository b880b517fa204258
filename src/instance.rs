//! One server as its files describe it: settings, JVM arguments, ports, security properties, release and JDK.
//!
//! An [`Instance`] borrows from the documents; it holds effective values and, for each, every place that wrote it.

pub mod jvm;
pub mod release;
pub mod security;
pub mod settings;
pub mod versions;
pub mod wrapper;

use std::borrow::Cow;
use std::path::Path;

use crate::discover::{self, Discovery, Group};
use crate::document::{Document, FileId, Place, Role};
use crate::syntax::ports::{Field, Listener};
use crate::syntax::setenv::Setenv;
use jvm::Jvm;
use release::{Jdk, Release};
use security::SecurityFiles;
use settings::Settings;
use versions::Known;
use wrapper::WrapperConfig;

/// What kind of server an instance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Integration Server or API Gateway, started by the Tanuki wrapper
    IntegrationServer,
    /// Microservices Runtime: no wrapper, `bin/server.sh` starts Java
    Microservices,
    /// A profile of another product (Platform Manager, say): only its JVM is ours to judge
    OtherProfile,
}

/// What the command line says of release and JDK, before anything the files say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Given {
    /// `--release`
    pub release: Option<Release>,
    /// `--jdk`
    pub jdk: Option<Jdk>,
}

/// An inbound port.
#[derive(Debug, Clone, Copy)]
pub struct Port<'f> {
    /// The listeners.cnf it stands in.
    pub file: FileId,
    /// Its record.
    pub listener: &'f Listener,
    document: &'f Document,
}

impl<'f> Port<'f> {
    /// A field's text; `None` if it is absent or `<null>`.
    pub fn text(&self, field: &str) -> Option<Cow<'f, str>> {
        let field = self.listener.field(field)?;
        Some(self.document.ports()?.text(field)?.trim().to_owned().into())
    }

    /// A field as written, also a `<null>`.
    pub fn field(&self, name: &str) -> Option<&'f Field> {
        self.listener.field(name)
    }

    /// Where a field's text stands; the whole element for a `<null>`, the record's tag if it is absent.
    pub fn place(&self, field: &str) -> Place {
        let span = match self.listener.field(field) {
            None => self.listener.tag,
            Some(field) if field.null || field.text.is_empty() => field.element,
            Some(field) => field.text,
        };
        Place::new(self.file, span)
    }

    /// Whether it speaks TLS: an HTTPS or FTPS port, one with `ssl` true, or an e-mail port with TLS settings.
    pub fn is_tls(&self) -> bool {
        let is = |field: &str, value: &str| self.text(field).is_some_and(|text| text == value);
        is("protocol", "HTTPS") || is("protocol", "FTPS") || is("ssl", "true") || self.is_mail()
    }

    /// Whether it is an e-mail port with TLS settings: there the server is the client of a mail server.
    pub fn is_mail(&self) -> bool {
        self.text("tlsSettings").is_some_and(|text| !text.is_empty() && text != "None")
    }

    /// Whether it is open (ports without that field are).
    pub fn is_enabled(&self) -> bool {
        self.text("enabled").is_none_or(|enabled| enabled != "false")
    }

    /// For people: "HTTPS port 5543".
    pub fn title(&self) -> String {
        let protocol = self.text("protocol").unwrap_or("TLS".into());
        match self.text("port") {
            Some(port) => format!("{protocol} port {port}"),
            None => format!("port {}", self.listener.name),
        }
    }
}

/// One server.
#[derive(Debug)]
pub struct Instance<'f> {
    /// Its folder's name.
    pub name: &'f str,
    /// Its folder.
    pub root: &'f Path,
    /// What it is.
    pub kind: Kind,
    /// Its files.
    pub files: &'f [FileId],
    /// Its release, and how it is known.
    pub release: Known<Release>,
    /// Its Java, and how it is known.
    pub jdk: Known<Jdk>,
    /// Its watt settings.
    pub settings: Settings<'f>,
    /// Its wrapper configuration, joined.
    pub wrapper: WrapperConfig,
    /// Its JVM arguments and system properties.
    pub jvm: Jvm<'f>,
    /// Its ports, in the order of the files.
    pub ports: Vec<Port<'f>>,
    /// Its java.security and the file that overrides it.
    pub security: SecurityFiles<'f>,
    documents: &'f [Document],
}

impl<'f> Instance<'f> {
    /// Builds the model of one group of files.
    pub fn new(discovery: &'f Discovery, group: &'f Group, given: Given) -> Self {
        let documents = discovery.documents.as_slice();
        let settings = Settings::read(documents, &group.files);
        let wrapper = WrapperConfig::read(documents, &group.files);
        let kind = kind_of(documents, group);
        let given =
            Given { release: given.release.or(group.given.release), jdk: given.jdk.or(group.given.jdk) };
        let release = match given.release {
            Some(release) => Known::given(release),
            None => versions::release(documents, &group.files, &settings, &wrapper),
        };
        let jdk = match given.jdk {
            Some(jdk) => Known::given(jdk),
            None => versions::jdk(documents, &group.files, &release, &wrapper),
        };
        let jvm = Jvm::read(documents, &group.files, &wrapper, &settings);
        let security = SecurityFiles::find(documents, &group.files, &jvm);
        let ports = group.files.iter().flat_map(|&id| ports_of(documents, id)).collect();
        Instance {
            name: &group.name,
            root: &group.root,
            kind,
            files: &group.files,
            release,
            jdk,
            settings,
            wrapper,
            jvm,
            ports,
            security,
            documents,
        }
    }

    /// All instances of a run.
    pub fn all(discovery: &'f Discovery, given: Given) -> impl Iterator<Item = Instance<'f>> {
        discovery.groups.iter().map(move |group| Instance::new(discovery, group, given))
    }

    /// A document of the run.
    pub fn document(&self, id: FileId) -> &'f Document {
        &self.documents[id.0]
    }

    /// The instance's documents of a role.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = (FileId, &'f Document)> {
        self.files
            .iter()
            .map(|&id| (id, self.document(id)))
            .filter(move |(_, document)| document.role == role)
    }

    /// The start scripts that set this server's JVM options; none where a wrapper starts it.
    pub fn scripts(&self) -> impl Iterator<Item = (FileId, &'f Setenv)> + use<'f> {
        jvm::scripts(self.documents, self.files, &self.wrapper)
    }

    /// The effective value of a setting in this release.
    pub fn setting(&self, name: &str) -> settings::Effective<'_, 'f> {
        self.settings.effective(name, self.release.value)
    }

    /// Its folder in the user's words, where one of its files tells them.
    pub fn display_root(&self) -> String {
        let inside = self
            .files
            .iter()
            .map(|&id| self.document(id))
            .find(|document| document.path.starts_with(self.root));
        let shown = inside.and_then(|document| {
            let depth = document.path.strip_prefix(self.root).ok()?.components().count();
            Path::new(&document.display).ancestors().nth(depth).filter(|path| !path.as_os_str().is_empty())
        });
        let folder = || {
            let first = self.files.first().map(|&id| Path::new(&self.document(id).display));
            first.and_then(Path::parent).filter(|path| !path.as_os_str().is_empty())
        };
        discover::display_path(shown.or_else(folder).unwrap_or(self.root))
    }
}

fn kind_of(documents: &[Document], group: &Group) -> Kind {
    let has = |role| group.files.iter().any(|id| documents[id.0].role == role);
    let wrapper_roles = has(Role::Wrapper) || has(Role::CustomWrapper);
    let profile = group.root.parent().and_then(|p| p.file_name()).is_some_and(|name| name == "profiles");
    if profile && !has(Role::ServerCnf) {
        Kind::OtherProfile
    } else if wrapper_roles {
        Kind::IntegrationServer
    } else if has(Role::Template) || has(Role::Setenv) {
        Kind::Microservices
    } else {
        Kind::IntegrationServer
    }
}

fn ports_of(documents: &[Document], id: FileId) -> impl Iterator<Item = Port<'_>> {
    let document = &documents[id.0];
    document.ports().into_iter().flat_map(move |ports| {
        ports.listeners().iter().map(move |listener| Port { file: id, listener, document })
    })
}
