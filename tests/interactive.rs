//! `wattlint fix --interactive` at a terminal: Python's `pty` is one. See `tests/common` for what is not installed.

mod common;

use std::fs;
use std::process::{Command, Stdio};

use libtest_mimic::{Arguments, Failed};

const TEXT: &str = "watt.net.jsse.client.enabledProtocols=TLSv1.2\n\
                    watt.net.jsse.server.enabledProtocols=TLSv1.2\n\
                    watt.config.systemProperties=jsse.enableSNIExtension\\=false\n";

/// Runs a program at a terminal and types the lines of stdin, each once a question stands there; prints what was shown.
const TERMINAL: &str = "import os, pty, sys\n\
    answers = sys.stdin.read().split()\n\
    pid, fd = pty.fork()\n\
    if pid == 0: os.execv(sys.argv[1], sys.argv[1:])\n\
    shown, asked = b'', 0\n\
    while True:\n    \
        try: piece = os.read(fd, 4096)\n    \
        except OSError: break\n    \
        if not piece: break\n    \
        shown += piece\n    \
        if shown.count(b',?] ') > asked:\n        \
            os.write(fd, answers[asked].encode() + b'\\n'); asked += 1\n\
    sys.stdout.buffer.write(shown)\n\
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n";

fn main() {
    let args = Arguments::from_args();
    let missing = || common::missing(&["python3"]);
    let trials = vec![
        common::trial("what_is_said_yes_to_is_written", missing(), yes_and_no),
        common::trial("a_rule_is_answered_once", missing(), rules),
        common::trial("without_a_terminal_nothing_is_done", Vec::new(), no_terminal),
    ];
    libtest_mimic::run(&args, trials).exit();
}

/// The text after a run with some answers, and what was shown.
fn run(answers: &str) -> Result<(String, String), Failed> {
    let scratch = tempfile::tempdir()?;
    let file = scratch.path().join("config/server.cnf");
    fs::create_dir_all(scratch.path().join("config"))?;
    fs::write(&file, TEXT)?;
    let mut terminal = Command::new("python3")
        .args(["-c", TERMINAL, env!("CARGO_BIN_EXE_wattlint"), "fix", "--interactive", "--write"])
        .args(["--release", "10.15", "--jdk", "11.0.21", "."])
        .current_dir(scratch.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut stdin = terminal.stdin.take().ok_or("a pipe")?;
    std::io::Write::write_all(&mut stdin, answers.as_bytes())?;
    drop(stdin);
    let output = terminal.wait_with_output()?;
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        return Err(format!("{:?}: {shown}", output.status).into());
    }
    Ok((fs::read_to_string(file)?, shown))
}

fn yes_and_no() -> Result<(), Failed> {
    let (text, shown) = run("n ? y q")?;
    assert!(shown.contains("make this fix") && shown.contains("[enabled-protocols-removed]"), "{shown}");
    assert!(text.contains("client.enabledProtocols"), "{text}");
    assert!(!text.contains("server.enabledProtocols"), "{text}");
    assert!(text.contains("enableSNIExtension"), "{text}");
    let (text, shown) = run("q")?;
    assert_eq!(text, TEXT, "{shown}");
    Ok(())
}

fn rules() -> Result<(), Failed> {
    let (text, shown) = run("a n")?;
    assert!(!text.contains("enabledProtocols") && text.contains("enableSNIExtension"), "{text}\n{shown}");
    let (text, shown) = run("d y")?;
    assert!(text.contains("enabledProtocols") && !text.contains("enableSNIExtension"), "{text}\n{shown}");
    Ok(())
}

fn no_terminal() -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let file = scratch.path().join("server.cnf");
    fs::write(&file, TEXT)?;
    let output = Command::new(env!("CARGO_BIN_EXE_wattlint"))
        .args(["fix", "--interactive", "--write", "--release", "10.15"])
        .arg(&file)
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("asks at a terminal"), "{said}");
    assert_eq!(fs::read_to_string(&file)?, TEXT);
    Ok(())
}
