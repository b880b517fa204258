//! What tests with real programs as judges share.
//!
//! A program that is not installed makes its tests show as ignored. Where `WATTLINT_REQUIRE_PROGRAMS` is set, as in
//! `.ci/run`, it makes them fail instead.

use std::process::{Command, Stdio};

use libtest_mimic::{Failed, Trial};

/// Whether a program can be started.
pub fn installed(program: &str) -> bool {
    let version = if program == "java" { "-version" } else { "--version" };
    let quiet = Command::new(program).arg(version).stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok()
}

/// A test that needs some programs, or whatever else `missing` names.
pub fn trial(name: &str, missing: Vec<String>, test: fn() -> Result<(), Failed>) -> Trial {
    let required = std::env::var_os("WATTLINT_REQUIRE_PROGRAMS").is_some();
    let ignored = !missing.is_empty() && !required;
    let run =
        move || if missing.is_empty() { test() } else { Err(format!("not installed: {missing:?}").into()) };
    Trial::test(name, run).with_ignored_flag(ignored)
}

/// Those of some programs that are not installed.
pub fn missing(programs: &[&str]) -> Vec<String> {
    programs.iter().filter(|program| !installed(program)).map(|program| (*program).to_owned()).collect()
}
