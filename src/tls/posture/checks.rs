//! The provider of a direction, and what it does besides protocols and suites.

use super::{ClientAuth, Fact, Reason, Whom};
use crate::debugging::{self, IAIK_DEBUG};
use crate::instance::settings::Origin;
use crate::instance::{Instance, Port};
use crate::rules::schema::Basis;
use crate::tls::{self, Client, Provider};

/// What a setting says, as a reason.
fn reason(instance: &Instance<'_>, name: &str) -> Reason {
    let effective = instance.setting(name);
    let value = crate::secrets::masked(format!("{name}={}", effective.value.unwrap_or_default()));
    match effective.origin {
        Origin::Written(written) if effective.value.is_some() => Reason::at(written.place(), value),
        Origin::Written(written) => Reason::at(written.place(), format!("{name} is filled in from outside")),
        Origin::Default(basis) => {
            Reason::known(basis, format!("{value}, the default of {}", instance.release.value))
        }
        Origin::Unknown => Reason::known(Basis::Inferred, format!("{name} is not known from these files")),
    }
}

/// What a port's field says, as a reason.
fn port_reason(port: &Port<'_>, field: &str) -> Reason {
    match port.field(field) {
        None => Reason::at(port.place(field), format!("the port has no {field}")),
        Some(_) => {
            let value = port.text(field).unwrap_or("<null>".into());
            Reason::at(port.place(field), format!("{field}={value}"))
        }
    }
}

/// The provider of a direction.
pub fn provider(instance: &Instance<'_>, whom: Whom<'_, '_>) -> Fact<Provider> {
    let release = instance.release.value;
    let only_jsse = || Reason::known(Basis::Documented, format!("{release} has no IAIK any more"));
    match whom {
        Whom::DefaultContext => Fact::new(
            Provider::Jsse,
            vec![Reason::known(
                Basis::Documented,
                "the JVM's own context is JSSE, whatever the watt settings say",
            )],
        ),
        _ if !release.has_iaik() => Fact::new(Provider::Jsse, vec![only_jsse()]),
        Whom::Client(client) => match tls::outbound(instance, client) {
            Some(choice) => Fact::new(choice.provider, vec![reason(instance, client.switch(instance))]),
            None => Fact {
                value: None,
                reasons: client.switches().iter().map(|name| reason(instance, name)).collect(),
            },
        },
        Whom::Port(port) => {
            let choice = tls::inbound(instance, port);
            let reason = match port.field("useJSSE") {
                Some(_) => port_reason(port, "useJSSE"),
                None => Reason::known(Basis::Documented, "the port has no useJSSE: JSSE is the default"),
            };
            Fact::new(choice.provider, vec![reason])
        }
        Whom::AnyPort => {
            Fact::new(Provider::Jsse, vec![Reason::known(Basis::Documented, "JSSE is the default of a port")])
        }
    }
}

/// Whether a ClientHello names the host.
pub fn sni(instance: &Instance<'_>, provider: Option<Provider>) -> Fact<bool> {
    const NAME: &str = "jsse.enableSNIExtension";
    match provider {
        None => Fact::unknown("the provider is not known"),
        Some(Provider::Iaik) => {
            Fact::new(false, vec![Reason::known(Basis::Documented, "IAIK sends no server name")])
        }
        Some(Provider::Jsse) => match instance.jvm.property(NAME) {
            Some(property) if property.value.trim().eq_ignore_ascii_case("false") => {
                Fact::new(false, vec![Reason::at(property.place, format!("{NAME}=false"))])
            }
            Some(property) => {
                Fact::new(true, vec![Reason::at(property.place, format!("{NAME}={}", property.value))])
            }
            None => Fact::new(
                true,
                vec![Reason::known(
                    Basis::Measured,
                    "JSSE sends it for every host name with a dot, not for an IP address",
                )],
            ),
        },
    }
}

/// Whether the host name of a connection is held against the certificate.
pub fn host_check(instance: &Instance<'_>, whom: Whom<'_, '_>) -> Fact<&'static str> {
    const NAME: &str = "watt.net.ssl.client.hostnameverification";
    match whom {
        Whom::Client(Client::Https) => {
            let value = match instance.setting(NAME).value {
                Some(value) if value.eq_ignore_ascii_case("true") => Some("checked"),
                Some(value) if value.eq_ignore_ascii_case("log") => Some("only logged"),
                Some(_) => Some("not checked"),
                None => None,
            };
            Fact { value, reasons: vec![reason(instance, NAME)] }
        }
        Whom::DefaultContext => Fact::unknown("the driver that uses the context decides"),
        _ => Fact::unknown("no setting is documented for it"),
    }
}

/// Whom a direction trusts.
pub fn trust(instance: &Instance<'_>, whom: Whom<'_, '_>) -> Fact<String> {
    const ALIAS: &str = "watt.security.trustStoreAlias";
    const BY_DEFAULT: &str = "watt.security.cert.wmChainVerifier.trustByDefault";
    let alias = |name: &str| {
        let alias = instance.setting(name).value.filter(|value| !value.trim().is_empty());
        alias.map(|alias| (format!("truststore alias {alias}"), reason(instance, name)))
    };
    match whom {
        Whom::DefaultContext => {
            const JVM: &str = "javax.net.ssl.trustStore";
            if let Some((title, reason)) = alias("watt.server.ssl.trustStoreAlias") {
                return Fact::new(title, vec![reason]);
            }
            match instance.jvm.property(JVM) {
                Some(property) => Fact::new(
                    crate::syntax::printable(&property.value).into_owned(),
                    vec![Reason::at(property.place, format!("-D{JVM}"))],
                ),
                None => Fact::new(
                    "the JVM's cacerts".to_owned(),
                    vec![Reason::known(
                        Basis::Documented,
                        format!("no {JVM} and no alias for the JVM is set"),
                    )],
                ),
            }
        }
        Whom::Port(port) => {
            let own = port.text("trustStore").filter(|text| !text.is_empty());
            if let Some(own) = own {
                return Fact::new(format!("truststore alias {own}"), vec![port_reason(port, "trustStore")]);
            }
            match alias(ALIAS) {
                Some((title, reason)) => Fact::new(title, vec![port_reason(port, "trustStore"), reason]),
                None => Fact::new(
                    "nobody".to_owned(),
                    vec![
                        port_reason(port, "trustStore"),
                        Reason::known(
                            Basis::Documented,
                            "a port without a truststore trusts no client certificate",
                        ),
                    ],
                ),
            }
        }
        Whom::Client(_) | Whom::AnyPort => match alias(ALIAS) {
            Some((title, reason)) => Fact::new(title, vec![reason]),
            None => {
                let value = match instance.setting(BY_DEFAULT).is_true() {
                    Some(true) => Some("every certificate".to_owned()),
                    Some(false) => Some("nobody".to_owned()),
                    None => None,
                };
                Fact { value, reasons: vec![reason(instance, ALIAS), reason(instance, BY_DEFAULT)] }
            }
        },
    }
}

/// The certificate a client shows, or a port asks for: in words, what a port does without, and whether a client has one.
pub fn client_auth(instance: &Instance<'_>, whom: Whom<'_, '_>) -> (Fact<String>, ClientAuth, bool) {
    let alias = |name: &str| instance.setting(name).value.is_some_and(|value| !value.trim().is_empty());
    match whom {
        Whom::Port(port) => {
            let value = port.text("clientAuth").unwrap_or("none".into());
            let asks = match value.as_ref() {
                "require" => ClientAuth::Need,
                "request" => ClientAuth::Want,
                _ => ClientAuth::None,
            };
            let words = match asks {
                ClientAuth::Need => "required",
                ClientAuth::Want => "requested",
                ClientAuth::None => "not asked for",
            };
            (Fact::new(words.to_owned(), vec![port_reason(port, "clientAuth")]), asks, false)
        }
        Whom::AnyPort => (Fact::unknown("no listeners.cnf was read"), ClientAuth::None, false),
        Whom::DefaultContext => {
            const JVM: &str = "javax.net.ssl.keyStore";
            const ALIAS: &str = "watt.server.ssl.keyStoreAlias";
            let (has, reason) = match instance.jvm.property(JVM) {
                _ if alias(ALIAS) => (true, reason(instance, ALIAS)),
                Some(property) => (true, Reason::at(property.place, format!("-D{JVM}"))),
                None => (
                    false,
                    Reason::known(Basis::Documented, format!("no {JVM} and no alias for the JVM is set")),
                ),
            };
            (Fact::new(shown(has), vec![reason]), ClientAuth::None, has)
        }
        Whom::Client(_) => {
            const NAME: &str = "watt.security.ssl.keyStoreAlias";
            let has = alias(NAME);
            let mut reasons = vec![reason(instance, NAME)];
            if !has {
                reasons.push(Reason::known(
                    Basis::Documented,
                    "a service or a remote alias may name a key of its own",
                ));
            }
            (Fact::new(shown(has), reasons), ClientAuth::None, has)
        }
    }
}

fn shown(has: bool) -> String {
    if has { "a certificate is shown when asked for" } else { "none to show" }.to_owned()
}

/// Whether handshakes are printed.
pub fn debug(instance: &Instance<'_>, provider: Option<Provider>) -> Fact<&'static str> {
    match provider {
        None => Fact::unknown("the provider is not known"),
        Some(Provider::Iaik) => {
            let on = instance.setting(IAIK_DEBUG).is_true() == Some(true);
            Fact::new(if on { "on" } else { "off" }, vec![reason(instance, IAIK_DEBUG)])
        }
        Some(Provider::Jsse) => match debugging::jsse_switch(instance) {
            Some(switch) => {
                let reason = Reason::at(switch.place, format!("{} {}", switch.what, switch.does));
                Fact::new(
                    if switch.does.starts_with("prints JSSE") { "on" } else { "of no use" },
                    vec![reason],
                )
            }
            None => Fact::new("off", vec![Reason::known(Basis::Documented, "no javax.net.debug is set")]),
        },
    }
}
