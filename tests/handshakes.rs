//! Predictions against the real thing: random configurations, each shaken hands with by the JSSE of a real JVM.
//!
//! Judged is the whole way from configuration files to `wattlint tls`: server.cnf, ports, wrapper options and an override
//! of java.security on one side, a description of the peer on the other. The local end is a JVM with those security
//! properties and system properties, the peer one with nothing disabled.
//!
//! `WATTLINT_JAVA` and `WATTLINT_PEER_JAVA` name other JVMs, `WATTLINT_SEED` and `WATTLINT_GROUPS` other configurations.
//! See `tests/common` for what is not installed.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use common::Dice;
use libtest_mimic::{Arguments, Failed};
use tempfile::TempDir;
use wattlint::catalog::{self, Protocol, SUITES};
use wattlint::discover::Discovery;
use wattlint::instance::release::Jdk;
use wattlint::instance::{Given, Instance};
use wattlint::tls::jsse::{Jsse, Side};
use wattlint::tls::peer::{self, Peer};
use wattlint::tls::posture::Posture;
use wattlint::tls::predict::predict;

fn main() {
    let args = Arguments::from_args();
    let java = [java(), peer_java(), "javac".to_owned()];
    let missing: Vec<String> =
        java.into_iter().filter(|program| !common::starts(program, "-version")).collect();
    let trial = |name: &str, test: fn(&Lab) -> Result<(), Failed>| {
        common::trial(name, missing.clone(), move || test(&Lab::new()))
    };
    let trials = vec![
        trial("handshakes_come_out_as_predicted", handshakes),
        trial("a_jvm_starts_with_what_the_catalog_says", defaults),
    ];
    libtest_mimic::run(&args, trials).exit();
}

fn java() -> String {
    std::env::var("WATTLINT_JAVA").unwrap_or_else(|_| "java".to_owned())
}

fn peer_java() -> String {
    std::env::var("WATTLINT_PEER_JAVA").unwrap_or_else(|_| "java".to_owned())
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

// ---- the JVMs ----

/// The compiled program, and what a JVM is started with.
struct Lab {
    folder: TempDir,
    keys: PathBuf,
    jdk: Jdk,
}

impl Lab {
    fn new() -> Lab {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/java");
        let folder = TempDir::new().expect("a folder");
        let compiled = Command::new("javac")
            .args(["--release", "8", "-Xlint:-options", "-d"])
            .arg(folder.path())
            .arg(sources.join("Handshakes.java"))
            .status();
        assert!(compiled.is_ok_and(|status| status.success()), "javac compiles the program");
        let version = Command::new(java()).arg("-version").output().expect("java runs").stderr;
        let version = String::from_utf8_lossy(&version).split('"').nth(1).expect("a version").to_owned();
        let jdk = version.split("-ea").next().unwrap_or_default().parse().expect("a Java version");
        Lab { folder, keys: sources.join("keys"), jdk }
    }

    /// A JVM with more security properties and system properties.
    fn start(&self, java: &str, name: &str, security: &str, options: &[String]) -> Command {
        let file = self.folder.path().join(name);
        fs::write(&file, security).expect("written");
        let mut command = Command::new(java);
        command
            // Short lives: no time for the better compiler.
            .args(["-XX:TieredStopAtLevel=1", "-Xshare:auto"])
            .arg(format!("-Djava.security.properties={}", file.display()))
            .args(options)
            .arg("-cp")
            .arg(self.folder.path())
            .arg("Handshakes")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        command
    }

    /// A peer with nothing disabled, and its port.
    fn peer(&self) -> (Child, String) {
        let open = "jdk.tls.disabledAlgorithms=\njdk.certpath.disabledAlgorithms=\n";
        let mut command = self.start(&peer_java(), "open.security", open, &[]);
        let mut child = command.arg("peer").arg(&self.keys).spawn().expect("java runs");
        let mut port = String::new();
        let out = child.stdout.as_mut().expect("piped");
        BufReader::new(out).read_line(&mut port).expect("a port");
        (child, port.trim().to_owned())
    }
}

// ---- random configurations ----

/// The dice of a stream of cases.
fn dice(stream: u64) -> Dice {
    let seed = number("WATTLINT_SEED", 0x5eed).wrapping_add(stream.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut dice = Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1);
    (0..8).for_each(|_| {
        dice.roll(2);
    });
    dice
}

/// Entries of `jdk.tls.disabledAlgorithms` as people write them, and some that do nothing or too much.
const ENTRIES: &[&str] = &[
    "SSLv3",
    "TLSv1",
    "TLSv1.1",
    "TLSv1.2",
    "TLSv1.3",
    "tlsv1",
    "TLSv1.0",
    "DTLSv1.0",
    "RC4",
    "rc4",
    "DES",
    "3DES",
    "3DES_EDE_CBC",
    "DESede",
    "MD5",
    "SHA1",
    "SHA",
    "HmacSHA1",
    "SHA256",
    "SHA-256",
    "SHA384",
    "MD5withRSA",
    "SHA1withRSA",
    "NULL",
    "anon",
    "ECDH",
    "ECDHE",
    "DH",
    "DHE",
    "DH_anon",
    "ECDH_anon",
    "RSA",
    "DSA",
    "AES",
    "AES_128_CBC",
    "AES_256_CBC",
    "AES_128_GCM",
    "AES_256_GCM",
    "GCM",
    "CBC",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "tls_rsa_with_aes_128_cbc_sha",
    "TLS_RSA_*",
    "TLS_ECDH_*",
    "TLS_*_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_*",
    "TLS_*_SHA",
    "TLS_AES_128_GCM_SHA256",
    "SSL_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "RSA keySize < 2048",
    "RSA keySize < 1024",
    "RSA keySize <= 2048",
    "DH keySize < 1024",
    "EC keySize < 224",
    "EC keySize < 384",
    "rsa_pkcs1_sha1 usage HandshakeSignature",
    "ecdsa_sha1 usage HandshakeSignature",
    "include jdk.disabled.namedCurves",
    "SSLv3 RC4",
    "BOGUS",
    "SHA1 jdkCA & usage TLSServer",
    "RSASSA-PSS",
    "DHE_RSA",
    "ECDHE_RSA",
    "ECDHE_ECDSA",
    "*_CBC_*",
    "CHACHA20_POLY1305",
    "ChaCha20-Poly1305",
    "K_NULL",
    "C_NULL",
    "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
    "SHA256withRSA",
    "HmacSHA256",
    "SHA1 denyAfter 2019-01-01",
    "RSA keySize < 2048 & jdkCA",
    "RSA usage HandshakeSignature",
    "SHA384withECDSA",
    "SSLv3;RC4",
];

const PROTOCOLS: [&str; 6] = ["SSLv2Hello", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

const OWN_KEYS: [&str; 3] = ["rsa2048", "ec256", "rsa2048,ec256"];

const ASKS: [&str; 3] = ["none", "request", "require"];

fn protocols(dice: &mut Dice, sloppy: bool) -> Vec<String> {
    let mut list: Vec<&str> = PROTOCOLS
        .into_iter()
        .filter(|name| dice.once_in(if *name == "SSLv2Hello" { 8 } else { 2 }))
        .collect();
    if sloppy && dice.once_in(25) {
        list.push(*dice.pick(&["TLSv1.0", "tlsv1.2", "DTLSv1.2", "SSL", "TLSv1.4", "ALL"]));
    }
    if list.is_empty() {
        list.push("TLSv1.2");
    }
    if dice.once_in(3) {
        list.reverse();
    }
    list.into_iter().map(str::to_owned).collect()
}

fn suites(dice: &mut Dice, sloppy: bool) -> Vec<String> {
    // Without Kerberos and DSA there is nothing to try their suites with.
    let all: Vec<&str> =
        SUITES.iter().map(|suite| suite.name).filter(|n| !n.contains("KRB5") && !n.contains("DSS")).collect();
    let usual: Vec<&str> = all
        .iter()
        .copied()
        .filter(|name| {
            ["TLS_ECDHE_", "TLS_RSA_", "TLS_DHE_RSA", "TLS_AES", "TLS_CHACHA"]
                .iter()
                .any(|p| name.starts_with(p))
                && !name.contains("NULL")
        })
        .collect();
    let count = 1 + dice.roll(6);
    let mut list: Vec<String> = Vec::new();
    for _ in 0..count {
        let from = if dice.once_in(3) { &all } else { &usual };
        list.push((*dice.pick(from)).to_owned());
    }
    if sloppy && dice.once_in(25) {
        let odd = [
            "FOO",
            "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
            "SSL_RSA_WITH_AES_128_CBC_SHA",
            "TLS_FALLBACK_SCSV",
            "TLS_DHE_DSS_WITH_AES_128_CBC_SHA",
            "tls_aes_128_gcm_sha256",
        ];
        list.push((*dice.pick(&odd)).to_owned());
    }
    list
}

/// What all cases of one JVM share.
struct Group {
    disabled: String,
    options: Vec<String>,
}

fn group(dice: &mut Dice, jdk: Jdk) -> Group {
    let disabled = match dice.roll(5) {
        0 => catalog::jdk_defaults(jdk).disabled.to_owned(),
        1 => "SSLv3, RC4, DES, MD5withRSA, DH keySize < 1024, 3DES_EDE_CBC, anon, NULL".to_owned(),
        _ => (0..dice.roll(5)).map(|_| *dice.pick(ENTRIES)).collect::<Vec<_>>().join(", "),
    };
    let mut options = Vec::new();
    if dice.once_in(4) {
        options.push(format!("-Djdk.tls.client.protocols={}", protocols(dice, true).join(",")));
    }
    if dice.once_in(6) {
        options.push(format!("-Djdk.tls.client.cipherSuites={}", suites(dice, true).join(",")));
    }
    Group { disabled, options }
}

/// One configuration and one peer.
struct Case {
    direction: &'static str,
    /// The lists as the JVM's end gets them; `None`: its default.
    protocols: Option<Vec<String>>,
    suites: Option<Vec<String>>,
    /// Whether the protocols are written as the deny list that leaves them.
    denies: bool,
    own_order: bool,
    own_keys: &'static str,
    has_certificate: bool,
    asks: &'static str,
    peer: String,
    /// The peer as the JVM at the other end gets it.
    peer_fields: [String; 5],
}

fn case(dice: &mut Dice, supported: &[Protocol]) -> Case {
    let client = dice.once_in(2);
    let default_context = client && dice.once_in(4);
    let denies = dice.once_in(4);
    let mut own = protocols(dice, !denies);
    if denies {
        // What a deny list leaves comes in the JDK's order.
        own = supported.iter().map(|p| p.name().to_owned()).filter(|name| own.contains(name)).collect();
    }
    let own_suites = (!default_context && !dice.once_in(4)).then(|| suites(dice, true));
    let mut theirs = protocols(dice, false);
    if dice.once_in(2) {
        theirs = PROTOCOLS[1..].iter().map(|name| (*name).to_owned()).collect();
    }
    let mut their_suites = dice.once_in(2).then(|| suites(dice, false));
    if let Some(own) = own_suites.as_ref().filter(|_| dice.once_in(2)) {
        let mut shared: Vec<String> = own
            .iter()
            .filter(|name| SUITES.iter().any(|suite| suite.name == name.as_str()))
            .cloned()
            .collect();
        if dice.once_in(2) {
            shared.reverse();
        }
        their_suites = (!shared.is_empty()).then_some(shared);
    }
    let keys = ["rsa2048", "rsa2048", "ec256", "rsa1024", "rsa2048,ec256"];
    let key = *dice.pick(&keys);
    let hash = *dice.pick(&["sha256", "sha256", "sha256", "sha1", "md5"]);
    let prefers = *dice.pick(&["server", "client"]);
    let client_auth = *dice.pick(&["none", "none", "none", "want", "need"]);
    let mut words = vec![format!("protocols={}", theirs.join(","))];
    words.extend(their_suites.as_ref().map(|suites| format!("suites={}", suites.join(","))));
    words.push(format!("prefers={prefers}"));
    if client {
        words.push(format!("key={key};signature={hash};client-auth={client_auth}"));
    } else if client_auth != "none" {
        words.push("key=rsa2048".to_owned());
    }
    let held: Vec<String> = key.split(',').map(|key| format!("{key}-{hash}")).collect();
    let joined = |list: &Option<Vec<String>>| list.as_ref().map_or("-".to_owned(), |list| list.join(","));
    let peer_fields = [
        theirs.join(","),
        joined(&their_suites),
        if client { prefers } else { "-" }.to_owned(),
        match (client, client_auth) {
            (true, _) => held.join(","),
            (false, "none") => "-".to_owned(),
            (false, _) => "rsa2048-sha256".to_owned(),
        },
        if client { client_auth } else { "-" }.to_owned(),
    ];
    Case {
        direction: match (client, default_context) {
            (true, true) => "outbound-default-context",
            (true, false) => "outbound-https",
            _ => "inbound:5543",
        },
        protocols: (!default_context).then_some(own),
        suites: own_suites,
        denies,
        own_order: dice.once_in(4),
        own_keys: OWN_KEYS[dice.roll(OWN_KEYS.len())],
        has_certificate: dice.once_in(2),
        asks: ASKS[dice.roll(ASKS.len())],
        peer: words.join(";"),
        peer_fields,
    }
}

impl Case {
    fn is_client(&self) -> bool {
        self.direction.starts_with("outbound")
    }

    /// The configuration files of the local end.
    fn files(&self, group: &Group, supported: &[Protocol]) -> Vec<(&'static str, Vec<u8>)> {
        let mut settings = BTreeMap::new();
        if let Some(protocols) = &self.protocols {
            for side in ["client", "server"] {
                if self.denies {
                    let denied: Vec<&str> = supported
                        .iter()
                        .map(|protocol| protocol.name())
                        .filter(|name| !protocols.iter().any(|kept| kept == name))
                        .collect();
                    settings.insert(format!("watt.net.jsse.{side}.disabledProtocols"), denied.join(","));
                } else {
                    settings.insert(format!("watt.net.jsse.{side}.enabledProtocols"), protocols.join(", "));
                }
            }
        }
        if let Some(suites) = &self.suites {
            for side in ["client", "server"] {
                settings.insert(format!("watt.net.jsse.{side}.enabledCipherSuiteList"), suites.join(","));
            }
        }
        settings.insert("watt.net.ssl.client.useJSSE".to_owned(), "true".to_owned());
        if self.own_order {
            settings.insert("watt.net.jsse.server.useCipherSuitesOrder".to_owned(), "true".to_owned());
        }
        if self.has_certificate {
            settings.insert("watt.security.ssl.keyStoreAlias".to_owned(), "OWN".to_owned());
            settings.insert("watt.server.ssl.keyStoreAlias".to_owned(), "OWN".to_owned());
        }
        let server_cnf: String = settings.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        let listeners = format!(
            "<Values version=\"2.0\">\n<record name=\"listeners\">\n<record name=\"HTTPSListener@5543\">\n\
             <value name=\"port\">5543</value>\n<value name=\"protocol\">HTTPS</value>\n\
             <value name=\"enabled\">true</value>\n<value name=\"ssl\">true</value>\n\
             <value name=\"useJSSE\">true</value>\n<value name=\"clientAuth\">{}</value>\n</record>\n</record>\n</Values>\n",
            self.asks
        );
        let mut wrapper =
            "wrapper.java.additional.105=-Djava.security.properties=config/security/own.java.security\n"
                .to_owned();
        for (index, option) in group.options.iter().enumerate() {
            wrapper.push_str(&format!("wrapper.java.additional.{}={option}\n", 401 + index));
        }
        vec![
            ("config/server.cnf", server_cnf.into_bytes()),
            ("packages/WmRoot/config/listeners.cnf", listeners.into_bytes()),
            ("configuration/custom_wrapper.conf", wrapper.into_bytes()),
            (
                "config/security/own.java.security",
                format!("jdk.tls.disabledAlgorithms={}\n", group.disabled).into_bytes(),
            ),
        ]
    }

    /// What wattlint says, in the words of the program.
    fn predicted(&self, group: &Group, jdk: Jdk, supported: &[Protocol]) -> String {
        let discovery = Discovery::from_memory(self.files(group, supported));
        let release = if self.denies { "10.7" } else { "10.5" };
        let given = Given { release: release.parse().ok(), jdk: Some(jdk) };
        let instance = Instance::all(&discovery, given).next().expect("an instance");
        let posture = Posture::of(&instance);
        let found = posture.directions.iter().find(|found| found.whom.name() == self.direction);
        let peer = Peer::parse(&self.peer).expect("a sound peer");
        let own = peer::keys(self.own_keys).expect("sound keys");
        let prediction = predict(&posture, found.expect("the direction"), &peer, &own);
        match (prediction.works, prediction.protocol, prediction.suite) {
            (Some(true), Some(protocol), Some(suite)) => format!("ok\t{protocol}\t{}", suite.name),
            (Some(false), ..) => format!("failed\t{}", prediction.obstacle.expect("a cause").message),
            _ => "unknown".to_owned(),
        }
    }

    /// The case as the program reads it.
    fn line(&self) -> String {
        let joined = |list: &Option<Vec<String>>| list.as_ref().map_or("-".to_owned(), |list| list.join(","));
        let keys: Vec<String> = self.own_keys.split(',').map(|key| format!("{key}-sha256")).collect();
        let held = match (self.is_client(), self.has_certificate) {
            (true, true) => "rsa2048-sha256".to_owned(),
            (true, false) => "-".to_owned(),
            (false, _) => keys.join(","),
        };
        let asks = match self.asks {
            "require" if !self.is_client() => "need",
            "request" if !self.is_client() => "want",
            _ => "-",
        };
        // The setting counts only along with a list (documented).
        let order = if self.own_order && !self.is_client() && self.suites.is_some() { "server" } else { "-" };
        let role = if self.is_client() { "client" } else { "server" };
        let mut fields: Vec<String> = vec![
            role.to_owned(),
            joined(&self.protocols),
            joined(&self.suites),
            order.to_owned(),
            held,
            asks.to_owned(),
        ];
        fields.extend(self.peer_fields.iter().cloned());
        fields.join("\t")
    }
}

// ---- the tests ----

fn handshakes(lab: &Lab) -> Result<(), Failed> {
    const CASES: usize = 110;
    let groups = number("WATTLINT_GROUPS", 20);
    let (mut peer, port) = lab.peer();
    let next = Mutex::new(0..groups);
    let found = Mutex::new((Vec::new(), 0, 0));
    let work = || {
        while let Some(index) = next.lock().expect("no panic").next() {
            let (differences, cases, worked) = one_group(lab, &port, index, CASES);
            let mut found = found.lock().expect("no panic");
            found.0.extend(differences);
            found.1 += cases;
            found.2 += worked;
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    drop(peer.stdin.take());
    peer.wait().expect("it ends");
    let (differences, cases, worked) = found.into_inner().expect("no panic");
    let summary = format!("Java {}: {} of {cases} cases differ; {worked} worked", lab.jdk, differences.len());
    if std::env::var_os("WATTLINT_GROUPS").is_some() {
        std::io::stderr().write_all(format!("{summary}\n").as_bytes()).ok();
    }
    // Cases that all fail would prove nothing.
    assert!(groups < 10 || worked * 16 > cases, "{summary}: too few to mean anything");
    if differences.is_empty() {
        Ok(())
    } else {
        let shown: Vec<String> = differences.into_iter().take(10).collect();
        Err(format!("{summary}\n{}", shown.join("\n")).into())
    }
}

fn one_group(lab: &Lab, port: &str, index: u64, count: usize) -> (Vec<String>, usize, usize) {
    let mut dice = dice(index);
    let supported = catalog::jdk_defaults(lab.jdk).supported;
    let group = group(&mut dice, lab.jdk);
    let cases: Vec<Case> = (0..count).map(|_| case(&mut dice, supported)).collect();
    let security = format!("jdk.tls.disabledAlgorithms={}\n", group.disabled);
    let mut command = lab.start(&java(), &format!("group{index}.security"), &security, &group.options);
    let mut child = command.arg("local").arg(&lab.keys).arg(port).spawn().expect("java runs");
    let lines: String = cases.iter().map(|case| case.line() + "\n").collect();
    child.stdin.take().expect("piped").write_all(lines.as_bytes()).expect("read");
    let output = child.wait_with_output().expect("it ends").stdout;
    let answers: Vec<String> = String::from_utf8_lossy(&output).lines().map(str::to_owned).collect();
    let mut differences = Vec::new();
    if answers.len() != cases.len() {
        differences.push(format!("{} answers to {} cases", answers.len(), cases.len()));
    }
    let mut worked = 0;
    for (case, real) in cases.iter().zip(&answers) {
        let said = case.predicted(&group, lab.jdk, supported);
        let same = if real.starts_with("ok") { *real == said } else { said.starts_with("failed") };
        worked += usize::from(real.starts_with("ok"));
        if !same {
            let (disabled, options) = (&group.disabled, group.options.join(" "));
            differences.push(format!(
                "[{disabled}] {options}\n  {}\n  {}\n  really    {real}\n  predicted {said}",
                case.line().replace('\t', " | "),
                case.peer
            ));
        }
    }
    (differences, cases.len(), worked)
}

/// Protocols and suites that are on by default, under random lists of disabled algorithms.
fn defaults(lab: &Lab) -> Result<(), Failed> {
    let mut dice = dice(0xdefa);
    for index in 0..number("WATTLINT_GROUPS", 8) {
        let Group { disabled, .. } = group(&mut dice, lab.jdk);
        let security = format!("jdk.tls.disabledAlgorithms={disabled}\n");
        let output = lab.start(&java(), &format!("defaults{index}"), &security, &[]).arg("describe").output();
        let output = output.expect("java runs").stdout;
        let text = String::from_utf8_lossy(&output).into_owned();
        let real: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once('\t')).collect();
        let Ok(jsse) = Jsse::new(lab.jdk, false, &disabled, "") else {
            assert!(!real.contains_key("client"), "[{disabled}] should leave no TLS");
            continue;
        };
        for (side, name) in [(Side::Client, "client"), (Side::Server, "server")] {
            let protocols = jsse.default_protocols(side);
            let suites = jsse.default_suites(&protocols);
            let suites: Vec<&str> = suites.iter().map(|suite| suite.name).collect();
            let protocols: Vec<&str> = protocols.iter().map(|protocol| protocol.name()).collect();
            let of = |key: &str| real.get(key).copied().unwrap_or("(nothing)").to_owned();
            assert_eq!(protocols.join(" "), of(name), "[{disabled}] {name}");
            assert_eq!(suites.join(" "), of(&format!("{name} suites")), "[{disabled}] {name} suites");
        }
    }
    Ok(())
}
