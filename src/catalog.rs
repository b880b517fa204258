//! Typed look-ups in the tables of `catalog/`, which `build.rs` compiles in.

use std::sync::LazyLock;

use crate::handshake::record::Fact;
use crate::instance::release::{Jdk, Release};
use crate::rules::schema::Basis;
use crate::tls::jsse::Side;

include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

/// A protocol as JSSE names it, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// `SSLv2Hello`: no protocol, an old form of the first message
    Ssl2Hello,
    /// SSL 3.0
    Ssl3,
    /// TLS 1.0
    Tls10,
    /// TLS 1.1
    Tls11,
    /// TLS 1.2
    Tls12,
    /// TLS 1.3
    Tls13,
}

impl Protocol {
    /// All of them, oldest first.
    pub const ALL: [Protocol; 6] = [
        Protocol::Ssl2Hello,
        Protocol::Ssl3,
        Protocol::Tls10,
        Protocol::Tls11,
        Protocol::Tls12,
        Protocol::Tls13,
    ];

    /// Those nobody should speak any more (RFC 7568 for SSL 3.0, RFC 8996 for TLS 1.0 and 1.1).
    pub const DEPRECATED: [Protocol; 4] =
        [Protocol::Ssl2Hello, Protocol::Ssl3, Protocol::Tls10, Protocol::Tls11];

    /// The exact name in every list.
    pub const fn name(self) -> &'static str {
        match self {
            Protocol::Ssl2Hello => "SSLv2Hello",
            Protocol::Ssl3 => "SSLv3",
            Protocol::Tls10 => "TLSv1",
            Protocol::Tls11 => "TLSv1.1",
            Protocol::Tls12 => "TLSv1.2",
            Protocol::Tls13 => "TLSv1.3",
        }
    }

    /// The protocol of exactly this name.
    pub fn named(name: &str) -> Option<Protocol> {
        Protocol::ALL.into_iter().find(|protocol| protocol.name() == name)
    }

    /// Whether it is retired.
    pub fn is_deprecated(self) -> bool {
        self < Protocol::Tls12
    }
}

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The generations of JSSE, in the order of [`Suite::ranks`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Generation {
    /// Java 8 before 2016 or so (measured on 8u51)
    Java8u51,
    /// Java 8 without TLS 1.3
    Java8,
    /// Java 8 with TLS 1.3: from 8u261 (Oracle) or 8u272 (OpenJDK) on
    Java8Tls13,
    /// Java 11 to 18
    Java11,
    /// Java 19 and later: 3DES is off by default
    Java21,
}

impl Generation {
    const ALL: [Generation; 5] = [
        Generation::Java8u51,
        Generation::Java8,
        Generation::Java8Tls13,
        Generation::Java11,
        Generation::Java21,
    ];

    /// Whether its engine is the one Java 8 had before TLS 1.3.
    pub fn is_old(self) -> bool {
        self <= Generation::Java8
    }
}

/// A level of Mozilla's guideline Server Side TLS, version 5.8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Policy {
    /// TLS 1.3 only.
    Modern,
    /// TLS 1.2 with forward secrecy and AEAD ciphers too.
    Intermediate,
}

impl Policy {
    /// The oldest protocol of the level.
    pub fn lowest(self) -> Protocol {
        match self {
            Policy::Modern => Protocol::Tls13,
            Policy::Intermediate => Protocol::Tls12,
        }
    }

    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Policy::Modern => "modern",
            Policy::Intermediate => "intermediate",
        }
    }
}

/// What a generation of JSSE does with a cipher suite when nothing is disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// On by default, at this place of the default list.
    Default(u16),
    /// Known, not on by default.
    Supported,
    /// Not known: naming it makes JSSE refuse the whole list.
    Unknown,
}

/// A cipher suite of JSSE.
#[derive(Debug, Clone, Copy)]
pub struct Suite {
    /// Its place in [`SUITES`].
    pub number: usize,
    /// JSSE's name, `SSL_` for the old ones.
    pub name: &'static str,
    /// Key exchange.
    pub kex: &'static str,
    /// Authentication of the server.
    pub auth: &'static str,
    /// Bulk cipher.
    pub cipher: &'static str,
    /// MAC, or the PRF's hash for AEAD ciphers.
    pub mac: &'static str,
    /// Oldest protocol it works with.
    pub min: Protocol,
    /// Newest protocol it works with.
    pub max: Protocol,
    /// The strictest level of the guideline that still has it; `None` if none has.
    pub policy: Option<Policy>,
    ranks: &'static [Rank],
}

impl PartialEq for Suite {
    fn eq(&self, other: &Suite) -> bool {
        self.name == other.name
    }
}

/// The signalling value that looks like a suite and is none; legal in a JSSE list.
pub const SIGNAL: &str = "TLS_EMPTY_RENEGOTIATION_INFO_SCSV";

impl Suite {
    /// What a generation does with it when nothing is disabled.
    pub fn rank(&self, generation: Generation) -> Rank {
        self.ranks.get(generation as usize).copied().unwrap_or(Rank::Unknown)
    }

    /// Whether it can be used with a protocol.
    pub fn works_with(&self, protocol: Protocol) -> bool {
        self.min <= protocol && protocol <= self.max
    }

    /// Whether it is a signalling value and no suite.
    pub fn is_signal(&self) -> bool {
        self.name == SIGNAL
    }
}

/// How much a cipher suite is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// No encryption, no authentication, or a cipher that is broken (RFC 7465, RFC 9325).
    Broken,
    /// 3DES, IDEA or DSS.
    Weak,
    /// The recorded traffic can be read by whoever gets the server's key later (RFC 9325, RFC 10015).
    NoForwardSecrecy,
    /// Nothing to say against it here.
    Fine,
}

impl Tier {
    /// The verdict for people.
    pub fn verdict(self) -> &'static str {
        match self {
            Tier::Broken => "broken: nobody should offer it",
            Tier::Weak => "weak",
            Tier::NoForwardSecrecy => "no forward secrecy",
            Tier::Fine => "nothing against it here",
        }
    }

    /// Where the verdict is from; `None` where there is none.
    pub fn source(self) -> Option<&'static str> {
        match self {
            Tier::Broken => Some("RFC 9325; RFC 7465 for RC4"),
            Tier::Weak => Some("disabled by Java since 8u171 or so (measured on 8u212)"),
            Tier::NoForwardSecrecy => Some("RFC 9325, 4.1; RFC 10015"),
            Tier::Fine => None,
        }
    }
}

/// The tier of a suite, from its name: works for JSSE's, IANA's and IAIK's names alike.
pub fn tier(name: &str) -> Tier {
    let has = |part: &str| name.contains(part);
    let broken = has("_NULL_")
        || has("_anon_")
        || has("EXPORT")
        || has("_DES_CBC_")
        || has("_DES40_")
        || has("_DES_40_")
        || has("_RC4_")
        || has("_RC2_")
        || name.ends_with("_MD5");
    if broken {
        Tier::Broken
    } else if has("_3DES_") || has("_IDEA_") || has("_DSS_") {
        Tier::Weak
    } else if name.starts_with("TLS_RSA_WITH_")
        || name.starts_with("SSL_RSA_WITH_")
        || name.starts_with("TLS_ECDH_")
    {
        Tier::NoForwardSecrecy
    } else {
        Tier::Fine
    }
}

/// The suite of that name. The `TLS_` spelling of an old `SSL_` suite is an alias from Java 11 on (`aliases`), and an error on 8.
pub fn suite(name: &str, aliases: bool) -> Option<&'static Suite> {
    let exact = |name: &str| SUITES.binary_search_by_key(&name, |s| s.name).ok().map(|index| &SUITES[index]);
    exact(name).or_else(|| {
        let old = name.strip_prefix("TLS_").filter(|_| aliases)?;
        exact(&format!("SSL_{old}"))
    })
}

/// What a JDK does on its own.
#[derive(Debug, Clone, Copy)]
pub struct JdkDefaults {
    /// Such as `11.0.21`.
    pub name: &'static str,
    generation: usize,
    /// Protocols it can speak at all.
    pub supported: &'static [Protocol],
    /// Protocols on by default in a client when nothing is disabled.
    pub client: &'static [Protocol],
    /// Protocols on by default in a server when nothing is disabled.
    pub server: &'static [Protocol],
    /// Whether its servers follow their own order of suites and not the client's.
    pub own_order: bool,
    /// `jdk.tls.disabledAlgorithms` of its java.security.
    pub disabled: &'static str,
    /// `jdk.certpath.disabledAlgorithms` of its java.security.
    pub certpath: &'static str,
    /// Whether that build was run or read about.
    pub basis: Basis,
}

impl JdkDefaults {
    /// Its generation of JSSE.
    pub fn generation(&self) -> Generation {
        Generation::ALL[self.generation]
    }

    /// Whether it is that update of a feature release or a later one of the same or a later feature release.
    pub fn is_at_least(&self, feature: u16, update: u32) -> bool {
        let jdk = jdk_of(self.name);
        (jdk.feature, jdk.update.unwrap_or_default()) >= (feature, update)
    }
}

fn jdk_of(name: &str) -> Jdk {
    name.parse().unwrap_or(Jdk::feature(0))
}

/// The update a bare feature release stands for: one whose defaults were measured and that is in wide use.
fn typical_update(feature: u16) -> u32 {
    match feature {
        8 => 252,
        11 => 21,
        17 => 15,
        21 => 8,
        _ => u32::MAX,
    }
}

/// Index of the newest build not newer than `jdk`; the oldest of its line, or of the line before, if there is none.
fn nearest(builds: &[Jdk], jdk: Jdk) -> Option<usize> {
    let key = |jdk: Jdk| (jdk.feature, jdk.update.unwrap_or(typical_update(jdk.feature)));
    let wanted = key(jdk);
    let all = builds.iter().copied().map(key).enumerate();
    let older = all.clone().filter(|(_, build)| *build <= wanted).max_by_key(|(_, build)| *build);
    let same_line = older.filter(|(_, build)| build.0 == wanted.0);
    let first_of_line = all.clone().filter(|(_, build)| build.0 == wanted.0).min_by_key(|(_, build)| *build);
    same_line
        .or(first_of_line)
        .or(older)
        .or_else(|| all.min_by_key(|(_, build)| *build))
        .map(|(index, _)| index)
}

/// The defaults of a JDK, by the nearest build known.
pub fn jdk_defaults(jdk: Jdk) -> &'static JdkDefaults {
    static BUILDS: LazyLock<Vec<Jdk>> = LazyLock::new(|| JDKS.iter().map(|row| jdk_of(row.name)).collect());
    let index = nearest(&BUILDS, jdk).unwrap_or_default();
    &JDKS[index]
}

/// A JVM option that the product puts at an index of its own.
#[derive(Debug, Clone, Copy)]
pub struct StockOption {
    /// N of `wrapper.java.additional.N`.
    pub index: u64,
    /// The option's name, such as `-Dlog4j.configurationFile`.
    pub option: &'static str,
    /// First release with it, if known.
    pub since: Option<Release>,
    /// Last release with it, if known.
    pub until: Option<Release>,
    /// Whether custom_wrapper.conf holds it (and not wrapper.conf).
    pub custom: bool,
}

fn within(since: Option<Release>, until: Option<Release>, release: Release) -> bool {
    since.is_none_or(|since| release >= since) && until.is_none_or(|until| release <= until)
}

/// The stock options of an index in a release.
pub fn stock_options(index: u64, release: Release) -> impl Iterator<Item = &'static StockOption> {
    STOCK_WRAPPER
        .iter()
        .filter(move |stock| stock.index == index && within(stock.since, stock.until, release))
}

/// What is known of a watt setting within a range of releases.
#[derive(Debug, Clone, Copy)]
pub struct SettingFact {
    /// Its name.
    pub name: &'static str,
    /// First release of this row.
    pub since: Option<Release>,
    /// Last release of this row; of the name's last row: the last release that reads the setting.
    pub until: Option<Release>,
    /// The default in these releases; `None` if unknown or disputed.
    pub default: Option<&'static str>,
    /// iaik, jsse, both, jvm, -, ?
    pub provider: &'static str,
    /// inbound, outbound, both, -
    pub direction: &'static str,
    /// How it is known.
    pub basis: Basis,
}

/// All rows of a setting, oldest first; empty if the catalog does not know it.
pub fn setting_rows(name: &str) -> &'static [SettingFact] {
    let start = SETTINGS.partition_point(|row| row.name < name);
    let end = start + SETTINGS[start..].partition_point(|row| row.name == name);
    &SETTINGS[start..end]
}

/// What is known of a setting in a release; `None` if that release does not read it, or the catalog does not know it.
pub fn setting(name: &str, release: Release) -> Option<&'static SettingFact> {
    setting_rows(name).iter().find(|row| within(row.since, row.until, release))
}

/// The settings that a release was the last to read.
pub fn last_read_by(release: Release) -> impl Iterator<Item = &'static str> {
    let of_one_name = SETTINGS.chunk_by(|one, next| one.name == next.name);
    of_one_name
        .filter_map(|rows| rows.last())
        .filter(move |row| row.until == Some(release))
        .map(|row| row.name)
}

/// A wording by which the cause of a failed handshake is known.
#[derive(Debug, Clone, Copy)]
pub struct HandshakeText {
    /// Its name.
    pub name: &'static str,
    /// Whether it says enough alone, with no exception's class around.
    pub starts: bool,
    /// Any of these; `*` stands for anything.
    pub texts: &'static [&'static str],
}

/// What must hold, or must not, for a cause to fit.
#[derive(Debug, Clone, Copy)]
pub enum Condition {
    /// Which end this server is.
    Role(Side, bool),
    /// Whether IAIK speaks.
    Iaik(bool),
    /// A fact.
    Fact(Fact, bool),
    /// A fatal alert was received.
    Alerted(bool),
    /// One of these alerts was received.
    Received(&'static [&'static str], bool),
    /// One of these alerts was sent.
    Sent(&'static [&'static str], bool),
    /// One of these rows of [`HANDSHAKE_TEXTS`] is among the texts.
    Text(&'static [usize], bool),
}

/// A class of failed handshakes.
#[derive(Debug, Clone, Copy)]
pub struct Class {
    /// Its name.
    pub name: &'static str,
    /// Its number in the article of 2016, for the six that it has.
    pub issue: Option<u8>,
    /// What happened, for people.
    pub what: &'static str,
}

/// Why a handshake fails.
#[derive(Debug, Clone, Copy)]
pub struct Cause {
    /// Its name.
    pub name: &'static str,
    /// Its class.
    pub class: &'static str,
    /// When it fits.
    pub when: &'static [Condition],
    /// certain, likely or possible.
    pub sure: &'static str,
    /// Who has to act: us, partner or both.
    pub who: &'static str,
    /// The setting to change, if there is one.
    pub setting: Option<&'static str>,
    /// Causes and classes that remain.
    pub others: &'static [&'static str],
    /// What happened, for people.
    pub what: &'static str,
    /// What to do, for people.
    pub remedy: &'static str,
    /// How it is known.
    pub basis: Basis,
}

mod watt;

pub use watt::{
    Likeness, Twins, ValueKind, Watt, letters_of, twin, watt, watt_like, watt_names, watt_of_any_case,
};

/// What a Java does with an option on its command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Takes it.
    Taken,
    /// Takes it only with `-XX:+UnlockExperimentalVMOptions` or `-XX:+UnlockDiagnosticVMOptions`.
    NeedsUnlock,
    /// Takes it and warns that it will go.
    Deprecated,
    /// Starts, and passes over it with a warning.
    Ignored,
    /// Does not start.
    Refused,
    /// Known to Azul's Zulu only.
    ZuluOnly,
}

/// A JVM option that not every Java takes.
#[derive(Debug, Clone, Copy)]
pub struct JvmOption {
    /// Its name: `-XX:Name` for a flag without its sign, the part before `=` or `:` for others.
    pub name: &'static str,
    /// What Java 8, 11, 17, 21 and 25 do with it.
    pub fates: [Fate; 5],
    /// What to know; may be empty.
    pub note: &'static str,
}

/// The feature releases that [`JvmOption::fates`] speaks of.
pub const OPTION_FEATURES: [u16; 5] = [8, 11, 17, 21, 25];

impl JvmOption {
    /// What a Java does with it; `None` for one between two of the known releases that differ.
    pub fn fate(&self, jdk: Jdk) -> Option<Fate> {
        let after = OPTION_FEATURES.iter().position(|feature| *feature >= jdk.feature);
        let after = after.unwrap_or(OPTION_FEATURES.len() - 1);
        let before = after.saturating_sub(usize::from(OPTION_FEATURES[after] > jdk.feature));
        (self.fates[before] == self.fates[after]).then_some(self.fates[after])
    }
}

/// The name under which the catalog knows an option.
pub fn option_key(option: &str) -> String {
    if let Some(flag) = option.strip_prefix("-XX:") {
        let flag = flag.strip_prefix(['+', '-']).unwrap_or(flag);
        return format!("-XX:{}", flag.split(['=', ':']).next().unwrap_or(flag));
    }
    if option.starts_with("-Xverify:") {
        return option.to_owned();
    }
    if let Some(rest) = option.strip_prefix("-Xbootclasspath") {
        let end = rest.find(':').unwrap_or(rest.len());
        return format!("-Xbootclasspath{}", &rest[..end]);
    }
    if let Some(rest) = option.strip_prefix("-agentlib:") {
        return format!("-agentlib:{}", rest.split('=').next().unwrap_or(rest));
    }
    option.split(['=', ':']).next().unwrap_or(option).to_owned()
}

/// What is known of a JVM option, by the name of [`option_key`].
pub fn jvm_option(option: &str) -> Option<&'static JvmOption> {
    let key = option_key(option);
    JVM_OPTIONS.binary_search_by(|row| row.name.cmp(&key)).ok().map(|index| &JVM_OPTIONS[index])
}

/// A system property of the JVM, or a property of the wrapper.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// Its name; of a wrapper's directive, with `@` for its `#`.
    pub name: &'static str,
    /// Which values it takes.
    pub values: &'static str,
    /// What holds without it.
    pub default: &'static str,
    /// How it is known.
    pub basis: Basis,
    /// From where.
    pub source: &'static str,
    /// What it does.
    pub summary: &'static str,
}

/// First parts of the keys in a Microservices Runtime template.
#[derive(Debug, Clone, Copy)]
pub struct TemplatePrefix {
    /// With its dot.
    pub prefix: &'static str,
    /// What such keys configure.
    pub summary: &'static str,
}

/// A peer with a name.
#[derive(Debug, Clone, Copy)]
pub struct NamedPeer {
    /// Its name.
    pub name: &'static str,
    /// server, client or any
    pub side: &'static str,
    /// Its description, as `--peer` takes one.
    pub words: &'static str,
    /// In one line.
    pub summary: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_build_decides() {
        let name = |text: &str| jdk_defaults(text.parse().expect("a version")).name;
        assert_eq!(name("8"), "8u252");
        assert_eq!(name("8u292"), "8u292");
        assert_eq!(name("8u345"), "8u341");
        assert_eq!(name("11"), "11.0.21");
        assert_eq!(name("11.0.1"), "11.0.7");
        assert_eq!(name("17.0.15"), "17.0.15");
        assert_eq!(name("17.0.20"), "17.0.20.1");
        assert_eq!(name("24"), "21.0.13.1");
        assert_eq!(name("99"), "25.0.5.1");
    }

    #[test]
    fn old_suites_have_an_alias_on_java_11() {
        let tls = "TLS_RSA_WITH_3DES_EDE_CBC_SHA";
        assert!(suite(tls, false).is_none());
        assert_eq!(suite(tls, true).map(|s| s.name), Some("SSL_RSA_WITH_3DES_EDE_CBC_SHA"));
        assert_eq!(tier(tls), Tier::Weak);
        assert_eq!(tier("SSL_DH_anon_WITH_RC4_MD5"), Tier::Broken);
        assert_eq!(tier("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"), Tier::Fine);
        assert_eq!(tier("TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256"), Tier::NoForwardSecrecy);
    }

    #[test]
    fn defaults_follow_the_release() {
        let deny =
            |release| setting("watt.net.jsse.server.disabledProtocols", release).and_then(|row| row.default);
        assert_eq!(deny(Release::new(10, 7)), Some("SSLv2Hello,SSLv3,TLSv1"));
        assert_eq!(deny(Release::new(10, 15)), Some("SSLv2Hello,SSLv3,TLSv1,TLSv1.1"));
        assert!(last_read_by(Release::new(10, 11)).any(|name| name == "watt.net.ssl.client.useJSSE"));
        assert!(!last_read_by(Release::new(10, 11)).any(|name| name.ends_with(".disabledProtocols")));
    }
}
