//! Writes the built-in rules (`rules/**/*.toml`) and the catalog (`catalog/*.tsv`) down as Rust statics, so that the
//! program parses neither when it starts.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

#[allow(dead_code)]
#[path = "src/rules/schema.rs"]
mod schema;

use schema::{Example, List, Rule, RuleFix, Text, When};

fn main() {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=catalog");
    println!("cargo::rerun-if-changed=src/rules/schema.rs");
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("rules.rs"), rules()).expect("OUT_DIR is writable");
    fs::write(out.join("catalog.rs"), catalog()).expect("OUT_DIR is writable");
}

/// All rules, sorted by name.
fn rules() -> String {
    let mut rules = Vec::new();
    for family in folder(Path::new("rules")) {
        for file in folder(&family).into_iter().filter(|f| f.extension().is_some_and(|e| e == "toml")) {
            let text = fs::read_to_string(&file).expect("a rule file is readable");
            let mut rule: Rule =
                toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let stem = |path: &Path| path.file_stem().expect("a name").to_string_lossy().into_owned();
            rule.name = stem(&file).into();
            rule.family = stem(&family).into();
            rules.push(rule);
        }
    }
    rules.sort_by(|a, b| a.name.cmp(&b.name));
    let mut out = String::from("/// The built-in rules, sorted by name.\npub static BUILTIN: &[Rule] = &[\n");
    for rule in &rules {
        rule.emit(&mut out);
        out.push_str(",\n");
    }
    out.push_str("];\n");
    out
}

fn folder(path: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .map(|entry| entry.expect("a folder entry").path())
        .collect();
    paths.sort();
    paths
}

/// A value as Rust source that may stand in a static.
trait Emit {
    fn emit(&self, out: &mut String);
}

impl Emit for Text {
    fn emit(&self, out: &mut String) {
        write!(out, "Cow::Borrowed({:?})", self.as_ref()).expect("a String takes all");
    }
}

impl<T: Emit> Emit for Option<T> {
    fn emit(&self, out: &mut String) {
        match self {
            None => out.push_str("None"),
            Some(value) => {
                out.push_str("Some(");
                value.emit(out);
                out.push(')');
            }
        }
    }
}

impl<T: Emit + Clone> Emit for List<T> {
    fn emit(&self, out: &mut String) {
        out.push_str("Cow::Borrowed(&[");
        for item in self.iter() {
            item.emit(out);
            out.push_str(", ");
        }
        out.push_str("])");
    }
}

impl Emit for (Text, Text) {
    fn emit(&self, out: &mut String) {
        out.push('(');
        self.0.emit(out);
        out.push_str(", ");
        self.1.emit(out);
        out.push(')');
    }
}

macro_rules! emit_debug {
    ($($type:ty => $prefix:literal),*) => {$(
        impl Emit for $type {
            fn emit(&self, out: &mut String) {
                write!(out, concat!($prefix, "{:?}"), self).expect("a String takes all");
            }
        }
    )*};
}
emit_debug!(bool => "", i64 => "", usize => "", schema::Severity => "Severity::", schema::Basis => "Basis::",
    schema::Safety => "Safety::", schema::CheckKind => "CheckKind::");

macro_rules! emit_struct {
    ($type:ident { $($field:ident),* }) => {
        impl Emit for $type {
            fn emit(&self, out: &mut String) {
                out.push_str(concat!(stringify!($type), " { "));
                $(
                    out.push_str(concat!(stringify!($field), ": "));
                    self.$field.emit(out);
                    out.push_str(", ");
                )*
                out.push('}');
            }
        }
    };
}
use schema::Expected;
emit_struct!(Rule {
    name,
    family,
    summary,
    severity,
    basis,
    releases,
    jdks,
    reads,
    check,
    when,
    message,
    why,
    fix,
    references,
    examples
});
emit_struct!(RuleFix { title, safety, set, remove, reveals });
emit_struct!(When {
    setting,
    jvm,
    wrapper,
    port,
    posture,
    is,
    is_not,
    contains,
    lacks,
    matches,
    missing,
    at_least,
    at_most,
    all,
    any,
    not
});
emit_struct!(Example { name, release, jdk, files, finds, fixed });
emit_struct!(Expected { file, line });

/// A table of `catalog/`: column names and rows.
struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

fn table(name: &str) -> Table {
    let path = format!("catalog/{name}.tsv");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut lines = text.lines();
    let split = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<_>>();
    let columns = split(lines.next().expect("a table has a head"));
    let rows: Vec<_> = lines.filter(|line| !line.starts_with('#') && !line.is_empty()).map(split).collect();
    for row in &rows {
        assert!(row.len() == columns.len(), "{path}: {} of {} fields in {row:?}", row.len(), columns.len());
    }
    Table { columns, rows }
}

impl Table {
    fn get<'a>(&self, row: &'a [String], column: &str) -> &'a str {
        let index = self.columns.iter().position(|c| c == column);
        &row[index.unwrap_or_else(|| panic!("no column {column}"))]
    }
}

fn release(text: &str) -> String {
    match text.split_once('.') {
        None => "None".to_owned(),
        Some((major, minor)) => format!("Some(Release::new({major}, {minor}))"),
    }
}

fn protocol(name: &str) -> &'static str {
    match name {
        "SSLv2Hello" => "Protocol::Ssl2Hello",
        "SSLv3" => "Protocol::Ssl3",
        "TLSv1" => "Protocol::Tls10",
        "TLSv1.1" => "Protocol::Tls11",
        "TLSv1.2" => "Protocol::Tls12",
        "TLSv1.3" => "Protocol::Tls13",
        other => panic!("no protocol: {other}"),
    }
}

fn protocols(text: &str) -> String {
    format!("&[{}]", text.split_whitespace().map(protocol).collect::<Vec<_>>().join(", "))
}

fn basis(text: &str) -> &'static str {
    match text {
        "measured" => "Basis::Measured",
        "documented" => "Basis::Documented",
        "inferred" => "Basis::Inferred",
        other => panic!("no basis: {other}"),
    }
}

/// Writes one static slice: `columns` turns a row into a struct literal's fields.
fn slice(
    out: &mut String,
    table: &Table,
    name: &str,
    ty: &str,
    doc: &str,
    fields: impl Fn(&[String]) -> String,
) {
    writeln!(out, "/// {doc}\npub static {name}: &[{ty}] = &[").expect("a String takes all");
    for row in &table.rows {
        writeln!(out, "    {ty} {{ {} }},", fields(row)).expect("a String takes all");
    }
    let _ = writeln!(out, "];");
}

/// A name as typing errors leave it: in lower case, without dots.
fn fold(name: &str) -> String {
    name.chars().filter(|c| *c != '.').flat_map(char::to_lowercase).collect()
}

/// The kind of value that a cell of watt.tsv names, as Rust source.
fn kind_of(cell: &str) -> String {
    let (word, rest) = cell.split_once(':').unwrap_or((cell, ""));
    let words = || rest.split('|').collect::<Vec<_>>();
    match word {
        "bool" => "ValueKind::Bool".to_owned(),
        "size" => "ValueKind::Size".to_owned(),
        "enum" => format!("ValueKind::Enum(&{:?})", words()),
        "list" if rest.is_empty() => "ValueKind::List(',', &[])".to_owned(),
        "list" => format!("ValueKind::List(',', &{:?})", words()),
        "list;" => "ValueKind::List(';', &[])".to_owned(),
        "int" => {
            let bound = |text: &str, otherwise: &str| match text {
                "" => otherwise.to_owned(),
                text => text.parse::<i64>().expect("a bound is a number").to_string(),
            };
            let range = |part: &str| {
                let (low, high) = part.split_once("..").unwrap_or((part, part));
                format!("({}, {})", bound(low, "i64::MIN"), bound(high, "i64::MAX"))
            };
            let ranges: Vec<String> =
                words().into_iter().filter(|part| !part.is_empty()).map(range).collect();
            format!("ValueKind::Int(&[{}])", ranges.join(", "))
        }
        "class" | "file" | "url" | "host" | "service" | "charset" | "regex" | "string" => {
            format!("ValueKind::Text({word:?})")
        }
        other => panic!("no kind of value: {other}"),
    }
}

fn catalog() -> String {
    let mut out = String::new();
    let mut t = table("suites");
    t.rows.sort_by(|a, b| a[0].cmp(&b[0]));
    let numbers: HashMap<String, usize> =
        t.rows.iter().enumerate().map(|(number, row)| (row[0].clone(), number)).collect();
    let generations: Vec<String> = t.columns[8..].to_vec();
    slice(&mut out, &t, "SUITES", "Suite", "The cipher suites, sorted by name.", |row| {
        let ranks = row[8..].iter().map(|cell| match cell.as_str() {
            "-" => "Rank::Unknown".to_owned(),
            "s" => "Rank::Supported".to_owned(),
            place => format!("Rank::Default({place})"),
        });
        format!(
            "number: {}, name: {:?}, kex: {:?}, auth: {:?}, cipher: {:?}, mac: {:?}, min: {}, max: {}, policy: {}, ranks: &[{}]",
            numbers[&row[0]],
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            protocol(&row[5]),
            protocol(&row[6]),
            match row[7].as_str() {
                "modern" => "Some(Policy::Modern)",
                "intermediate" => "Some(Policy::Intermediate)",
                _ => "None",
            },
            ranks.collect::<Vec<_>>().join(", ")
        )
    });
    let t = table("jdks");
    slice(&mut out, &t, "JDKS", "JdkDefaults", "What each JDK does with TLS on its own.", |row| {
        format!(
            "name: {:?}, generation: {}, supported: {}, client: {}, server: {}, own_order: {}, disabled: {:?}, certpath: {:?}, basis: {}",
            t.get(row, "jdk"),
            generations.iter().position(|name| name == t.get(row, "suites")).expect("a column of suites.tsv"),
            protocols(t.get(row, "supported")),
            protocols(t.get(row, "client")),
            protocols(t.get(row, "server")),
            t.get(row, "order") == "own",
            t.get(row, "disabled"),
            t.get(row, "certpath"),
            basis(t.get(row, "basis"))
        )
    });
    let t = table("peers");
    slice(&mut out, &t, "PEERS", "NamedPeer", "The peers with names.", |row| {
        format!(
            "name: {:?}, side: {:?}, words: {:?}, summary: {:?}",
            t.get(row, "name"),
            t.get(row, "side"),
            t.get(row, "words"),
            t.get(row, "summary")
        )
    });
    let t = table("stock-wrapper");
    slice(
        &mut out,
        &t,
        "STOCK_WRAPPER",
        "StockOption",
        "JVM options the product itself puts at an index.",
        |row| {
            format!(
                "index: {}, option: {:?}, since: {}, until: {}, custom: {}",
                t.get(row, "index"),
                t.get(row, "option"),
                release(t.get(row, "since")),
                release(t.get(row, "until")),
                t.get(row, "file") == "custom_wrapper.conf"
            )
        },
    );
    let mut t = table("settings");
    t.rows.sort_by(|a, b| a[0].cmp(&b[0]));
    slice(
        &mut out,
        &t,
        "SETTINGS",
        "SettingFact",
        "The TLS settings, sorted by name; several rows where the default changed.",
        |row| {
            let default = match t.get(row, "default") {
                "?" => "None".to_owned(),
                text => format!("Some({text:?})"),
            };
            format!(
                "name: {:?}, since: {}, until: {}, default: {default}, provider: {:?}, direction: {:?}, basis: {}",
                t.get(row, "name"),
                release(t.get(row, "since")),
                release(t.get(row, "until")),
                t.get(row, "provider"),
                t.get(row, "direction"),
                basis(t.get(row, "basis"))
            )
        },
    );
    let by_release: Vec<String> = t.rows.iter().map(|row| row[0].clone()).collect();
    let mut t = table("watt");
    t.rows.sort_by(|a, b| a[0].cmp(&b[0]));
    for name in &by_release {
        assert!(t.rows.iter().any(|row| row[0] == *name), "{name} of settings.tsv is not in watt.tsv");
    }
    slice(&mut out, &t, "WATT", "Watt", "The documented and generated settings, sorted by name.", |row| {
        let elsewhere = by_release.contains(&row[0]);
        assert!(elsewhere == (t.get(row, "default") == "="), "{}: default =", row[0]);
        let default = match t.get(row, "default") {
            "?" | "=" => "None".to_owned(),
            text => format!("Some({text:?})"),
        };
        let shipped = match t.get(row, "shipped") {
            "" => "None".to_owned(),
            "\"\"" => "Some(\"\")".to_owned(),
            text => format!("Some({text:?})"),
        };
        let kind = t.get(row, "kind");
        format!(
            "name: {:?}, kind: {}, may_be_empty: {}, default: {default}, shipped: {shipped}, unit: {:?}, since: {}, until: {}, by_release: {elsewhere}, seen: {:?}, status: {:?}, restart: {:?}, basis: {}, sources: {:?}, summary: {:?}",
            row[0],
            kind_of(kind.trim_end_matches('?')),
            kind.ends_with('?'),
            t.get(row, "unit"),
            release(t.get(row, "since").trim_start_matches('=')),
            release(t.get(row, "until").trim_start_matches('=')),
            t.get(row, "seen"),
            t.get(row, "status"),
            t.get(row, "restart"),
            basis(t.get(row, "basis")),
            t.get(row, "sources"),
            t.get(row, "summary")
        )
    });
    // Names that differ in nothing but the case of their letters and in their dots stand together here.
    let mut folded: Vec<(String, usize)> =
        t.rows.iter().enumerate().map(|(index, row)| (fold(&row[0]), index)).collect();
    folded.sort();
    writeln!(out, "/// Each name in lower case without dots, sorted, and its index in [`WATT`].")
        .and_then(|()| writeln!(out, "pub static WATT_FOLDED: &[(&str, usize)] = &{folded:?};"))
        .expect("a String takes all");
    let t = table("watt-twins");
    slice(&mut out, &t, "WATT_TWINS", "Twins", "Two spellings of one setting.", |row| {
        format!("documented: {:?}, generated: {:?}", row[0], row[1])
    });
    let mut t = table("jvm-options");
    t.rows.sort_by(|a, b| a[0].cmp(&b[0]));
    slice(
        &mut out,
        &t,
        "JVM_OPTIONS",
        "JvmOption",
        "JVM options that some Java refuses or ignores, by name.",
        |row| {
            let fates = row[1..6].iter().map(|cell| match cell.as_str() {
                "ok" => "Fate::Taken",
                "unlock" => "Fate::NeedsUnlock",
                "deprecated" => "Fate::Deprecated",
                "ignored" => "Fate::Ignored",
                "refused" => "Fate::Refused",
                "zulu" => "Fate::ZuluOnly",
                other => panic!("no fate of an option: {other}"),
            });
            format!(
                "name: {:?}, fates: [{}], note: {:?}",
                row[0],
                fates.collect::<Vec<_>>().join(", "),
                row[6]
            )
        },
    );
    for (name, constant) in [("jvm-properties", "JVM_PROPERTIES"), ("wrapper-keys", "WRAPPER_KEYS")] {
        let mut t = table(name);
        t.rows.sort_by(|a, b| a[0].cmp(&b[0]));
        slice(&mut out, &t, constant, "Known", "Names with what they do, sorted.", |row| {
            format!(
                "name: {:?}, values: {:?}, default: {:?}, basis: {}, source: {:?}, summary: {:?}",
                row[0],
                row[1],
                row[2],
                basis(&row[3]),
                row[4],
                row[5]
            )
        });
    }
    let t = table("templates");
    slice(
        &mut out,
        &t,
        "TEMPLATE_PREFIXES",
        "TemplatePrefix",
        "First parts of keys in an MSR template.",
        |row| format!("prefix: {:?}, summary: {:?}", t.get(row, "prefix"), t.get(row, "summary")),
    );
    handshakes(&mut out);
    out
}

/// The wordings and causes of failed handshakes.
fn handshakes(out: &mut String) {
    let texts = table("handshake-texts");
    slice(out, &texts, "HANDSHAKE_TEXTS", "HandshakeText", "The wordings of failed handshakes.", |row| {
        let wordings: Vec<&str> = texts.get(row, "texts").split(" || ").map(str::trim).collect();
        assert!(wordings.iter().all(|wording| wording.len() > 3), "a wording too short in {row:?}");
        format!(
            "name: {:?}, starts: {}, texts: &{wordings:?}",
            texts.get(row, "name"),
            texts.get(row, "starts") == "yes"
        )
    });
    let names: Vec<&str> = texts.rows.iter().map(|row| texts.get(row, "name")).collect();
    let classes = table("handshake-classes");
    slice(out, &classes, "HANDSHAKE_CLASSES", "Class", "The classes of failed handshakes.", |row| {
        let issue = Some(classes.get(row, "issue")).filter(|issue| !issue.is_empty());
        format!(
            "name: {:?}, issue: {:?}, what: {:?}",
            classes.get(row, "class"),
            issue.map(|issue| issue.parse::<u8>().expect("the number of an issue")),
            classes.get(row, "what")
        )
    });
    let known: Vec<&str> = classes.rows.iter().map(|row| classes.get(row, "class")).collect();
    let causes = table("handshake-causes");
    slice(out, &causes, "HANDSHAKE_CAUSES", "Cause", "Why handshakes fail: the first that fits.", |row| {
        let when: Vec<String> =
            causes.get(row, "when").split_whitespace().map(|word| condition(word, &names)).collect();
        assert!(known.contains(&causes.get(row, "class")), "class of {row:?}");
        assert!(["certain", "likely", "possible"].contains(&causes.get(row, "sure")), "sure of {row:?}");
        assert!(["us", "partner", "both"].contains(&causes.get(row, "who")), "who of {row:?}");
        let setting = match causes.get(row, "setting") {
            "" => "None".to_owned(),
            name => format!("Some({name:?})"),
        };
        let others: Vec<&str> =
            causes.get(row, "others").split(',').filter(|name| !name.is_empty()).collect();
        format!(
            "name: {:?}, class: {:?}, when: &[{}], sure: {:?}, who: {:?}, setting: {setting}, others: &{others:?}, \
             what: {:?}, remedy: {:?}, basis: {}",
            causes.get(row, "cause"),
            causes.get(row, "class"),
            when.join(", "),
            causes.get(row, "sure"),
            causes.get(row, "who"),
            causes.get(row, "what"),
            causes.get(row, "remedy"),
            basis(causes.get(row, "basis"))
        )
    });
}

/// A condition of handshake-causes.tsv as Rust source.
fn condition(word: &str, texts: &[&str]) -> String {
    let (name, wanted) = word.strip_prefix('!').map_or((word, true), |name| (name, false));
    let (name, list) = name.split_once(':').unwrap_or((name, ""));
    let list: Vec<&str> = list.split(',').filter(|item| !item.is_empty()).collect();
    match name {
        "client" => format!("Condition::Role(Side::Client, {wanted})"),
        "server" => format!("Condition::Role(Side::Server, {wanted})"),
        "iaik" => format!("Condition::Iaik({wanted})"),
        "alerted" => format!("Condition::Alerted({wanted})"),
        "received" => format!("Condition::Received(&{list:?}, {wanted})"),
        "sent" => format!("Condition::Sent(&{list:?}, {wanted})"),
        "text" => {
            let rows: Vec<usize> = list
                .iter()
                .map(|item| {
                    texts.iter().position(|name| name == item).unwrap_or_else(|| panic!("no text {item}"))
                })
                .collect();
            format!("Condition::Text(&{rows:?}, {wanted})")
        }
        fact => {
            let pascal: String = fact
                .split('-')
                .map(|part| {
                    let (first, rest) = part.split_at(1);
                    first.to_uppercase() + rest
                })
                .collect();
            format!("Condition::Fact(Fact::{pascal}, {wanted})")
        }
    }
}
