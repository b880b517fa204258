//! Finding `wattlint.toml`, and joining it with what the command line says.

use std::path::{Path, PathBuf};

use super::file::File;
use super::{Config, ConfigError, Ignored, Text};
use crate::discover::display_path;

/// The name of the file.
pub const FILE_NAME: &str = "wattlint.toml";

/// Where the settings of a run come from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Source<'a> {
    /// `--config`: a file, or settings such as `profile = "strict"`.
    pub given: &'a [String],
    /// `--no-config`: no file is looked for.
    pub none: bool,
}

/// The settings for a run over some paths.
///
/// Without a file that is named, the folders from each path upwards are looked through: to the root of the repository
/// (the folder that holds `.git`), or to the root of the file system where there is none.
///
/// # Errors
/// The file can't be read, something in it is wrong, or the paths have different ones.
pub fn load(paths: &[PathBuf], source: Source<'_>) -> Result<Config, ConfigError> {
    let is_file = |given: &&String| given.ends_with(".toml") || Path::new(given.as_str()).is_file();
    let (files, settings): (Vec<&String>, Vec<&String>) = source.given.iter().partition(is_file);
    let named = match files.as_slice() {
        [] => None,
        [one] => Some(PathBuf::from(one)),
        [first, second, ..] => {
            return Err(ConfigError::Several { first: (*first).clone(), second: (*second).clone() });
        }
    };
    let file = match named {
        Some(file) => Some(file),
        None if source.none => None,
        None => nearest(paths)?,
    };
    let Some(path) = file else {
        let root = repository(paths.first().map_or(Path::new("."), PathBuf::as_path));
        return joined(File::default(), root, &Text { name: "--config", text: "" }, &settings);
    };
    let shown = display_path(&path);
    let unreadable = |source| ConfigError::Unreadable { path: shown.clone(), source };
    let bytes = std::fs::read(&path).map_err(unreadable)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| ConfigError::Wrong { place: shown.clone(), why: "is not UTF-8".to_owned() })?;
    let whole = crate::discover::absolute(&path);
    let root = whole.parent().unwrap_or(Path::new("")).to_owned();
    let mut config = parsed(&text, &shown)
        .and_then(|file| joined(file, root, &Text { name: &shown, text: &text }, &settings))?;
    config.file = Some((whole, shown, text));
    Ok(config)
}

impl Config {
    /// The settings a text would be for files below `root`, as in the examples of rules.
    ///
    /// # Errors
    /// Something in it is wrong.
    pub fn from_text(text: &str, root: &Path) -> Result<Config, ConfigError> {
        let file = parsed(text, FILE_NAME)?;
        let mut config = joined(file, root.to_owned(), &Text { name: FILE_NAME, text }, &[])?;
        config.file = Some((root.join(FILE_NAME), FILE_NAME.to_owned(), text.to_owned()));
        Ok(config)
    }
}

impl Config {
    /// What does not count by another text of the file, as after a fix; and by the command line.
    pub fn ignores_in(&self, text: &str) -> Result<Vec<Ignored>, ConfigError> {
        let name = self.file.as_ref().map_or(FILE_NAME, |(_, shown, _)| shown);
        let file = parsed(text, name)?;
        let place = Text { name, text };
        let in_file = file.ignore.iter().map(|ignore| super::ignored(ignore, &place));
        let others = self.ignores.iter().filter(|table| !table.in_file).cloned().map(Ok);
        in_file.chain(others).collect()
    }
}

fn joined(
    mut file: File,
    root: PathBuf,
    text: &Text<'_>,
    settings: &[&String],
) -> Result<Config, ConfigError> {
    for setting in settings {
        let over = parsed(setting, "--config")?;
        file = file.overridden(over);
    }
    Config::new(file, root, text)
}

fn parsed(text: &str, name: &str) -> Result<File, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let place = Text { name, text }.place(start);
        ConfigError::Wrong { place, why: crate::suggest::toml_problem(error.message()) }
    })
}

/// The file in or above all paths.
fn nearest(paths: &[PathBuf]) -> Result<Option<PathBuf>, ConfigError> {
    let mut found: Option<PathBuf> = None;
    for path in paths {
        let here = above(path).map(|folder| folder.join(FILE_NAME)).find(|file| file.is_file());
        match (&found, here) {
            (_, None) => {}
            (None, here) => found = here,
            (Some(first), Some(second)) if *first != second => {
                return Err(ConfigError::Several {
                    first: display_path(first),
                    second: display_path(&second),
                });
            }
            (Some(_), Some(_)) => {}
        }
    }
    Ok(found)
}

/// The folders a path lies in, the nearest first, up to the root of its repository.
fn above(path: &Path) -> impl Iterator<Item = PathBuf> {
    let whole = crate::discover::absolute(path);
    let start = if whole.is_dir() { whole } else { whole.parent().unwrap_or(Path::new("")).to_owned() };
    let mut next = Some(start);
    std::iter::from_fn(move || {
        let folder = next.take()?;
        if !folder.join(".git").exists() {
            next = folder.parent().map(Path::to_owned);
        }
        Some(folder)
    })
}

/// The root of the repository a path lies in; the current folder if there is none.
fn repository(path: &Path) -> PathBuf {
    let root = above(path).find(|folder| folder.join(".git").exists());
    root.unwrap_or_else(|| std::env::current_dir().unwrap_or_default())
}
