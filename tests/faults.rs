//! Faults while files are written: signals at random moments, no room, no permission, other hands. Each file has to be
//! wholly old or wholly new, and after the next run all of them new or all of them old.
//!
//! Faults that need an administrator (a full or read-only file system, another owner) show as ignored where the test
//! does not run as one: no program that could be installed makes up for that.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use tempfile::TempDir;

const OLD: &str = "watt.net.ssl.client.useJSSE=false\nwatt.server.port=5555\n";
const NEW: &str = "watt.net.ssl.client.useJSSE=true\nwatt.server.port=5555\n";

/// Instances in a tree: a change of many files.
const FILES: usize = 24;

fn main() {
    let args = Arguments::from_args();
    let administrator =
        Command::new("unshare").args(["-m", "true"]).status().is_ok_and(|status| status.success())
            && fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0);
    let plain = |name: &str, test: fn() -> Result<(), Failed>| Trial::test(name, test);
    let privileged = |name: &str, test: fn() -> Result<(), Failed>| {
        let run = move || if administrator { test() } else { Err("this needs an administrator".into()) };
        Trial::test(name, run).with_ignored_flag(!administrator)
    };
    let trials = vec![
        plain("two_hundred_signals_at_random_moments", signals),
        plain("a_file_size_limit_changes_nothing", size_limit),
        plain("another_hand_loses_nothing", other_hand),
        plain("a_link_stays_and_its_target_changes", link),
        plain("a_running_server_is_left_alone", running),
        plain("copies_are_kept_and_never_read", backup),
        plain("what_was_left_before_the_journal_is_taken_away", leftovers),
        plain("what_a_journal_says_is_finished", finished),
        plain("a_journal_of_somebody_elses_making_reaches_no_other_folder", forged),
        plain("a_file_changed_after_the_interruption_is_nobodys_to_decide", changed_since),
        privileged("a_full_file_system_changes_nothing", full),
        privileged("a_read_only_file_system_changes_nothing", read_only),
        privileged("mode_owner_and_attributes_are_kept", kept),
    ];
    libtest_mimic::run(&args, trials).exit();
}

fn tree() -> TempDir {
    let home = TempDir::new().expect("a folder");
    lay(home.path());
    home
}

fn lay(home: &Path) {
    for index in 0..FILES {
        let folder = home.join(format!("i{index}/config"));
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("server.cnf"), OLD).expect("a file");
    }
}

fn files(home: &Path) -> Vec<PathBuf> {
    (0..FILES).map(|index| home.join(format!("i{index}/config/server.cnf"))).collect()
}

fn command(home: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wattlint"));
    command
        .args(["fix", "--write", "--only", "outbound-uses-iaik", "--release", "10.11"])
        .args(more)
        .arg(home)
        .current_dir(home.parent().unwrap_or(home))
        .stdin(Stdio::null());
    command
}

fn run(home: &Path, more: &[&str]) -> Output {
    command(home, more).output().expect("it starts")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// How many files are new; an error if one is neither old nor new.
fn count_new(home: &Path) -> Result<usize, Failed> {
    let mut new = 0;
    for file in files(home) {
        match fs::read_to_string(&file).map_err(|error| error.to_string())?.as_str() {
            NEW => new += 1,
            OLD => {}
            other => return Err(format!("{}: neither old nor new: {other:?}", file.display()).into()),
        }
    }
    Ok(new)
}

/// Names of files that do not belong to the tree.
fn strangers(home: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for index in 0..FILES {
        for entry in fs::read_dir(home.join(format!("i{index}/config"))).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name != "server.cnf" {
                found.push(name);
            }
        }
    }
    found
}

fn expect(holds: bool, what: impl Into<String>) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(what.into().into()) }
}

/// Nothing was changed, nothing was left, one message, exit code 2.
fn expect_untouched(home: &Path, output: &Output) -> Result<(), Failed> {
    let text = said(output);
    expect(output.status.code() == Some(2), format!("exit code {:?}: {text}", output.status.code()))?;
    expect(count_new(home)? == 0, format!("a file was changed: {text}"))?;
    expect(strangers(home).is_empty(), format!("left behind: {:?}: {text}", strangers(home)))?;
    expect(text.matches("error:").count() == 1, format!("not one message: {text}"))
}

fn signals() -> Result<(), Failed> {
    let home = tree();
    let begin = Instant::now();
    let output = run(home.path(), &[]);
    let mut whole = begin.elapsed();
    expect(count_new(home.path())? == FILES, said(&output))?;
    let mut dice: u64 = 0x5eed_cafe_1234;
    let (mut torn, mut finished) = (0, 0);
    for round in 0..200_u32 {
        lay(home.path());
        let mut child =
            command(home.path(), &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        // The renames are the last part: half of the signals fall there.
        let share = if round % 2 == 0 { dice % 1_100 } else { 600 + dice % 500 };
        std::thread::sleep(whole.mul_f64(share as f64 / 1_000.0));
        let signal = if round % 3 == 0 { "-INT" } else { "-KILL" };
        // On a machine with other work, a run takes as long as it takes.
        let over = child.try_wait().is_ok_and(|status| status.is_some());
        whole = whole.mul_f64(if over { 0.9 } else { 1.02 });
        let id = child.id().to_string();
        Command::new("kill").args([signal, &id]).stderr(Stdio::null()).status().ok();
        child.wait().expect("it ends");
        // Each file is whole already now.
        let between = count_new(home.path())?;
        torn += usize::from(between > 0 && between < FILES);
        let output = run(home.path(), &[]);
        let text = said(&output);
        expect(output.status.code() == Some(0), format!("round {round}: {text}"))?;
        expect(count_new(home.path())? == FILES, format!("round {round}, not all new: {text}"))?;
        expect(strangers(home.path()).is_empty(), format!("round {round}: {:?}", strangers(home.path())))?;
        finished += usize::from(text.contains("finished what an interrupted run began"));
    }
    // Without any that fell between two renames the test would show nothing.
    expect(torn + finished > 0, format!("no signal hit the renames ({torn}, {finished})"))?;
    Ok(())
}

fn size_limit() -> Result<(), Failed> {
    for limit in ["0", "1"] {
        let home = tree();
        // One block is room for a text and not for the journal of all.
        let script = format!("ulimit -f {limit}; exec \"$0\" \"$@\"");
        let program = env!("CARGO_BIN_EXE_wattlint");
        let output = Command::new("bash")
            .args([
                "-c",
                &script,
                program,
                "fix",
                "--write",
                "--only",
                "outbound-uses-iaik",
                "--release",
                "10.11",
            ])
            .arg(home.path())
            .output()
            .expect("bash");
        expect_untouched(home.path(), &output)?;
    }
    Ok(())
}

fn other_hand() -> Result<(), Failed> {
    const THEIRS: &str = "watt.net.ssl.client.useJSSE=false\nwatt.server.port=7777\n";
    for delay in 0..20_u64 {
        let home = tree();
        let file = home.path().join("i7/config/server.cnf");
        let child = command(home.path(), &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        std::thread::sleep(Duration::from_millis(delay * 2));
        // As an editor saves: the whole text at once, by a rename.
        let beside = home.path().join("i7/config/theirs.tmp");
        fs::write(&beside, THEIRS).expect("a file");
        fs::rename(&beside, &file).expect("a rename");
        let status = child.and_then(|mut child| child.wait()).expect("it ends");
        let text = fs::read_to_string(&file).expect("there");
        let fixed = THEIRS.replace("false", "true");
        expect(
            text == THEIRS || text == fixed || (text == NEW && status.success()),
            format!("lost: {text:?}"),
        )?;
        if status.code() == Some(2) {
            for other in files(home.path()).iter().filter(|other| **other != file) {
                expect(fs::read_to_string(other).expect("there") == OLD, "all or none")?;
            }
        }
    }
    Ok(())
}

fn link() -> Result<(), Failed> {
    let home = tree();
    let real = home.path().join("i3/real.txt");
    let file = home.path().join("i3/config/server.cnf");
    fs::rename(&file, &real).expect("a rename");
    std::os::unix::fs::symlink("../real.txt", &file).expect("a link");
    let output = run(home.path(), &[]);
    expect(output.status.code() == Some(0), said(&output))?;
    expect(fs::symlink_metadata(&file).expect("there").is_symlink(), "the link is gone")?;
    expect(fs::read_to_string(&real).expect("there") == NEW, "the target is old")?;
    expect(count_new(home.path())? == FILES, "not all new")
}

fn running() -> Result<(), Failed> {
    let home = tree();
    fs::create_dir_all(home.path().join("i5/bin")).expect("a folder");
    fs::write(home.path().join("i5/bin/.lock"), "").expect("a file");
    expect_untouched(home.path(), &run(home.path(), &[]))?;
    let output = run(home.path(), &["--force"]);
    expect(count_new(home.path())? == FILES, said(&output))
}

fn backup() -> Result<(), Failed> {
    let home = tree();
    fs::write(home.path().join("i0/config/server.cnf.bak"), "older").expect("a file");
    let output = run(home.path(), &["--backup"]);
    expect(count_new(home.path())? == FILES, said(&output))?;
    let read = |name: &str| fs::read_to_string(home.path().join(name)).unwrap_or_default();
    expect(read("i0/config/server.cnf.bak") == "older", "an older copy was written over")?;
    expect(read("i0/config/server.cnf.bak1") == OLD, "no copy")?;
    expect(read("i1/config/server.cnf.bak") == OLD, "no copy")?;
    let output = run(home.path(), &[]);
    expect(said(&output).contains("nothing to fix"), said(&output))
}

/// A run that was killed before its journal was complete, or while the texts were prepared.
fn leftovers() -> Result<(), Failed> {
    let home = tree();
    let folder = home.path().join("i2/config");
    fs::write(folder.join(".wattlint-1-2.journal"), "{\"entries\":[").expect("a file");
    fs::write(folder.join(".wattlint-1-2-3.new"), "half").expect("a file");
    let output =
        Command::new(env!("CARGO_BIN_EXE_wattlint")).arg("check").arg(home.path()).output().expect("runs");
    expect(said(&output).contains("a run was interrupted here"), said(&output))?;
    let output = run(home.path(), &[]);
    expect(said(&output).contains("what it left is gone"), said(&output))?;
    expect(count_new(home.path())? == FILES && strangers(home.path()).is_empty(), said(&output))
}

fn sum(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |sum: u64, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn entry(target: &Path, temporary: &Path, before: &str, after: &str) -> String {
    let bytes = |path: &Path| format!("{:?}", path.as_os_str().as_encoded_bytes());
    let print = |text: &str| format!("{{\"length\":{},\"sum\":{}}}", text.len(), sum(text));
    format!(
        "{{\"target\":{},\"temporary\":{},\"before\":{},\"after\":{}}}",
        bytes(target),
        bytes(temporary),
        print(before),
        print(after)
    )
}

/// Two files of a change: one renamed already, the other not yet, as a power cut between the two leaves them.
fn interrupted(home: &Path) -> (PathBuf, PathBuf) {
    let home = fs::canonicalize(home).expect("there");
    let (a, b) = (home.join("i0/config/server.cnf"), home.join("i1/config/server.cnf"));
    let (x, y) = (a.with_file_name(".wattlint-1-2-1.new"), b.with_file_name(".wattlint-1-2-2.new"));
    fs::write(&a, NEW).expect("a file");
    fs::write(&y, NEW).expect("a file");
    let journal = format!(
        "{{\"entries\":[{},{}],\"complete\":true}}",
        entry(&a, &x, OLD, NEW),
        entry(&b, &y, OLD, NEW)
    );
    for file in [&a, &b] {
        fs::write(file.with_file_name(".wattlint-1-2.journal"), &journal).expect("a file");
    }
    (a, b)
}

fn finished() -> Result<(), Failed> {
    let home = tree();
    let (_, b) = interrupted(home.path());
    // The one instance that is named brings the other along.
    let output = run(&home.path().join("i0"), &[]);
    expect(said(&output).contains("finished what an interrupted run began"), said(&output))?;
    expect(fs::read_to_string(&b).expect("there") == NEW, "the second file is old")?;
    expect(
        count_new(home.path())? == 2 && strangers(home.path()).is_empty(),
        format!("{:?}", strangers(home.path())),
    )
}

fn forged() -> Result<(), Failed> {
    let home = tree();
    let outside = TempDir::new().expect("a folder");
    let victim = outside.path().join("victim");
    fs::write(&victim, "mine").expect("a file");
    let folder = fs::canonicalize(home.path().join("i0/config")).expect("there");
    let bait = folder.join(".wattlint-1-2-1.new");
    fs::write(&bait, "theirs").expect("a file");
    let journal = format!("{{\"entries\":[{}],\"complete\":true}}", entry(&victim, &bait, "mine", "theirs"));
    fs::write(folder.join(".wattlint-1-2.journal"), journal).expect("a file");
    let output = run(home.path(), &[]);
    expect(fs::read_to_string(&victim).expect("there") == "mine", said(&output))?;
    expect(count_new(home.path())? == FILES && strangers(home.path()).is_empty(), said(&output))
}

fn changed_since() -> Result<(), Failed> {
    let home = tree();
    let (_, b) = interrupted(home.path());
    fs::write(&b, "watt.server.port=1\n").expect("a file");
    let output = run(home.path(), &[]);
    expect(
        output.status.code() == Some(2) && said(&output).contains("somebody has changed this file since"),
        said(&output),
    )?;
    expect(fs::read_to_string(&b).expect("there") == "watt.server.port=1\n", "it was written over")
}

/// A script in a mount namespace of its own, where `$1` is the tree and `$2` the program.
fn mounted(script: &str, home: &Path) -> Output {
    Command::new("unshare")
        .args(["-m", "bash", "-c", script, "bash"])
        .arg(home)
        .arg(env!("CARGO_BIN_EXE_wattlint"))
        .output()
        .expect("unshare")
}

fn full() -> Result<(), Failed> {
    // As many pages as the tree takes, and one more: the new texts do not fit, or the journal does not.
    for spare in [0, 8, 32, 80] {
        let home = tree();
        let script = format!(
            "set -e; mkdir /tmp/wattlint-full-$$; at=/tmp/wattlint-full-$$; trap 'umount $at; rmdir $at' EXIT
             mount -t tmpfs -o size=4m none $at; cp -r \"$1\" $at/tree
             dd if=/dev/zero of=$at/filler bs=1k count=100000 2>/dev/null || true
             truncate -s -{spare}k $at/filler
             set +e; \"$2\" fix --write --only outbound-uses-iaik --release 10.11 $at/tree; code=$?
             rm -rf \"$1\"; cp -r $at/tree \"$1\"; exit $code"
        );
        expect_untouched(home.path(), &mounted(&script, home.path()))?;
    }
    Ok(())
}

fn read_only() -> Result<(), Failed> {
    let home = tree();
    let script = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && \
                  exec \"$2\" fix --write --only outbound-uses-iaik --release 10.11 \"$1\"";
    expect_untouched(home.path(), &mounted(script, home.path()))
}

fn kept() -> Result<(), Failed> {
    let home = tree();
    let file = home.path().join("i4/config/server.cnf");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("a mode");
    std::os::unix::fs::chown(&file, Some(12_345), Some(23_456)).expect("an owner");
    let marked = xattr::set(&file, "user.note", b"ours").is_ok();
    let output = run(home.path(), &[]);
    expect(count_new(home.path())? == FILES, said(&output))?;
    let meta = fs::metadata(&file).expect("there");
    expect((meta.uid(), meta.gid()) == (12_345, 23_456), "another owner")?;
    expect(meta.permissions().mode() & 0o7777 == 0o640, "another mode")?;
    let note = xattr::get(&file, "user.note").ok().flatten();
    expect(!marked || note.as_deref() == Some(b"ours"), "the attribute is gone")
}
