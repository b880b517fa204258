//! Every format, read by parsers that are not ours: Python's, jq's, and the schema of the standard for SARIF.
//!
//! `WATTLINT_SARIF_SCHEMA` names the file of that schema; `.ci/run` fetches it. See `tests/common` for what is missing.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use clap::ValueEnum as _;
use libtest_mimic::{Arguments, Failed};
use wattlint::report::Format;

fn main() {
    let args = Arguments::from_args();
    let schema = common::missing(&["python3"]).into_iter().chain(
        std::env::var_os("WATTLINT_SARIF_SCHEMA").is_none().then(|| "WATTLINT_SARIF_SCHEMA".to_owned()),
    );
    let trials = vec![
        common::trial("python_reads_every_format", common::missing(&["python3"]), || judged(false)),
        common::trial("sarif_keeps_to_the_schema", schema.collect(), || judged(true)),
        common::trial("jq_reads_the_json_formats", common::missing(&["jq"]), jq),
    ];
    libtest_mimic::run(&args, trials).exit();
}

/// A repository with what is hard to write down: names with signs of every format, Latin-1, secrets, control characters,
/// silenced findings.
fn tree(folder: &Path) -> std::io::Result<()> {
    let hard = folder.join("a & <b> \"c\" 'd' 100%, e: \u{e9}\u{1f600}/config");
    fs::create_dir_all(&hard)?;
    let mut text = b"watt.net.ssl.client.useJSSE=false\nwatt.acme.password=CANARY\n".to_vec();
    text.extend(b"watt.net.jsse.client.enabledProtocols=TLSv1 \nwatt.acme.name=M\xfcller\x07 \\u0001]]>\n");
    text.extend(b"# wattlint: ignore[host-name-not-checked] a | b, <c> & \"d\"\n");
    text.extend(b"watt.net.ssl.client.hostnameverification=false\n");
    fs::write(hard.join("server.cnf"), text)?;
    let plain = folder.join("plain/config");
    fs::create_dir_all(&plain)?;
    fs::write(plain.join("server.cnf"), "watt.net.jsse.client.disabledProtocols=SSLv3,TLS1.1\n")?;
    fs::write(folder.join("wattlint.toml"), "release = \"10.11\"\njdk = \"11.0.21\"\n")
}

/// Writes the tree and all reports on it, in one run.
fn reports() -> Result<tempfile::TempDir, Failed> {
    let scratch = tempfile::tempdir()?;
    let (folder, found) = (scratch.path().join("tree"), scratch.path().join("reports"));
    fs::create_dir(&found)?;
    tree(&folder)?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_wattlint"));
    command.args(["check", "--color", "never", "."]).current_dir(&folder);
    for format in Format::value_variants() {
        let format = format.to_possible_value().ok_or("a format without a name")?;
        let path = found.join(format.get_name());
        command.arg("--output").arg(format!("{}={}", format.get_name(), path.display()));
    }
    let output = command.output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    if output.status.code() != Some(1) {
        return Err(format!("exit code {:?}: {stderr}", output.status.code()).into());
    }
    Ok(scratch)
}

fn judged(with_schema: bool) -> Result<(), Failed> {
    let scratch = reports()?;
    let mut judge = Command::new("python3");
    judge
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/formats/judge.py"))
        .arg(scratch.path().join("reports"));
    if with_schema {
        judge.args(std::env::var_os("WATTLINT_SARIF_SCHEMA"));
    }
    let output = judge.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(())
}

fn jq() -> Result<(), Failed> {
    let scratch = reports()?;
    for (format, filter) in [
        ("json", ".findings | length > 3"),
        ("jsonl", ".rule | type == \"string\""),
        ("sarif", ".version == \"2.1.0\" and (.runs | length == 1)"),
        ("gitlab", "all(.[]; .fingerprint and .location.path and .description)"),
    ] {
        let path = scratch.path().join("reports").join(format);
        let output = Command::new("jq").arg("-e").arg(filter).arg(path).output()?;
        if !output.status.success() {
            return Err(format!("{format}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
    }
    Ok(())
}
