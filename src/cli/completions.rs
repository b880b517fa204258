//! `wattlint completions`

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::{Cli, Console};

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell that is to read the script
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub fn run(args: &CompletionsArgs, console: &mut Console) -> u8 {
    // `generate` panics where it cannot write, so it writes into memory.
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "wattlint", &mut script);
    console.put(|out| out.write_all(&script));
    0
}
