//! `wattlint show`

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{Console, FAILED, Input, is_asked_for};
use crate::discover::{self, Discovery, Problem};
use crate::document::{Document, FileId, Role};
use crate::instance::Instance;
use crate::instance::wrapper::{Started, WrapperConfig};
use crate::report::json;
use crate::report::show::{self as report, View};

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// What to show
    #[arg(value_name = "WHAT")]
    subject: Subject,
    #[command(flatten)]
    input: Input,
    /// Only names that hold this text, such as watt.net.ssl
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Also settings that no file writes, with the default of the release
    #[arg(long)]
    defaults: bool,
    /// For a single wrapper file: the folder of the wrapper program, from which relative includes start [default: the
    /// folder bin beside the file's own, if there is one, else the file's own]
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
    /// For a single wrapper file: a variable of the environment; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    env: Vec<(String, String)>,
    /// For a single wrapper file: a property given on the wrapper's command line; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    set: Vec<(String, String)>,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: ShowFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// The watt settings; of a single file, its properties as Java reads them
    Settings,
    /// The JVM's arguments in the order the wrapper passes them; PATH may be a single wrapper file
    Jvm,
    /// The inbound ports
    Ports,
    /// The files, with the role of each
    Files,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShowFormat {
    /// For people at a terminal
    Human,
    /// For programs
    Json,
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("is not of the form NAME=VALUE".to_owned()),
    }
}

pub fn run(args: &ShowArgs, console: &mut Console) -> u8 {
    let single = match args.input.paths.as_slice() {
        [path] if path.is_file() => Some(path.as_path()),
        _ => None,
    };
    let result = match (args.subject, single) {
        (Subject::Settings, Some(path)) => show_properties(args, path, console),
        (Subject::Jvm, Some(path)) if is_wrapper(path, args) => show_wrapper(args, path, console),
        _ if args.base.is_some() || !args.env.is_empty() || !args.set.is_empty() => {
            console.say("error: --base, --env and --set go with `show jvm` and a single wrapper file");
            return FAILED;
        }
        _ => Ok(show_instances(args, console)),
    };
    result.unwrap_or_else(|problem| {
        console.say(format!("error: {problem}"));
        FAILED
    })
}

/// Whether a file is to be read as a wrapper configuration: all are but those with other JVM options in them.
fn is_wrapper(path: &Path, args: &ShowArgs) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let other = ["setenv.sh", "setenv.bat", "server.cnf", "application.properties"].contains(&name.as_str());
    args.base.is_some() || !other
}

fn show_properties(args: &ShowArgs, path: &Path, console: &mut Console) -> Result<u8, Problem> {
    let bytes = discover::read_file(path)?;
    let shown = discover::display_path(path);
    let document = Document::new(path.to_owned(), shown, Role::ServerCnf, bytes);
    let broken = document.properties().and_then(|doc| doc.malformed());
    let settings = report::properties(&document, args.only.as_deref());
    console.put(|out| match args.format {
        ShowFormat::Human => report::settings_human(&settings, out),
        ShowFormat::Json => json::document(&settings, out),
    });
    let Some(broken) = broken else { return Ok(0) };
    console.say(format!(
        "error: {}:{}: a backslash and u need four hexadecimal digits; Java refuses the file, and what is behind it is \
         not shown",
        document.display,
        document.line_of(broken.span.start)
    ));
    Ok(FAILED)
}

fn show_wrapper(args: &ShowArgs, path: &Path, console: &mut Console) -> Result<u8, Problem> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let base = args.base.clone().unwrap_or_else(|| {
        let bin = folder.join("../bin");
        if bin.is_dir() { bin } else { folder.to_owned() }
    });
    let started = Started { base: None, main: None, environment: &args.env, given: &args.set };
    let discovery = discover::wrapper_files(path, &base, started)?;
    let real_base = std::fs::canonicalize(&base).unwrap_or(base);
    let files: Vec<FileId> = (0..discovery.documents.len()).map(FileId).collect();
    let started = Started { base: Some(&real_base), main: Some(FileId(0)), ..started };
    let config = WrapperConfig::read_started(&discovery.documents, &files, started);
    let view = report::jvm_of_wrapper(&discovery, &config);
    console.put(|out| match args.format {
        ShowFormat::Human => report::jvm_human(&view, out),
        ShowFormat::Json => json::document(&view, out),
    });
    Ok(0)
}

fn show_instances(args: &ShowArgs, console: &mut Console) -> u8 {
    let Some((discovery, _)) = args.input.open(console) else { return FAILED };
    let failed = console.say_discovery(&discovery);
    if args.subject == Subject::Files {
        let files = report::files(&discovery);
        console.put(|out| match args.format {
            ShowFormat::Human => report::files_human(&files, out),
            ShowFormat::Json => json::document(&files, out),
        });
        return if failed { FAILED } else { 0 };
    }
    show_models(args, &discovery, console);
    if failed { FAILED } else { 0 }
}

fn show_models(args: &ShowArgs, discovery: &Discovery, console: &mut Console) {
    let all = Instance::all(discovery, args.input.given());
    let instances: Vec<Instance<'_>> = all.filter(|instance| is_asked_for(discovery, instance)).collect();
    let view = View { discovery, only: args.only.as_deref(), defaults: args.defaults };
    match args.format {
        ShowFormat::Human => {
            for (index, instance) in instances.iter().enumerate() {
                console.put(|out| {
                    let gap = if index > 0 { "\n" } else { "" };
                    writeln!(out, "{gap}{}\n", report::title(instance))?;
                    match args.subject {
                        Subject::Settings => report::settings_human(&view.settings(instance), out),
                        Subject::Jvm => report::jvm_human(&view.jvm(instance), out),
                        Subject::Ports | Subject::Files => report::ports_human(&view.ports(instance), out),
                    }
                });
            }
        }
        ShowFormat::Json => match args.subject {
            Subject::Settings => {
                let all: Vec<_> = instances.iter().flat_map(|instance| view.settings(instance)).collect();
                console.put(|out| json::document(&all, out));
            }
            Subject::Jvm => {
                for instance in &instances {
                    console.put(|out| json::line(&view.jvm(instance), out));
                }
            }
            Subject::Ports | Subject::Files => {
                let all: Vec<_> = instances.iter().flat_map(|instance| view.ports(instance)).collect();
                console.put(|out| json::document(&all, out));
            }
        },
    }
}
