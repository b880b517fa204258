//! A thousand random trees: what `git apply` makes of the printed patch is byte for byte what `--write` makes, and a
//! second run has nothing left to do.
//!
//! See `tests/common` for what is not installed.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::Dice;
use libtest_mimic::{Arguments, Failed};

const RUNS: usize = 1_000;

fn main() {
    let args = Arguments::from_args();
    let missing = common::missing(&["git"]);
    let trial = common::trial("a_thousand_patches_give_what_writing_gives", missing, judge);
    libtest_mimic::run(&args, vec![trial]).exit();
}

const SETTINGS: &[&str] = &[
    "#a comment",
    "",
    "watt.server.port=5555",
    "watt.server.port=5556 ",
    "watt.acme.dir=C:\\data\\new",
    "watt.acme.x==1",
    "watt.acme.name=M\u{fc}ller",
    "watt.config.systemProperties=mail.imap.partialfetch\\=true,jsse.enableSNIExtension\\=false",
    "watt.config.systemProperties=jsse.enableSNIExtension\\=false,\\",
    "    javax.net.debug=ssl",
    "watt.net.jsse.client.disabledProtocols=SSLv3,TLS1.1",
    "watt.net.jsse.client.enabledProtocols=TLSv1,TLSv1.2",
    "watt.net.jssse.server.disabledProtocols=SSLv3",
    "watt.net.jsse.server.enabledCipherSuiteList=SSL_RSA_WITH_RC4_128_MD5,TLS_RSA_WITH_AES_128_CBC_SHA",
    "watt.net.ssl.client.cipherSuiteList=SSL_RSA_WITH_RC4_MD5",
    "watt.net.ssl.client.useJSSE=false",
    "watt.net.ssl.client.useJSSE true",
    "watt.net.ssl.client.strongcipheronly",
    "watt.net.ssl.ftps.client.useJSSE=false",
    "watt.security.cert.wmChainVerifier.trustByDefault=no",
    "watt.server.netencoding=UTF-8",
    "watt.sever.clientTimeout=10",
    "watt.net.ssl.client.hostnameverification=false",
];

const OPTIONS: &[&str] = &[
    "#encoding=UTF-8",
    "",
    "wrapper.app.parameter.6=sagis1011",
    "wrapper.java.additional.204=-Dacme=1",
    "wrapper.java.additional.204.stripquotes=TRUE",
    "wrapper.java.additional.106=-Dacme=2",
    "wrapper.java.additional.106=-Dacme=3",
    "wrapper.java.additional.0106=-Dacme=3",
    "wrapper.java.additional.400=-Djsse.enableSNIExtension=false",
    "wrapper.java.additional.401:-Dcolon=1",
    "wrapper.java.additional.402=-Da=1 -Db=2",
    "wrapper.java.additional.403=\"-Dquoted=a b\"",
    "wrapper.java.additional.404=javax.net.debug=ssl",
    "wrapper.java.additional.405=-Dcolour=#ff0000",
    "wrapper.java.additional.406=-XX:+UseConcMarkSweepGC",
    "wrapper.java.additional.407=-XX:+PrintGCDateStamps",
    "wrapper.java.additional.408=--add-opens java.base/java.lang=ALL-UNNAMED",
    "wrapper.java.maxmemory=2g",
    "wrapper.ignore_sequence_gaps=yes",
    "-Dbare=1",
    "export JAVA_OPTS=-Dx",
];

fn text(dice: &mut Dice, lines: &[&str], most: usize) -> Vec<u8> {
    let ends: &[&str] = match dice.roll(4) {
        0 => &["\r\n"],
        1 => &["\n", "\n", "\r\n"],
        _ => &["\n"],
    };
    let latin1 = dice.roll(3) == 0;
    let mut out = Vec::new();
    for _ in 0..dice.roll(most) {
        let line = lines[dice.roll(lines.len())];
        if latin1 {
            out.extend(line.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')));
        } else {
            out.extend(line.bytes());
        }
        out.extend(ends[dice.roll(ends.len())].bytes());
    }
    if dice.roll(3) == 0 {
        while matches!(out.last(), Some(b'\n' | b'\r')) {
            out.pop();
        }
    }
    out
}

fn ports(dice: &mut Dice) -> Vec<u8> {
    const FIELDS: [&str; 5] = [
        "<value name=\"useJSSE\">false</value>",
        "<null name=\"jsseDisabledProtocols\"/>",
        "<value name=\"jsseDisabledProtocols\">TLSv1,TLS1.1</value>",
        "<value name=\"jsseEnabledProtocols\">TLSv1,TLSv1.2</value>",
        "<value name=\"enabled\">true</value>",
    ];
    let fields: String = (0..dice.roll(4)).map(|_| format!("{}\n", FIELDS[dice.roll(5)])).collect();
    format!("<Values><record name=\"listeners\"><record name=\"HTTPSListener@1\">\n<value name=\"protocol\">HTTPS</value>\n{fields}</record></record></Values>\n").into_bytes()
}

fn wattlint(folder: &Path, args: &[&str]) -> Result<Vec<u8>, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_wattlint"))
        .args(args)
        .arg("t")
        .current_dir(folder)
        .output()
        .map_err(|error| error.to_string())?;
    match output.status.code() {
        Some(0) => Ok(output.stdout),
        code => Err(format!("{args:?}: exit code {code:?}: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

fn one(index: usize, home: &Path) -> Result<bool, String> {
    let mut dice = Dice((index as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut files = vec![
        ("t/config/server.cnf", text(&mut dice, SETTINGS, 16)),
        ("t/configuration/custom_wrapper.conf", text(&mut dice, OPTIONS, 14)),
        ("t/packages/WmRoot/config/listeners.cnf", ports(&mut dice)),
    ];
    files.retain(|_| dice.roll(6) > 0);
    if files.is_empty() {
        return Ok(false);
    }
    let release = ["9.12", "10.5", "10.7", "10.11", "10.15"][dice.roll(5)];
    let tier = if dice.roll(4) > 0 { "--unsafe" } else { "--release" };
    let mut args = vec!["fix", "--release", release];
    if tier == "--unsafe" {
        args.push(tier);
    }
    let io = |error: std::io::Error| error.to_string();
    let (patched, written) = (home.join(format!("{index}p")), home.join(format!("{index}w")));
    for folder in [&patched, &written] {
        for (path, bytes) in &files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(io)?;
            fs::write(path, bytes).map_err(io)?;
        }
    }
    let patch = match wattlint(&patched, &args) {
        // Then writing has to refuse too, and to leave everything as it was.
        Err(refusal) if refusal.contains("would bring a new error") => {
            if wattlint(&written, &[&args[..], &["--write"]].concat()).is_ok() {
                return Err(format!("--write does what the patch refuses: {refusal}"));
            }
            for (path, before) in &files {
                if fs::read(written.join(path)).map_err(io)? != *before {
                    return Err(format!("{path} was changed although: {refusal}"));
                }
            }
            return Ok(false);
        }
        patch => patch?,
    };
    fs::write(patched.join("the.patch"), &patch).map_err(io)?;
    if !patch.is_empty() {
        let output = Command::new("git")
            .args(["apply", "--whitespace=nowarn", "the.patch"])
            .current_dir(&patched)
            .env("GIT_CEILING_DIRECTORIES", home)
            .output()
            .map_err(io)?;
        if !output.status.success() {
            return Err(format!("git apply: {}", String::from_utf8_lossy(&output.stderr)));
        }
    }
    wattlint(&written, &[&args[..], &["--write"]].concat())?;
    for (path, before) in &files {
        let by_patch = fs::read(patched.join(path)).map_err(io)?;
        let by_write = fs::read(written.join(path)).map_err(io)?;
        if by_patch != by_write {
            return Err(format!(
                "{path}: patch and --write differ\n{}\n--- patch\n{}\n--- write\n{}",
                String::from_utf8_lossy(before),
                String::from_utf8_lossy(&by_patch),
                String::from_utf8_lossy(&by_write)
            ));
        }
    }
    let again = wattlint(&written, &args)?;
    if !again.is_empty() {
        return Err(format!("a second run is not empty:\n{}", String::from_utf8_lossy(&again)));
    }
    fs::remove_dir_all(&patched).and_then(|()| fs::remove_dir_all(&written)).map_err(io)?;
    Ok(!patch.is_empty())
}

fn judge() -> Result<(), Failed> {
    let home = tempfile::TempDir::new().map_err(|error| error.to_string())?;
    let next = AtomicUsize::new(0);
    let patches = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= RUNS {
                        return;
                    }
                    match one(index, home.path()) {
                        Ok(true) => {
                            patches.fetch_add(1, Ordering::Relaxed);
                        }
                        Ok(false) => {}
                        Err(error) => {
                            let mut failures =
                                failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                            failures.push(format!("run {index}: {error}"));
                        }
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(first) = failures.first() {
        return Err(format!("{} of {RUNS} runs failed; the first:\n{first}", failures.len()).into());
    }
    let patches = patches.into_inner();
    if patches < RUNS / 2 {
        return Err(format!("only {patches} of {RUNS} runs had anything to patch").into());
    }
    Ok(())
}
