//! The cipher suite lists of an instance, and what becomes of their entries.

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
    /// Whether that provider serves the direction the list is for; `None` if that is not known.
    pub in_use: Option<bool>,
}

/// The settings that hold suite lists: name, provider, whether for clients.
const SETTINGS: [(&str, Provider, bool); 4] = [
    (
        "watt.net.jsse.client.enabledCipherSuiteList",
        Provider::Jsse,
        true,
    ),
    (
        "watt.net.jsse.server.enabledCipherSuiteList",
        Provider::Jsse,
        false,
    ),
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
            let explicit = match list.elements.as_slice() {
                [] => false,
                [(only, _)] => only != "default" && !only.starts_with("file:"),
                [(first, _), ..] => !first.starts_with("file:"),
            };
            let in_use = if client {
                super::outbound(instance, Client::Https).map(|choice| choice.provider == provider)
            } else {
                serves_ports(instance, provider)
            };
            explicit.then_some(SuiteList {
                list,
                provider,
                in_use,
            })
        })
        .collect()
}

fn serves_ports(instance: &Instance<'_>, provider: Provider) -> Option<bool> {
    let mut ports = instance.ports.iter().filter(|port| port.is_tls()).peekable();
    ports.peek()?;
    Some(ports.any(|port| super::inbound(instance, port).provider == provider))
}

/// What the instance's JDK does with a suite name in a JSSE list.
pub fn status(instance: &Instance<'_>, name: &str) -> Status {
    let jdk = instance.jdk.value;
    match catalog::suite(name, jdk.feature > 8) {
        Some(suite) => catalog::suite_status(suite, jdk),
        None => Status::Unknown,
    }
}
