//! A whole installation in memory: checked, reported in every format, fixed, patched, and shown.
//!
//! The head of an input may name `release=10.11`, `jdk=11.0.2` and `unsafe`.

use clap::ValueEnum as _;
use wattlint::debugging::{self, Wanted};
use wattlint::discover::Discovery;
use wattlint::document::Place;
use wattlint::finding::Finding;
use wattlint::fix::Edit;
use wattlint::fix::apply::{Change, Permit, Working, converge};
use wattlint::fix::patch;
use wattlint::instance::{Given, Instance};
use wattlint::report::{self, Format, Look, Report, Server, json, posture, show};
use wattlint::rules::schema::Safety;
use wattlint::rules::{self, Selection};
use wattlint::tls::posture::Posture;

use super::MOST;
use super::files::{self, CANARY, Files};

pub fn run(data: &[u8]) {
    if data.len() > MOST || data.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()) {
        return;
    }
    let parts = files::parse(data);
    let mut given = Given::default();
    let mut tier = Safety::Safe;
    for word in parts.head.split_whitespace() {
        match word.split_once('=') {
            Some(("release", text)) => given.release = text.parse().ok(),
            Some(("jdk", text)) => given.jdk = text.parse().ok(),
            None if word == "unsafe" => tier = Safety::Unsafe,
            _ => {}
        }
    }
    let discovery = discovery(&parts);
    if discovery.groups.is_empty() {
        return;
    }
    // Whatever the fixes change, it stays the same server: else the releases their files speak for would change.
    if let [group] = discovery.groups.as_slice() {
        let instance = Instance::new(&discovery, group, given);
        given = Given { release: Some(instance.release.value), jdk: Some(instance.jdk.value) };
    }
    check(&discovery, given);
    views(&discovery, given);
    debug(&discovery, given);
    for secrets in [false, true] {
        fix(&discovery, given, Permit { tier, secrets });
    }
}

fn discovery(parts: &Files<'_>) -> Discovery {
    Discovery::from_memory(parts.files.iter().map(|(path, text)| (path.as_str(), text.to_vec())))
}

fn secret_free(what: &str, out: &[u8]) {
    if let Some(at) = out.windows(CANARY.len()).position(|window| window == CANARY.as_bytes()) {
        let around = &out[at.saturating_sub(300)..out.len().min(at + 50)];
        panic!("{what} shows a secret: {}", String::from_utf8_lossy(around));
    }
}

fn findings(discovery: &Discovery, given: Given) -> (Vec<Finding>, Vec<Server>) {
    let all = Selection::all();
    let mut servers = Vec::new();
    let mut found = Vec::new();
    for instance in Instance::all(discovery, given) {
        found.extend(rules::check(&instance, &all));
        servers.push(Server::of(&instance));
    }
    rules::sort(&mut found);
    (found, servers)
}

fn check(discovery: &Discovery, given: Given) {
    let lies_inside = |place: Place| {
        let length = discovery.document(place.file).bytes().len();
        assert!(place.span.start <= place.span.end && place.span.range().end <= length, "{place:?}");
    };
    let (found, servers) = findings(discovery, given);
    for finding in &found {
        lies_inside(finding.primary.place);
        finding.related.iter().for_each(|label| lies_inside(label.place));
        assert!(finding.severity <= finding.rule.severity, "{}", finding.rule.name);
        let edits = finding.fix.as_ref().map(|fix| fix.edits.as_slice()).unwrap_or_default();
        edits.iter().for_each(|edit| lies_inside(Place::new(edit.file, edit.span)));
        assert!(edits.windows(2).all(|pair| pair[0] < pair[1]), "edits out of order: {edits:?}");
    }
    let rules: Vec<_> = rules::builtin().iter().collect();
    let report = Report {
        discovery,
        findings: &found,
        suppressed: &[],
        rules: &rules,
        root: std::path::Path::new(""),
        servers: &servers,
        fails: &|_| true,
        exit_code: 1,
    };
    let all = Format::value_variants().iter().map(|format| (*format, Look::default()));
    let coloured = (Format::Human, Look { color: true, links: true, statistics: true, most: None });
    for (format, look) in all.chain([coloured]) {
        let mut out = Vec::new();
        report::write(format, &report, look, &mut out).expect("memory takes all");
        secret_free("a report", &out);
        let text = String::from_utf8(out).expect("a report is UTF-8");
        let plain = |c: char| !c.is_control() || c == '\n' || (look.color && c == '\u{1b}');
        assert!(text.chars().all(plain), "a control character in a report: {text:?}");
        let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        match format {
            Format::Concise => assert_eq!(text.lines().count(), found.len(), "a line a finding"),
            Format::Jsonl => {
                let lines: Vec<_> = text.lines().map(parsed).collect();
                assert_eq!(lines.len(), found.len(), "a line a finding");
            }
            Format::Json | Format::Sarif | Format::Gitlab => drop(parsed(&text)),
            Format::Junit | Format::Checkstyle => drop(roxmltree::Document::parse(&text).expect("XML")),
            Format::Human | Format::Github | Format::Markdown => {}
        }
    }
}

/// What `show` and `tls` print.
fn views(discovery: &Discovery, given: Given) {
    let view = show::View { discovery, only: None, defaults: true };
    let instances: Vec<Instance<'_>> = Instance::all(discovery, given).collect();
    let mut out = Vec::new();
    for instance in &instances {
        let settings = view.settings(instance);
        show::settings_human(&settings, &mut out).expect("memory takes all");
        json::document(&settings, &mut out).expect("memory takes all");
        let jvm = view.jvm(instance);
        show::jvm_human(&jvm, &mut out).expect("memory takes all");
        json::document(&jvm, &mut out).expect("memory takes all");
        let ports = view.ports(instance);
        show::ports_human(&ports, &mut out).expect("memory takes all");
        json::document(&ports, &mut out).expect("memory takes all");
    }
    let views: Vec<posture::View<'_, '_>> = instances
        .iter()
        .map(|instance| posture::View {
            posture: Posture::of(instance),
            outcomes: Vec::new(),
            assumed: Vec::new(),
        })
        .collect();
    let settings = posture::Settings { color: false, matrix: false, all_suites: true };
    posture::human(discovery, &views, settings, &mut out).expect("memory takes all");
    posture::json(discovery, &views, &mut out).expect("memory takes all");
    secret_free("show or tls", &out);
}

/// Turning debug on, and then on again, changes nothing the second time; off comes to an end too.
fn debug(discovery: &Discovery, given: Given) {
    let mut copy = discovery.copy();
    for index in 0..copy.groups.len() {
        let on = |discovery: &Discovery| {
            let instance = Instance::new(discovery, &discovery.groups[index], given);
            debugging::on(&instance, Wanted::InUse, None).map(|plan| plan.edits)
        };
        let Ok(edits) = on(&copy) else { continue };
        Working::default().apply(&mut copy, &edits);
        if let Ok(again) = on(&copy) {
            assert!(again.is_empty(), "a second `debug on` changes {again:?} after {edits:?}");
        }
        let off = debugging::off(&Instance::new(&copy, &copy.groups[index], given));
        Working::default().apply(&mut copy, &off.edits);
        let left = debugging::off(&Instance::new(&copy, &copy.groups[index], given));
        assert!(left.edits.is_empty(), "a second `debug off` changes {:?}", left.edits);
    }
}

fn fix(discovery: &Discovery, given: Given, permit: Permit) {
    let mut copy = discovery.copy();
    let outcome = match converge(&mut copy, given, &Selection::all(), permit) {
        Ok(outcome) => outcome,
        Err(error) => return secret_free("a refusal", error.to_string().as_bytes()),
    };
    for change in &outcome.changes {
        let before = discovery.document(change.file).bytes();
        assert_eq!(before, change.before);
        assert_eq!(made(before, &change.edits), change.after, "the edits are not the change");
        assert_eq!(copy.document(change.file).bytes(), change.after);
    }
    patched(discovery, &outcome.changes, permit);
    if given.release.is_none() || given.jdk.is_none() {
        return;
    }
    let again = converge(&mut copy, given, &Selection::all(), permit).expect("it came to an end before");
    assert!(again.changes.is_empty(), "a second run changes {:?} again", again.applied);
}

fn made(before: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    for edit in edits {
        out.extend_from_slice(&before[at..edit.span.range().start]);
        out.extend_from_slice(&edit.text);
        at = edit.span.range().end;
    }
    out.extend_from_slice(&before[at..]);
    out
}

/// The patch gives the new texts, and shows a secret only where that was allowed.
fn patched(discovery: &Discovery, changes: &[Change], permit: Permit) {
    let mut out = Vec::new();
    patch::write(discovery, changes, std::path::Path::new(""), &mut out);
    if !permit.secrets {
        secret_free("a patch", &out);
    }
    let mut order = changes.iter();
    let next = std::cell::RefCell::new(&mut order);
    let texts = super::patch::apply(&out, |_| {
        next.borrow_mut().next().map(|change| change.before.clone()).unwrap_or_default()
    });
    let mut found: Vec<&Vec<u8>> = texts.values().collect();
    let mut expected: Vec<&Vec<u8>> = changes.iter().map(|change| &change.after).collect();
    found.sort();
    expected.sort();
    assert!(found == expected, "the patch gives other texts");
}
