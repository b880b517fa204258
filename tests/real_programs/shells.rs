//! The completion script in a real bash, the manual pages in the real man.

use std::fs;
use std::process::Command;

use libtest_mimic::Failed;
use tempfile::TempDir;

/// Runs a program that has nothing to complain of; what it prints.
fn run(command: &mut Command) -> Result<String, Failed> {
    let output = command.output()?;
    if !output.status.success() || !output.stderr.is_empty() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// What stands before the Tab key, and some of what it must offer.
const COMPLETED: [(&str, &[&str]); 5] = [
    ("wattlint ", &["check", "fix", "debug", "completions", "--version"]),
    ("wattlint exp", &["explain"]),
    ("wattlint debug o", &["on", "off"]),
    ("wattlint check --fail-on ", &["info", "warning", "error"]),
    ("wattlint tls --mat", &["--matrix"]),
];

/// Sources the script as a user does, and presses Tab as bash does: it calls the function that `complete` names.
const PRESS_TAB: &str = r#"
source "$1"
read -r -a COMP_WORDS <<<"$2"
[[ $2 == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMP_LINE=$2 COMP_POINT=${#2}
previous=${COMP_WORDS[COMP_CWORD - 1]}
function=$(complete -p wattlint | sed 's/.*-F \([^ ]*\).*/\1/')
"$function" wattlint "${COMP_WORDS[COMP_CWORD]}" "$previous"
printf '%s\n' "${COMPREPLY[@]}"
"#;

pub fn bash_completes() -> Result<(), Failed> {
    let folder = TempDir::new()?;
    let script = folder.path().join("wattlint.bash");
    fs::write(&script, run(Command::new(env!("CARGO_BIN_EXE_wattlint")).args(["completions", "bash"]))?)?;
    for (line, wanted) in COMPLETED {
        let offered =
            run(Command::new("bash").args(["--norc", "-c", PRESS_TAB, "bash"]).arg(&script).arg(line))?;
        let offered: Vec<&str> = offered.lines().collect();
        if let Some(missing) = wanted.iter().find(|word| !offered.contains(word)) {
            return Err(format!("'{line}' does not offer {missing}: {offered:?}").into());
        }
    }
    Ok(())
}

pub fn man_shows_the_pages() -> Result<(), Failed> {
    let folder = TempDir::new()?;
    let pages = folder.path().join("man/man1");
    run(Command::new(env!("CARGO_BIN_EXE_wattlint")).arg("man").arg(&pages))?;
    let mut shown = 0;
    for page in fs::read_dir(&pages)? {
        let page = page?.path();
        let mut man = Command::new("man");
        man.args(["--warnings=w", "-l"]).arg(&page).env("MANWIDTH", "80").env("LC_ALL", "C.UTF-8");
        // Lines are filled up with blanks.
        let text = run(&mut man)?.split_whitespace().collect::<Vec<_>>().join(" ");
        let name = page.file_stem().ok_or("no name")?.to_string_lossy().into_owned();
        let words = name.replace('-', " ");
        for wanted in ["NAME", "SYNOPSIS", "OPTIONS", &words] {
            if !text.contains(wanted) {
                return Err(format!("{name}: no {wanted} in\n{text}").into());
            }
        }
        shown += 1;
    }
    let main = run(Command::new(env!("CARGO_BIN_EXE_wattlint")).arg("man"))?;
    if main.as_bytes() != fs::read(pages.join("wattlint.1"))? {
        return Err("the page that is printed is not the one that is written".into());
    }
    if shown > 9 { Ok(()) } else { Err(format!("only {shown} pages").into()) }
}
