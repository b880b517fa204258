//! Which debug switches are on, and what they do here.

use super::value::{self, Effect};
use super::{IAIK_DEBUG, JSSE_DEBUG};
use crate::document::Place;
use crate::instance::Instance;
use crate::instance::jvm::SystemProperty;

/// A switch that is set, for `debug status`.
#[derive(Debug)]
pub struct Switch {
    /// The place.
    pub place: Place,
    /// For people: "javax.net.debug=ssl".
    pub what: String,
    /// For people: what it does.
    pub does: String,
}

/// All debug switches of an instance that are on.
pub fn status(instance: &Instance<'_>) -> Vec<Switch> {
    let mut switches = Vec::new();
    let iaik = instance.setting(IAIK_DEBUG);
    if let (Some(true), Some(line)) = (iaik.is_true(), iaik.written()) {
        switches.push(Switch {
            place: line.place(),
            what: format!("{IAIK_DEBUG}=true"),
            does: match instance.release.value.has_iaik() {
                true => "prints IAIK handshakes".to_owned(),
                false => format!("prints nothing: {} has no IAIK", instance.release.value),
            },
        });
    }
    let deciding = instance.jvm.property(JSSE_DEBUG);
    for property in instance.jvm.properties().iter().filter(|property| property.name == JSSE_DEBUG) {
        let does = if deciding.is_some_and(|winner| !std::ptr::eq(winner, property)) {
            "is overridden".to_owned()
        } else {
            does(instance, property)
        };
        switches.push(Switch {
            place: property.place,
            what: format!("{JSSE_DEBUG}={}", property.value),
            does,
        });
    }
    let read = instance.scripts().next().is_some();
    switches.extend(super::off::loose(instance).into_iter().map(|(place, bytes)| {
        Switch {
            place,
            what: crate::syntax::display_text(place.span.of(bytes)).trim_start_matches("-D").to_owned(),
            does: if read {
                "may be on: the script is not followed here"
            } else {
                "is not read: a wrapper starts the server"
            }
            .to_owned(),
        }
    }));
    switches
}

/// The switch for JSSE that decides, if one is set.
pub fn jsse_switch(instance: &Instance<'_>) -> Option<Switch> {
    let property = instance.jvm.property(JSSE_DEBUG)?;
    Some(Switch {
        place: property.place,
        what: format!("{JSSE_DEBUG}={}", property.value),
        does: does(instance, property),
    })
}

fn does(instance: &Instance<'_>, property: &SystemProperty) -> String {
    let jdk = instance.jdk.value;
    match value::effect(instance, &property.value) {
        Effect::Prints => "prints JSSE handshakes".to_owned(),
        Effect::Keys { sure: true } => format!("prints JSSE handshakes and, on Java {jdk}, session keys"),
        Effect::Keys { sure: false } => {
            format!("prints JSSE handshakes and perhaps, on Java {jdk}, session keys")
        }
        Effect::Payload => "prints JSSE handshakes and the content of connections".to_owned(),
        Effect::AlmostNothing => format!("prints hardly anything on Java {jdk}"),
        Effect::Nothing => "prints nothing".to_owned(),
        Effect::Stops => "ends the JVM with a help text".to_owned(),
    }
}
