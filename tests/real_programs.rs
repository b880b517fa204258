//! Tests in which a real program is the judge: Java, git, patch, the Tanuki wrapper, bash and man.
//! See `tests/common` for those that are not installed.

mod common;
#[path = "real_programs/shells.rs"]
mod shells;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::Dice;
use libtest_mimic::{Arguments, Failed};
use tempfile::TempDir;
use wattlint::discover::Discovery;
use wattlint::instance::jvm::Source;
use wattlint::instance::{Given, Instance};
use wattlint::syntax::properties::{Properties, decode_utf16};

fn main() {
    let args = Arguments::from_args();
    let trial = |name: &str, programs: &[&str], test: fn() -> Result<(), Failed>| {
        common::trial(name, common::missing(programs), test)
    };
    let trials = vec![
        trial("java_reads_properties_as_we_do", &["java", "javac"], java_agrees),
        trial("git_applies_our_patches", &["git"], || patches_apply(git_apply)),
        trial("patch_applies_our_patches", &["patch"], || patches_apply(patch_apply)),
        trial("the_wrapper_passes_the_options_we_say", &[WRAPPER], wrapper_agrees),
        trial("bash_completes", &["bash"], shells::bash_completes),
        trial("man_shows_the_pages", &["man"], shells::man_shows_the_pages),
    ];
    libtest_mimic::run(&args, trials).exit();
}

// ---- java.util.Properties ----

const PIECES: [&[u8]; 36] = [
    b"a",
    b"b",
    b"key",
    b"=",
    b":",
    b" ",
    b"\t",
    b"\x0c",
    b"\x0b",
    b"\n",
    b"\n",
    b"\r",
    b"\r\n",
    b"\\",
    b"\\\\",
    b"\\\n",
    b"\\\r",
    b"\\\r\n",
    b"\\\n  ",
    b"#",
    b"!",
    b"\\u0041",
    b"\\u00e9",
    b"\\u00",
    b"\\uD83D\\uDE00",
    b"\\uD83D",
    b"\\t",
    b"\\n",
    b"\\ ",
    b"\\=",
    b"\\x",
    b"\0",
    b"\xe9",
    b"\xc3\xa9",
    b"\x85",
    b"\x1a",
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn ours(bytes: &[u8]) -> String {
    let doc = Properties::parse(bytes);
    let mut out = String::new();
    let units = |span| decode_utf16(bytes, span).iter().map(|unit| format!("{unit:04x}")).collect::<String>();
    for entry in doc.loaded() {
        out.push_str(&format!("{}={} ", units(entry.key), units(entry.value)));
    }
    if doc.malformed().is_some() {
        out.push('!');
    }
    out
}

fn java_agrees() -> Result<(), Failed> {
    let mut dice = Dice(0x5eed_1234_5678_9abc);
    let mut files: Vec<Vec<u8>> = (0..20_000)
        .map(|_| (0..dice.roll(16)).flat_map(|_| PIECES[dice.roll(PIECES.len())].to_vec()).collect())
        .collect();
    files.extend(configuration_files().into_iter().map(|path| fs::read(path).expect("readable")));
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/java/LoadProperties.java");
    let mut java = Command::new("java")
        .arg(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    let mut stdin = java.stdin.take().ok_or("no stdin")?;
    let input: String = files.iter().map(|file| hex(file) + "\n").collect();
    let feeder = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = java.wait_with_output().map_err(|e| e.to_string())?;
    feeder.join().map_err(|_| "the feeder panicked")?.map_err(|e| e.to_string())?;
    let theirs = String::from_utf8(output.stdout).map_err(|e| e.to_string())?;
    let lines: Vec<&str> = theirs.lines().collect();
    if lines.len() != files.len() {
        return Err(format!("{} answers to {} files", lines.len(), files.len()).into());
    }
    for (file, theirs) in files.iter().zip(lines) {
        if ours(file) != theirs {
            let text = file.escape_ascii();
            return Err(format!("{text}\n  java: {theirs}\n  ours: {}", ours(file)).into());
        }
    }
    Ok(())
}

/// The properties files among the examples.
fn configuration_files() -> Vec<PathBuf> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let found = Discovery::from_paths(&[examples], Default::default());
    found.documents.into_iter().filter(|d| d.properties().is_some()).map(|d| d.path).collect()
}

// ---- patches ----

/// A file with everything the fixes look for, so that its patch has many hunks.
fn tree(newline: &str, latin1: bool, last_newline: bool) -> Vec<(&'static str, Vec<u8>)> {
    let lines = [
        "#webMethods Integration Server Configuration",
        "#Mon Nov 23 10:00:00 CET 2026",
        "watt.acme.greeting=CAFE",
        "watt.acme.poll=10 ",
        "watt.config.systemProperties=mail.imap.partialfetch\\=true,jsse.enableSNIExtension\\=false",
        "watt.net.jsse.client.disabledProtocols=SSLv3",
        "watt.net.jsse.client.enabledProtocols=TLSv1.2",
        "watt.net.jsse.server.enabledProtocols=TLSv1.2",
        "watt.net.jsse.server.disabledProtocols=SSLv2Hello,SSLv3,TLSv1,\\",
        "    TLS1.1",
        "watt.net.ssl.client.hostnameverification=false",
        "watt.net.ssl.client.useJSSE=false",
        "watt.server.port=5555",
        "watt.server.port=5556",
        "watt.ssl.iaik.debug=true",
        "watt.last=1 ",
    ];
    let mut text = lines.join(newline).replace("CAFE", if latin1 { "caf\u{e9}" } else { "cafe" });
    if last_newline {
        text.push_str(newline);
    }
    let bytes = text.chars().map(|c| c as u8).collect();
    let wrapper = "#encoding=UTF-8\nwrapper.app.parameter.6=sagis1011\nwrapper.java.additional.106=-Da=b\n\
                   wrapper.java.additional.401=-Djdk.tls.disabledAlgorithms=SSLv3\nwrapper.java.additional.402=-Dx=y";
    vec![("config/server.cnf", bytes), ("a b/configuration/custom_wrapper.conf", wrapper.as_bytes().to_vec())]
}

/// Mixed line ends: CRLF on every third line.
fn mixed(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, line) in text.split_inclusive(|&b| b == b'\n').enumerate() {
        match line.strip_suffix(b"\n") {
            Some(line) if index % 3 == 0 => out.extend([line, b"\r\n"].concat()),
            _ => out.extend_from_slice(line),
        }
    }
    out
}

fn wattlint(folder: &Path, args: &[&str]) -> Result<Vec<u8>, Failed> {
    let output = Command::new(env!("CARGO_BIN_EXE_wattlint"))
        .current_dir(folder)
        .args(args)
        .output()
        .map_err(|e| e.to_string())?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("wattlint {args:?}: {stderr}").into());
    }
    Ok(output.stdout)
}

fn lay(folder: &Path, files: &[(&str, Vec<u8>)]) {
    for (path, bytes) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
}

type Apply = fn(&Path, &Path) -> Result<(), Failed>;

fn git_apply(folder: &Path, patch: &Path) -> Result<(), Failed> {
    command(Command::new("git").current_dir(folder).arg("init").arg("-q"))?;
    command(Command::new("git").current_dir(folder).args(["apply", "--whitespace=nowarn"]).arg(patch))
}

fn patch_apply(folder: &Path, patch: &Path) -> Result<(), Failed> {
    command(Command::new("patch").current_dir(folder).args(["-s", "-p1", "--fuzz=0", "-i"]).arg(patch))
}

fn command(command: &mut Command) -> Result<(), Failed> {
    let output = command.output().map_err(|e| e.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&text)).into())
}

fn patches_apply(apply: Apply) -> Result<(), Failed> {
    let mut trees = Vec::new();
    for newline in ["\n", "\r\n"] {
        for latin1 in [false, true] {
            for last_newline in [false, true] {
                trees.push(tree(newline, latin1, last_newline));
            }
        }
    }
    let mut odd = tree("\n", true, true);
    odd[0].1 = mixed(&odd[0].1);
    trees.push(odd);
    for files in &trees {
        for args in
            [&["fix"][..], &["fix", "--unsafe"], &["debug", "on", "--provider", "both"], &["debug", "off"]]
        {
            one_patch(files, args, apply)?;
        }
    }
    Ok(())
}

/// The patch, applied by the real program, gives what `--write` gives; a second run has nothing left to do.
fn one_patch(files: &[(&str, Vec<u8>)], args: &[&str], apply: Apply) -> Result<(), Failed> {
    let (patched, written) = (TempDir::new().expect("a folder"), TempDir::new().expect("a folder"));
    lay(patched.path(), files);
    lay(written.path(), files);
    let with = |extra: &[&'static str]| [args, extra, &["--release", "10.11"]].concat();
    let patch = wattlint(patched.path(), &with(&[]))?;
    if patch.is_empty() {
        return Err(format!("{args:?}: no patch").into());
    }
    let file = patched.path().join("the.patch");
    fs::write(&file, &patch).expect("a patch file");
    apply(patched.path(), &file)?;
    wattlint(written.path(), &with(&["--write"]))?;
    for (path, before) in files {
        let by_patch = fs::read(patched.path().join(path)).expect("the patched file");
        let by_write = fs::read(written.path().join(path)).expect("the written file");
        if by_patch != by_write {
            return Err(format!("{args:?}: {path}: patch and --write differ").into());
        }
        untouched_lines_stay(before, &by_write, &patch)?;
    }
    let again = wattlint(written.path(), &with(&[]))?;
    if !again.is_empty() {
        return Err(
            format!("{args:?}: a second run still changes\n{}", String::from_utf8_lossy(&again)).into()
        );
    }
    Ok(())
}

/// Every line that is not marked `-` in the patch is in the new file, byte for byte.
fn untouched_lines_stay(before: &[u8], after: &[u8], patch: &[u8]) -> Result<(), Failed> {
    let lines = |text: &[u8]| text.split_inclusive(|&b| b == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let removed: Vec<Vec<u8>> =
        lines(patch).iter().filter_map(|line| line.strip_prefix(b"-").map(<[u8]>::to_vec)).collect();
    let kept = lines(after);
    for line in lines(before) {
        let without = line.strip_suffix(b"\n").unwrap_or(&line);
        let is_removed = removed.iter().any(|r| r.strip_suffix(b"\n").unwrap_or(r) == without);
        if !is_removed && !kept.contains(&line) {
            return Err(format!("lost: {}", line.escape_ascii()).into());
        }
    }
    Ok(())
}

// ---- the Tanuki wrapper ----

const WRAPPER: &str = "/usr/sbin/wrapper";

/// Pairs of wrapper.conf and custom_wrapper.conf in the ways sites write them.
const CONFIGURATIONS: [(&str, &str); 7] = [
    (
        "wrapper.ignore_sequence_gaps=TRUE\nwrapper.java.additional.1=-Da=%LATE%\nset.LATE=one\nwrapper.java.additional.2=-Db=%LATE%\nset.LATE=two\nwrapper.java.additional.3=-Dc=%LATE%\n#include ../conf/custom_wrapper.conf\n",
        "set.default.LATE=three\nwrapper.java.additional.4=-Dd=%LATE%:%NEVER_SET_ANYWHERE%\n",
    ),
    (
        "wrapper.ignore_sequence_gaps=TRUE\nwrapper.java.additional.1=-Da=1\nwrapper.java.additional.4=-Dfour=4\n#include ../conf/custom_wrapper.conf\n",
        "wrapper.java.additional.401=-Dlate=1\nwrapper.java.additional.100=-server\nwrapper.java.additional.4=-Dfour=5\n",
    ),
    (
        "wrapper.java.additional.1=-Da=1\nwrapper.java.additional.2=-Db=2\nwrapper.java.additional.4=-Dgone=1\n#include ../conf/custom_wrapper.conf\n",
        "wrapper.java.additional.400=-Dgone=2\n",
    ),
    (
        "wrapper.ignore_sequence_gaps=true\nset.HOME_DIR=/opt/x y\nwrapper.java.additional.1=-Dhome=\"%HOME_DIR%/lib\"\nwrapper.java.additional.1.stripquotes=TRUE\n#include ../conf/custom_wrapper.conf\n",
        "wrapper.java.additional.500=-Dpath=C:\\temp\\new\nwrapper.java.additional.501=-Dq=\"a # b\" # note\nwrapper.java.additional.502 = -Dblank=1  \n",
    ),
    (
        "wrapper.ignore_sequence_gaps=TRUE\nwrapper.java.additional.1=-Da=1\n# include ../conf/custom_wrapper.conf\n",
        "wrapper.java.additional.400=-Dnever=1\n",
    ),
    (
        "wrapper.ignore_sequence_gaps=TRUE\nWRAPPER.JAVA.ADDITIONAL.7=-Dcase=1\nwrapper.java.additional.7=-Dcase=2\nwrapper.java.additional.8=noDash\nwrapper.java.additional.9=\nwrapper.java.additional.x=-Dno=1\n#include ../conf/custom_wrapper.conf\n",
        "JAVA_OPTS=-Dshell=1\nwrapper.java.additional.10:-Dcolon=1\nwrapper.java.additional.11=-Da=1 -Db=2\nwrapper.java.additional.12=-Dhash=1##2\n",
    ),
    (
        "wrapper.ignore_sequence_gaps=TRUE\n#include ../conf/custom_wrapper.conf\nwrapper.java.additional.400=-Dmain.wins=1\n",
        "wrapper.java.additional.400=-Dcustom=1\nwrapper.java.additional.0=-Dzero=1\n",
    ),
];

fn wrapper_agrees() -> Result<(), Failed> {
    for (main, custom) in CONFIGURATIONS {
        let theirs = asked(main, custom)?;
        let files = [("conf/wrapper.conf", main), ("conf/custom_wrapper.conf", custom)];
        let discovery = Discovery::from_memory(files.map(|(path, text)| (path, text.as_bytes().to_vec())));
        let instance = Instance::all(&discovery, Given::default()).next().ok_or("no instance")?;
        let arguments = instance.jvm.arguments().iter().filter(|argument| argument.source == Source::Wrapper);
        let ours: Vec<String> = arguments.map(|argument| argument.text.clone()).collect();
        if ours != theirs {
            return Err(format!("{main}---\n{custom}\n  wrapper: {theirs:?}\n  ours:    {ours:?}").into());
        }
    }
    Ok(())
}

/// The arguments the real wrapper passes to a `java` that only writes them down.
#[cfg(unix)]
fn asked(main: &str, custom: &str) -> Result<Vec<String>, Failed> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    lay(
        folder.path(),
        &[
            ("conf/wrapper.conf", format!("wrapper.java.mainclass=x.Main\n{main}").into_bytes()),
            ("conf/custom_wrapper.conf", custom.as_bytes().to_vec()),
            ("bin/java", b"#!/bin/sh\n[ \"$1\" = -version ] && { echo 'openjdk version \"17.0.15\"' >&2; exit 0; }\nfor a in \"$@\"; do printf '%s\\0' \"$a\"; done > \"$WATTLINT_ARGS\"\nexit 1\n".to_vec()),
        ],
    );
    fs::set_permissions(at("bin/java"), fs::Permissions::from_mode(0o755)).map_err(|e| e.to_string())?;
    fs::copy(WRAPPER, at("bin/wrapper")).map_err(|e| e.to_string())?;
    let set = |name: &str, path: &str| format!("{name}={}", at(path).display());
    let mut command = Command::new(at("bin/wrapper"));
    command
        .arg("-c")
        .arg(at("conf/wrapper.conf"))
        .arg(set("wrapper.java.command", "bin/java"))
        .arg(set("wrapper.logfile", "log"))
        .args(["wrapper.max_failed_invocations=1", "wrapper.restart.delay=0", "wrapper.startup.delay=0"])
        .args([
            "wrapper.console.loglevel=NONE",
            "wrapper.syslog.loglevel=NONE",
            "wrapper.disable_console_input=TRUE",
        ])
        .current_dir(folder.path())
        .env("WATTLINT_ARGS", at("args"))
        .stdin(Stdio::null());
    // A program just copied can't be started while a test beside this one still holds it open across a fork.
    let mut output = command.output();
    for _ in 0..100 {
        match &output {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(std::time::Duration::from_millis(20));
                output = command.output();
            }
            _ => break,
        }
    }
    let output = output.map_err(|e| e.to_string())?;
    let Ok(args) = fs::read(at("args")) else {
        return Err(format!("the wrapper did not start java: {output:?}").into());
    };
    let args: Vec<String> = args
        .split(|&b| b == 0)
        .filter(|a| !a.is_empty())
        .map(|a| String::from_utf8_lossy(a).into_owned())
        .collect();
    // From here on the wrapper's own arguments follow.
    let own = |arg: &String| {
        arg.starts_with("-Djava.library.path=") || arg == "-classpath" || arg.starts_with("-Dwrapper.")
    };
    Ok(args.into_iter().take_while(|arg| !own(arg)).collect())
}

#[cfg(not(unix))]
fn asked(_main: &str, _custom: &str) -> Result<Vec<String>, Failed> {
    Err("the wrapper is only asked on Unix".into())
}
