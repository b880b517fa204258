//! Variables of wrapper files: `set.NAME=value`, those the wrapper knows by itself, and `%NAME%`.

use std::collections::HashMap;

use crate::secrets::is_secret_name;
use crate::syntax::wrapper::MAX_VALUE;

/// How often the wrapper puts variables into a value when it is done reading: each look at a property is one. Five
/// looks were counted on the real one; only a variable that names itself can tell.
pub const LATE_LOOKS: usize = 5;

/// Variables that the wrapper sets itself and that no file can change (measured). Without the two families
/// `WRAPPER_TIME_` and `WRAPPER_RAND_`.
const BUILTIN: [&str; 18] = [
    "WRAPPER_ARCH",
    "WRAPPER_BASE_NAME",
    "WRAPPER_BIN_DIR",
    "WRAPPER_BITS",
    "WRAPPER_CONF_DIR",
    "WRAPPER_DISPLAYNAME",
    "WRAPPER_EDITION",
    "WRAPPER_FILE_SEPARATOR",
    "WRAPPER_HOSTNAME",
    "WRAPPER_HOST_NAME",
    "WRAPPER_LANG",
    "WRAPPER_NAME",
    "WRAPPER_OS",
    "WRAPPER_PATH_SEPARATOR",
    "WRAPPER_PID",
    "WRAPPER_RUN_MODE",
    "WRAPPER_VERSION",
    "WRAPPER_WORKING_DIR",
];

/// Whether the wrapper sets a variable itself; case does not count (measured).
pub fn is_builtin(name: &str) -> bool {
    BUILTIN.iter().any(|known| known.eq_ignore_ascii_case(name))
        || name.starts_with("WRAPPER_TIME_")
        || name.starts_with("WRAPPER_RAND_")
}

/// Variables that an operating system, a shell or the product's own start script sets: that no wrapper file sets them
/// says nothing.
pub fn assumed_of_the_system(name: &str) -> bool {
    const KNOWN: [&str; 32] = [
        "ALLUSERSPROFILE",
        "APPDATA",
        "COMPUTERNAME",
        "COMSPEC",
        "HOME",
        "HOMEDRIVE",
        "HOMEPATH",
        "HOSTNAME",
        "JAVA_HOME",
        "JRE_HOME",
        "JVM_EXIT_TIMEOUT",
        "LANG",
        "LC_ALL",
        "LD_LIBRARY_PATH",
        "LIBPATH",
        "LOCALAPPDATA",
        "LOGNAME",
        "PATH",
        "PROGRAMDATA",
        "PROGRAMFILES",
        "PROGRAMFILES(X86)",
        "PWD",
        "SHELL",
        "SHLIB_PATH",
        "SHUTDOWN_TIMEOUT",
        "SYSTEMDRIVE",
        "SYSTEMROOT",
        "TEMP",
        "TMP",
        "TMPDIR",
        "USER",
        "USERNAME",
    ];
    KNOWN.contains(&name.to_ascii_uppercase().as_str())
}

/// The names between percent signs, as the wrapper pairs them.
pub fn names_in(text: &str) -> impl Iterator<Item = &str> {
    let mut parts = text.split('%').skip(1);
    // Every second part stands between two signs; the last part has none behind it.
    let count = text.matches('%').count() / 2;
    std::iter::from_fn(move || {
        let name = parts.next()?;
        parts.next();
        Some(name)
    })
    .take(count)
}

/// The variables known while files are read.
#[derive(Debug, Default)]
pub struct Variables {
    values: HashMap<String, String, foldhash::fast::RandomState>,
}

impl Variables {
    /// Those of the environment.
    pub fn new(environment: &[(String, String)]) -> Self {
        Variables { values: environment.iter().cloned().collect() }
    }

    /// Gives a variable a value.
    pub fn set(&mut self, name: &str, value: &str) {
        self.values.insert(name.to_owned(), value.to_owned());
    }

    /// Whether a variable has a value.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The value of a variable. A secret stays under its name, so that it can reach no message.
    fn get(&self, name: &str) -> Option<&str> {
        let format = name.strip_prefix("WRAPPER_TIME_").map(|format| (format, &TIME_FORMATS[..]));
        let format = format.or_else(|| name.strip_prefix("WRAPPER_RAND_").map(|f| (f, &RANDOM_FORMATS[..])));
        if let Some((format, known)) = format {
            let known = known.iter().any(|one| one.eq_ignore_ascii_case(format));
            return (!known).then_some("{INVALID}");
        }
        self.values.get(name).filter(|_| !is_secret_name(name)).map(String::as_str)
    }

    /// Puts the known variables in once; unknown ones stay as they are, both percent signs used up (measured).
    pub fn expand(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find('%') {
            let Some(length) = rest[start + 1..].find('%') else {
                break;
            };
            let end = start + length + 2;
            match self.get(&rest[start + 1..end - 1]) {
                Some(value) => {
                    out.push_str(&rest[..start]);
                    out.push_str(value);
                }
                None => out.push_str(&rest[..end]),
            }
            rest = &rest[end..];
            // What is longer is cut off below, be each character four bytes.
            if out.len() > 4 * MAX_VALUE {
                break;
            }
        }
        out.push_str(rest);
        if out.len() > MAX_VALUE
            && let Some((cut, _)) = out.char_indices().nth(MAX_VALUE)
        {
            out.truncate(cut);
        }
        out
    }
}

const TIME_FORMATS: [&str; 5] =
    ["YYYYMMDDHHIISS", "YYYYMMDD_HHIISS", "YYYYMMDDHHII", "YYYYMMDDHH", "YYYYMMDD"];
const RANDOM_FORMATS: [&str; 6] = ["N", "NN", "NNN", "NNNN", "NNNNN", "NNNNNN"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_uses_both_its_signs_up() {
        let variables = Variables::new(&[("FOO".to_owned(), "bar".to_owned())]);
        for (text, expected) in [
            ("-Da=%FOO%", "-Da=bar"),
            ("50%%FOO%", "50%%FOO%"),
            ("%NOPE%%FOO%", "%NOPE%bar"),
            ("%%FOO%%", "%%FOO%%"),
            ("50% %FOO%", "50% %FOO%"),
            ("%FOO", "%FOO"),
            ("%WRAPPER_TIME_YYYY%", "{INVALID}"),
            ("%WRAPPER_TIME_YYYYMMDD%", "%WRAPPER_TIME_YYYYMMDD%"),
        ] {
            assert_eq!(variables.expand(text), expected, "{text}");
        }
    }

    #[test]
    fn names_stand_between_pairs_of_signs() {
        let names = |text| names_in(text).collect::<Vec<_>>();
        assert_eq!(names("%A% %B%"), ["A", "B"]);
        assert_eq!(names("100% sure %NO"), [" sure "]);
        assert_eq!(names("%%"), [""]);
        assert_eq!(names("50%"), [] as [&str; 0]);
    }
}
