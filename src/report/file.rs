//! Reports in files: `FORMAT=FILE`, written whole or not at all. What else makes a file of its own writes it this way too.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum as _;
use thiserror::Error;

use super::{Format, Look, Report, write};
use crate::discover::display_path;
use crate::fix::write::Signals;

/// A report that goes to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its format.
    pub format: Format,
    /// The file.
    pub path: PathBuf,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((name, path)) = text.split_once('=') else {
            return Err("a format and a file are needed, as in sarif=wattlint.sarif".to_owned());
        };
        let format = Format::from_str(name, false).map_err(|_| {
            let known: Vec<_> =
                Format::value_variants().iter().filter_map(Format::to_possible_value).collect();
            let known: Vec<_> = known.iter().map(|value| value.get_name()).collect();
            format!("there is no format '{name}'; there are {}", known.join(", "))
        })?;
        match path {
            "" => Err(format!("the file is missing behind {name}=")),
            "-" => Err(format!("for the standard output there is --format {name}")),
            path => Ok(Output { format, path: PathBuf::from(path) }),
        }
    }
}

/// Why a report is not in its file. The file is as it was before.
#[derive(Debug, Error)]
pub enum OutputError {
    /// The file is one of those the run has read.
    #[error("{path}: is a file that was checked, and no report is written over it")]
    Input {
        /// The file, as shown.
        path: String,
    },
    /// Two reports for one file.
    #[error("{path}: two reports are to go to this file")]
    Twice {
        /// The file, as shown.
        path: String,
    },
    /// The system refused.
    #[error("{path}: the report cannot be written: {source}")]
    Refused {
        /// The file, as shown.
        path: String,
        /// What the system says.
        source: io::Error,
    },
}

/// Writes reports to their files, and says which could not be.
pub fn write_all(outputs: &[Output], report: &Report<'_>, look: Look) -> Vec<OutputError> {
    let mut errors = Vec::new();
    let mut done: Vec<PathBuf> = Vec::new();
    for output in outputs {
        let target = target(&output.path);
        let path = || display_path(&output.path);
        if report.discovery.documents.iter().any(|document| document.real() == target) {
            errors.push(OutputError::Input { path: path() });
        } else if is_file_to_be(&target) && done.contains(&target) {
            errors.push(OutputError::Twice { path: path() });
        } else if let Err(source) = put(&target, |out| write(output.format, report, look, out)) {
            errors.push(OutputError::Refused { path: path(), source });
        } else {
            done.push(target);
        }
    }
    errors
}

/// The file behind links, absolute; a link stays one.
pub fn target(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = || Some(fs::canonicalize(parent).ok()?.join(path.file_name()?));
    fs::canonicalize(path).ok().or_else(beside).unwrap_or_else(|| path.to_owned())
}

/// Whether something can be put in the path's place: not in that of a device or a pipe.
fn is_file_to_be(path: &Path) -> bool {
    fs::metadata(path).map_or(true, |meta| meta.is_file())
}

/// Writes a file whole or not at all. A device or a pipe is written to.
pub fn put(target: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let old = fs::metadata(target).ok();
    if old.as_ref().is_some_and(fs::Metadata::is_dir) {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    if !is_file_to_be(target) {
        let mut out = BufWriter::new(File::options().write(true).open(target)?);
        write(&mut out)?;
        return out.flush();
    }
    let _signals = Signals::held();
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wattlint-report-");
    #[cfg(unix)]
    {
        // What any program gets that makes a file: the system takes the user's mask off.
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    // The name of a file that never was says nothing to anybody.
    let mut file = builder.tempfile_in(folder).map_err(|error| io::Error::from(error.kind()))?;
    let mut out = BufWriter::new(file.as_file_mut());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    if let Some(old) = old {
        file.as_file().set_permissions(old.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(target).map_err(|error| error.error)?;
    Ok(())
}
