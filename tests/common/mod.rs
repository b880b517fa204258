//! What tests with real programs as judges share.
//!
//! A program that is not installed makes its tests show as ignored. Where `WATTLINT_REQUIRE_PROGRAMS` is set, as in
//! `.ci/run`, it makes them fail instead.
#![allow(dead_code, reason = "no test needs all of it")]

use std::process::{Command, Stdio};

use libtest_mimic::{Failed, Trial};

/// A small generator of its own, so that a failure repeats.
pub struct Dice(pub u64);

impl Dice {
    /// A number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.roll(times) == 0
    }

    /// One out of some.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }

    /// One out of some words.
    pub fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

/// Whether a program can be started with an argument.
pub fn starts(program: &str, argument: &str) -> bool {
    let quiet = Command::new(program).arg(argument).stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok()
}

/// Whether a program is installed.
pub fn installed(program: &str) -> bool {
    starts(program, if program.starts_with("java") { "-version" } else { "--version" })
}

/// A test that needs some programs, or whatever else `missing` names.
pub fn trial(
    name: &str,
    missing: Vec<String>,
    test: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
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
