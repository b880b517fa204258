//! The formats on one made-up installation that is rich in hard cases: related places, several files, Latin-1,
//! control characters, secrets next to findings, long lines, a continued value.

use std::path::Path;

use wattlint::discover::{Discovery, Problem};
use wattlint::finding::{Silencer, Suppression};
use wattlint::instance::{Given, Instance};
use wattlint::report::{Format, Look, Report, Server, write};
use wattlint::rules::schema::Severity;
use wattlint::rules::{self, Selection};

const SERVER_CNF: &str = "#webMethods Integration Server Configuration\n\
#Mon Nov 23 10:00:00 CET 2026\n\
watt.acme.password=CANARY-1 \n\
watt.acme.poll=10 \n\
watt.acme.\u{1b}[31mred=1\n\
watt.acme.\u{1b}[31mred=2\n\
watt.acme.caf\u{e9}=a \n\
watt.config.systemProperties=javax.net.ssl.keyStorePassword\\=CANARY-2,jsse.enableSNIExtension\\=false\n\
watt.net.jsse.client.disabledProtocols=SSLv2Hello,SSLv3,\\\n    TLSv1,TLS1.1\n\
watt.net.jsse.client.enabledCipherSuiteList=TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,SSL_RSA_WITH_RC4_128_SHA,TLS_RSA_WITH_AES_128_CBC_SHA\n\
watt.net.ssl.client.hostnameverification=true\n\
watt.net.ssl.client.useJSSE=false\n\
watt.security.cert.wmChainVerifier.trustByDefault=false\n";

const CUSTOM_WRAPPER: &str = "#encoding=UTF-8\n\
wrapper.app.parameter.6=sagis1011\n\
wrapper.java.additional.105=-Djava.security.properties=config/security/webm_override_java.security\n\
wrapper.java.additional.401=-Dfirst=1\n\
wrapper.java.additional.402=-Djavax.net.ssl.trustStorePassword=CANARY-3\n\
wrapper.java.additional.403=-Djava.security.properties=/opt/acme/tls.security\n\
wrapper.java.additional.401=-Dsecond=2\n";

/// As people see it.
fn render(format: Format, color: bool) -> String {
    let (text, summary) = rendered(format, color, false);
    format!("{text}\n{summary}\n")
}

/// As machines get it, with a suppressed finding and a file that could not be read.
fn machine(format: Format) -> String {
    rendered(format, false, true).0
}

fn rendered(format: Format, color: bool, troubled: bool) -> (String, String) {
    let latin1: Vec<u8> = SERVER_CNF.chars().map(|c| c as u8).collect();
    let files = [
        ("config/server.cnf", latin1),
        ("configuration/custom_wrapper.conf", CUSTOM_WRAPPER.as_bytes().to_vec()),
    ];
    let mut discovery = Discovery::from_memory(files);
    if troubled {
        discovery.problems.push(Problem::Missing { path: "a&b, c: 100%".to_owned() });
        discovery.notes.push("x.cnf: left\u{7}out".to_owned());
    }
    let instances: Vec<Instance<'_>> = Instance::all(&discovery, Given::default()).collect();
    let mut findings: Vec<_> = instances.iter().flat_map(|i| rules::check(i, &Selection::all())).collect();
    rules::sort(&mut findings);
    let servers: Vec<Server> = instances.iter().map(Server::of).collect();
    let mut suppressed: Vec<_> =
        findings.extract_if(.., |finding| troubled && finding.rule.name == "stray-blank").collect();
    for finding in &mut suppressed {
        let reason = "known | <accepted>".to_owned();
        finding.suppressed = Some(Suppression { by: Silencer::Config, reason });
    }
    // All rules would make snapshots long, and change them with every rule that comes.
    let mut rules: Vec<_> = findings.iter().chain(&suppressed).map(|finding| finding.rule).collect();
    rules.sort_by_key(|rule| &rule.name);
    rules.dedup_by_key(|rule| &rule.name);
    let report = Report {
        discovery: &discovery,
        findings: &findings,
        suppressed: &suppressed,
        rules: &rules,
        root: Path::new(""),
        servers: &servers,
        fails: &|finding| finding.severity >= Severity::Warning,
        exit_code: if troubled { 2 } else { 1 },
    };
    let mut out = Vec::new();
    let look = Look { color, statistics: true, ..Look::default() };
    write(format, &report, look, &mut out).expect("a Vec takes all");
    let text = String::from_utf8(out).expect("reports are UTF-8");
    assert!(!text.contains("CANARY"), "a secret in the report:\n{text}");
    (text, report.summary())
}

#[test]
fn human() {
    let text = render(Format::Human, false);
    assert!(!text.contains('\u{1b}'), "a raw escape in the report");
    insta::assert_snapshot!(text);
}

#[test]
fn human_in_colour_differs_in_nothing_but_colour() {
    let coloured = render(Format::Human, true);
    assert_ne!(coloured, render(Format::Human, false));
    let plain = anstream::adapter::strip_str(&coloured).to_string();
    assert_eq!(plain, render(Format::Human, false));
}

#[test]
fn concise() {
    insta::assert_snapshot!(render(Format::Concise, false));
}

#[test]
fn json() {
    let text = render(Format::Json, false);
    insta::assert_snapshot!(text);
    let document = text.rsplit_once("}\n").expect("an object").0.to_owned() + "}";
    let value: serde_json::Value = serde_json::from_str(&document).expect("valid JSON");
    assert_eq!(value["version"], 1);
    assert!(value["findings"].as_array().is_some_and(|list| !list.is_empty()));
}

#[test]
fn formats_for_machines() {
    let formats = [
        ("jsonl", Format::Jsonl),
        ("sarif", Format::Sarif),
        ("github", Format::Github),
        ("gitlab", Format::Gitlab),
        ("junit", Format::Junit),
        ("checkstyle", Format::Checkstyle),
        ("markdown", Format::Markdown),
    ];
    for (name, format) in formats {
        let text = machine(format);
        let raw = |c: char| c.is_control() && c != '\n';
        assert!(!text.contains(raw), "a raw control character in {name}");
        insta::assert_snapshot!(name, text);
    }
}
