//! Cipher suite lists.

use super::listing;
use crate::catalog::{Protocol, SIGNAL, Tier, tier};
use crate::document::Place;
use crate::fix::{Edit, make};
use crate::rules::Cx;
use crate::rules::schema::Severity;
use crate::tls::protocols::protocols;
use crate::tls::suites::{Status, SuiteList, lists};
use crate::tls::{List, Provider};

/// What the instance's JVM does with a suite name. A JVM without any TLS has a rule of its own: here all is well.
fn status(cx: &Cx<'_, '_>, name: &str) -> Status {
    cx.posture().jsse().map_or(Status::Usable, |jsse| crate::tls::suites::status(jsse, name))
}

/// Where the suites named stand: at the one, if there is only one, else the whole list.
fn place(list: &List, names: &[&str]) -> Place {
    let [name] = names else { return list.place };
    let element = list.elements.iter().find(|(element, _)| element == name);
    element.map_or(list.place, |(_, span)| Place::new(list.place.file, *span))
}

/// The edits that take suites off a list, if something that can be used stays on it, for each protocol that has a suite
/// there now.
fn removal(cx: &Cx<'_, '_>, suites: &SuiteList, remove: impl Fn(&str) -> bool) -> Vec<Edit> {
    let usable = |name: &str| match suites.provider {
        Provider::Iaik => true,
        Provider::Jsse => !matches!(status(cx, name), Status::Unknown | Status::Disabled),
    };
    let names = suites.list.elements.iter().map(|(name, _)| name.as_str());
    let live: Vec<&str> = names.filter(|name| *name != SIGNAL && usable(name)).collect();
    let kept: Vec<&str> = live.iter().copied().filter(|name| !remove(name)).collect();
    let served = |names: &[&str], protocol| names.iter().any(|name| fits(name, protocol));
    let cut_off = |protocol: &Protocol| served(&live, *protocol) && !served(&kept, *protocol);
    let enabled = suites.directions(cx.instance).into_iter().filter_map(|one| protocols(cx.instance, one));
    let loses_one = suites.provider == Provider::Jsse
        && enabled.flat_map(|protocols| protocols.enabled).any(|protocol| cut_off(&protocol));
    if kept.is_empty() || loses_one { Vec::new() } else { make::remove_from_list(&suites.list, remove) }
}

/// The names of a list that fulfil a condition.
fn named(list: &List, wanted: impl Fn(&str) -> bool) -> Vec<&str> {
    list.elements.iter().map(|(name, _)| name.as_str()).filter(|name| wanted(name)).collect()
}

/// Names this JDK does not know.
pub fn unknown(cx: &Cx<'_, '_>) {
    cx.jdk();
    for suites in lists(cx.instance).into_iter().filter(|suites| suites.provider == Provider::Jsse) {
        let bad = |name: &str| status(cx, name) == Status::Unknown;
        let names = named(&suites.list, bad);
        let message = match names.as_slice() {
            [] => continue,
            ["default"] => "'default' stands among suite names, where it is none".to_owned(),
            [name] => format!("Java {} knows no cipher suite {name}", cx.jdk()),
            names => format!("Java {} knows no cipher suites {}", cx.jdk(), listing(names, 3)),
        };
        // Taking `default` out would turn "all" into a short list: that is for a person to decide.
        let edits = if names.contains(&"default") { Vec::new() } else { removal(cx, &suites, bad) };
        cx.report(place(&suites.list, &names), message)
            .note("JSSE refuses a list with an unknown name as a whole")
            .fix(edits)
            .emit();
    }
}

/// Lists of which nothing can be used: every suite disabled, or none that fits the protocols left.
pub fn none_left(cx: &Cx<'_, '_>) {
    cx.jdk();
    let judged = |suites: &SuiteList| suites.provider == Provider::Jsse && suites.in_use != Some(false);
    for suites in lists(cx.instance).into_iter().filter(judged) {
        let known = named(&suites.list, |name| name != SIGNAL && status(cx, name) != Status::Unknown);
        // A list with unknown names is refused as a whole, and has a rule for that.
        if known.is_empty() || !named(&suites.list, |name| status(cx, name) == Status::Unknown).is_empty() {
            continue;
        }
        let enabled: Vec<&str> =
            known.iter().copied().filter(|name| status(cx, name) != Status::Disabled).collect();
        let side = if suites.client { "outbound TLS" } else { "the ports" };
        let (message, note) = if enabled.is_empty() {
            let all = if known.len() == 1 {
                "the one suite".to_owned()
            } else {
                format!("all {} suites", known.len())
            };
            let message =
                format!("no cipher suite is left for {side}: Java {} disables {all} listed", cx.jdk());
            (message, format!("disabled: {}", listing(&known, 3)))
        } else {
            cx.release();
            let dead = suites.directions(cx.instance).into_iter().find_map(|direction| {
                let protocols =
                    protocols(cx.instance, direction).filter(|protocols| !protocols.is_empty())?;
                let fitting = enabled.iter().any(|name| protocols.enabled.iter().any(|p| fits(name, *p)));
                (!fitting).then(|| {
                    (direction.title(), protocols.enabled.iter().map(|p| p.name()).collect::<Vec<_>>())
                })
            });
            let Some((title, protocols)) = dead else { continue };
            let message = format!("no cipher suite listed for {title} works with {}", listing(&protocols, 4));
            (message, format!("listed: {}", listing(&enabled, 3)))
        };
        cx.report(suites.list.place, message).label("every handshake fails").note(note).emit();
    }
}

fn fits(suite: &str, protocol: Protocol) -> bool {
    crate::catalog::suite(suite, true).is_some_and(|suite| suite.works_with(protocol))
}

/// Suites of one tier that would really be offered; those the JDK disables anyway are only mentioned.
fn of_tier(cx: &Cx<'_, '_>, wanted: Tier, what: &str) {
    for suites in lists(cx.instance) {
        let SuiteList { list, provider, in_use, .. } = &suites;
        if *provider == Provider::Iaik && *in_use != Some(true) {
            continue;
        }
        let judged = |name: &str| {
            tier(name) == wanted
                && name != SIGNAL
                && (*provider == Provider::Iaik || status(cx, name) != Status::Unknown)
        };
        let names = named(list, judged);
        if names.is_empty() {
            continue;
        }
        let live: Vec<&str> = match provider {
            Provider::Iaik => names.clone(),
            Provider::Jsse => {
                cx.jdk();
                named(list, |name| judged(name) && status(cx, name) != Status::Disabled)
            }
        };
        let edits = removal(cx, &suites, judged);
        let mut draft = if live.is_empty() {
            let message =
                format!("{what} listed, though Java {} disables it anyway: {}", cx.jdk(), listing(&names, 3));
            cx.report(place(list, &names), message).severity(Severity::Info)
        } else {
            cx.report(place(list, &live), format!("{what} allowed: {}", listing(&live, 3)))
        };
        if wanted == Tier::NoForwardSecrecy
            && !live.is_empty()
            && *provider == Provider::Jsse
            && cx.jdk().feature > 8
        {
            draft =
                draft.note("updates of Java from 2026 on (11.0.30, 17.0.20, 21.0.13) disable TLS_RSA suites");
        }
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

/// Suites that are not broken, and that today's guidelines leave out all the same: DHE with finite fields, and CBC.
pub fn dated(cx: &Cx<'_, '_>) {
    for suites in lists(cx.instance).into_iter().filter(|suites| suites.provider == Provider::Jsse) {
        let dated = |name: &str| {
            tier(name) == Tier::Fine
                && !matches!(status(cx, name), Status::Unknown | Status::Disabled)
                && (name.starts_with("TLS_DHE_") || name.contains("_CBC_"))
        };
        let names = named(&suites.list, dated);
        if !names.is_empty() {
            cx.jdk();
            cx.report(
                place(&suites.list, &names),
                format!("dated cipher suite allowed: {}", listing(&names, 3)),
            )
            .fix(removal(cx, &suites, dated))
            .emit();
        }
    }
}

/// RSA key transport and static ECDH.
pub fn no_forward_secrecy(cx: &Cx<'_, '_>) {
    of_tier(cx, Tier::NoForwardSecrecy, "cipher suite without forward secrecy");
}
