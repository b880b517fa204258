//! Cipher suite lists.

use super::listing;
use crate::catalog::{Status, Tier, tier};
use crate::document::Place;
use crate::fix::make;
use crate::rules::Cx;
use crate::rules::schema::Severity;
use crate::tls::suites::{SuiteList, lists, status};
use crate::tls::{List, Provider};

/// The signalling value that looks like a suite and is none; legal in a JSSE list.
const SIGNAL: &str = "TLS_EMPTY_RENEGOTIATION_INFO_SCSV";

/// Where the suites named stand: at the one, if there is only one, else the whole list.
fn place(list: &List, names: &[&str]) -> Place {
    let [name] = names else { return list.place };
    let element = list.elements.iter().find(|(element, _)| element == name);
    element.map_or(list.place, |(_, span)| Place::new(list.place.file, *span))
}

/// Names this JDK does not know.
pub fn unknown(cx: &Cx<'_, '_>) {
    cx.jdk();
    for SuiteList { list, provider, .. } in lists(cx.instance) {
        if provider != Provider::Jsse {
            continue;
        }
        let bad = |name: &str| status(cx.instance, name) == Status::Unknown;
        let names: Vec<&str> = list
            .elements
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|n| bad(n))
            .collect();
        if names.is_empty() {
            continue;
        }
        let mixed = names.contains(&"default");
        let message = match names.as_slice() {
            ["default"] => "'default' stands among suite names, where it is none".to_owned(),
            [name] => format!("Java {} knows no cipher suite {name}", cx.jdk()),
            names => format!("Java {} knows no cipher suites {}", cx.jdk(), listing(names, 3)),
        };
        let keeps_some = names.len() < list.elements.len();
        // Taking `default` out would turn "all" into a short list: that is for a person to decide.
        let edits = if keeps_some && !mixed {
            make::remove_from_list(&list, bad)
        } else {
            Vec::new()
        };
        cx.report(place(&list, &names), message)
            .note("JSSE refuses a list with an unknown name as a whole")
            .fix(edits)
            .emit();
    }
}

/// Suites of one tier that would really be offered; those the JDK disables anyway are only mentioned.
fn of_tier(cx: &Cx<'_, '_>, wanted: Tier, what: &str) {
    for SuiteList {
        list,
        provider,
        in_use,
    } in lists(cx.instance)
    {
        if provider == Provider::Iaik && in_use != Some(true) {
            continue;
        }
        let judged = |name: &str| {
            tier(name) == wanted
                && name != SIGNAL
                && (provider == Provider::Iaik || status(cx.instance, name) != Status::Unknown)
        };
        let names: Vec<&str> = list
            .elements
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|n| judged(n))
            .collect();
        if names.is_empty() {
            continue;
        }
        let live: Vec<&str> = match provider {
            Provider::Iaik => names.clone(),
            Provider::Jsse => {
                cx.jdk();
                let offered = |name: &&str| status(cx.instance, name) != Status::Disabled;
                names.iter().copied().filter(offered).collect()
            }
        };
        let keeps_some = names.len() < list.elements.len();
        let edits = if keeps_some {
            make::remove_from_list(&list, judged)
        } else {
            Vec::new()
        };
        let draft = if live.is_empty() {
            let message = format!(
                "{what} listed, though Java {} disables it anyway: {}",
                cx.jdk(),
                listing(&names, 3)
            );
            cx.report(place(&list, &names), message).severity(Severity::Info)
        } else {
            cx.report(
                place(&list, &live),
                format!("{what} allowed: {}", listing(&live, 3)),
            )
        };
        draft.fix(edits).emit();
    }
}

/// No encryption, no authentication, or a broken cipher.
pub fn broken(cx: &Cx<'_, '_>) {
    of_tier(cx, Tier::Broken, "broken cipher suite");
}

/// 3DES, IDEA, DSS.
pub fn weak(cx: &Cx<'_, '_>) {
    of_tier(cx, Tier::Weak, "weak cipher suite");
}

/// RSA key transport and static ECDH.
pub fn no_forward_secrecy(cx: &Cx<'_, '_>) {
    of_tier(cx, Tier::NoForwardSecrecy, "cipher suite without forward secrecy");
}
