//! The types of a rule file. One set of types serves the built-in rules, which `build.rs` reads and writes down as
//! statics, and the rules a site adds at run time; so every text may be borrowed for ever or owned.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

/// A text that is either compiled in or read at run time.
pub type Text = Cow<'static, str>;
/// A list that is either compiled in or read at run time.
pub type List<T> = Cow<'static, [T]>;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing breaks.
    Info,
    /// Something does not do what it seems to, or is weaker than it should be.
    Warning,
    /// Connections fail, secrets leak, or a protection is off.
    Error,
}

impl Severity {
    /// As written in rule files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// How a verdict is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Tried out on the real JDK, wrapper or `java.util.Properties`.
    Measured,
    /// Said by the vendor or a standard, or read in files a server wrote.
    Documented,
    /// Concluded from other facts; not tried, not written anywhere.
    Inferred,
}

impl Basis {
    /// As written in rule files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Basis::Measured => "measured",
            Basis::Documented => "documented",
            Basis::Inferred => "inferred",
        }
    }
}

/// How much care a fix needs, least careful last: a fix is applied if its tier is at least the one asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// Advice for a human; never applied.
    Manual,
    /// May cut off a peer or change what a service gets; applied only with `--unsafe`.
    Unsafe,
    /// Keeps the meaning or does exactly what the finding asks; nothing that worked safely stops working.
    Safe,
}

impl Safety {
    /// As written in rule files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Safety::Manual => "manual",
            Safety::Unsafe => "unsafe",
            Safety::Safe => "safe",
        }
    }
}

/// A rule: its whole truth but for the Rust function of a native check.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Kebab-case, the file's name.
    #[serde(skip)]
    pub name: Text,
    /// The folder the file lies in.
    #[serde(skip)]
    pub family: Text,
    /// What is wrong, in one line.
    pub summary: Text,
    /// How bad it is, unless the finding says otherwise.
    pub severity: Severity,
    /// How the verdict is known.
    pub basis: Basis,
    /// The releases it holds for, as a range; all if absent.
    #[serde(default)]
    pub releases: Option<Text>,
    /// The Java releases it holds for, as a range; all if absent.
    #[serde(default)]
    pub jdks: Option<Text>,
    /// The settings, system properties and files it looks at.
    pub reads: List<Text>,
    /// `native`: a Rust function of the rule's name decides.
    #[serde(default)]
    pub check: Option<CheckKind>,
    /// The condition, for rules without Rust.
    #[serde(default)]
    pub when: Option<When>,
    /// What a finding of a `[when]` rule says; the summary if absent.
    #[serde(default)]
    pub message: Option<Text>,
    /// Why it matters and what to do, in a paragraph or two.
    pub why: Text,
    /// What can be done about it mechanically.
    #[serde(default)]
    pub fix: Option<RuleFix>,
    /// Standards and public pages.
    #[serde(default)]
    pub references: List<Text>,
    /// Executed by the tests, printed by `wattlint explain`.
    #[serde(default, rename = "example")]
    pub examples: List<Example>,
}

/// Who decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckKind {
    /// A Rust function.
    Native,
    /// What the others found in the whole run.
    Run,
}

/// What a rule's fix is called and how much care it needs; for `[when]` rules also what it does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFix {
    /// In the imperative: "Use JSSE for outbound HTTPS".
    pub title: Text,
    /// Its tier. A single finding may lower it.
    pub safety: Safety,
    /// Settings to write.
    #[serde(default, deserialize_with = "pairs")]
    pub set: List<(Text, Text)>,
    /// Settings to take out.
    #[serde(default)]
    pub remove: List<Text>,
    /// Rules or families that may have something to say afterwards, since what they judge counts only then: the lists of
    /// JSSE once IAIK is left. `*` stands for all. What any other rule finds anew keeps a run from changing anything.
    #[serde(default)]
    pub reveals: List<Text>,
}

/// A condition: one subject with tests, or a combination.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// The effective value of a watt setting.
    #[serde(default)]
    pub setting: Option<Text>,
    /// The effective value of a JVM system property.
    #[serde(default)]
    pub jvm: Option<Text>,
    /// The effective value of a wrapper property.
    #[serde(default)]
    pub wrapper: Option<Text>,
    /// A field of each inbound port.
    #[serde(default)]
    pub port: Option<Text>,
    /// What the server really does: a direction and one of its facts, such as `outbound-https.protocols`.
    #[serde(default)]
    pub posture: Option<Text>,
    /// The value is this (true and false without regard to case).
    #[serde(default)]
    pub is: Option<Text>,
    /// The value is known and is not this.
    #[serde(default)]
    pub is_not: Option<Text>,
    /// The comma list has this element.
    #[serde(default)]
    pub contains: Option<Text>,
    /// The value is known and the comma list lacks this element.
    #[serde(default)]
    pub lacks: Option<Text>,
    /// A regular expression is found in the value.
    #[serde(default)]
    pub matches: Option<Text>,
    /// Nothing sets it and it has no default (true), or the reverse (false).
    #[serde(default)]
    pub missing: Option<bool>,
    /// The value is a number not below this.
    #[serde(default)]
    pub at_least: Option<i64>,
    /// The value is a number not above this.
    #[serde(default)]
    pub at_most: Option<i64>,
    /// All of these hold.
    #[serde(default)]
    pub all: List<When>,
    /// One of these holds.
    #[serde(default)]
    pub any: List<When>,
    /// This does not hold.
    #[serde(default, deserialize_with = "one")]
    pub not: List<When>,
}

/// An example of a rule: files, the findings this rule alone makes there, and the files after its fixes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows.
    pub name: Text,
    /// The release, where the files do not tell.
    #[serde(default)]
    pub release: Option<Text>,
    /// The Java version, where the files do not tell.
    #[serde(default)]
    pub jdk: Option<Text>,
    /// Path and content of each file.
    #[serde(deserialize_with = "pairs")]
    pub files: List<(Text, Text)>,
    /// The findings, in order.
    pub finds: List<Expected>,
    /// Path and content of the files that the rule's fixes change.
    #[serde(default, deserialize_with = "pairs")]
    pub fixed: List<(Text, Text)>,
}

/// Where a finding must stand.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The file.
    pub file: Text,
    /// The line, from 1.
    pub line: usize,
}

fn pairs<'de, D: Deserializer<'de>>(source: D) -> Result<List<(Text, Text)>, D::Error> {
    let map = BTreeMap::<String, String>::deserialize(source)?;
    Ok(map.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
}

fn one<'de, D: Deserializer<'de>>(source: D) -> Result<List<When>, D::Error> {
    Ok(vec![When::deserialize(source)?].into())
}
