//! The cipher suite lists of an instance, and what becomes of their entries.

use super::disabled::disables;
use super::protocols::{Direction, disabled_algorithms, inbound_directions, supported};
use super::{Client, List, Provider};
use crate::catalog::{self, Status};
use crate::instance::Instance;

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

/// The explicit suite lists of an instance. `default`, an empty value and `file:` lists are none.
pub fn lists(instance: &Instance<'_>) -> Vec<SuiteList> {
    let has_iaik = instance.release.value.has_iaik();
    SETTINGS
        .into_iter()
        .filter(|(_, provider, _)| *provider == Provider::Jsse || has_iaik)
        .filter_map(|(name, provider, client)| {
            let list = List::of_setting(instance, name)?;
            // `default` stands alone; a path, with `file:` before it or (the manuals differ) without, is not read.
            let is_path = |text: &str| text.starts_with("file:") || text.contains(['/', '\\']);
            let explicit = match list.elements.as_slice() {
                [] => false,
                [(only, _)] if only == "default" => false,
                elements => !elements.iter().any(|(element, _)| is_path(element)),
            };
            let in_use = if client {
                super::outbound(instance, Client::Https).map(|choice| choice.provider == provider)
            } else {
                serves_ports(instance, provider)
            };
            explicit.then_some(SuiteList { list, provider, client, in_use })
        })
        .collect()
}

fn serves_ports(instance: &Instance<'_>, provider: Provider) -> Option<bool> {
    let mut ports = instance.ports.iter().filter(|port| port.is_tls()).peekable();
    ports.peek()?;
    Some(ports.any(|port| super::inbound(instance, port).provider == provider))
}

/// What the instance's JVM does with a suite name in a JSSE list: whether the JDK knows it, and whether the
/// `jdk.tls.disabledAlgorithms` in effect (perhaps not the JDK's own) takes it away.
pub fn status(instance: &Instance<'_>, name: &str) -> Status {
    let jdk = instance.jdk.value;
    let Some(suite) = catalog::suite(name, jdk.feature > 8) else {
        return Status::Unknown;
    };
    let own = catalog::jdk_defaults(jdk).disabled;
    let in_effect = disabled_algorithms(instance);
    // The builds of Java 8 that were measured had no TLS 1.3; where it is there, so are its AES suites.
    let new_on_8 =
        jdk.feature == 8 && name.starts_with("TLS_AES_") && supported(instance).contains(&"TLSv1.3");
    match catalog::suite_status(suite, jdk) {
        Status::Unknown if new_on_8 => Status::Supported,
        status if in_effect == own => status,
        Status::Unknown => Status::Unknown,
        _ if disables(in_effect, suite, jdk) => Status::Disabled,
        Status::Disabled => Status::Supported,
        status => status,
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
        status(&instance, name)
    }

    #[test]
    fn the_list_in_effect_decides_and_not_the_jdks_own() {
        let rsa = "TLS_RSA_WITH_AES_128_CBC_SHA";
        assert_eq!(status_of(rsa, "11.0.31", None), Status::Disabled);
        assert_eq!(
            status_of(rsa, "11.0.31", Some("jdk.tls.disabledAlgorithms=SSLv3, RC4\n")),
            Status::Supported
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
            Status::Supported
        );
        assert_eq!(status_of("TLS_RSA_WITH_IDEA", "11.0.21", None), Status::Unknown);
    }
}
