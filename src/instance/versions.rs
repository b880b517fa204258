//! Which release and which Java an instance runs, and how that is known.

use std::fmt;

use super::jvm::OPEN_JSSE;
use super::release::{Jdk, Release};
use super::settings::Settings;
use super::wrapper::WrapperConfig;
use crate::document::{Document, FileId, Role};
use crate::syntax::ports::named_value;

/// How a version is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// The command line says it.
    Given,
    /// A file says it.
    File(String),
    /// Concluded from what the files hold.
    Inferred(String),
    /// Nothing tells; the usual is taken.
    Assumed(String),
}

/// A version and how it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known<T> {
    /// The version.
    pub value: T,
    /// How it is known.
    pub how: How,
}

impl<T> Known<T> {
    /// From the command line.
    pub fn given(value: T) -> Self {
        Known { value, how: How::Given }
    }

    /// How it is known, in a few words.
    pub fn source(&self) -> String {
        match &self.how {
            How::Given => "given".to_owned(),
            How::File(file) => file.clone(),
            How::Inferred(why) => format!("inferred: {why}"),
            How::Assumed(why) => format!("assumed: {why}"),
        }
    }

    /// Whether a verdict built on it must say so.
    pub fn is_assumed(&self) -> bool {
        matches!(self.how, How::Inferred(_) | How::Assumed(_))
    }
}

impl<T: fmt::Display> fmt::Display for Known<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = &self.value;
        match &self.how {
            How::Given => write!(f, "{value} (given)"),
            How::File(file) => write!(f, "{value} ({file})"),
            How::Inferred(why) | How::Assumed(why) => write!(f, "{value} ({why})"),
        }
    }
}

fn with_role<'f>(
    documents: &'f [Document],
    files: &'f [FileId],
    role: Role,
) -> impl Iterator<Item = &'f Document> {
    files.iter().map(|id| &documents[id.0]).filter(move |document| document.role == role)
}

/// The release: ini.cnf, manifest.v3 of WmRoot, the service name in the wrapper files, else what the settings tell.
pub fn release(
    documents: &[Document],
    files: &[FileId],
    settings: &Settings<'_>,
    wrapper: &WrapperConfig,
) -> Known<Release> {
    let from = |value, file: String| Known { value, how: How::File(file) };
    for document in with_role(documents, files, Role::Ini) {
        let Some(doc) = document.properties() else {
            continue;
        };
        let version = doc.loaded().filter(|entry| doc.key(entry) == "application.version").last();
        if let Some(Ok(release)) = version.map(|entry| doc.value(entry).parse()) {
            return from(release, format!("{}, application.version", document.file_name()));
        }
    }
    for document in with_role(documents, files, Role::Manifest) {
        if let Some(Ok(release)) = named_value(document.bytes(), "version").map(|text| text.parse()) {
            return from(release, "manifest.v3 of WmRoot".to_owned());
        }
    }
    let service = wrapper.lines().iter().find_map(|line| {
        let digits = line.text.strip_prefix("sagis")?.split('_').next()?;
        Some((Release::from_digits(digits)?, line.text.clone()))
    });
    if let Some((release, service)) = service {
        return from(release, format!("service name {service}"));
    }
    from_settings(settings)
        .or_else(|| from_ports(documents, files))
        .or_else(|| from_wrapper(wrapper))
        .unwrap_or_else(|| Known {
            value: Release::new(10, 15),
            how: How::Assumed("no file tells the release".to_owned()),
        })
}

fn inferred(major: u16, minor: u16, why: &str) -> Option<Known<Release>> {
    Some(Known { value: Release::new(major, minor), how: How::Inferred(why.to_owned()) })
}

/// What the fields of the TLS ports tell. `useJSSE` went with 10.15; `jsseEnabledProtocols` came with 9.10 and
/// `jsseDisabledProtocols` with 10.7.
fn from_ports(documents: &[Document], files: &[FileId]) -> Option<Known<Release>> {
    let ports = with_role(documents, files, Role::Ports).filter_map(Document::ports);
    let listeners: Vec<_> = ports.flat_map(|doc| doc.listeners()).collect();
    let has = |field: &str| listeners.iter().any(|listener| listener.field(field).is_some());
    match (has("useJSSE"), has("jsseDisabledProtocols"), has("jsseEnabledProtocols")) {
        (true, true, _) => inferred(10, 11, "ports have useJSSE and jsseDisabledProtocols"),
        (true, false, true) => inferred(10, 5, "ports have useJSSE and jsseEnabledProtocols only"),
        (true, false, false) => inferred(9, 7, "ports have useJSSE and no protocol lists"),
        (false, true, _) => inferred(10, 15, "ports have jsseDisabledProtocols and no useJSSE"),
        (false, false, _) => None,
    }
}

fn from_wrapper(wrapper: &WrapperConfig) -> Option<Known<Release>> {
    let open_jsse =
        |line: &&super::wrapper::WrapperLine| line.index() == Some(105) && line.option() == OPEN_JSSE;
    wrapper.options().find(open_jsse)?;
    inferred(10, 7, "JVM option 105 is -XX:+UseOpenJSSE")
}

/// The youngest or oldest release whose settings these are.
fn from_settings(settings: &Settings<'_>) -> Option<Known<Release>> {
    // A server writes all its settings, several hundred; only then does a missing name mean something.
    let complete = settings.len() > 300;
    let has = |name: &str| settings.winner(name).is_some();
    let deny = has("watt.net.jsse.client.disabledProtocols") || has("watt.net.jsse.server.disabledProtocols");
    let allow = has("watt.net.jsse.client.enabledProtocols") || has("watt.net.jsse.server.enabledProtocols");
    let iaik = crate::catalog::last_read_by(Release::new(10, 11)).any(has);
    if let Some(provider) = settings.winner("watt.net.socketProvider")
        && provider.value.contains("jsse")
    {
        return inferred(10, 15, "watt.net.socketProvider names JSSE");
    }
    if deny && complete && !iaik {
        return inferred(10, 15, "deny lists and no IAIK settings in a complete server.cnf");
    }
    if deny && iaik {
        return inferred(10, 11, "deny lists and IAIK settings side by side");
    }
    if allow && !deny && complete {
        return if has("watt.net.jsse.server.useCipherSuitesOrder") {
            inferred(10, 5, "allow lists and useCipherSuitesOrder")
        } else {
            inferred(9, 12, "allow lists in a complete server.cnf")
        };
    }
    if allow && !deny {
        return inferred(10, 5, "enabledProtocols is set, which 10.5 is the last to read");
    }
    if deny {
        return inferred(10, 15, "disabledProtocols is set");
    }
    if iaik {
        return inferred(10, 11, "settings for IAIK, which 10.11 is the last to have");
    }
    None
}

/// The Java version: the `release` file of its folder, the shape of its java.security, else what the release brings.
pub fn jdk(
    documents: &[Document],
    files: &[FileId],
    release: &Known<Release>,
    wrapper: &WrapperConfig,
) -> Known<Jdk> {
    for document in with_role(documents, files, Role::JdkRelease) {
        let text = crate::syntax::display_text(document.bytes());
        let version = text.lines().find_map(|line| line.trim().strip_prefix("JAVA_VERSION="));
        if let Some(Ok(jdk)) = version.map(str::parse) {
            return Known { value: jdk, how: How::File("release file of the JVM".to_owned()) };
        }
    }
    if let Some(document) = with_role(documents, files, Role::JavaSecurity).next() {
        // Java 8 keeps it below jre/lib (or lib), Java 9 and later below conf.
        let below_conf = document.path.components().any(|part| part.as_os_str() == "conf");
        let usual = release.value.usual_jdk().feature;
        let value = match (below_conf, usual) {
            (false, _) => Jdk::feature(8),
            (true, 8) => Jdk::feature(11),
            (true, usual) => Jdk::feature(usual),
        };
        return Known { value, how: How::Inferred(format!("place of {}", document.file_name())) };
    }
    if wrapper.options().any(|line| line.option() == OPEN_JSSE) {
        return Known {
            value: Jdk::feature(8),
            how: How::Inferred("-XX:+UseOpenJSSE is an option of Java 8".to_owned()),
        };
    }
    Known {
        value: release.value.usual_jdk(),
        how: How::Assumed(format!("{} is delivered with it", release.value)),
    }
}
