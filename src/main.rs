//! The `wattlint` program: arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    wattlint::cli::run(wattlint::cli::Cli::parse())
}
