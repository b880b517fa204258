//! What a value of `javax.net.debug` prints, by JDK. Measured on 8u212, 8u252, 11, 17, 21 and 25.

use crate::instance::Instance;
use crate::instance::jvm::OPEN_JSSE;

/// The words JSSE knows, in all JDKs.
pub const WORDS: [&str; 18] = [
    "all",
    "ssl",
    "help",
    "expand",
    "record",
    "handshake",
    "keygen",
    "session",
    "defaultctx",
    "sslctx",
    "sessioncache",
    "keymanager",
    "trustmanager",
    "pluggability",
    "data",
    "verbose",
    "plaintext",
    "packet",
];

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether a text is made of nothing but such words, as what a comma cut off a value is.
pub fn is_words(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let mut words = split(&lower).peekable();
    words.peek().is_some() && !text.contains('=') && words.all(|word| WORDS.contains(&word))
}

/// What comes of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// A trace of each handshake, without secrets.
    Prints,
    /// The session keys too; `sure` if the JDK's update is known to do so.
    Keys {
        /// Whether it is certain.
        sure: bool,
    },
    /// The content of the connections.
    Payload,
    /// A handful of lines without the messages that matter.
    AlmostNothing,
    /// Nothing.
    Nothing,
    /// The JVM prints a help text and exits.
    Stops,
}

/// What a value of `javax.net.debug` does in this instance's JVM.
pub fn effect(instance: &Instance<'_>, value: &str) -> Effect {
    let lower = value.to_ascii_lowercase();
    let words: Vec<&str> = split(&lower).collect();
    let has = |word: &str| words.contains(&word);
    let jdk = instance.jdk.value;
    let open_jsse = instance.jvm.has_argument(OPEN_JSSE);
    let old_engine = if open_jsse { Some(false) } else { jdk.old_engine() };
    if has("help") {
        return Effect::Stops;
    }
    if has("all") || (has("ssl") && has("plaintext")) {
        return Effect::Payload;
    }
    if value.trim().is_empty() && jdk.feature >= 11 {
        // From Java 11 on an empty value hands the lines to the logger javax.net.ssl; measured, six of them come.
        return Effect::AlmostNothing;
    }
    if !has("ssl") {
        return Effect::Nothing;
    }
    // The old engine prints keys for everything with ssl in it, unless sslctx is there too (by its source).
    match old_engine {
        Some(true) if !has("sslctx") => return Effect::Keys { sure: true },
        None if !has("sslctx") => return Effect::Keys { sure: false },
        _ => {}
    }
    // The engine of 11 to 17.0.19 and 21 shows the messages of a handshake only for the very word.
    let updated = jdk.feature == 17 && jdk.update.is_some() && !jdk.before(17, 20);
    let silent_engine = open_jsse || ((11..=21).contains(&jdk.feature) && !updated);
    if silent_engine && !has("handshake") && !has("trustmanager") {
        Effect::AlmostNothing
    } else {
        Effect::Prints
    }
}
