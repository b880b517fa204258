//! The effective TLS posture: per direction the provider, the protocols and the suites, each with what decided it.

pub mod disabled;
pub mod handshake;
pub mod jsse;
pub mod peer;
pub mod posture;
pub mod predict;
pub mod protocols;
pub mod suites;

use crate::document::Place;
use crate::instance::release::Release;
use crate::instance::{Instance, Port};
use crate::syntax::Span;
use crate::syntax::properties;

/// The library that speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// Entrust IAIK (iSaSiLk): SSL 3.0 and TLS 1.0, no SNI. Gone in 10.15.
    Iaik,
    /// Java's own
    Jsse,
}

impl Provider {
    /// As written in reports.
    pub fn name(self) -> &'static str {
        match self {
            Provider::Iaik => "IAIK",
            Provider::Jsse => "JSSE",
        }
    }
}

/// A kind of outbound connection that chooses its provider for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// pub.client:http and everything built on it
    Https,
    /// pub.client:ftp over TLS
    Ftps,
    /// pub.client:smtp
    Smtp,
    /// The server's own notification mails
    Notifications,
}

impl Client {
    /// All of them.
    pub const ALL: [Client; 4] = [Client::Https, Client::Ftps, Client::Smtp, Client::Notifications];

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Client::Https => "outbound HTTPS",
            Client::Ftps => "outbound FTPS",
            Client::Smtp => "outbound SMTP",
            Client::Notifications => "notification mail",
        }
    }

    /// The settings that choose. The manual and the server spell the FTPS one differently; which one the code reads
    /// is not known, so either of the two counts.
    pub fn switches(self) -> &'static [&'static str] {
        match self {
            Client::Https => &["watt.net.ssl.client.useJSSE"],
            Client::Ftps => &["watt.net.ssl.ftps.client.useJSSE", "watt.net.ssl.client.ftps.useJSSE"],
            Client::Smtp => &["watt.net.ssl.email.client.smtp.useJSSE"],
            Client::Notifications => &["watt.net.ssl.email.client.useJSSE"],
        }
    }

    /// The one of its switches that a line sets, else the first.
    pub fn switch(self, instance: &Instance<'_>) -> &'static str {
        let names = self.switches();
        let written = names.iter().find(|name| instance.settings.winner(name).is_some());
        written.unwrap_or(&names[0])
    }
}

/// A provider and what chose it.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// The provider.
    pub provider: Provider,
    /// The line that chose; `None` for a default or the release.
    pub place: Option<Place>,
}

/// The provider of an outbound client; `None` where a file that would tell was not read, or a substitution hides it.
pub fn outbound(instance: &Instance<'_>, client: Client) -> Option<Choice> {
    if !instance.release.value.has_iaik() {
        return Some(Choice { provider: Provider::Jsse, place: None });
    }
    let mut decided = None;
    for name in client.switches() {
        let effective = instance.setting(name);
        let place = effective.written().map(|written| written.key_place());
        match effective.is_true() {
            Some(true) if place.is_some() => {
                return Some(Choice { provider: Provider::Jsse, place });
            }
            Some(is_true) => {
                let provider = if is_true { Provider::Jsse } else { Provider::Iaik };
                if decided.is_none_or(|choice: Choice| choice.place.is_none()) {
                    decided = Some(Choice { provider, place });
                }
            }
            None if place.is_some() => return None,
            None => {}
        }
    }
    // Entrust was the default when JSSE became an option in 9.5; from when on it was JSSE before 9.12 is not known.
    let before_912 = client == Client::Https && instance.release.value < Release::new(9, 12);
    match decided {
        None if before_912 && instance.settings.base().is_some() => {
            Some(Choice { provider: Provider::Iaik, place: None })
        }
        decided => decided,
    }
}

/// The provider of an inbound port.
pub fn inbound(instance: &Instance<'_>, port: &Port<'_>) -> Choice {
    let iaik =
        instance.release.value.has_iaik() && port.text("useJSSE").is_some_and(|value| value == "false");
    Choice {
        provider: if iaik { Provider::Iaik } else { Provider::Jsse },
        place: port.field("useJSSE").map(|_| port.place("useJSSE")),
    }
}

/// The elements of a comma list in a file, each with its own bytes.
#[derive(Debug, Clone)]
pub struct List {
    /// The whole value.
    pub place: Place,
    /// What it is, for people: a setting's name or a port's field.
    pub title: String,
    /// Whether the key stands alone, so that a first element needs a separator before it.
    pub bare: bool,
    /// Each element as the server reads it, and where it stands.
    pub elements: Vec<(String, Span)>,
}

impl List {
    /// Splits a raw value; escapes in it are resolved.
    pub fn new(bytes: &[u8], place: Place, title: String) -> Self {
        let elements = properties::elements(bytes, place.span, b',')
            .into_iter()
            .map(|span| (properties::decode(bytes, span).trim().to_owned(), span))
            .filter(|(text, _)| !text.is_empty())
            .collect();
        List { place, title, bare: false, elements }
    }

    /// The list that a setting's deciding line holds; `None` if no line writes it or a substitution hides it.
    pub fn of_setting(instance: &Instance<'_>, name: &str) -> Option<List> {
        let winner = instance.settings.winner(name).filter(|winner| winner.known)?;
        let place = Place::new(winner.file, winner.entry.value);
        let bare = winner.entry.key.end == winner.entry.value.start;
        Some(List { bare, ..List::new(instance.document(winner.file).bytes(), place, name.to_owned()) })
    }

    /// The list in a port's field; `None` if it is absent, `<null>` or empty.
    pub fn of_port(instance: &Instance<'_>, port: &Port<'_>, field: &str) -> Option<List> {
        port.text(field).filter(|text| !text.is_empty())?;
        let title = format!("{field} of {}", port.title());
        Some(List::new(instance.document(port.file).bytes(), port.place(field), title))
    }

    /// Where an element stands.
    pub fn place_of(&self, name: &str) -> Option<Place> {
        let element = self.elements.iter().find(|(element, _)| element == name)?;
        Some(Place::new(self.place.file, element.1))
    }

    /// Whether an element is exactly this.
    pub fn has(&self, name: &str) -> bool {
        self.elements.iter().any(|(element, _)| element == name)
    }
}
