//! The real Tanuki wrapper is the judge of what arguments a JVM is started with: thousands of random configurations are
//! given to it and to wattlint.
//!
//! See `tests/common` for what is not installed.
//! `WATTLINT_WRAPPER_CASES` and `WATTLINT_WRAPPER_SEED` choose how many configurations and which.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::Dice;
use libtest_mimic::{Arguments, Failed};
use wattlint::discover::wrapper_files;
use wattlint::document::FileId;
use wattlint::instance::wrapper::{Started, WrapperConfig};

const WRAPPER: &str = "/usr/sbin/wrapper";

fn main() {
    let args = Arguments::from_args();
    let missing = (!Path::new(WRAPPER).exists()).then(|| WRAPPER.to_owned());
    let name = "random_configurations_start_the_jvm_the_wrapper_starts";
    let trial = common::trial(name, missing.into_iter().collect(), judge);
    libtest_mimic::run(&args, vec![trial]).exit();
}

/// Files of a configuration: name below its folder, and bytes.
type Files = BTreeMap<String, Vec<u8>>;

fn number(dice: &mut Dice) -> String {
    match dice.roll(14) {
        0 => dice.one(&["0", "00", "01", "02", "003", "007", "010"]).to_owned(),
        1 => {
            let odd = [
                "+1",
                "-1",
                "1a",
                "a",
                "",
                "1.5",
                "0x1",
                "999999999999999",
                "1000000000000000",
                "4294967297",
            ];
            dice.one(&odd).to_owned()
        }
        2 => format!("0{}", dice.roll(9)),
        _ => (1 + dice.roll(9)).to_string(),
    }
}

const WORDS: [&str; 46] = [
    "-Da",
    "-Db=1",
    "-Dc=x",
    "-Xmx1g",
    "-Xms64m",
    "-XX:+UseG1GC",
    "=",
    "==",
    " ",
    "  ",
    "\t",
    "\"",
    "\"",
    "\\\"",
    "\\",
    "\\\\",
    "\\n",
    "#",
    "##",
    "###",
    " # note",
    "%A%",
    "%B%",
    "%C%",
    "%NOPE%",
    "%",
    "%%",
    "% %",
    "'",
    "x y",
    "é",
    "/",
    "C:\\x",
    ",",
    ":",
    ";",
    "$X",
    "${X}",
    "%WRAPPER_BITS%",
    "%WRAPPER_FILE_SEPARATOR%",
    "%WRAPPER_TIME_X%",
    "\u{b}",
    "\u{c}",
    "\u{a0}",
    "\u{2028}",
    "@f",
];

fn text(dice: &mut Dice, most: usize) -> String {
    (0..dice.roll(most + 1)).map(|_| WORDS[dice.roll(WORDS.len())]).collect()
}

fn value(dice: &mut Dice) -> String {
    match dice.roll(8) {
        0 => text(dice, 5),
        1 => format!("\"-D{}\"", text(dice, 3)),
        2 => format!("-Dq=\"{}\"", text(dice, 3)),
        _ => format!("-D{}={}", dice.one(&["a", "b", "c", "d"]), text(dice, 4)),
    }
}

fn blank(dice: &mut Dice) -> &'static str {
    dice.one(&["", "", "", "", "", " ", "  ", "\t", " \t"])
}

fn line(dice: &mut Dice, depth: usize) -> String {
    let boolean = |dice: &mut Dice| dice.one(&["TRUE", "true", "FALSE", "yes", "", "%A%"]).to_owned();
    let (key, value) = match dice.roll(24) {
        0 => (format!("set.{}", dice.one(&["A", "B", "C", "a"])), text(dice, 3)),
        1 => (format!("set.default.{}", dice.one(&["A", "B", "C"])), text(dice, 3)),
        2 => {
            (format!("{}.{}", dice.one(&["SET", "Set", "set.Default"]), dice.one(&["A", "B"])), text(dice, 2))
        }
        3 => ("wrapper.ignore_sequence_gaps".to_owned(), boolean(dice)),
        4 => (format!("wrapper.java.additional.{}.stripquotes", number(dice)), boolean(dice)),
        5 if dice.once_in(2) => ("wrapper.java.additional.default.stripquotes".to_owned(), boolean(dice)),
        6 if dice.once_in(2) => {
            let sizes =
                ["64", "0", "-1", "64m", "1g", "", "010", "0x40", "99999999999", "+5", "%A%", "08", " 7"];
            let name =
                dice.one(&["wrapper.java.initmemory", "wrapper.java.maxmemory", "Wrapper.Java.MaxMemory"]);
            (name.to_owned(), dice.one(&sizes).to_owned())
        }
        7 if dice.once_in(3) => {
            let names = ["../conf/args.txt", "../conf/none.txt", "", "../conf", "%A%"];
            ("wrapper.java.additional_file".to_owned(), dice.one(&names).to_owned())
        }
        8 if dice.once_in(3) => ("wrapper.java.additional_file.stripquotes".to_owned(), boolean(dice)),
        9 => {
            let target = match dice.roll(12) {
                0 => "../conf/none.conf".to_owned(),
                1 => "%A%".to_owned(),
                2 => "../conf".to_owned(),
                3 => "conf/1.conf".to_owned(),
                4 => "../conf/main.conf".to_owned(),
                5 => "../bin/../conf/2.conf".to_owned(),
                n => format!("../conf/{}.conf", n % 4),
            };
            // Of an include of an include there would be too many.
            let words = [
                "#include ",
                "#include ",
                "#include  ",
                " #include ",
                "# include ",
                "##include ",
                "#include\t",
            ];
            let word = match dice.roll(24) {
                0 => "#include.required ",
                1 => "include ",
                2 => "#INCLUDE ",
                _ if depth > 1 => "# include ",
                _ => dice.one(&words),
            };
            return format!("{word}{target}{}", dice.one(&["", "", "", " ", "\t", " # x", "#x"]));
        }
        10 => {
            let others = [
                "#properties.on_overwrite.exit=FALSE",
                "# a comment",
                "#wrapper.java.additional.3=-Dold",
                "!x=1",
                "JAVA_OPTS=\"-Dshell\"",
                "wrapper.java.additional.4:-Dcolon",
                "wrapper.java.additional.5 -Dblank",
                "wrapper.java. additional.6=-Dblank",
                "=x",
                "",
                "\t",
                "wrapper.java.mainclass=x.Main",
                "#include.debug",
            ];
            return dice.one(&others).to_owned();
        }
        11 if dice.once_in(12) => return "#properties.on_overwrite.exit=TRUE".to_owned(),
        12 if dice.once_in(20) => {
            return format!(
                "wrapper.java.additional.{}=-Dlong={}",
                number(dice),
                "x".repeat(16_300 + dice.roll(700))
            );
        }
        _ => {
            let prefix =
                dice.one(&["wrapper.java.additional", "wrapper.java.additional", "WRAPPER.java.Additional"]);
            (format!("{prefix}.{}", number(dice)), self::value(dice))
        }
    };
    let (a, b, c, d) = (blank(dice), blank(dice), blank(dice), blank(dice));
    format!("{a}{key}{b}={c}{value}{d}")
}

fn file(dice: &mut Dice, depth: usize) -> Vec<u8> {
    let mut out = Vec::new();
    match dice.roll(30) {
        0 => out.extend(b"#encoding=ISO-8859-1\n"),
        1 => out.extend(b"\xef\xbb\xbf#encoding=UTF-8\n"),
        2 => out.extend(b"\xef\xbb\xbf"),
        3 if dice.once_in(3) => {
            out.extend(format!("#encoding={}\n", dice.one(&["windows-1252", "Cp1252", "koi8-r", ""])).bytes())
        }
        4..=10 => out.extend(b"#encoding=UTF-8\n"),
        _ => {}
    }
    if depth == 0 && dice.once_in(2) {
        out.extend(b"wrapper.ignore_sequence_gaps=TRUE\n");
    }
    for _ in 0..dice.roll(12) {
        out.extend(line(dice, depth).bytes());
        match dice.roll(60) {
            0 => out.extend(b"\r"),
            1 => out.extend(b"\0"),
            2 if dice.once_in(6) => out.extend(b"\xe9"),
            3..=8 => out.extend(b"\r\n"),
            _ => out.extend(b"\n"),
        }
    }
    out
}

fn arguments(dice: &mut Dice) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..dice.roll(6) {
        let words: Vec<String> = (0..dice.roll(4)).map(|_| value(dice)).collect();
        out.extend(format!("{}{}\n", blank(dice), words.join(dice.one(&[" ", "  "]))).bytes());
    }
    out
}

fn configuration(dice: &mut Dice) -> Files {
    let mut files = Files::from([("conf/main.conf".to_owned(), file(dice, 0))]);
    for index in 0..4 {
        files.insert(format!("conf/{index}.conf"), file(dice, 1 + usize::from(index > 1)));
    }
    files.insert("conf/args.txt".to_owned(), arguments(dice));
    files
}

/// What became of a configuration: the arguments, or nothing if Java was not started.
type Outcome = Option<Vec<String>>;

fn ours(folder: &Path) -> Result<Outcome, String> {
    let base = folder.join("bin");
    let main = folder.join("conf/main.conf");
    let discovery = wrapper_files(&main, &base, Started::default()).map_err(|problem| problem.to_string())?;
    let base = fs::canonicalize(base).map_err(|error| error.to_string())?;
    let files: Vec<FileId> = (0..discovery.documents.len()).map(FileId).collect();
    let started = Started { base: Some(&base), main: Some(FileId(0)), ..Started::default() };
    let config = WrapperConfig::read_started(&discovery.documents, &files, started);
    Ok(config.starts().then(|| config.passed().iter().map(|passed| passed.text.clone()).collect()))
}

fn theirs(folder: &Path, program: &Path) -> Result<Outcome, String> {
    let args = folder.join("args");
    let set = |name: &str, path: &Path| format!("{name}={}", path.display());
    let output = Command::new(folder.join("bin/wrapper"))
        .arg("-c")
        .arg(folder.join("conf/main.conf"))
        .arg(set("wrapper.java.command", program))
        .arg(set("wrapper.logfile", &folder.join("log")))
        .args(["wrapper.max_failed_invocations=1", "wrapper.restart.delay=0", "wrapper.startup.delay=0"])
        .args(["wrapper.console.loglevel=NONE", "wrapper.syslog.loglevel=NONE"])
        .args(["wrapper.disable_console_input=TRUE", "wrapper.properties.dump.loglevel=INFO"])
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .env("WATTLINT_ARGS", &args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    output.map_err(|error| format!("the wrapper: {error}"))?;
    let Ok(bytes) = fs::read(&args) else { return Ok(None) };
    let mut found: Vec<String> =
        bytes.split(|byte| *byte == 0).map(|arg| String::from_utf8_lossy(arg).into_owned()).collect();
    // Behind the last argument stands a NUL too.
    found.pop();
    let own = |arg: &String| arg == "-Djava.library.path=./" || arg.starts_with("-Dwrapper.key=");
    let end = found.iter().position(own).unwrap_or(found.len());
    found.truncate(end);
    Ok(Some(found))
}

fn case(index: usize, seed: u64, home: &Path, program: &Path) -> Result<(), String> {
    // A seed of nothing would give nothing.
    let mut dice = Dice((seed ^ (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)) | 1);
    for _ in 0..8 {
        dice.roll(2);
    }
    let files = configuration(&mut dice);
    let folder = home.join(index.to_string());
    let io = |error: std::io::Error| error.to_string();
    fs::create_dir_all(folder.join("bin")).map_err(io)?;
    fs::create_dir_all(folder.join("conf")).map_err(io)?;
    // A hard link is a program in a folder of its own, and one that nobody holds open for writing.
    fs::hard_link(home.join("wrapper"), folder.join("bin/wrapper")).map_err(io)?;
    for (name, bytes) in &files {
        fs::write(folder.join(name), bytes).map_err(io)?;
    }
    let (ours, theirs) = (ours(&folder)?, theirs(&folder, program)?);
    if ours == theirs {
        fs::remove_dir_all(&folder).map_err(io)?;
        return Ok(());
    }
    let shown: String = files
        .iter()
        .map(|(name, bytes)| format!("--- {name}\n{:?}\n", String::from_utf8_lossy(bytes)))
        .collect();
    Err(format!("case {index} of seed {seed}\n{shown}wrapper: {theirs:?}\nours:    {ours:?}\n"))
}

fn variable(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn judge() -> Result<(), Failed> {
    let cases = variable("WATTLINT_WRAPPER_CASES", 5_000);
    let seed = variable("WATTLINT_WRAPPER_SEED", 20_261_123) as u64;
    let home = tempfile::TempDir::new().map_err(|error| error.to_string())?;
    let program = stand_in(home.path()).map_err(|error| error.to_string())?;
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    // A wrapper mostly sleeps: many at once do not cost more.
    std::thread::scope(|scope| {
        for _ in 0..48 {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= cases {
                        return;
                    }
                    if let Err(failure) = case(index, seed, home.path(), &program) {
                        failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(failure);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if failures.is_empty() {
        return Ok(());
    }
    let some: Vec<&str> = failures.iter().take(5).map(String::as_str).collect();
    Err(format!("{} of {cases} configurations differ\n{}", failures.len(), some.join("\n")).into())
}

/// A `java` that writes its arguments down and ends the wrapper, which else would wait before it gives up.
#[cfg(unix)]
fn stand_in(home: &Path) -> std::io::Result<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::copy(WRAPPER, home.join("wrapper"))?;
    let program = home.join("java");
    let script = "#!/bin/sh\n[ \"$1\" = -version ] && { echo 'openjdk version \"17.0.15\"' >&2; exit 0; }\nprintf '%s\\0' \"$@\" > \"$WATTLINT_ARGS.new\"\nmv \"$WATTLINT_ARGS.new\" \"$WATTLINT_ARGS\"\nkill -9 $PPID\n";
    fs::write(&program, script)?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    Ok(program)
}

#[cfg(not(unix))]
fn stand_in(_home: &Path) -> std::io::Result<PathBuf> {
    Err(std::io::Error::other("the wrapper is only asked on Unix"))
}
