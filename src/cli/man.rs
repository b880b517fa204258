//! `wattlint man`

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, CommandFactory};
use clap_mangen::Man;

use super::{Cli, Console, FAILED};
use crate::discover::display_path;

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write a page for the program and for each command into this folder; without it, print the program's page
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

pub fn run(args: &ManArgs, console: &mut Console) -> u8 {
    let program = Cli::command().disable_help_subcommand(true);
    match &args.folder {
        None => {
            console.put(|out| Man::new(program).render(out));
            0
        }
        Some(folder) => match write(program, folder) {
            Ok(()) => 0,
            Err(error) => {
                console.say(format!("error: {}: {error}", display_path(folder)));
                FAILED
            }
        },
    }
}

fn write(program: clap::Command, folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(program, folder)
}
