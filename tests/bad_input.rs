//! Input that is wrong: a clear word on stderr, exit code 2 where the tool could not do its work, and no file touched.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use wattlint::discover::Discovery;
use wattlint::fix::apply::{Permit, converge};
use wattlint::fix::write::write;
use wattlint::instance::Given;
use wattlint::rules::Selection;
use wattlint::rules::schema::Safety;

struct Run {
    code: i32,
    stdout: String,
    stderr: String,
}

fn wattlint(folder: &Path, args: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_wattlint"))
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    Run {
        code: output.status.code().expect("no signal"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

const IAIK: &str = "watt.net.ssl.client.useJSSE=false\nwatt.server.port=5555\n";

#[test]
fn a_folder_where_a_file_belongs() {
    let here = folder(&[("a/config/server.cnf/x", ""), ("b/config/server.cnf", IAIK)]);
    let run = wattlint(here.path(), &["check", "--only", "outbound-uses-iaik", "--format", "concise"]);
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("a/config/server.cnf: is a folder, where a file should be"),
        "{}",
        run.stderr
    );
    assert!(
        run.stdout.contains("b/config/server.cnf:1:29: error[outbound-uses-iaik]"),
        "the rest is linted: {}",
        run.stdout
    );
}

#[test]
fn an_empty_tree_and_a_dangling_link() {
    let here = folder(&[]);
    let run = wattlint(here.path(), &["check"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains(".: holds no Integration Server configuration"), "{}", run.stderr);
    symlink("nowhere", here.path().join("server.cnf")).expect("a link");
    let run = wattlint(here.path(), &["check"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("server.cnf: cannot be read"), "{}", run.stderr);
    assert!(!run.stderr.contains("no problems"), "{}", run.stderr);
}

#[test]
fn links_in_a_circle_and_to_files() {
    let here = folder(&[("real/server.cnf", IAIK)]);
    symlink(".", here.path().join("loop")).expect("a link");
    fs::create_dir(here.path().join("mounted")).expect("a folder");
    symlink("../real/server.cnf", here.path().join("mounted/server.cnf")).expect("a link");
    let run = wattlint(here.path(), &["check", "--list-files"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    // One file, which serves two instances.
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
    assert!(run.stdout.contains("mounted, real"), "{}", run.stdout);
    // A fix through a link changes the file and leaves the link.
    let run = wattlint(here.path(), &["fix", "--write", "--release", "10.11", "mounted"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(fs::symlink_metadata(here.path().join("mounted/server.cnf")).expect("there").is_symlink());
    let text = fs::read_to_string(here.path().join("real/server.cnf")).expect("there");
    assert!(text.starts_with("watt.net.ssl.client.useJSSE=true\n"), "{text}");
}

/// A patch cut off by a full disk must not pass for a whole one.
#[cfg(target_os = "linux")]
#[test]
fn output_that_can_not_be_written_is_an_error() {
    let here = folder(&[("config/server.cnf", IAIK)]);
    for args in [&["fix", "--release", "10.11"][..], &["check", "--format", "json"], &["rules"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_wattlint"))
            .current_dir(here.path())
            .args(args)
            .stdout(fs::File::create("/dev/full").expect("Linux has it"))
            .output()
            .expect("the program starts");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains("error: the output could not be written"), "{args:?}: {stderr}");
    }
}

#[test]
fn a_file_reached_twice_in_one_instance_is_one_of_its_files() {
    let here = folder(&[
        ("is/config/server.cnf", IAIK),
        ("is/packages/P/config/listeners.cnf", "<Values version=\"2.0\"/>\n"),
        ("other/config/server.cnf", IAIK),
    ]);
    fs::create_dir_all(here.path().join("is/packages/Q/config")).expect("folders");
    symlink("../../P/config/listeners.cnf", here.path().join("is/packages/Q/config/listeners.cnf"))
        .expect("a link");
    let run = wattlint(here.path(), &["check", "--list-files"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let line = run.stdout.lines().find(|line| line.starts_with("ports")).unwrap_or_default();
    assert!(line.ends_with("packages/P/config/listeners.cnf"), "{}", run.stdout);
    assert!(!line.contains("is, is"), "{}", run.stdout);
}

#[test]
fn a_fix_in_a_shared_file_counts_once() {
    let beside_secret = "watt.net.ssl.client.useJSSE=false\nwatt.a.password=CANARY\n";
    let here = folder(&[("real/server.cnf", beside_secret)]);
    fs::create_dir(here.path().join("mounted")).expect("a folder");
    symlink("../real/server.cnf", here.path().join("mounted/server.cnf")).expect("a link");
    let fix = ["fix", "--release", "10.11", "--only", "outbound-uses-iaik"];
    let run = wattlint(here.path(), &fix);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    assert_eq!(run.stderr.matches("left out:").count(), 1, "{}", run.stderr);
    let run = wattlint(here.path(), &[&fix[..], &["--write"]].concat());
    assert!(run.stderr.contains("fixed 1 outbound-uses-iaik"), "{}", run.stderr);
}

/// A number that is free for one server is taken for the other.
#[test]
fn servers_that_share_a_file_must_want_the_same() {
    let joined =
        "wrapper.ignore_sequence_gaps=TRUE\n#include %OSGI_INSTALL_AREA%/configuration/custom_wrapper.conf\n";
    let here = folder(&[
        ("token-a/config/server.cnf", "watt.net.ssl.client.useJSSE=true\n"),
        ("token-a/configuration/custom_wrapper.conf", "# shared\n"),
        ("b/config/server.cnf", "watt.net.ssl.client.useJSSE=true\n"),
        ("b/configuration/wrapper.conf", joined),
    ]);
    symlink(
        "../../token-a/configuration/custom_wrapper.conf",
        here.path().join("b/configuration/custom_wrapper.conf"),
    )
    .expect("a link");
    let args = ["debug", "on", "--release", "10.15"];
    let run = wattlint(here.path(), &args);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stdout.matches("+wrapper.java.additional.400=").count(), 1, "{}", run.stdout);
    assert!(run.stderr.contains("token-a: JSSE: javax.net.debug=ssl:handshake in"), "{}", run.stderr);
    let taken = format!("wrapper.java.additional.400=-Da=b\n{joined}");
    fs::write(here.path().join("b/configuration/wrapper.conf"), taken).expect("a file");
    let run = wattlint(here.path(), &args);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("belongs to another instance too"), "{}", run.stderr);
}

/// As Kubernetes mounts a ConfigMap: the files are links into a folder that is a link itself.
#[test]
fn a_mounted_config_map_is_read_once() {
    let here =
        folder(&[("config/..2026_11_23/server.cnf", IAIK), ("bin/ini.cnf", "application.version=10.11.0\n")]);
    symlink("..2026_11_23", here.path().join("config/..data")).expect("a link");
    symlink("..data/server.cnf", here.path().join("config/server.cnf")).expect("a link");
    let run = wattlint(here.path(), &["check", "--format", "concise", "--only", "outbound-uses-iaik"]);
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
    assert!(run.stdout.starts_with("config/server.cnf:1:29: error"), "{}", run.stdout);
    // The patch names the file itself: neither git nor patch follows links.
    let run = wattlint(here.path(), &["fix"]);
    assert!(run.stdout.contains("+++ b/config/..2026_11_23/server.cnf\n"), "{}", run.stdout);
}

#[test]
fn binary_and_huge_files_are_left_out_with_a_note() {
    let here =
        folder(&[("config/server.cnf", "watt.server.port=5555\n"), ("packages/P/config/listeners.cnf", "")]);
    let utf16: Vec<u8> = "watt.a=b\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(here.path().join("custom_wrapper.conf"), utf16).expect("a file");
    let huge = fs::File::create(here.path().join("packages/P/config/listeners.cnf")).expect("a file");
    huge.set_len(1 << 30).expect("a sparse file");
    let run = wattlint(here.path(), &["check", "--list-files"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("custom_wrapper.conf: is binary or UTF-16"), "{}", run.stderr);
    assert!(run.stderr.contains("listeners.cnf: is 1024 MiB"), "{}", run.stderr);
    // Compressed data has few NULs and many other control characters.
    let noise: Vec<u8> = (0..4096u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    fs::write(here.path().join("wrapper.conf"), noise).expect("a file");
    let run = wattlint(here.path(), &["check"]);
    assert!(run.stderr.contains("note: wrapper.conf: is binary"), "{}", run.stderr);
    // Named on the command line, they are errors.
    for path in ["wrapper.conf", "custom_wrapper.conf", "packages/P/config/listeners.cnf"] {
        assert_eq!(wattlint(here.path(), &["check", path]).code, 2, "{path}");
    }
}

#[test]
fn a_pipe_is_not_opened() {
    let here = folder(&[]);
    let pipe = here.path().join("server.cnf");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    for args in [&["check", "server.cnf"][..], &["check", "."]] {
        let run = wattlint(here.path(), args);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains("is a device, pipe or socket"), "{}", run.stderr);
    }
}

#[test]
fn nothing_is_written_when_anything_is_wrong() {
    let here = folder(&[("good/config/server.cnf", IAIK), ("empty/x", "")]);
    let run = wattlint(here.path(), &["fix", "--write", "--release", "10.11", "good", "missing"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("nothing was changed"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(here.path().join("good/config/server.cnf")).expect("there"), IAIK);
}

#[test]
fn a_running_server_is_left_alone() {
    let here = folder(&[("config/server.cnf", IAIK), ("bin/.lock", "")]);
    let args = ["fix", "--write", "--release", "10.11"];
    let run = wattlint(here.path(), &args);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("bin/.lock is there, so the server seems to run"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(here.path().join("config/server.cnf")).expect("there"), IAIK);
    let run = wattlint(here.path(), &[&args[..], &["--force"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    // The patch alone harms nobody.
    let run = wattlint(here.path(), &["debug", "on"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn mode_is_kept_and_a_failed_write_leaves_the_file() {
    let here = folder(&[("config/server.cnf", IAIK)]);
    let file = here.path().join("config/server.cnf");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("a mode");
    // With a file size limit of nothing the new text can't be written beside the old one.
    let limited = format!(
        "ulimit -f 0; trap '' XFSZ; exec {} fix --write --release 10.11 2>&1",
        env!("CARGO_BIN_EXE_wattlint")
    );
    let output = Command::new("bash").args(["-c", &limited]).current_dir(here.path()).output().expect("bash");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(fs::read_to_string(&file).expect("there"), IAIK);
    let left: Vec<_> = fs::read_dir(here.path().join("config")).expect("there").collect();
    assert_eq!(left.len(), 1, "no temporary file stays: {left:?}");
    let run = wattlint(here.path(), &["fix", "--write", "--release", "10.11"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o640);
}

/// A key without any separator has an empty value; a fix that gives it one writes the separator too.
#[test]
fn a_bare_key_keeps_its_name() {
    let here = folder(&[("config/server.cnf", "watt.net.jsse.client.disabledProtocols\n")]);
    let run = wattlint(here.path(), &["fix", "--unsafe", "--write", "--release", "10.11", "--jdk", "11.0.9"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let text = fs::read_to_string(here.path().join("config/server.cnf")).expect("there");
    assert!(
        text.contains("watt.net.jsse.client.disabledProtocols=SSLv2Hello,SSLv3,TLSv1,TLSv1.1\n"),
        "{text}"
    );
}

/// What was linted is compared with what is there just before writing; one changed file keeps all from being written.
#[test]
fn a_file_changed_meanwhile_stops_the_write() {
    let here = folder(&[("a/config/server.cnf", IAIK), ("b/config/server.cnf", IAIK)]);
    let mut discovery = Discovery::from_paths(&[here.path().to_owned()], Default::default());
    let given = Given { release: "10.11".parse().ok(), jdk: None };
    let permit = Permit { tier: Safety::Safe, secrets: true };
    let outcome = converge(&mut discovery, given, &Selection::all(), permit).expect("fixes");
    assert_eq!(outcome.changes.len(), 2);
    let changed = here.path().join("b/config/server.cnf");
    fs::write(&changed, "watt.server.port=1\n").expect("a file");
    let error = write(&discovery, &outcome.changes, Default::default()).expect_err("refused").to_string();
    assert!(error.contains("changed on disk since it was read"), "{error}");
    assert_eq!(fs::read_to_string(here.path().join("a/config/server.cnf")).expect("there"), IAIK);
    assert_eq!(fs::read_to_string(&changed).expect("there"), "watt.server.port=1\n");
}

#[test]
fn a_reader_that_stops_early_is_no_error() {
    let here = folder(&[("config/server.cnf", &"watt.a=1 \n".repeat(20_000))]);
    let command = format!(
        "{} check --format concise 2>/dev/null | head -1; echo ${{PIPESTATUS[0]}}",
        env!("CARGO_BIN_EXE_wattlint")
    );
    let output = Command::new("bash").args(["-c", &command]).current_dir(here.path()).output().expect("bash");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.ends_with("\n1\n"), "the exit code is that of the findings: {text}");
}

/// A value that must never be seen, in all the places secrets stand in.
fn with_secrets() -> TempDir {
    folder(&[
        (
            "config/server.cnf",
            "watt.acme.apiToken=CANARY \nwatt.acme.apiToken=CANARY\nwatt.acme.poll=1 \nwatt.acme.secret=CANARY\\\n  CANARY \n\
             # watt.old.password=CANARY\nwatt.config.systemProperties=javax.net.ssl.keyStorePassword=CAN,CANARY,javax.net.debug=ssl,handshake\n\
             watt.net.ssl.client.useJSSE=false\nwatt.acme.passphrase==CANARY\nwatt.acme.dir.password=C:\\dir\\CANARY\n",
        ),
        (
            "configuration/custom_wrapper.conf",
            "set.KEY_PASSWORD=CANARY\nwrapper.java.additional.106=-Djavax.net.ssl.trustStorePassword=CANARY\n\
             wrapper.java.additional.106=-Dacme.token=CANARY\n",
        ),
        (
            "packages/WmRoot/config/listeners.cnf",
            "<Values><record name=\"listeners\"><record name=\"E\"><value name=\"password\">CANARY</value><value name=\"ssl\">true</value>\
             <value name=\"useJSSE\">false</value></record></record></Values>",
        ),
        (
            "msr/config/server.cnf",
            "watt.config.systemProperties=a\\=b,javax.net.ssl.keyStorePassword\\=CANARY\nwatt.net.httpPass=CANARY\n",
        ),
        ("msr/application.properties", "# a template\nsettings.watt.server.port=5555\n"),
        (
            "other/configuration/custom_wrapper.conf",
            "wrapper.java.additional.400=-Djavax.net.debug=ssl -Dmy.password=CANARY\n",
        ),
        (
            "bin/setenv.sh",
            "JAVA_CUSTOM_OPTS=\"-Djavax.net.ssl.keyStorePassword=CANARY -Djavax.net.debug=ssl\"\n",
        ),
        (
            "logs/wrapper.log",
            "javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure password=CANARY\n\
             Authorization: Basic CANARY\nmain, WRITE: TLSv1 Alert, length = 2\n",
        ),
    ])
}

#[test]
fn no_command_shows_a_secret() {
    let here = with_secrets();
    let commands: &[&[&str]] = &[
        &["check"],
        &["check", "--format", "concise"],
        &["check", "--format", "json"],
        &["check", "--color", "always"],
        &["check", "--list-files"],
        &["fix"],
        &["fix", "--unsafe"],
        &["debug", "on"],
        &["debug", "on", "--via", "server.cnf", "."],
        &["debug", "on", "msr"],
        &["debug", "off"],
        &["debug", "status"],
        &["debug", "status", "--format", "json"],
        &["show", "settings"],
        &["show", "settings", "--format", "json"],
        &["show", "settings", "config/server.cnf", "--format", "json"],
        &["show", "settings", "msr/config/server.cnf"],
        &["show", "jvm"],
        &["show", "jvm", "--format", "json"],
        &["show", "jvm", "configuration/custom_wrapper.conf", "--format", "json"],
        &["show", "jvm", "other/configuration/custom_wrapper.conf"],
        &["show", "ports"],
        &["show", "ports", "--format", "json"],
        &["show", "files"],
    ];
    for command in commands {
        let run = wattlint(here.path(), &[command, &["--release", "10.11"][..]].concat());
        let text = run.stdout + &run.stderr;
        assert!(!text.contains("CANARY"), "{command:?}:\n{text}");
    }
    // Nor does a secret move from one file to another.
    wattlint(here.path(), &["debug", "on", "--write", "msr"]);
    let template = fs::read_to_string(here.path().join("msr/application.properties")).expect("there");
    assert!(!template.contains("CANARY"), "{template}");
}

/// Every command of the command line with each of its flags and each of the words its options take, so that none that
/// is added can be forgotten. What changes files is left out: they keep their secrets.
fn every_call(command: &clap::Command, path: &[String], calls: &mut Vec<Vec<String>>) {
    let of = |arg: &clap::Arg| -> Vec<String> {
        arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect()
    };
    let mut base = path.to_vec();
    for arg in command.get_positionals().filter(|arg| arg.is_required_set()) {
        let word = match arg.get_id().as_str() {
            "logs" => "logs".to_owned(),
            _ => of(arg).first().cloned().unwrap_or_else(|| "watt.acme.apiToken".to_owned()),
        };
        base.push(word);
    }
    calls.push(base.clone());
    for arg in command.get_arguments().filter(|arg| !arg.is_positional()) {
        let Some(name) = arg.get_long().filter(|name| !["write", "follow", "force"].contains(name)) else {
            continue;
        };
        if !arg.get_action().takes_values() {
            calls.push([base.clone(), vec![format!("--{name}")]].concat());
        }
        for value in of(arg) {
            calls.push([base.clone(), vec![format!("--{name}={value}")]].concat());
            if name == "format" && command.get_arguments().any(|arg| arg.get_id() == "output") {
                calls.push([base.clone(), vec![format!("--output={value}=report.{value}")]].concat());
            }
        }
    }
    for sub in command.get_subcommands() {
        every_call(sub, &[path, &[sub.get_name().to_owned()]].concat(), calls);
    }
}

#[test]
fn no_command_with_any_format_or_flag_shows_a_secret() {
    let here = with_secrets();
    let kept: Vec<_> = walk(here.path());
    let mut command = <wattlint::cli::Cli as clap::CommandFactory>::command();
    command.build();
    let mut calls = Vec::new();
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        every_call(sub, &[sub.get_name().to_owned()], &mut calls);
    }
    // What names a secret where a path, a rule or a peer is expected is the user's own word; files' words are not.
    calls.push(["diagnose", "logs", "--config=."].map(str::to_owned).into());
    calls.push(["diagnose", "logs", "--config=.", "--format=json"].map(str::to_owned).into());
    calls.push(["diagnose", "config/server.cnf", "--details"].map(str::to_owned).into());
    calls.push(["check", "--config=config/server.cnf"].map(str::to_owned).into());
    calls.push(["check", "--baseline=config/server.cnf"].map(str::to_owned).into());
    calls.push(["rules", "test", "config/server.cnf"].map(str::to_owned).into());
    calls.push(["fix", "--write", "--diff", "--backup"].map(str::to_owned).into());
    assert!(calls.len() > 80, "{calls:?}");
    for call in &calls {
        let args: Vec<&str> = call.iter().map(String::as_str).collect();
        let run = wattlint(here.path(), &args);
        let text = run.stdout + &run.stderr;
        assert!(!text.contains("CANARY"), "{call:?}:\n{text}");
    }
    let made = walk(here.path()).into_iter().filter(|path| !kept.contains(path));
    let reports: Vec<_> = made.filter(|path| !path.to_string_lossy().contains(".bak")).collect();
    assert!(reports.len() > 10, "reports and a baseline: {reports:?}");
    for path in reports {
        assert!(!fs::read_to_string(&path).expect("text").contains("CANARY"), "{}", path.display());
    }
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.expect("an entry"));
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

/// `--diff` shows what was written, and no secret beside it.
#[test]
fn a_shown_write_is_the_patch_and_hides_secrets() {
    let here = folder(&[("config/server.cnf", IAIK)]);
    let before = wattlint(here.path(), &["fix", "--release", "10.11"]).stdout;
    let run = wattlint(here.path(), &["fix", "--write", "--diff", "--release", "10.11"]);
    assert_eq!((run.code, run.stdout), (0, before), "{}", run.stderr);
    let secret = "watt.net.httpPass=CANARY\nwatt.net.ssl.client.useJSSE=false\n";
    let here = folder(&[("config/server.cnf", secret)]);
    let run = wattlint(here.path(), &["fix", "--write", "--diff", "--release", "10.11"]);
    assert!(!(run.stdout + &run.stderr).contains("CANARY"));
}

#[test]
fn manual_pages_where_no_folder_can_be() {
    let here = folder(&[("file", "kept")]);
    let run = wattlint(here.path(), &["man", "file"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.starts_with("error: file: "), "{}", run.stderr);
    assert_eq!(fs::read(here.path().join("file")).expect("a file"), b"kept");
}
