//! `wattlint init`

use std::path::PathBuf;

use clap::Args;

use super::{Console, FAILED};
use crate::config::{FILE_NAME, SCHEMA};
use crate::discover::display_path;

#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder to write wattlint.toml in: the root of the configuration repository
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Print the JSON schema of wattlint.toml instead, for editors
    #[arg(long)]
    schema: bool,
}

/// What a new wattlint.toml holds: every line is a comment, so that it changes nothing.
const STARTER: &str = r#"# Settings of wattlint for this repository. Take the # off what you need; docs/configuration.md has the rest.

# Where the files do not tell it:
# release = "10.15"
# jdk     = "11.0.21"

# regular, strict (silencing needs a reason, infos fail) or audit (everything is shown):
# profile = "regular"

# Files and folders to leave out, and settings of your own:
# exclude    = ["old"]
# properties = ["acme.*"]

# Rules that nobody may silence:
# not-ignorable = ["secret-in-clear"]

# error, warning, info or off, for a rule or a family:
# [severity]
# trust-by-default = "info"

# Findings that do not count:
# [[ignore]]
# rules      = ["host-name-not-checked"]
# paths      = ["test"]
# reason     = "test partners have certificates without names"

# Settings for some paths:
# [environment.prod]
# paths   = ["prod"]
# profile = "strict"
"#;

pub fn run(args: &InitArgs, console: &mut Console) -> u8 {
    if args.schema {
        console.put(|out| out.write_all(SCHEMA.as_bytes()));
        return 0;
    }
    let path = args.folder.join(FILE_NAME);
    let shown = display_path(&path);
    // A file that is there is somebody's work.
    let created = std::fs::File::options().write(true).create_new(true).open(&path);
    match created.and_then(|mut file| std::io::Write::write_all(&mut file, STARTER.as_bytes())) {
        Ok(()) => {
            console.say(format!("wrote {shown}; `wattlint check` reads it from now on"));
            0
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            console.say(format!("error: {shown}: is there already; nothing was changed"));
            FAILED
        }
        Err(error) => {
            console.say(format!("error: {shown}: cannot be written: {error}"));
            FAILED
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::STARTER;
    use crate::config::Config;

    #[test]
    fn the_starter_is_true_with_and_without_its_signs() {
        Config::from_text(STARTER, Path::new("")).expect("comments only");
        let text: Vec<&str> = STARTER
            .lines()
            .filter(|line| line.contains(" = ") || line.starts_with("# ["))
            .map(|line| line.trim_start_matches("# "))
            .collect();
        Config::from_text(&text.join("\n"), Path::new("")).expect("settings that exist");
    }
}
