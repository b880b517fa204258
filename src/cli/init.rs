//! `wattlint init`

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Console, FAILED};
use crate::config::{FILE_NAME, SCHEMA};
use crate::discover::display_path;

#[derive(Debug, Args)]
pub struct InitArgs {
    /// The folder to write wattlint.toml in: the root of the configuration repository
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Also write hooks for pre-commit
    #[arg(long)]
    pre_commit: bool,
    /// Also write a job for this service; may be given several times
    #[arg(long, value_name = "SERVICE")]
    ci: Vec<Service>,
    /// Print the JSON schema of wattlint.toml instead, for editors
    #[arg(long, conflicts_with_all = ["folder", "pre_commit", "ci"])]
    schema: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Service {
    Github,
    Gitlab,
    Jenkins,
    Azure,
}

/// A file to begin with.
#[derive(Debug, Clone, Copy)]
struct Starter {
    name: &'static str,
    text: &'static str,
}

/// Every line of it is a comment, so that it changes nothing.
const SETTINGS: Starter = Starter { name: FILE_NAME, text: include_str!("init/wattlint.toml") };
const HOOKS: Starter =
    Starter { name: ".pre-commit-config.yaml", text: include_str!("init/pre-commit.yaml") };

impl Service {
    fn starter(self) -> Starter {
        match self {
            Service::Github => {
                Starter { name: ".github/workflows/wattlint.yml", text: include_str!("init/github.yml") }
            }
            Service::Gitlab => Starter { name: ".gitlab-ci.yml", text: include_str!("init/gitlab.yml") },
            Service::Jenkins => Starter { name: "Jenkinsfile", text: include_str!("init/Jenkinsfile") },
            Service::Azure => Starter { name: "azure-pipelines.yml", text: include_str!("init/azure.yml") },
        }
    }
}

pub fn run(args: &InitArgs, console: &mut Console) -> u8 {
    if args.schema {
        console.put(|out| out.write_all(SCHEMA.as_bytes()));
        return 0;
    }
    let hooks = args.pre_commit.then_some(HOOKS);
    let more: Vec<Starter> =
        hooks.into_iter().chain(args.ci.iter().map(|service| service.starter())).collect();
    let mut code = 0;
    for starter in [SETTINGS].iter().chain(&more) {
        let path = args.folder.join(starter.name);
        let shown = display_path(&path);
        match write(&path, starter.text) {
            Ok(()) => console.say(format!("wrote {shown}")),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let ours = fs::read(&path).is_ok_and(|bytes| bytes == starter.text.as_bytes());
                if ours || (starter.name == FILE_NAME && !more.is_empty()) {
                    console.say(format!("{shown}: is there already, and stays"));
                } else if starter.name == FILE_NAME {
                    console.say(format!("error: {shown}: is there already; nothing was changed"));
                    code = FAILED;
                } else {
                    console.put(|out| out.write_all(starter.text.as_bytes()));
                    console.say(format!(
                        "{shown}: is there already, and stays; put into it what is printed above"
                    ));
                }
            }
            Err(error) => {
                console.say(format!("error: {shown}: cannot be written: {error}"));
                code = FAILED;
            }
        }
        if code != 0 {
            break;
        }
    }
    code
}

/// Writes a new file. One that is there is somebody's work: it is an error, and stays.
fn write(path: &std::path::Path, text: &str) -> io::Result<()> {
    // The folder given must be there; the folders of a service may be new.
    let inner = path
        .ancestors()
        .skip(1)
        .take_while(|folder| folder.ends_with("workflows") || folder.ends_with(".github"));
    let mut inner: Vec<_> = inner.collect();
    inner.reverse();
    for folder in inner {
        match fs::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    let mut file = File::options().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::ValueEnum as _;

    use super::{SETTINGS, Service};
    use crate::config::Config;

    #[test]
    fn the_starter_is_true_with_and_without_its_signs() {
        let starter = SETTINGS.text;
        Config::from_text(starter, Path::new("")).expect("comments only");
        let text: Vec<&str> = starter
            .lines()
            .filter(|line| line.contains(" = ") || line.starts_with("# ["))
            // Its files of rules are not there.
            .filter(|line| !line.starts_with("# rules         "))
            .map(|line| line.trim_start_matches("# "))
            .collect();
        Config::from_text(&text.join("\n"), Path::new("")).expect("settings that exist");
    }

    #[test]
    fn jobs_install_this_version() {
        let tag = concat!("--tag v", env!("CARGO_PKG_VERSION"));
        for service in Service::value_variants() {
            assert!(service.starter().text.contains(tag), "{service:?}");
        }
    }
}
