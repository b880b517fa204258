//! Why a handshake failed: the first row of `catalog/handshake-causes.tsv` that fits.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::record::{Evidence, Fact, Handshake, Outcome};
use crate::catalog::{Cause, Condition, HANDSHAKE_CAUSES, HANDSHAKE_TEXTS};
use crate::tls::Provider;

/// Lines of evidence given.
const MOST_EVIDENCE: usize = 4;

/// What is said of a handshake.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// What became of it.
    pub outcome: Outcome,
    /// The row that fits; `None` where it worked or nothing is known.
    pub cause: Option<&'static Cause>,
    /// Its class: that of the row, or what is known without one.
    pub class: Option<&'static str>,
    /// The cause's name.
    pub name: Option<&'static str>,
    /// The lines that say so.
    pub evidence: Vec<Evidence>,
}

/// A wording's place in the table, and its parts behind the first.
struct Wording {
    row: usize,
    parts: Vec<String>,
}

/// All wordings, found in one pass.
struct Wordings {
    search: Option<AhoCorasick>,
    all: Vec<Wording>,
}

static WORDINGS: LazyLock<Wordings> = LazyLock::new(|| {
    let mut all = Vec::new();
    let mut heads = Vec::new();
    for (row, text) in HANDSHAKE_TEXTS.iter().enumerate() {
        for wording in text.texts {
            let mut parts = wording.split('*').map(|part| part.trim().to_ascii_lowercase());
            heads.push(parts.next().unwrap_or_default());
            all.push(Wording { row, parts: parts.collect() });
        }
    }
    Wordings { search: AhoCorasick::builder().ascii_case_insensitive(true).build(&heads).ok(), all }
});

/// Each wording in a text: the row, and where it stands.
fn wordings(text: &str) -> Vec<(usize, usize)> {
    let Some(search) = &WORDINGS.search else { return Vec::new() };
    let lower = std::cell::OnceCell::new();
    let found = search.find_overlapping_iter(text).filter(|found| {
        let wording = &WORDINGS.all[found.pattern().as_usize()];
        let mut at = found.end();
        wording.parts.iter().all(|part| {
            let lower = lower.get_or_init(|| text.to_ascii_lowercase());
            match lower[at..].find(part.as_str()) {
                Some(place) => {
                    at += place + part.len();
                    true
                }
                None => false,
            }
        })
    });
    found.map(|found| (WORDINGS.all[found.pattern().as_usize()].row, found.start())).collect()
}

/// Where in a line a wording begins that says enough alone.
pub fn plain_text(line: &str) -> Option<usize> {
    let starts = wordings(line).into_iter().filter(|(row, _)| HANDSHAKE_TEXTS[*row].starts);
    starts.map(|(_, at)| at).min()
}

/// Whether a text tells of a handshake that failed before its hello: no handshake under way can have ended so.
pub fn is_before_hello(text: &str) -> bool {
    wordings(text).iter().any(|(row, _)| HANDSHAKE_TEXTS[*row].name == "nothing-to-offer")
}

/// The rows of wordings that the texts of a handshake have.
fn rows(handshake: &Handshake) -> Vec<usize> {
    let mut rows: Vec<usize> =
        handshake.texts.iter().flat_map(|text| wordings(&text.text)).map(|(row, _)| row).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// Whether the texts of a bare exception say no more than that a connection broke, not that it did so in a handshake.
pub fn is_only_lost(handshake: &Handshake) -> bool {
    let named = handshake.texts.iter().any(|text| text.text.contains("andshake"));
    let only = |row: &usize| matches!(HANDSHAKE_TEXTS[*row].name, "lost" | "reset" | "timeout");
    !named && rows(handshake).iter().all(only)
}

/// Whether the texts of a bare exception say anything of a handshake.
pub fn tells(handshake: &Handshake) -> bool {
    !rows(handshake).is_empty()
}

fn holds(condition: &Condition, handshake: &Handshake, rows: &[usize]) -> bool {
    let alerted = |sent: bool, names: &[&str]| {
        handshake.alerts.iter().any(|alert| alert.sent == sent && names.contains(&alert.name.as_str()))
    };
    match condition {
        Condition::Role(side, wanted) => (handshake.role == Some(*side)) == *wanted,
        Condition::Iaik(wanted) => (handshake.provider == Some(Provider::Iaik)) == *wanted,
        Condition::Fact(fact, wanted) => handshake.has(*fact) == *wanted,
        Condition::Alerted(wanted) => {
            handshake.alerts.iter().any(|alert| !alert.sent && alert.fatal) == *wanted
        }
        Condition::Received(names, wanted) => alerted(false, names) == *wanted,
        Condition::Sent(names, wanted) => alerted(true, names) == *wanted,
        Condition::Text(wanted_rows, wanted) => wanted_rows.iter().any(|row| rows.contains(row)) == *wanted,
    }
}

/// Judges a handshake. `None`: it is none, only an exception that has nothing to do with one.
pub fn verdict(handshake: &Handshake) -> Option<Verdict> {
    let failed = handshake.has(Fact::Failed);
    if !failed && handshake.is_finished() {
        let evidence = Vec::new();
        return Some(Verdict { outcome: Outcome::Ok, cause: None, class: None, name: None, evidence });
    }
    let rows = rows(handshake);
    let noise = |class, name| Verdict {
        outcome: Outcome::Noise,
        cause: None,
        class: Some(class),
        name: Some(name),
        evidence: evidence(handshake, &rows, None),
    };
    if handshake.has(Fact::Narrow) {
        return Some(noise("debug-insufficient", "debug-value-too-narrow"));
    }
    if failed && is_probe(handshake, &rows) {
        return Some(noise("connection-lost", "port-probe"));
    }
    let fits = |cause: &&Cause| cause.when.iter().all(|condition| holds(condition, handshake, &rows));
    let cause = HANDSHAKE_CAUSES.iter().find(fits);
    if cause.is_none() && !failed {
        return Some(noise("unknown", "unfinished"));
    }
    // An exception of a class that may mean anything, and says nothing known.
    if cause.is_none() && handshake.has(Fact::Bare) && (!handshake.has(Fact::Tls) || !is_failure(handshake)) {
        return None;
    }
    Some(Verdict {
        outcome: Outcome::Failed,
        cause,
        class: Some(cause.map_or("unknown", |cause| cause.class)),
        name: Some(cause.map_or("not-known", |cause| cause.name)),
        evidence: evidence(handshake, &rows, cause),
    })
}

/// Whether a bare exception of a TLS class is about a handshake at all.
fn is_failure(handshake: &Handshake) -> bool {
    handshake.has(Fact::Handshaking)
        || handshake
            .texts
            .iter()
            .any(|text| text.text.contains("Handshake") || text.text.contains("SSLPeerUnverified"))
}

/// Whether somebody only opened and closed the connection. Such a one has no hello; where the debug output prints none
/// at all, it cannot be told from a client that the server dropped, unless a frame names the client.
fn is_probe(handshake: &Handshake, rows: &[usize]) -> bool {
    let lost = rows.iter().any(|row| matches!(HANDSHAKE_TEXTS[*row].name, "lost" | "reset"));
    let only = rows.iter().all(|row| matches!(HANDSHAKE_TEXTS[*row].name, "lost" | "reset"));
    lost && only
        && !handshake.has(Fact::Hello)
        && !handshake.has(Fact::ServerHello)
        && !handshake.has(Fact::Bare)
        && !handshake.has(Fact::Handling)
        && handshake.provider == Some(Provider::Jsse)
        && handshake.role != Some(crate::tls::jsse::Side::Client)
        && handshake.alerts.iter().all(|alert| alert.sent)
}

/// The lines that bear the verdict out: texts with a wording of the cause's first, then other texts, then alerts.
fn evidence(handshake: &Handshake, rows: &[usize], cause: Option<&Cause>) -> Vec<Evidence> {
    let wanted: Vec<usize> = cause
        .into_iter()
        .flat_map(|cause| cause.when.iter())
        .filter_map(|condition| match condition {
            Condition::Text(rows, true) => Some(rows.iter().copied()),
            _ => None,
        })
        .flatten()
        .filter(|row| rows.contains(row))
        .collect();
    let speaks = |text: &Evidence| wordings(&text.text).iter().any(|(row, _)| wanted.contains(row));
    let mut lines: Vec<Evidence> =
        handshake.texts.iter().filter(|text| speaks(text)).take(1).cloned().collect();
    for alert in &handshake.alerts {
        let direction = if alert.sent { "sent" } else { "received" };
        let level = if alert.fatal { "fatal" } else { "warning" };
        lines.push(Evidence { line: alert.line, text: format!("{level} alert {direction}: {}", alert.name) });
    }
    for text in &handshake.texts {
        if lines.len() >= MOST_EVIDENCE {
            break;
        }
        let repeats = |known: &Evidence| {
            known.line == text.line || known.text.contains(&text.text) || text.text.ends_with(&known.text)
        };
        if !lines.iter().any(repeats) {
            lines.push(text.clone());
        }
    }
    lines.truncate(MOST_EVIDENCE);
    lines.sort_by_key(|line| line.line);
    for line in &mut lines {
        line.text = crate::secrets::masked_log(crate::syntax::printable(&line.text).into_owned());
    }
    lines
}
