//! Properties of fixes on random installations: they come to an end, change nothing outside their edits, a second run
//! is empty, and `debug on` followed by `debug off` gives the bytes back.

use proptest::prelude::*;
use wattlint::debugging::{self, Wanted};
use wattlint::discover::Discovery;
use wattlint::fix::Edit;
use wattlint::fix::apply::{FixError, Permit, Working, converge};
use wattlint::instance::{Given, Instance};
use wattlint::rules::schema::{Safety, Severity};
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

/// How many errors there are. (Warnings may follow from a fix: whoever leaves IAIK has the defaults of JSSE to look at.)
fn errors(discovery: &Discovery, given: Given) -> usize {
    let findings = Instance::all(discovery, given).flat_map(|i| rules::check(&i, &Selection::all()));
    findings.filter(|finding| finding.severity == Severity::Error).count()
}

fn apply(discovery: &mut Discovery, edits: &[Edit]) {
    Working::default().apply(discovery, edits);
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
        let before = errors(&discovery, given);
        let permit = Permit { tier, secrets: true };
        let outcome = converge(&mut discovery, given, &Selection::all(), permit);
        // Rarely fixes together bring an error to light; then nothing is done, which tests/random_fixes.rs looks at.
        prop_assume!(!matches!(outcome, Err(FixError::Worse { .. })));
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
        // A malformed escape hides what comes after it; once it is mended, more may be found.
        let hidden = files.0.contains("\\u");
        prop_assert!(hidden || errors(&discovery, given) <= before);
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
