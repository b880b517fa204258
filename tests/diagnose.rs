//! What `wattlint diagnose` makes of logs: the fixtures of tests/logs, each made by tests/java/TlsFaults.java or written
//! in the dialect by hand.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use proptest::prelude::*;
use serde_json::Value;
use wattlint::handshake::reader::{self, Lines};
use wattlint::handshake::scan::Scanner;
use wattlint::handshake::verdict::verdict;

fn log(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/logs").join(name)
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wattlint"))
        .arg("diagnose")
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn json(arguments: &[&str]) -> (Value, i32) {
    let output = run(&[arguments, &["--format", "json"]].concat());
    let value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    (value, output.status.code().expect("an exit code"))
}

/// Outcome, class, cause and role of each handshake, sorted.
fn verdicts(value: &Value) -> Vec<String> {
    let word = |handshake: &Value, key: &str| handshake[key].as_str().unwrap_or("-").to_owned();
    let handshakes = value["handshakes"].as_array().expect("an array");
    let mut lines: Vec<String> = handshakes
        .iter()
        .map(|one| ["outcome", "class", "cause", "role"].map(|key| word(one, key)).join(" "))
        .collect();
    lines.sort();
    lines
}

fn expect(name: &str, wanted: &[&str]) -> Value {
    let (value, code) = json(&[log(name).to_str().expect("UTF-8")]);
    assert_eq!(verdicts(&value), wanted, "{name}");
    let failed = wanted.iter().any(|line| line.starts_with("failed"));
    assert_eq!(code, i32::from(failed), "{name}");
    value
}

#[test]
fn iaik_connections_are_told_apart_by_their_number() {
    let value = expect(
        "iaik.log",
        &[
            "failed client-certificate-not-sent none-to-show client",
            "failed negotiation iaik-too-old client",
            "failed server-certificate-rejected certificate-refused-by-verifier client",
            "ok - - client",
        ],
    );
    let first = &value["handshakes"][0];
    assert_eq!(first["peer"], "198.51.100.20:443");
    assert_eq!(first["provider"], "IAIK");
    assert_eq!(first["lines"], serde_json::json!([2, 14]));
    assert_eq!(first["setting"], "watt.net.ssl.client.useJSSE");
    assert_eq!(value["handshakes"][2]["authorities"][0], "cn=Partner CA,o=Partner,c=DE");
    assert_eq!(value["summary"]["jvms"], 2);
}

#[test]
fn threads_of_the_old_jsse_are_told_apart() {
    let value = expect(
        "jsse-old.log",
        &[
            "failed client-certificate-not-sent none-to-show client",
            "failed negotiation no-common-protocol server",
            "noise connection-lost port-probe -",
        ],
    );
    let client =
        value["handshakes"].as_array().and_then(|all| all.iter().find(|one| one["role"] == "client"));
    let client = client.expect("a client");
    assert_eq!(client["peer"], "partner.example.org");
    assert_eq!(client["thread"], "job-1");
    assert_eq!(client["certificates"][0]["subject"], "CN=partner.example.org, O=Partner");
    assert_eq!(client["certificates"][0]["version"], 3);
}

const AT_ONCE: [&str; 17] = [
    "failed client-certificate-not-sent client-shows-none server",
    "failed client-certificate-not-sent none-to-show client",
    "failed connection-lost closed-by-peer client",
    "failed connection-lost lost-after-server-certificate server",
    "failed hostname-mismatch host-name client",
    "failed negotiation handshake-refused client",
    "failed negotiation no-common-protocol client",
    "failed negotiation no-common-protocol server",
    "failed negotiation no-common-suite server",
    "failed plaintext peer-speaks-plain-text client",
    "failed server-certificate-rejected certificate-untrusted client",
    "failed server-certificate-rejected partner-refuses-certificate server",
    "failed sni unknown-host client",
    "failed sni unknown-host server",
    "failed timeout timeout client",
    "ok - - client",
    "ok - - server",
];

#[test]
fn seventeen_handshakes_at_once_are_told_apart() {
    expect("jsse-new-at-once.log", &AT_ONCE);
}

#[test]
fn records_in_json_are_read_too() {
    expect(
        "jsse-new-expand.log",
        &[
            "failed server-certificate-rejected certificate-untrusted client",
            "noise unknown unfinished server",
        ],
    );
}

#[test]
fn bare_exceptions_are_failures_once_each() {
    let value = expect(
        "exceptions.log",
        &[
            "failed connection-lost closed-by-peer -",
            "failed hostname-mismatch host-name client",
            "failed negotiation handshake-refused -",
            "failed negotiation no-common-protocol -",
            "failed server-certificate-rejected certificate-untrusted client",
            "failed sni unknown-host -",
            "failed timeout timeout -",
        ],
    );
    assert_eq!(value["summary"]["findings"][0]["finding"], "no-debug");
}

#[test]
fn a_debug_value_that_prints_too_little_is_said() {
    let value = expect("jsse-new-narrow.log", &["noise debug-insufficient debug-value-too-narrow -"]);
    assert_eq!(value["summary"]["findings"][0]["finding"], "debug-insufficient");
}

#[test]
fn secrets_of_a_log_are_reported_and_never_repeated() {
    let path = log("jsse-old.log");
    let path = path.to_str().expect("UTF-8");
    let findings: Vec<String> = {
        let (value, _) = json(&[path]);
        let all = value["summary"]["findings"].as_array().expect("an array");
        all.iter().map(|one| one["message"].as_str().unwrap_or_default().to_owned()).collect()
    };
    for word in ["master secrets", "Authorization", "cookies"] {
        assert!(findings.iter().any(|message| message.contains(word)), "{word} in {findings:?}");
    }
    for extra in [&["--details"] as &[&str], &["--format", "json"], &[]] {
        let output = run(&[&[path], extra].concat());
        assert!(!String::from_utf8_lossy(&output.stdout).contains("CANARY"), "{extra:?}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("CANARY"), "{extra:?}");
    }
}

/// What reports show of a log, in all forms.
fn shown(path: &str) -> String {
    let forms = [&["--details"] as &[&str], &["--format", "json"], &[], &["--details", "--color", "always"]];
    let outputs = forms.iter().map(|form| run(&[&[path], *form].concat()));
    outputs.map(|out| String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned()).collect()
}

/// Words in which logs hold secrets; the secret is CANARY.
const LEAKS: [&str; 12] = [
    "Authorization: Basic CANARY",
    "proxy-authorization: Bearer CANARY",
    "Cookie: JSESSIONID=CANARY; path=/",
    "Set-Cookie: a=1; b=CANARY",
    "password=CANARY",
    "keyStorePassword: CANARY",
    "https://joe:CANARY@203.0.113.9/",
    "joe:CANARY@partner.example",
    "access_token=CANARY",
    "token=CANARY&x=1",
    "client_secret=CANARY",
    "passphrase: CANARY",
];

/// A log with a secret in all that reports show of each dialect.
fn leaking(leak: &str) -> String {
    let name = leak.replace(' ', "");
    // In JSON a record has its parts on lines of their own.
    let expanded = |message: &str| {
        format!(
            "{{\n  \"logger\"      : \"javax.net.ssl\",\n  \"level\"       : \"DEBUG\",\n  \"thread id\"   : \"10\",\n  \
             \"thread name\" : \"job {leak}\",\n  \"time\"        : \"2026-11-23 10:00:00.000 UTC\",\n  \
             \"caller\"      : \"A.java:1\",\n  \"message\"     : \"{message}\"{}",
            "\n"
        )
    };
    format!(
        "ssl_debug(3): Starting handshake (iSaSiLk 3.03)...\nssl_debug(3): Remote client:{name}, Timestamp:x\n\
         ssl_debug(3): Sending v3 client_hello message, requesting version 3.1...\n\
         ssl_debug(3): SSLException while handshaking: Connection reset {leak}\n\
         *** ClientHello, TLSv1.2\nExtension server_name, server_name: [type=host_name (0), value={name}]\n***\n\
         main, WRITE: TLSv1.2 Handshake, length = 10\n*** ServerHello, TLSv1.2\n***\n*** Certificate chain\n\
         chain [0] = [\n[\n  Subject: CN=x, OU={leak}\n]\n***\n\
         main, handling exception: javax.net.ssl.SSLHandshakeException: Received fatal alert: x {leak}\n\
         javax.net.ssl|DEBUG|10|job {leak}|2026-11-23 10:00:00.000 UTC|A.java:1|Produced ClientHello handshake message (\n\
         \"ClientHello\": {{\n      type=host_name (0), value={name}\n}}\n)\n\
         javax.net.ssl|ERROR|10|job {leak}|2026-11-23 10:00:00.000 UTC|A.java:1|Fatal (X): no {leak} (\n)\n\
         2026-11-23 11:00:00 {leak} javax.net.ssl.SSLHandshakeException: PKIX path building failed {leak}\n\
         {}  \"specifics\"   : [\n    {{\n      type=host_name (0), value={name}\n    }}\n  ]\n}}\n{}}}\n",
        expanded("Produced ClientHello handshake message"),
        expanded(&format!("Fatal (X): no {leak}")),
    )
}

#[test]
fn secrets_in_names_and_reasons_are_masked_in_all_dialects() {
    let folder = tempfile::tempdir().expect("a folder");
    for leak in LEAKS {
        let path = folder.path().join("wrapper.log");
        std::fs::write(&path, leaking(leak)).expect("a file");
        let text = shown(path.to_str().expect("UTF-8"));
        assert!(!text.contains("CANARY"), "{leak}:\n{text}");
        assert!(text.matches("\"failed\"").count() > 3, "{text}");
    }
}

#[test]
fn secrets_are_masked_where_the_log_is_cut_to_be_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("wrapper.log");
    let log: String = LEAKS.map(leaking).concat();
    let filler = "INFO   | jvm 1    | 2026/11/23 10:00:00 | nothing of interest\n";
    for part in 0..12 {
        // The first cut lies in the log, each time in another part of it.
        let length = reader::CHUNK as usize - log.len() * part / 12;
        let mut text = filler.repeat(length / filler.len());
        text.push_str(&log);
        std::fs::write(&path, &text).expect("a file");
        let out = run(&[path.to_str().expect("UTF-8"), "--format", "json"]);
        let text = String::from_utf8_lossy(&out.stdout);
        assert!(!text.contains("CANARY"), "{part}:\n{text}");
        assert!(text.matches("\"failed\"").count() > 40, "{part}:\n{text}");
    }
}

#[test]
fn settings_of_wattlint_are_no_configuration_of_a_server() {
    let log = log("iaik.log");
    let log = log.to_str().expect("UTF-8");
    for config in ["wattlint.toml", "profile = \"strict\""] {
        let output = run(&[log, "--config", config]);
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains("configuration of the server that wrote the log"), "{error}");
    }
}

/// What stands in front of lines, by what wrote them.
const CARRIERS: [&str; 9] = [
    "jvm 1    | ",
    "INFO   | jvm 1    | 2026/11/23 11:06:14 | ",
    "INFO   | jvm 1    | main    | 2026/11/23 11:06:48.123 | ",
    "Nov 23 11:06:14 is-host wrapper.sh[4920]: ",
    "2026-11-23T11:06:14.123456789Z stderr F ",
    "2026-11-23 11:06:14,123 INFO  [stdout] (default task-1) ",
    "11:06:14,123 ERROR [stderr] (default task-1) ",
    "[2026-11-23 11:06:14.123] [INFO ] [main] - ",
    "is-1  | ",
];

#[test]
fn what_stands_in_front_of_lines_changes_no_verdict() {
    for name in ["jsse-old.log", "jsse-new-at-once.log", "jsse-new-expand.log"] {
        let text = std::fs::read_to_string(log(name)).expect("a fixture");
        let bare = text.replace("INFO   | jvm 1    | 2026/11/23 11:06:14 | ", "");
        let alone = said(bare.as_bytes());
        for carrier in CARRIERS {
            for end in ["\n", "\r\n"] {
                let carried: String = bare.lines().map(|line| format!("{carrier}{line}{end}")).collect();
                assert_eq!(said(carried.as_bytes()), alone, "{name} behind {carrier:?}, {end:?}");
            }
        }
    }
}

#[test]
fn compressed_and_rotated_logs_are_read_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = std::fs::read(log("iaik.log")).expect("the fixture");
    let middle = text.len() / 2;
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    zipped.write_all(&text[..middle]).expect("memory");
    std::fs::write(folder.path().join("wrapper.log.1.gz"), zipped.finish().expect("memory")).expect("a file");
    std::fs::write(folder.path().join("wrapper.log"), &text[middle..]).expect("a file");
    let (whole, _) = json(&[log("iaik.log").to_str().expect("UTF-8")]);
    let (parts, code) = json(&[folder.path().to_str().expect("UTF-8")]);
    assert_eq!(verdicts(&whole), verdicts(&parts));
    assert_eq!(code, 1);
    assert!(parts["handshakes"][0]["file"].as_str().expect("a file").ends_with("wrapper.log.1.gz"));
}

#[test]
fn times_narrow_what_is_told() {
    let path = log("iaik.log");
    let path = path.to_str().expect("UTF-8");
    let count = |extra: &[&str]| verdicts(&json(&[&[path], extra].concat()).0).len();
    assert_eq!(count(&[]), 4);
    assert_eq!(count(&["--since", "2016-03-16 18:52"]), 2);
    assert_eq!(count(&["--until", "2016-03-16 18:51"]), 2);
    assert_eq!(count(&["--since", "2016-03-17"]), 0);
}

#[test]
fn what_is_no_log_is_said_with_exit_code_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    };
    let empty = file("empty.log", b"");
    let binary = file("binary.log", &[0, 1, 2, 10, 0, 255, 0, 0]);
    let random: Vec<u8> =
        (0..200_000_u64).map(|n| (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 29) as u8).collect();
    let random = file("random.log", &random);
    let broken = file("broken.log.gz", &[0x1f, 0x8b, 8, 0, 1, 2, 3]);
    for (path, said) in [
        (empty.as_str(), "empty"),
        (binary.as_str(), "no text"),
        (random.as_str(), "no text"),
        (broken.as_str(), "broken.log.gz"),
        ("does/not/exist.log", "no such file"),
        (folder.path().to_str().expect("UTF-8"), "no wrapper.log"),
    ] {
        let output = run(&[path]);
        assert_eq!(output.status.code(), Some(2), "{path}");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains(said), "{path}: {error}");
    }
    // A log that is cut off is told as far as it goes.
    let text = std::fs::read(log("jsse-new-at-once.log")).expect("the fixture");
    let cut = file("cut.log", &text[..text.len() / 2]);
    let output = run(&[&cut]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("without an end in the log"));
}

#[test]
fn the_configuration_tells_the_line_and_the_patch_that_helps() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/is-9.12-iaik");
    let log = log("iaik.log");
    let arguments = [log.to_str().expect("UTF-8"), "--config", config.to_str().expect("UTF-8")];
    let (value, code) = json(&arguments);
    assert_eq!(code, 1);
    let joined = value["summary"]["config"].as_array().expect("an array");
    let negotiation = joined.iter().find(|one| one["class"] == "negotiation").expect("one");
    assert_eq!(negotiation["setting"], "watt.net.ssl.client.useJSSE");
    assert!(negotiation["patch"].as_str().expect("a patch").contains("+watt.net.ssl.client.useJSSE=true"));
    assert!(negotiation["after"].as_str().expect("a prediction").contains("TLSv1.2"));
    let trust = joined.iter().find(|one| one["class"] == "server-certificate-rejected").expect("one");
    assert!(trust["reasons"].to_string().contains("trusts: "), "{trust}");
}

/// What comes of bytes that arrive in chunks cut at these places.
fn told(bytes: &[u8], cuts: &[usize]) -> Vec<String> {
    let mut scanner = Scanner::default();
    let mut lines = Lines::default();
    let mut block = Vec::new();
    let mut from = 0;
    for cut in cuts.iter().copied().chain([bytes.len()]) {
        let cut = cut.clamp(from, bytes.len());
        lines.begin(&mut block);
        block.extend_from_slice(&bytes[from..cut]);
        lines.settle(&mut block);
        scanner.block(&block);
        from = cut;
    }
    block.clear();
    lines.end(&mut block);
    scanner.block(&block);
    scanner.finish();
    all(&mut scanner)
}

fn all(scanner: &mut Scanner) -> Vec<String> {
    let mut told: Vec<String> = scanner
        .drain()
        .iter()
        .filter_map(|handshake| {
            let verdict = verdict(handshake)?;
            Some(format!("{handshake:?} {:?} {:?}", verdict.class, verdict.name))
        })
        .collect();
    told.sort();
    told
}

fn fixtures() -> Vec<u8> {
    let names = ["iaik.log", "jsse-old.log", "jsse-new-expand.log", "exceptions.log"];
    names.iter().flat_map(|name| std::fs::read(log(name)).expect("a fixture")).collect()
}

#[test]
fn reading_in_threads_tells_the_same() {
    let fixtures = fixtures();
    let bytes = fixtures.repeat(4 * reader::CHUNK as usize / fixtures.len());
    let mut scanner = Scanner::default();
    let mut handshakes = Vec::new();
    reader::read(bytes.as_slice(), &mut scanner, &mut |scanner| handshakes.extend(scanner.drain()))
        .expect("memory");
    scanner.finish();
    handshakes.extend(scanner.drain());
    let mut threaded: Vec<String> = handshakes
        .iter()
        .filter_map(|handshake| {
            let verdict = verdict(handshake)?;
            Some(format!("{handshake:?} {:?} {:?}", verdict.class, verdict.name))
        })
        .collect();
    threaded.sort();
    assert!(threaded.len() > 400, "{}", threaded.len());
    assert_eq!(threaded, told(&bytes, &[]));
}

/// A log as its handshakes one by one: records with the lines that belong to them, by the thread or connection they name.
fn by_thread(text: &str, name: impl Fn(&str) -> Option<String>) -> Vec<Vec<String>> {
    let mut order: Vec<String> = Vec::new();
    let mut threads: std::collections::HashMap<String, Vec<String>> = Default::default();
    let mut current: Option<String> = None;
    for line in text.lines() {
        if let Some(thread) = name(line) {
            if !order.contains(&thread) {
                order.push(thread.clone());
            }
            threads.entry(thread.clone()).or_default().push(format!("{line}\n"));
            current = Some(thread);
        } else if let Some(record) = current.as_ref().and_then(|thread| threads.get_mut(thread)?.last_mut()) {
            record.push_str(line);
            record.push('\n');
        }
    }
    order.into_iter().filter_map(|thread| threads.remove(&thread)).collect()
}

/// The handshakes of the fixtures whose dialects name the connection in each record.
fn separate() -> Vec<Vec<String>> {
    let read = |name| std::fs::read_to_string(log(name)).expect("a fixture");
    let new = by_thread(&read("jsse-new-at-once.log"), |line| {
        let rest = line.split_once("javax.net.ssl|")?.1;
        Some(rest.split('|').skip(1).take(2).collect::<Vec<_>>().join("|"))
    });
    // Exceptions without debug output around are a matter of the order of lines.
    let new = new.into_iter().map(|records| {
        let plain = |line: &str| !line.starts_with(['j', '\t']) || line.starts_with("javax.net.ssl|");
        let clean = |record: String| record.lines().filter(|l| plain(l)).map(|l| format!("{l}\n")).collect();
        records.into_iter().map(clean).collect()
    });
    let iaik = read("iaik.log").replace("jvm 2", "jvm 1").replace("STATUS", "INFO  ");
    let iaik = by_thread(&iaik, |line| {
        let number = line.split_once("ssl_debug(")?.1.split_once(')')?.0;
        // The connection behind the restart has a number that was used before.
        let later = if line.contains(" 19:02:11 ") { "later" } else { "" };
        Some(format!("{number}{later}"))
    });
    let renumbered = iaik.into_iter().enumerate().map(|(index, records)| {
        let number = |record: String| {
            let (head, rest) = record.split_once("ssl_debug(").expect("IAIK");
            let (_, rest) = rest.split_once(')').expect("IAIK");
            format!("{head}ssl_debug({}){rest}", 100 + index)
        };
        records.into_iter().map(number).collect()
    });
    new.chain(renumbered).collect()
}

/// What is said of a log, but for places in it.
fn said(bytes: &[u8]) -> Vec<String> {
    let mut scanner = Scanner::default();
    scanner.block(bytes);
    scanner.finish();
    let mut said: Vec<String> = scanner
        .drain()
        .iter()
        .filter_map(|one| {
            let verdict = verdict(one)?;
            Some(format!(
                "{} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {}",
                one.thread,
                one.role,
                verdict.outcome,
                verdict.class,
                verdict.name,
                one.sni,
                one.protocol,
                one.suite,
                one.certificates.len()
            ))
        })
        .collect();
    said.sort();
    said
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn interleaved_handshakes_are_judged_as_one_by_one(picks in prop::collection::vec(any::<u16>(), 400)) {
        let handshakes = separate();
        let mut alone: Vec<String> = handshakes.iter().flat_map(|records| said(records.concat().as_bytes())).collect();
        alone.sort();
        let mut queues: Vec<std::collections::VecDeque<String>> =
            handshakes.into_iter().map(|records| records.into_iter().collect()).collect();
        let mut mixed = String::new();
        let mut picks = picks.into_iter().cycle();
        while !queues.is_empty() {
            let index = usize::from(picks.next().expect("endless")) % queues.len();
            match queues[index].pop_front() {
                Some(record) => mixed.push_str(&record),
                None => drop(queues.remove(index)),
            }
        }
        prop_assert!(alone.len() > 15, "{}", alone.len());
        prop_assert_eq!(said(mixed.as_bytes()), alone);
    }

    #[test]
    fn where_chunks_are_cut_does_not_matter(mut cuts in prop::collection::vec(0usize..60_000, 0..40)) {
        let bytes = fixtures();
        cuts.sort_unstable();
        prop_assert_eq!(told(&bytes, &cuts), told(&bytes, &[]));
    }

    #[test]
    fn garbled_logs_never_hurt(
        places in prop::collection::vec((0usize..200_000, any::<u8>()), 0..200),
        keep in 0usize..200_000,
    ) {
        let mut bytes = fixtures();
        for (place, byte) in places {
            let place = place % bytes.len();
            bytes[place] = byte;
        }
        bytes.truncate(keep);
        told(&bytes, &[]);
    }

    #[test]
    fn words_in_any_order_never_hurt(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "javax.net.ssl|", "DEBUG|01|main|2026-01-01 00:00:00.000 UTC|A.java:1|", "Produced ClientHello handshake message (",
                "Consuming ServerHello handshake message (", "Fatal (X): y (", "ssl_debug(", "1): ", "Alert Fatal: ", "\n", "\n", ")",
                "*** ", "Certificate chain", "***", ", READ: Handshake", ", WRITE: Handshake", "main", "Exception: ", "java.io.IO",
                "\tat a.b.C(D.java:1)", "Caused by: javax.net.ssl.SSLException: é", "jvm 1    | ", "\"logger\"", "{", "}", "é", "|", ":",
                "\"thread name\" : \"x\",", "\"certificate\" : {", "type=host_name (0), value=", "Cert Authorities:", "<", "[", "]", "=",
                "%% No cached client session", "%% Cached client session", "Received fatal alert: ", "0", " ", "\0", "\"versions\": [",
            ]),
            0..120,
        ),
    ) {
        told(words.concat().as_bytes(), &[]);
    }
}
