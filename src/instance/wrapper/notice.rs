//! What the wrapper says, or would say if it said more, while it reads its files.

use crate::document::Place;

/// One thing to say about a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// What.
    pub what: What,
    /// The line.
    pub place: Place,
}

/// What there is to say.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A property written again; the place is the later line's. Said in the log only if the file is not a deeper one.
    Redefined {
        /// The property.
        name: String,
        /// The line that no longer counts.
        before: Place,
        /// Whether the wrapper stops with it.
        stops: bool,
        /// Whether its log tells.
        logged: bool,
    },
    /// An included file that is not there, or not among those read.
    IncludeMissing {
        /// Its name, variables put in.
        target: String,
        /// Whether the wrapper stops without it.
        required: bool,
        /// Whether it is known that there is none.
        certain: bool,
    },
    /// An include below ten others: skipped without a word.
    IncludeTooDeep,
    /// More includes than wattlint follows.
    TooManyIncludes,
    /// An `include` without its `#`.
    IncludeWithoutHash,
    /// A byte that means nothing in the file's encoding: the wrapper stops.
    Undecodable,
    /// An encoding the wrapper does not know by this name.
    UnknownEncoding {
        /// Whether the wrapper stops: it passes over a file that is included and not required.
        stops: bool,
    },
    /// A variable that nothing sets.
    UndefinedVariable {
        /// Its name.
        name: String,
    },
    /// A variable of the wrapper's own that a line wants to set.
    BuiltinVariable {
        /// Its name.
        name: String,
    },
    /// A value that is no JVM argument: it does not begin with a minus sign.
    NoArgument,
    /// Neither TRUE nor FALSE, so FALSE.
    NoBoolean {
        /// The property.
        name: String,
    },
    /// A number with something behind it, or none at all.
    NoNumber {
        /// The property.
        name: String,
        /// What is taken for it.
        taken: i32,
    },
    /// A file of arguments that is not there: the wrapper stops.
    ArgumentFileMissing {
        /// Its name.
        target: String,
        /// Whether it is known that there is none.
        certain: bool,
    },
    /// A number that no `wrapper.java.additional.N` before it leads up to: it and all above it are dropped.
    BehindGap {
        /// The number that is missing, or was there twice.
        expected: u64,
    },
}

impl What {
    /// How grave it is to the wrapper: the level its own log has for it, or `info` where it says nothing.
    pub fn level(&self) -> &'static str {
        match self {
            What::Redefined { stops: true, .. }
            | What::Undecodable
            | What::UnknownEncoding { stops: true }
            | What::IncludeMissing { required: true, certain: true, .. }
            | What::ArgumentFileMissing { certain: true, .. } => "fatal",
            What::Redefined { logged: true, .. }
            | What::UndefinedVariable { .. }
            | What::BuiltinVariable { .. }
            | What::NoArgument
            | What::NoBoolean { .. }
            | What::NoNumber { .. }
            | What::IncludeWithoutHash => "warn",
            _ => "info",
        }
    }

    /// In words.
    pub fn message(&self) -> String {
        match self {
            What::Redefined { name, stops, .. } => {
                let end = if *stops { ", which stops the wrapper here" } else { "" };
                format!("{name} is written again{end}")
            }
            What::IncludeMissing { target, required, certain } => {
                let state = if *certain { "does not exist" } else { "is not among the files read" };
                match (required, certain) {
                    (true, true) => format!("the required file {target} {state}: the wrapper stops"),
                    _ => format!("the included file {target} {state}"),
                }
            }
            What::IncludeTooDeep => "ten includes lead here: this one is skipped without a word".to_owned(),
            What::TooManyIncludes => "more includes than wattlint follows; the rest was not read".to_owned(),
            What::IncludeWithoutHash => "include needs a # before it; this line does nothing".to_owned(),
            What::Undecodable => {
                "a byte here means nothing in the file's encoding: the wrapper stops".to_owned()
            }
            What::UnknownEncoding { stops: true } => {
                "the wrapper does not know this encoding by this name: it stops".to_owned()
            }
            What::UnknownEncoding { stops: false } => {
                "the wrapper does not know this encoding by this name: it does not read this file".to_owned()
            }
            What::UndefinedVariable { name } => {
                format!("no file sets %{name}%: unless the environment does, it stays as written")
            }
            What::BuiltinVariable { name } => format!("{name} is the wrapper's own: it cannot be set"),
            What::NoArgument => "is no JVM argument (it begins with no minus sign): not passed".to_owned(),
            What::NoBoolean { name } => format!("{name} is neither TRUE nor FALSE: taken for FALSE"),
            What::NoNumber { name, taken } => format!("{name} is no number: taken for {taken}"),
            What::ArgumentFileMissing { target, certain: true } => {
                format!("the file of arguments {target} does not exist: the wrapper stops")
            }
            What::ArgumentFileMissing { target, certain: false } => {
                format!("the file of arguments {target} is not among the files read")
            }
            What::BehindGap { expected } => {
                format!("index {expected} was expected here: this option and those behind it are not passed")
            }
        }
    }
}
