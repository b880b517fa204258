//! What a baseline knows, and what it does not: by the program, on small repositories.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const SERVER: &str = "a/config/server.cnf";
const OTHER: &str = "b/config/server.cnf";
const SETTINGS: &str = "release = \"10.15\"\njdk = \"11.0.21\"\nbaseline = \"known.json\"\n";
const TEXT: &str = "watt.net.jsse.client.enabledProtocols=TLSv1.2\n\
                    watt.net.ssl.client.hostnameverification=false\n\
                    watt.acme.password=CANARY-1\n";

/// A repository of two servers, all of whose findings are known.
fn repository() -> TempDir {
    let root = tempfile::tempdir().expect("a folder");
    put(root.path(), "wattlint.toml", SETTINGS);
    put(root.path(), SERVER, TEXT);
    put(root.path(), OTHER, TEXT);
    let (code, said) = run(root.path(), &["baseline", "create"]);
    assert_eq!(code, 0, "{said}");
    root
}

fn put(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder can be made");
    fs::write(path, text).expect("a file can be written");
}

fn run(root: &Path, args: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_wattlint"))
        .args(args)
        .current_dir(root)
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("CANARY"), "a secret: {said}");
    (output.status.code().expect("an exit code"), said.into_owned())
}

#[track_caller]
fn expect(root: &Path, args: &[&str], code: i32, words: &str) {
    let (found, said) = run(root, args);
    assert!(found == code && said.contains(words), "{args:?}: {found}, not {code} with {words:?}:\n{said}");
}

#[test]
fn what_is_known_does_not_count_wherever_it_moves() {
    let root = repository();
    let root = root.path();
    expect(root, &["check"], 0, "no problems found; ");
    expect(root, &["baseline", "check"], 0, "");
    let moved =
        format!("# a comment\n\n{}", TEXT.lines().rev().map(|line| format!("{line}\n")).collect::<String>());
    put(root, SERVER, &moved);
    expect(root, &["check"], 0, "no problems found; ");
    expect(root, &["baseline", "update"], 0, "nothing to change");
    // No hash of a secret stands in the file: another one is the same finding.
    put(root, SERVER, &TEXT.replace("CANARY-1", "CANARY-2"));
    expect(root, &["check"], 0, "no problems found; ");
    assert!(!fs::read_to_string(root.join("known.json")).expect("text").contains("CANARY"));
}

#[test]
fn another_value_or_one_more_is_new() {
    let root = repository();
    let root = root.path();
    put(root, SERVER, &TEXT.replace("Protocols=TLSv1.2", "Protocols=TLSv1.1"));
    expect(
        root,
        &["check", "--format", "concise"],
        1,
        "a/config/server.cnf:1:1: warning[enabled-protocols-removed]",
    );
    expect(root, &["baseline", "check"], 1, "1 gone");
    put(root, SERVER, &format!("{TEXT}watt.net.jsse.server.enabledProtocols=TLSv1.2\n"));
    expect(root, &["check"], 1, "1 warning");
    expect(root, &["baseline", "update"], 0, "1 new, not written down");
    expect(root, &["check"], 1, "1 warning");
    expect(root, &["baseline", "update", "--add"], 0, "known");
    expect(root, &["check"], 0, "no problems found; ");
}

#[test]
fn a_run_over_a_part_says_nothing_of_the_rest() {
    let root = repository();
    let root = root.path();
    put(root, SERVER, "watt.net.ssl.client.hostnameverification=false\nwatt.acme.password=CANARY-1\n");
    expect(root, &["check", "b"], 0, "no problems found; ");
    let (_, said) = run(root, &["check", "b"]);
    assert!(!said.contains("gone"), "{said}");
    let (_, said) = run(root, &["check", "--only", "host-name-not-checked"]);
    assert!(!said.contains("gone"), "{said}");
    expect(root, &["check"], 0, "1 finding of the baseline is gone");
    fs::remove_dir_all(root.join("b")).expect("it is there");
    expect(root, &["baseline", "check"], 1, "gone");
    expect(root, &["baseline", "update"], 0, "wrote known.json");
    expect(root, &["baseline", "check"], 0, "");
}

#[test]
fn not_every_finding_can_be_known() {
    let root = repository();
    let root = root.path();
    put(root, "wattlint.toml", &format!("{SETTINGS}not-ignorable = [\"secret-in-clear\"]\n"));
    expect(root, &["check"], 1, "secret-in-clear");
    expect(root, &["baseline", "create", "--force"], 0, "2 left out");
    expect(root, &["check"], 1, "2 warnings");
    put(root, "wattlint.toml", &format!("{SETTINGS}profile = \"audit\"\n"));
    expect(root, &["check"], 1, "warnings");
    let (_, said) = run(root, &["check"]);
    assert!(!said.contains("in the baseline") && !said.contains("host-name-not-checked is gone"), "{said}");
    put(root, "wattlint.toml", SETTINGS);
    expect(root, &["check", "--no-ignores"], 1, "warnings");
}

#[test]
fn a_baseline_is_somebodys_work() {
    let root = repository();
    let root = root.path();
    expect(root, &["baseline", "create"], 2, "is there already");
    put(root, "known.json", "{\n  \"version\": 1,\n<<<<<<< ours\n");
    expect(root, &["check"], 2, "known.json:3: is no baseline");
    expect(root, &["baseline", "update"], 2, "known.json:3: is no baseline");
    fs::remove_file(root.join("known.json")).expect("it is there");
    expect(root, &["check"], 2, "known.json: the baseline cannot be read");
    expect(root, &["baseline", "create", "--baseline", SERVER, "--force"], 2, "is a file that was checked");
    assert_eq!(fs::read_to_string(root.join(SERVER)).expect("text"), TEXT);
    expect(root, &["baseline", "create", "absent"], 2, "nothing was written");
}
