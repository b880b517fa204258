//! The chapter on adopting wattlint, `docs/adoption.md`, run as it stands: each block of commands in a repository of 50
//! servers and 300 findings, with git and pre-commit. See `tests/common` for what is not installed.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::{Arguments, Failed};

fn main() {
    let args = Arguments::from_args();
    let missing = || common::missing(&["bash", "git", "pre-commit"]);
    let trials = vec![common::trial("the_chapter_on_adoption_is_true", missing(), walk)];
    libtest_mimic::run(&args, trials).exit();
}

/// Servers with six findings each.
fn repository(root: &Path) -> std::io::Result<()> {
    for node in 1..=50 {
        let environment = ["test", "prod"][node % 2];
        let folder = root.join(format!("{environment}/node{node:02}/config"));
        fs::create_dir_all(&folder)?;
        let lines = [
            "watt.server.port=5555",
            "watt.net.jsse.client.enabledProtocols=TLSv1.2",
            "watt.net.jsse.server.enabledProtocols=TLSv1.1,TLSv1.2",
            "watt.net.jsse.client.disabledProtocols=SSLv2Hello,SSLv3,TLSv1,TLS1.1",
            "watt.net.ssl.client.hostnameverification=false",
            "watt.security.cert.wmChainVerifier.trustByDefault=false",
            "watt.net.ssl.client.useJSSE=true",
        ];
        fs::write(folder.join("server.cnf"), lines.join("\n") + "\n")?;
    }
    Ok(())
}

/// The blocks of commands, each with the exit code the chapter gives it.
fn blocks(text: &str) -> Vec<(String, i32)> {
    let mut blocks = Vec::new();
    let mut code = 0;
    let mut open: Option<String> = None;
    for line in text.lines() {
        match (&mut open, line) {
            (None, "```sh") => open = Some(String::new()),
            (None, "<!-- exit code 1 -->") => code = 1,
            (None, _) => {}
            (Some(block), "```") => {
                blocks.push((std::mem::take(block), std::mem::take(&mut code)));
                open = None;
            }
            (Some(block), line) => *block += &format!("{line}\n"),
        }
    }
    blocks
}

fn walk() -> Result<(), Failed> {
    let scratch = tempfile::tempdir()?;
    let (root, home) = (scratch.path().join("repository"), scratch.path().join("home"));
    fs::create_dir_all(&home)?;
    repository(&root)?;
    let program = Path::new(env!("CARGO_BIN_EXE_wattlint")).parent().ok_or("a program has a folder")?;
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::env::join_paths([program.to_owned()].into_iter().chain(std::env::split_paths(&paths)))?;
    let run = |script: &str| {
        Command::new("bash")
            .args(["-e", "-u", "-o", "pipefail", "-c", script])
            .current_dir(&root)
            .env("PATH", &paths)
            .env("HOME", &home)
            .env("PRE_COMMIT_HOME", home.join("pre-commit"))
            .envs([("GIT_AUTHOR_NAME", "A"), ("GIT_COMMITTER_NAME", "A")])
            .envs([("GIT_AUTHOR_EMAIL", "a@example.com"), ("GIT_COMMITTER_EMAIL", "a@example.com")])
            .env_remove("GIT_DIR")
            .output()
    };
    let begin = "git init --quiet && git add . && git commit --quiet --message 'As it was'";
    if !run(begin)?.status.success() {
        return Err("the repository could not be made".into());
    }
    let before = run("wattlint check --release 10.15 --jdk 11.0.21 --format jsonl")?;
    assert_eq!(before.stdout.split(|byte| *byte == b'\n').count() - 1, 300, "findings to begin with");
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/adoption.md"))?;
    let blocks = blocks(&text);
    assert!(blocks.len() > 12, "{} blocks", blocks.len());
    let mut outputs = Vec::new();
    for (script, code) in &blocks {
        let output = run(script)?;
        let said =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).join("");
        if output.status.code() != Some(*code) {
            return Err(format!("exit code {:?}, not {code}:\n{script}\n{said}", output.status.code()).into());
        }
        outputs.push((script.as_str(), said));
    }
    let said = |command: &str| {
        let found = outputs.iter().find(|(script, _)| script.contains(command));
        found.map_or("", |(_, said)| said)
    };
    let holds = |command: &str, words: &str| {
        assert!(said(command).contains(words), "{command} does not say {words:?}:\n{}", said(command));
    };
    holds("baseline create", "300 findings known");
    holds("Find out why", "ssl-debug-left-on");
    holds("Find out why", "no SSL debug left on");
    holds("baseline check", "50 gone");
    holds("--only own-region-missing", "50 errors");
    holds("update --add", "300 findings known");
    for (file, words) in [("wattlint.sarif", "\"2.1.0\""), ("summary.md", "no problems found")] {
        assert!(fs::read_to_string(root.join(file))?.contains(words), "{file}");
    }
    Ok(())
}
