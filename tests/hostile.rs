//! Input made to hurt: every command ends by itself, in time, with one of its three exit codes and without a panic, and
//! reads nothing outside the installation.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Far above what any of these takes, and far below what a runaway would.
const PATIENCE: Duration = Duration::from_secs(90);

const COMMANDS: [&[&str]; 9] = [
    &["check"],
    &["check", "--format", "json"],
    &["check", "--format", "concise"],
    &["fix", "--unsafe"],
    &["debug", "on"],
    &["tls"],
    &["show", "settings", "--format", "json"],
    &["show", "jvm", "--format", "json"],
    &["show", "ports"],
];

fn put(home: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = home.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, bytes).expect("a file");
}

/// Runs a command; its output, of which no part may be a panic.
fn run(home: &Path, args: &[&str]) -> String {
    let out = TempDir::new().expect("a folder");
    let file = |name: &str| fs::File::create(out.path().join(name)).expect("a file");
    let mut child = Command::new(env!("CARGO_BIN_EXE_wattlint"))
        .args(args)
        .arg(home)
        .stdin(Stdio::null())
        .stdout(file("out"))
        .stderr(file("err"))
        .spawn()
        .expect("it starts");
    let begin = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("it can be asked") {
            break status;
        }
        if begin.elapsed() > PATIENCE {
            child.kill().ok();
            panic!("{args:?} did not end");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let text: String = ["out", "err"]
        .map(|name| String::from_utf8_lossy(&fs::read(out.path().join(name)).expect("there")).into_owned())
        .concat();
    assert!(matches!(status.code(), Some(0..=2)), "{args:?}: {status}: {}", &text[..text.len().min(2_000)]);
    assert!(!text.contains("panicked"), "{args:?}: {text}");
    text
}

fn every_command(home: &Path) {
    for command in COMMANDS {
        run(home, command);
    }
}

#[test]
fn links_pipes_and_devices() {
    let home = TempDir::new().expect("a folder");
    let outside = TempDir::new().expect("a folder");
    put(outside.path(), "config/server.cnf", "watt.outside=1\n");
    put(home.path(), "ok/config/server.cnf", "watt.server.port=5555\n");
    let at = |name: &str| home.path().join(name);
    symlink("loop", at("loop")).expect("a link");
    symlink(home.path(), at("ok/config/up")).expect("a link");
    symlink(outside.path(), at("out")).expect("a link");
    fs::create_dir_all(at("dev/config")).expect("a folder");
    symlink("/dev/zero", at("dev/config/server.cnf")).expect("a link");
    fs::create_dir_all(at("pipe/config")).expect("a folder");
    let made = Command::new("mkfifo").arg(at("pipe/config/server.cnf")).status();
    assert!(made.is_ok_and(|status| status.success()));
    every_command(home.path());
    let text = run(home.path(), &["show", "settings"]);
    assert!(text.contains("watt.server.port=5555") && !text.contains("watt.outside"), "{text}");
}

#[test]
fn names_that_lead_outside() {
    let home = TempDir::new().expect("a folder");
    put(home.path(), "secret.conf", "wrapper.java.additional.900=-Doutside=1\nTLS_OUTSIDE\n");
    let inside = home.path().join("is");
    put(
        &inside,
        "config/server.cnf",
        "watt.net.jsse.client.enabledCipherSuiteList=file:../../secret.conf\nwatt.net.jsse.server.enabledCipherSuiteList=file:/etc/passwd\n",
    );
    put(
        &inside,
        "configuration/wrapper.conf",
        "wrapper.ignore_sequence_gaps=TRUE\n#include ../../secret.conf\n#include /etc/passwd\nwrapper.java.additional_file=/etc/passwd\n\
         wrapper.java.additional.1=-Djava.security.properties=../../../etc/passwd\n",
    );
    symlink("../../secret.conf", inside.join("configuration/link.conf")).expect("a link");
    put(&inside, "configuration/custom_wrapper.conf", "#include link.conf\n");
    every_command(&inside);
    for command in COMMANDS {
        let text = run(&inside, command);
        assert!(!text.contains("-Doutside") && !text.contains("TLS_OUTSIDE"), "{command:?}: {text}");
        assert!(!text.contains("root:"), "{command:?}: {text}");
    }
}

#[test]
fn bombs() {
    let home = TempDir::new().expect("a folder");
    let bomb =
        "#include a.conf\n#include b.conf\n#include wrapper.conf\nset.A=%A%%A%%A%\nset.B=%A%%B%\n".repeat(2);
    for name in ["wrapper.conf", "a.conf", "b.conf"] {
        put(home.path(), &format!("configuration/{name}"), &bomb);
    }
    put(home.path(), "config/server.cnf", "watt.server.port=5555\n");
    let deep = "<record name=\"x\">".repeat(200_000);
    put(home.path(), "packages/A/config/listeners.cnf", format!("<Values><record name=\"listeners\">{deep}"));
    let entities = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]><Values><record name=\"listeners\"><record name=\"&b;\"><value name=\"protocol\">&b;</value></record></record></Values>";
    put(home.path(), "packages/B/config/listeners.cnf", entities);
    every_command(home.path());
    let single = home.path().join("configuration/wrapper.conf");
    run(&single, &["show", "jvm", "--format", "json"]);
}

#[test]
fn long_lines_and_many_lines() {
    let home = TempDir::new().expect("a folder");
    let long = "x".repeat(1 << 19);
    put(
        home.path(),
        "a/config/server.cnf",
        format!("watt.server.port=5555\nwatt.acme.long={long}\\\n {long}"),
    );
    put(home.path(), "b/config/server.cnf", "\\\n".repeat(300_000));
    let many: String = (0..6_000).map(|n| format!("watt.server.x{n}=true \n")).collect();
    put(home.path(), "c/config/server.cnf", many);
    let options: String =
        (0..4_000).map(|n| format!("wrapper.java.additional.{}=%N{n}% -Da=\"{n}\n", n % 1_000)).collect();
    put(home.path(), "c/configuration/custom_wrapper.conf", options);
    every_command(home.path());
}

#[test]
fn bytes_that_are_no_text() {
    let home = TempDir::new().expect("a folder");
    let odd: &[u8] = b"watt.a\x1b[31m\x9b31m\\u001b[2J\\u009b2J\0b=\x1b]0;title\x07\xff\xfe \n\\uD83D=\\uD83D\nwatt.net.ssl.client.useJSSE=fa\0lse\n";
    put(home.path(), "a\u{1b}[31m/config/server.cnf", odd);
    put(home.path(), "a\u{1b}[31m/configuration/custom_wrapper.conf", odd);
    put(home.path(), "a\u{1b}[31m/packages/A/config/listeners.cnf", [b"<Values>".as_slice(), odd].concat());
    put(home.path(), "b/config/server.cnf", b"\xff\xfew\0a\0t\0t\0.\0a\0=\x001\0");
    put(
        home.path(),
        "c/configuration/wrapper.conf",
        b"#encoding=UTF-8\nwrapper.java.additional.1=-Da=\xc3\x28\n",
    );
    every_command(home.path());
    for command in COMMANDS {
        let text = run(home.path(), command);
        // A patch holds the very bytes of the file, or it would not apply.
        let patches = ["fix", "debug"].contains(&command[0]);
        let of_patch = |line: &&str| patches && line.starts_with(['+', '-', ' ']);
        let text: Vec<&str> = text.lines().filter(|line| !of_patch(line)).collect();
        let text = text.join("\n");
        // 8-bit terminals take U+009B for the start of one too.
        assert!(
            !text.contains(['\u{1b}', '\u{9b}']),
            "{command:?} lets an escape sequence through: {text:?}"
        );
    }
}

/// 2,500 and 10,000 findings in one file, in every format (100,000 would keep a debug build busy for minutes): time grows with them, not with their square.
#[test]
fn many_findings_in_one_file() {
    let formats = <wattlint::report::Format as clap::ValueEnum>::value_variants();
    let names: Vec<String> = formats
        .iter()
        .map(|format| clap::ValueEnum::to_possible_value(format).expect("a name").get_name().to_owned())
        .collect();
    let time = |lines: usize| {
        let home = TempDir::new().expect("a folder");
        let many: String = (0..lines).map(|n| format!("watt.server.x{n}=true \n")).collect();
        put(home.path(), "config/server.cnf", many);
        let outputs: Vec<String> = names
            .iter()
            .map(|name| format!("--output={name}={}", home.path().join(format!("out.{name}")).display()))
            .collect();
        let mut args = vec!["check", "--only", "stray-blank"];
        args.extend(outputs.iter().map(String::as_str));
        let begin = Instant::now();
        run(home.path(), &args);
        let concise = fs::read_to_string(home.path().join("out.concise")).expect("a report");
        assert_eq!(concise.lines().count(), lines);
        begin.elapsed()
    };
    let (few, many) = (time(2_500), time(10_000));
    // Four times as many; sixteen times the time would be the square.
    assert!(many < few * 10 + Duration::from_secs(1), "{few:?} for a quarter, {many:?} for all");
}

#[test]
fn a_file_of_a_gigabyte() {
    let home = TempDir::new().expect("a folder");
    put(home.path(), "a/config/server.cnf", "watt.server.port=5555\n");
    put(home.path(), "b/config/server.cnf", "");
    let huge = home.path().join("b/config/server.cnf");
    let file = fs::File::options().write(true).open(&huge).expect("a file");
    // Sparse: it takes no room on the disk.
    file.set_len(1 << 30).expect("a length");
    let text = run(home.path(), &["check"]);
    assert!(text.contains("server.cnf") && text.contains("MiB"), "{text}");
    let text = run(&huge, &["check"]);
    assert!(text.contains("error: ") && text.contains("MiB"), "{text}");
    every_command(home.path());
}

/// One line, as long as a file may be.
#[test]
fn a_line_at_the_limit() {
    let home = TempDir::new().expect("a folder");
    let mut line = b"watt.acme.long=".to_vec();
    line.resize(32 << 20, b'x');
    put(home.path(), "config/server.cnf", line);
    for command in [&["check"][..], &["fix"], &["show", "settings", "--format", "json"]] {
        run(home.path(), command);
    }
}
