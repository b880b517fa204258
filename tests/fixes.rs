//! Properties of fixes on random installations: they come to an end, change nothing outside their edits, a second run
//! is empty, and `debug on` followed by `debug off` gives the bytes back.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use wattlint::config::Config;
use wattlint::debugging::{self, Wanted};
use wattlint::discover::Discovery;
use wattlint::fix::Edit;
use wattlint::fix::apply::{Permit, Working, converge};
use wattlint::instance::{Given, Instance};
use wattlint::rules::schema::{Rule, Safety};
use wattlint::rules::{self, Selection};

/// Lines that rules have something to say about, and some they have not.
const SETTINGS: [&str; 26] = [
    "#a comment",
    "",
    "watt.server.port=5555",
    "watt.server.port=5556 ",
    "watt.acme.dir=C:\\data\\new",
    "watt.acme.up=D:\\uploads",
    "watt.acme.x==1",
    "watt.acme.password=geheim ",
    "watt.config.systemProperties=mail.imap.partialfetch\\=true",
    "watt.config.systemProperties=jsse.enableSNIExtension\\=false,\\",
    "    jdk.tls.disabledAlgorithms=SSLv3",
    "watt.config.systemProperties=",
    "watt.net.jsse.client.disabledProtocols=SSLv3,TLS1.1",
    "watt.net.jsse.client.enabledProtocols=TLSv1,TLSv1.2",
    "watt.net.jsse.server.enabledProtocols=SSLv2Hello, TLSv1",
    "watt.net.jsse.server.disabledProtocols=",
    "watt.net.jsse.client.enabledCipherSuiteList=FOO,SSL_RSA_WITH_RC4_128_MD5,TLS_RSA_WITH_AES_128_CBC_SHA",
    "watt.net.jsse.server.enabledCipherSuiteList=default,TLS_DHE_DSS_WITH_AES_128_CBC_SHA",
    "watt.net.ssl.client.cipherSuiteList=SSL_RSA_WITH_RC4_MD5",
    "watt.net.ssl.client.hostnameverification=false",
    "watt.net.ssl.client.useJSSE=false",
    "watt.net.ssl.client.useJSSE true",
    "watt.net.ssl.ftps.client.useJSSE=false",
    "watt.net.ssl.client.handshake.maxVersion=TLSv1.2",
    "watt.security.ssl.ignoreExpiredChains=true",
    "watt.net.ssl.client.ftps.useJSSE",
];

const OPTIONS: [&str; 12] = [
    "#encoding=UTF-8",
    "wrapper.app.parameter.6=sagis1011",
    "wrapper.java.additional.204=-Dacme=1",
    "wrapper.java.additional.204.stripquotes=TRUE",
    "wrapper.java.additional.106=-Dacme=2",
    "wrapper.java.additional.106=-Dacme=2",
    "wrapper.java.additional.0106=-Dacme=3",
    "wrapper.java.additional.400=-Djsse.enableSNIExtension=false",
    "wrapper.java.additional.401=-Djdk.certpath.disabledAlgorithms=MD5",
    "Wrapper.Java.Additional.401=-Dhttps.protocols=TLSv1.2",
    "wrapper.java.additional.402=\"-Dquoted=a b\"",
    "wrapper.java.maxmemory=1024",
];

fn text(lines: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    let line = (prop::sample::select(lines), prop::sample::select(&["\n", "\n", "\r\n"][..]));
    (prop::collection::vec(line, 0..most), any::<bool>()).prop_map(|(lines, open)| {
        let mut text: String = lines.iter().map(|(line, end)| format!("{line}{end}")).collect();
        if open {
            let kept = text.trim_end_matches(['\r', '\n']).len();
            text.truncate(kept);
        }
        text
    })
}

fn ports() -> impl Strategy<Value = String> {
    let field = prop::sample::select(
        &[
            "<value name=\"useJSSE\">false</value>",
            "<null name=\"jsseDisabledProtocols\"/>",
            "<value name=\"jsseDisabledProtocols\">TLSv1,TLS1.1</value>",
            "<value name=\"jsseEnabledProtocols\">TLSv1,TLSv1.2</value>",
            "<value name=\"enabled\">false</value>",
        ][..],
    );
    prop::collection::vec(field, 0..4).prop_map(|fields| {
        let record = "<record name=\"HTTPSListener@1\"><value name=\"protocol\">HTTPS</value>";
        format!("<Values><record name=\"listeners\">{record}{}</record></record></Values>", fields.concat())
    })
}

fn tree(files: &(String, String, String)) -> Discovery {
    Discovery::from_memory([
        ("config/server.cnf", files.0.clone().into_bytes()),
        ("configuration/custom_wrapper.conf", files.1.clone().into_bytes()),
        ("packages/WmRoot/config/listeners.cnf", files.2.clone().into_bytes()),
    ])
}

fn given(release: &str) -> Given {
    Given { release: release.parse().ok(), jdk: None }
}

fn bytes(discovery: &Discovery) -> Vec<Vec<u8>> {
    discovery.documents.iter().map(|document| document.bytes().to_vec()).collect()
}

/// How many findings there are of each rule in each file.
fn census(discovery: &Discovery, given: Given) -> BTreeMap<(&str, usize), usize> {
    let mut found: Vec<_> =
        Instance::all(discovery, given).flat_map(|i| rules::check(&i, &Selection::all())).collect();
    rules::sort(&mut found);
    let mut census = BTreeMap::new();
    for finding in found {
        *census.entry((finding.rule.name.as_ref(), finding.primary.place.file.0)).or_default() += 1;
    }
    census
}

fn apply(discovery: &mut Discovery, edits: &[Edit]) {
    Working::default().apply(discovery, edits);
}

/// A rule whose fix makes something wrong is left out, and the others' fixes are made.
#[test]
fn a_fix_that_brings_a_finding_is_left_out_and_the_others_are_made() {
    let rule = "summary = \"no list\"\nseverity = \"info\"\nbasis = \"documented\"\nreads = []\nwhy = \"none\"\n\
                [when]\nsetting = \"watt.net.jsse.client.disabledProtocols\"\nis = \"SSLv2Hello,SSLv3,TLSv1,TLSv1.1\"\n\
                [fix]\ntitle = \"Allow them\"\nsafety = \"safe\"\n\
                set.\"watt.net.jsse.client.disabledProtocols\" = \"SSLv2Hello,SSLv3\"\n";
    let own = rules::own::parse("own-list", rule).expect("a rule");
    let mut config = Config::default();
    config.rules = vec![own];
    let config = Arc::new(config);
    let text = "watt.net.jsse.client.enabledProtocols=TLSv1.2\nwatt.net.jsse.client.disabledProtocols=SSLv2Hello,SSLv3,TLSv1,TLSv1.1\n";
    let permit = Permit { tier: Safety::Safe, secrets: true };
    let fixed = |only: Vec<&'static Rule>| {
        let mut discovery = Discovery::from_memory([("config/server.cnf", text.as_bytes().to_vec())]);
        let selection = Selection { only, config: Arc::clone(&config) };
        let outcome = converge(&mut discovery, given("10.15"), &selection, permit).expect("an end");
        (String::from_utf8_lossy(discovery.documents[0].bytes()).into_owned(), outcome)
    };
    let (all, outcome) = fixed(Vec::new());
    assert!(!all.contains("enabledProtocols") && all.contains("=SSLv2Hello,SSLv3,TLSv1,TLSv1.1\n"), "{all}");
    let conflict = outcome.conflicts.first().expect("a conflict");
    assert_eq!((conflict.rules.as_slice(), conflict.new), (&["own-list"][..], "deprecated-protocol-enabled"));
    assert!(outcome.remaining.iter().any(|finding| finding.rule.name == "own-list"));
    // Asked for by name it is made, and what it brings is told.
    let (one, outcome) = fixed(vec![own]);
    assert!(one.contains("disabledProtocols=SSLv2Hello,SSLv3\n"), "{one}");
    let told = outcome.uncovered.iter().any(|(name, _)| *name == "deprecated-protocol-enabled");
    assert!(told, "{:?}", outcome.uncovered);
}

/// Mending an escape lets the server read what stands behind it: what is wrong there is revealed, and told.
#[test]
fn what_a_fix_is_to_reveal_is_no_reason_against_it() {
    let text = "watt.acme.up=D:\\uploads\nwatt.net.jsse.client.enabledProtocls=TLSv1.2\n";
    let permit = Permit { tier: Safety::Unsafe, secrets: true };
    let mut discovery = Discovery::from_memory([("config/server.cnf", text.as_bytes().to_vec())]);
    let outcome = converge(&mut discovery, given("10.5"), &Selection::all(), permit).expect("an end");
    assert!(String::from_utf8_lossy(discovery.documents[0].bytes()).contains("D:\\\\uploads"));
    assert_eq!(outcome.conflicts, []);
    assert!(outcome.uncovered.iter().any(|(name, _)| *name == "unknown-setting"), "{:?}", outcome.uncovered);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fixes_converge(
        files in (text(&SETTINGS, 14), text(&OPTIONS, 8), ports()),
        release in prop::sample::select(&["9.12", "10.5", "10.7", "10.11", "10.15"][..]),
        tier in prop::sample::select(&[Safety::Safe, Safety::Unsafe][..]),
    ) {
        let given = given(release);
        let mut discovery = tree(&files);
        let untouched = discovery.copy();
        let before = census(&untouched, given);
        let permit = Permit { tier, secrets: true };
        let outcome = converge(&mut discovery, given, &Selection::all(), permit);
        prop_assert!(outcome.is_ok(), "{:?}", outcome.err());
        let outcome = outcome.expect("checked");
        for change in &outcome.changes {
            // The edits, made on the old bytes, give the new ones: nothing else moved.
            let mut expected = Vec::new();
            let mut at = 0;
            for edit in &change.edits {
                expected.extend_from_slice(&change.before[at..edit.span.range().start]);
                expected.extend_from_slice(&edit.text);
                at = edit.span.range().end;
            }
            expected.extend_from_slice(&change.before[at..]);
            prop_assert_eq!(&expected, &change.after);
        }
        let first = bytes(&discovery);
        let again = converge(&mut discovery, given, &Selection::all(), permit).expect("the same as before");
        prop_assert!(again.changes.is_empty());
        prop_assert_eq!(first, bytes(&discovery));
        prop_assert_eq!(&again.conflicts, &outcome.conflicts);
        for (what, count) in census(&discovery, given) {
            let told = outcome.uncovered.iter().any(|(rule, file)| (*rule, file.0) == what);
            let known = count <= before.get(&what).copied().unwrap_or_default();
            prop_assert!(known || told, "{:?} is new, and nobody said so", what);
        }
    }

    #[test]
    fn debug_on_then_off_gives_the_bytes_back(
        files in (text(&SETTINGS, 14), text(&OPTIONS, 8), ports()),
        release in prop::sample::select(&["9.12", "10.11", "10.15"][..]),
        via in prop::sample::select(&[None, Some(debugging::Via::Wrapper), Some(debugging::Via::ServerCnf)][..]),
        wanted in prop::sample::select(&[Wanted::InUse, Wanted::Jsse, Wanted::Both][..]),
    ) {
        let given = given(release);
        // Behind a malformed escape the server reads nothing: there `on` refuses.
        let files = (files.0.replace("D:\\uploads", "D:/uploads"), files.1, files.2);
        let mut discovery = tree(&files);
        let original = bytes(&discovery);
        let edits = {
            let instance = Instance::all(&discovery, given).next().expect("an instance");
            debugging::on(&instance, wanted, via).expect("there are files to put it in").edits
        };
        apply(&mut discovery, &edits);
        let (again, off) = {
            let instance = Instance::all(&discovery, given).next().expect("an instance");
            let again = debugging::on(&instance, wanted, via).expect("as before").edits;
            (again, debugging::off(&instance).edits)
        };
        prop_assert!(again.is_empty(), "a second `on` changes {again:?}");
        apply(&mut discovery, &off);
        let after: Vec<String> = bytes(&discovery).iter().map(|b| b.escape_ascii().to_string()).collect();
        let original: Vec<String> = original.iter().map(|b| b.escape_ascii().to_string()).collect();
        prop_assert_eq!(after, original);
    }
}
