//! The cipher suite lists of an instance, and what becomes of their entries.

use super::jsse::Jsse;
use super::protocols::{Direction, inbound_directions};
use super::{Client, List, Provider};
use crate::document::{FileId, Place, Role};
use crate::instance::Instance;
use crate::syntax::Span;

/// A list of suites in a setting.
#[derive(Debug, Clone)]
pub struct SuiteList {
    /// Where and what.
    pub list: List,
    /// The provider that reads it.
    pub provider: Provider,
    /// Whether it is for clients.
    pub client: bool,
    /// Whether that provider serves the direction the list is for; `None` if that is not known.
    pub in_use: Option<bool>,
}

impl SuiteList {
    /// The directions the list is for.
    pub fn directions<'p, 'f>(&self, instance: &'p Instance<'f>) -> Vec<Direction<'p, 'f>> {
        if self.client { vec![Direction::Outbound] } else { inbound_directions(instance) }
    }
}

/// The settings that hold suite lists: name, provider, whether for clients.
const SETTINGS: [(&str, Provider, bool); 4] = [
    ("watt.net.jsse.client.enabledCipherSuiteList", Provider::Jsse, true),
    ("watt.net.jsse.server.enabledCipherSuiteList", Provider::Jsse, false),
    ("watt.net.ssl.client.cipherSuiteList", Provider::Iaik, true),
    ("watt.net.ssl.server.cipherSuiteList", Provider::Iaik, false),
];

/// What a suite setting says.
#[derive(Debug, Clone, PartialEq)]
pub enum Listed {
    /// `default`, empty or not set: the provider's own list.
    Default,
    /// A file (`file:PATH`) that was not found among the instance's files.
    Unread(String),
    /// Names, each with its place: in the setting, or in the file it points to.
    Names(Vec<(String, Place)>),
}

/// The settings that may hold a list of suites.
pub fn setting_names() -> impl Iterator<Item = &'static str> {
    SETTINGS.into_iter().map(|(name, ..)| name)
}

/// What a suite setting says, a list in a file included. A path stands behind `file:` or, as one manual has it, alone.
pub fn listed(instance: &Instance<'_>, setting: &str) -> Listed {
    let Some(list) = List::of_setting(instance, setting) else { return Listed::Default };
    match list.elements.as_slice() {
        [] => return Listed::Default,
        [(only, _)] if only == "default" => return Listed::Default,
        [(only, _)] => {
            if let Some(path) = file_reference(only) {
                let file = instance.with_role(Role::SuiteList).find(|(_, document)| document.is_at(path));
                return match file {
                    Some((id, document)) => Listed::Names(lines(id, document.bytes())),
                    None => Listed::Unread(only.clone()),
                };
            }
        }
        _ => {}
    }
    let file = list.place.file;
    Listed::Names(list.elements.into_iter().map(|(name, span)| (name, Place::new(file, span))).collect())
}

/// The list of a suite setting, if its names stand in the setting itself. One in a file of its own is judged by the
/// posture; its lines are not the setting's to edit.
pub fn list_in_setting(instance: &Instance<'_>, setting: &str) -> Option<List> {
    let Listed::Names(names) = listed(instance, setting) else { return None };
    let list = List::of_setting(instance, setting)?;
    names.first().is_some_and(|(_, place)| place.file == list.place.file).then_some(list)
}

/// The path that a suite setting points to, if it does.
pub fn file_reference(value: &str) -> Option<&str> {
    match value.strip_prefix("file:") {
        Some(path) => Some(path),
        None => value.contains(['/', '\\']).then_some(value),
    }
}

/// The names in a file with one a line.
fn lines(file: FileId, bytes: &[u8]) -> Vec<(String, Place)> {
    let mut names = Vec::new();
    let mut start = 0;
    for line in bytes.split(|byte| *byte == b'\n') {
        let text = String::from_utf8_lossy(line);
        let name = text.trim();
        if !name.is_empty() {
            let indent = text.len() - text.trim_start().len();
            let span = Span::new(
                start + indent,
                start + indent + name.len().min(line.len() - indent.min(line.len())),
            );
            names.push((name.to_owned(), Place::new(file, span)));
        }
        start += line.len() + 1;
    }
    names
}

/// The suite lists written in the settings of an instance. `default`, an empty value and lists in files are none.
pub fn lists(instance: &Instance<'_>) -> Vec<SuiteList> {
    let has_iaik = instance.release.value.has_iaik();
    SETTINGS
        .into_iter()
        .filter(|(_, provider, _)| *provider == Provider::Jsse || has_iaik)
        .filter_map(|(name, provider, client)| {
            let list = list_in_setting(instance, name)?;
            let in_use = if client {
                super::outbound(instance, Client::Https).map(|choice| choice.provider == provider)
            } else {
                serves_ports(instance, provider)
            };
            Some(SuiteList { list, provider, client, in_use })
        })
        .collect()
}

fn serves_ports(instance: &Instance<'_>, provider: Provider) -> Option<bool> {
    let mut ports = instance.ports.iter().filter(|port| port.is_tls()).peekable();
    ports.peek()?;
    Some(ports.any(|port| super::inbound(instance, port).provider == provider))
}

/// What a JVM does with a suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Known, and not disabled.
    Usable,
    /// Known, and taken away by `jdk.tls.disabledAlgorithms`.
    Disabled,
    /// Not known: naming it makes JSSE refuse the whole list.
    Unknown,
}

/// What a JVM does with a suite name in a list.
pub fn status(jsse: &Jsse<'_>, name: &str) -> Status {
    match jsse.suite(name) {
        None => Status::Unknown,
        Some(suite) if jsse.permits(suite) => Status::Usable,
        Some(_) => Status::Disabled,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Discovery;
    use crate::instance::Given;

    fn status_of(name: &str, jdk: &str, override_file: Option<&str>) -> Status {
        let mut files = vec![("config/server.cnf", b"watt.server.port=5555\n".to_vec())];
        files.extend(
            override_file
                .map(|text| ("config/security/webm_override_java.security", text.as_bytes().to_vec())),
        );
        let discovery = Discovery::from_memory(files);
        let given = Given { release: "10.7".parse().ok(), jdk: jdk.parse().ok() };
        let instance = Instance::all(&discovery, given).next().expect("an instance");
        let jsse = crate::tls::protocols::jsse(&instance).expect("a sound list");
        status(&jsse, name)
    }

    #[test]
    fn the_list_in_effect_decides_and_not_the_jdks_own() {
        let rsa = "TLS_RSA_WITH_AES_128_CBC_SHA";
        assert_eq!(status_of(rsa, "11.0.31", None), Status::Disabled);
        assert_eq!(
            status_of(rsa, "11.0.31", Some("jdk.tls.disabledAlgorithms=SSLv3, RC4\n")),
            Status::Usable
        );
        assert_eq!(
            status_of(rsa, "11.0.31", Some("jdk.tls.disabledAlgorithms=TLS_RSA_*\n")),
            Status::Disabled
        );
        // The wildcard is not known to older updates, which pass over it.
        assert_ne!(
            status_of(rsa, "17.0.15", Some("jdk.tls.disabledAlgorithms=TLS_RSA_*\n")),
            Status::Disabled
        );
        let triple = "SSL_RSA_WITH_3DES_EDE_CBC_SHA";
        assert_eq!(status_of(triple, "11.0.21", None), Status::Disabled);
        assert_eq!(
            status_of(triple, "11.0.21", Some("jdk.tls.disabledAlgorithms=DES, RC4\n")),
            Status::Usable
        );
        assert_eq!(status_of("TLS_RSA_WITH_IDEA", "11.0.21", None), Status::Unknown);
    }
}
