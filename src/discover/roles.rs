//! The role of a file, from its name and then its content.

use std::path::Path;

use crate::catalog;
use crate::document::Role;

/// What a file turned out to be.
pub enum Identity {
    /// A file we know.
    Role(Role),
    /// A file with a known name but other content: why it is left out.
    Other(String),
    /// Nothing to do with us.
    Unknown,
}

fn name_of(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn parent_name(path: &Path) -> &str {
    path.parent().map(name_of).unwrap_or_default()
}

/// The role a file's name promises.
pub fn by_name(path: &Path) -> Option<Role> {
    let name = name_of(path);
    Some(match name {
        "server.cnf" => Role::ServerCnf,
        "wrapper.conf" => Role::Wrapper,
        "listeners.cnf" => Role::Ports,
        "application.properties" => Role::Template,
        "java.security" => Role::JavaSecurity,
        "ini.cnf" => Role::Ini,
        "manifest.v3" if parent_name(path) == "WmRoot" => Role::Manifest,
        "setenv.sh" | "setenv.bat" => Role::Setenv,
        ".lock" if parent_name(path) == "bin" => Role::Lock,
        "release" if parent_name(path).starts_with("jvm") || parent_name(path).starts_with("jre") => {
            Role::JdkRelease
        }
        _ if is_variant(name, "server", ".cnf") => Role::ServerCnf,
        _ if is_variant(name, "application", ".properties") => Role::Template,
        _ if name.ends_with("custom_wrapper.conf") => Role::CustomWrapper,
        _ if name.ends_with("java.security") => Role::SecurityOverride,
        _ if name.ends_with("_ks_config.xml") || name.ends_with("_ts_config.xml") => Role::StoreAlias,
        _ => return None,
    })
}

/// Whether a name is a variant of `word` with that ending: `prod-server.cnf`, `application-test.properties`.
fn is_variant(name: &str, word: &str, ending: &str) -> bool {
    name.strip_suffix(ending).is_some_and(|stem| stem.split(['-', '_', '.']).any(|part| part == word))
}

/// Whether a file has the very name its role has in an installation. Of the others, several may lie in one folder.
pub fn is_canonical(path: &Path) -> bool {
    matches!(
        name_of(path),
        "server.cnf" | "application.properties" | "wrapper.conf" | "custom_wrapper.conf" | "listeners.cnf"
    )
}

/// A name that looks like one of ours with something behind it, such as `server.cnf.prod` or `server.cnf.j2`; copies
/// that editors and people leave behind are none.
pub fn is_lookalike(path: &Path) -> bool {
    const LEFTOVERS: [&str; 9] = ["bak", "old", "orig", "rej", "save", "swp", "tmp", "backup", "copy"];
    let name = name_of(path);
    let known =
        ["server.cnf", "custom_wrapper.conf", "wrapper.conf", "listeners.cnf", "application.properties"];
    let rest = known.iter().find_map(|known| name.split_once(known)).map(|(_, rest)| rest);
    let rest = rest.and_then(|rest| rest.strip_prefix('.'));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !LEFTOVERS.iter().any(|left| rest.to_ascii_lowercase().contains(left))
    })
}

/// The role of a file whose name and content are known.
pub fn identify(path: &Path, bytes: &[u8]) -> Identity {
    if is_binary(bytes) {
        return Identity::Other(
            "is binary or UTF-16, not a text file the server can read: left out".to_owned(),
        );
    }
    match by_name(path) {
        Some(Role::Template) => match foreign_template(bytes) {
            None => Identity::Role(Role::Template),
            Some(why) => Identity::Other(why.to_owned()),
        },
        // A variant of the name is believed only with the content to match.
        Some(Role::ServerCnf) if !is_canonical(path) && by_content(bytes) != Some(Role::ServerCnf) => {
            Identity::Unknown
        }
        Some(role) => Identity::Role(role),
        None => Identity::Unknown,
    }
}

/// As [`identify`], for a file named on the command line: content decides where the name does not.
pub fn identify_any(path: &Path, bytes: &[u8]) -> Identity {
    match identify(path, bytes) {
        Identity::Unknown if is_yaml(bytes) => Identity::Other(YAML.to_owned()),
        Identity::Unknown => by_content(bytes).map_or(Identity::Unknown, Identity::Role),
        known => known,
    }
}

/// A NUL or another control character now and then is text to Java; many of them are not text.
fn is_binary(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(8192)];
    let control = |b: u8| u8::from(b < 32) & u8::from(b.wrapping_sub(9) > 4) & u8::from(b & !1 != 26);
    // Sums of bytes over few bytes, which the compiler makes wide steps of.
    let found = |part: &[u8]| usize::from(part.iter().map(|&b| control(b)).sum::<u8>());
    head.chunks(128).map(found).sum::<usize>() * 32 > head.len()
}

/// The first lines that are neither blank nor comment.
fn content_lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes
        .split(|&b| b == b'\n' || b == b'\r')
        .map(<[u8]>::trim_ascii)
        .filter(|line| !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b"!"))
}

/// Whether a text is YAML, as a Kubernetes ConfigMap is.
fn is_yaml(bytes: &[u8]) -> bool {
    let first = content_lines(bytes).next();
    first.is_some_and(|line| line.starts_with(b"apiVersion:") || line.starts_with(b"kind:") || line == b"---")
}

const YAML: &str = "is YAML (a Kubernetes ConfigMap, by its looks) and not a properties file: left out; \
                    lint the properties text it holds as a file of its own";

/// Why an `application.properties` is no configuration variables template, if it is none.
fn foreign_template(bytes: &[u8]) -> Option<&'static str> {
    if is_yaml(bytes) {
        return Some(YAML);
    }
    let mut lines = content_lines(bytes).peekable();
    let first = *lines.peek()?;
    if first.starts_with(b"<") || first.starts_with(b"{") {
        return Some("is no properties file: left out");
    }
    let known = lines.any(|line| {
        catalog::TEMPLATE_PREFIXES.iter().any(|prefix| line.starts_with(prefix.prefix.as_bytes()))
    });
    (!known).then_some("holds no key of a Microservices Runtime template: left out")
}

fn by_content(bytes: &[u8]) -> Option<Role> {
    if bytes.trim_ascii_start().starts_with(b"<") {
        let ports = memchr::memmem::find(bytes, b"<Values").is_some()
            && memchr::memmem::find(bytes, b"name=\"listeners\"").is_some();
        return ports.then_some(Role::Ports);
    }
    content_lines(bytes).take(400).find_map(|line| {
        if line.starts_with(b"watt.") {
            Some(Role::ServerCnf)
        } else if line.starts_with(b"settings.watt.") {
            Some(Role::Template)
        } else if line.starts_with(b"wrapper.") {
            Some(Role::CustomWrapper)
        } else if line.starts_with(b"jdk.tls.") || line.starts_with(b"security.provider.") {
            Some(Role::SecurityOverride)
        } else {
            None
        }
    })
}
