//! The TOML of a rule, and its condition and fix on a small installation.

use std::cell::OnceCell;

use wattlint::discover::Discovery;
use wattlint::fix::apply::{Permit, converge};
use wattlint::instance::release::VersionRange;
use wattlint::instance::{Given, Instance};
use wattlint::rules::schema::{List, Rule, Safety};
use wattlint::rules::{self, Selection};

const SETTINGS: &str = "watt.server.port=5555\nwatt.net.ssl.client.useJSSE=false\n\
    watt.net.jsse.client.enabledProtocols=TLSv1, TLSv1.2 \nwatt.acme.count=42\n";
const WRAPPER: &str = "wrapper.java.additional.400=-Djavax.net.debug=ssl\nwrapper.java.maxmemory=1024\n";
const PORTS: &str = "<Values><record name=\"listeners\"><record name=\"HTTPSListener@1\">\
    <value name=\"protocol\">HTTPS</value><value name=\"useJSSE\">false</value></record></record></Values>\n";

/// A small installation to try things on.
pub fn installation() -> Discovery {
    Discovery::from_memory([
        ("config/server.cnf", SETTINGS.into()),
        ("configuration/custom_wrapper.conf", WRAPPER.into()),
        ("packages/WmRoot/config/listeners.cnf", PORTS.into()),
    ])
}

thread_local! {
    static INSTALLATION: OnceCell<Discovery> = const { OnceCell::new() };
}

pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if text.len() > 8_192 {
        return;
    }
    let mut rule: Rule = match toml::from_str(text) {
        Ok(rule) => rule,
        Err(error) => {
            let span = error.span().unwrap_or_default();
            assert!(span.start <= span.end && span.end <= text.len(), "{error}");
            assert!(!error.message().is_empty());
            return;
        }
    };
    // An unknown key is an error, wherever a name may be misspelt.
    let strict = format!("{text}\n[fix]\nsafty = \"safe\"\n");
    assert!(toml::from_str::<Rule>(&strict).is_err());
    for range in [&rule.releases, &rule.jdks].into_iter().flatten() {
        range.parse::<VersionRange>().ok();
    }
    if rule.when.is_none() {
        return;
    }
    rule.name = "acme".into();
    rule.examples = List::default();
    rule.why = "".into();
    // Rules live as long as the program.
    let rule: &'static Rule = Box::leak(Box::new(rule));
    on_an_installation(rule);
}

/// Runs a rule and its fixes.
pub fn on_an_installation(rule: &'static Rule) {
    INSTALLATION.with(|cell| condition(rule, cell.get_or_init(installation)));
}

fn condition(rule: &'static Rule, discovery: &Discovery) {
    let selection = Selection::one(rule);
    for instance in Instance::all(discovery, Given::default()) {
        for finding in rules::check(&instance, &selection) {
            let document = discovery.document(finding.primary.place.file);
            assert!(finding.primary.place.span.range().end <= document.bytes().len());
            assert!(finding.severity <= rule.severity);
        }
    }
    // Its fix comes to an end or is refused.
    let permit = Permit { tier: Safety::Unsafe, secrets: true };
    let mut fixed = discovery.copy();
    if converge(&mut fixed, Given::default(), &selection, permit).is_ok() {
        let again = converge(&mut fixed, Given::default(), &selection, permit);
        assert!(again.is_ok_and(|again| again.changes.is_empty()), "a second run is not empty");
    }
}
