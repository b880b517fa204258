//! The documented and generated watt settings.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::LazyLock;

use super::{WATT, WATT_FOLDED, WATT_TWINS, setting_rows};
use crate::instance::release::Release;
use crate::rules::schema::Basis;

/// Which values a setting takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ValueKind {
    /// true or false
    Bool,
    /// A whole number within one of some bounds, both inclusive; any if there are none.
    Int(&'static [(i64, i64)]),
    /// A number, with KB, MB or GB behind it or nothing; -1 too.
    Size,
    /// One of some words; case does not count.
    Enum(&'static [&'static str]),
    /// Elements with a separator; if any are named, only these.
    List(char, &'static [&'static str]),
    /// Any text: what it is.
    Text(&'static str),
}

/// A watt setting.
#[derive(Debug, Clone, Copy)]
pub struct Watt {
    /// Its name.
    pub name: &'static str,
    /// Which values are right.
    pub kind: ValueKind,
    /// Whether the empty value is right too.
    pub may_be_empty: bool,
    /// The documented default, if there is one that holds for all releases.
    pub default: Option<&'static str>,
    /// The value in the newest generated server.cnf, where that is another.
    pub shipped: Option<&'static str>,
    /// The unit of a number; may be empty.
    pub unit: &'static str,
    /// The release it came with, where a readme says so.
    pub since: Option<Release>,
    /// The last release that knows it, where a source tells.
    pub until: Option<Release>,
    /// Whether defaults and bounds stand in the table of the settings that decide about TLS.
    pub by_release: bool,
    /// Of 9.12, 10.11 and 10.15, those whose manual or files have it.
    pub seen: &'static str,
    /// deprecated, internal, legacy, removed, undocumented, adapter, package, jvm or -
    pub status: &'static str,
    /// yes, no, port, package, channel, - or ?
    pub restart: &'static str,
    /// How it is known.
    pub basis: Basis,
    /// Short names of the sources.
    pub sources: &'static str,
    /// What it does.
    pub summary: &'static str,
}

impl Watt {
    /// The default in a release; `None` if it is not known, or the manual and the generated files disagree.
    pub fn default_in(&self, release: Release) -> Option<&'static str> {
        if self.by_release {
            return super::setting(self.name, release)?.default;
        }
        self.default.filter(|_| self.shipped.is_none())
    }

    /// The release it came with, and the last one that reads it.
    pub fn bounds(&self) -> (Option<Release>, Option<Release>) {
        if !self.by_release {
            return (self.since, self.until);
        }
        let rows = setting_rows(self.name);
        (rows.first().and_then(|row| row.since), rows.last().and_then(|row| row.until))
    }

    /// What is wrong with a value, in words; `None` if nothing is.
    pub fn objection(&self, value: &str) -> Option<String> {
        let value = value.trim();
        if value.is_empty() {
            let takes_any = matches!(self.kind, ValueKind::Text(_) | ValueKind::List(..));
            return (!self.may_be_empty && !takes_any)
                .then(|| format!("empty, and should be {}", self.wanted()));
        }
        let fits = match self.kind {
            ValueKind::Bool => is_one_of(value, &["true", "false"]),
            ValueKind::Int(ranges) => value.parse::<i64>().is_ok_and(|number| {
                ranges.is_empty() || ranges.iter().any(|(low, high)| (*low..=*high).contains(&number))
            }),
            ValueKind::Size => is_size(value),
            ValueKind::Enum(words) => is_one_of(value, words),
            ValueKind::List(_, []) | ValueKind::Text(_) => true,
            ValueKind::List(separator, words) => value
                .split(separator)
                .map(str::trim)
                .filter(|element| !element.is_empty())
                .all(|element| is_one_of(element, words)),
        };
        (!fits).then(|| format!("should be {}", self.wanted()))
    }

    /// Which values are right, in words.
    pub fn wanted(&self) -> String {
        let unit = if self.unit.is_empty() { String::new() } else { format!(", in {}", self.unit) };
        let wanted = match self.kind {
            ValueKind::Bool => "true or false".to_owned(),
            ValueKind::Int([]) => format!("a whole number{unit}"),
            ValueKind::Int(ranges) => {
                let range = |(low, high): &(i64, i64)| match (*low, *high) {
                    (low, high) if low == high => low.to_string(),
                    (i64::MIN, high) => format!("up to {high}"),
                    (low, i64::MAX) => format!("{low} or more"),
                    (low, high) => format!("{low} to {high}"),
                };
                let all: Vec<String> = ranges.iter().map(range).collect();
                format!("a whole number, {}{unit}", all.join(" or "))
            }
            ValueKind::Size => "a number with KB, MB or GB behind it, or of bytes".to_owned(),
            ValueKind::Enum(words) => one_of(words),
            ValueKind::List(separator, words) => {
                let parted = if separator == ';' { "semicolons" } else { "commas" };
                let which =
                    if words.is_empty() { String::new() } else { format!(" of {}", words.join(", ")) };
                format!("a list with {parted}{which}")
            }
            ValueKind::Text("string") => "any text".to_owned(),
            ValueKind::Text("url") => "a URL".to_owned(),
            ValueKind::Text("host") => "a host name".to_owned(),
            ValueKind::Text("file") => "a path".to_owned(),
            ValueKind::Text("class") => "a Java class".to_owned(),
            ValueKind::Text("charset") => "the name of an encoding".to_owned(),
            ValueKind::Text("regex") => "a regular expression".to_owned(),
            ValueKind::Text(what) => format!("a {what}"),
        };
        if self.may_be_empty { format!("{wanted}, or empty") } else { wanted }
    }
}

fn is_one_of(value: &str, words: &[&str]) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(value))
}

fn one_of(words: &[&str]) -> String {
    // Case does not count, and some are there in two.
    let mut unique: Vec<&str> = Vec::new();
    for word in words {
        if !is_one_of(word, &unique) {
            unique.push(word);
        }
    }
    match unique.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

fn is_size(value: &str) -> bool {
    let upper = value.to_ascii_uppercase();
    let number = ["KB", "MB", "GB"].iter().find_map(|unit| upper.strip_suffix(unit)).unwrap_or(&upper);
    value == "-1" || (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Two spellings of one setting.
#[derive(Debug, Clone, Copy)]
pub struct Twins {
    /// The manual's.
    pub documented: &'static str,
    /// The one in generated files.
    pub generated: &'static str,
}

/// The two spellings of a setting that has two.
pub fn twin(name: &str) -> Option<&'static Twins> {
    WATT_TWINS.iter().find(|twins| twins.documented == name || twins.generated == name)
}

/// A setting by its exact name.
pub fn watt(name: &str) -> Option<&'static Watt> {
    // Every line of every server.cnf asks: a search among names that begin alike compares too many letters.
    static BY_NAME: LazyLock<HashMap<&str, &Watt, foldhash::fast::RandomState>> =
        LazyLock::new(|| WATT.iter().map(|row| (row.name, row)).collect());
    BY_NAME.get(name).copied()
}

/// All names, sorted.
pub fn watt_names() -> impl Iterator<Item = &'static str> {
    WATT.iter().map(|row| row.name)
}

fn fold(name: &str) -> String {
    if !name.is_ascii() {
        return name.chars().filter(|c| *c != '.').flat_map(char::to_lowercase).collect();
    }
    let mut folded = Vec::with_capacity(name.len());
    folded.extend(name.bytes().filter(|byte| *byte != b'.').map(|byte| byte.to_ascii_lowercase()));
    // ASCII is UTF-8.
    String::from_utf8(folded).unwrap_or_default()
}

/// The setting that differs from a name in nothing but the case of letters; `None` if there is none or it is the same.
pub fn watt_of_any_case(name: &str) -> Option<&'static Watt> {
    static BY_LOWER_CASE: LazyLock<HashMap<Vec<u8>, &Watt, foldhash::fast::RandomState>> =
        LazyLock::new(|| WATT.iter().rev().map(|row| (row.name.to_ascii_lowercase().into(), row)).collect());
    let found = in_lower_case(name, |lower| BY_LOWER_CASE.get(lower).copied())?;
    (found.name != name).then_some(found)
}

/// What a function makes of a name in lower case. Names of the usual length are not copied to the heap.
fn in_lower_case<R>(name: &str, work: impl FnOnce(&[u8]) -> R) -> R {
    let mut short = [0; 128];
    match short.get_mut(..name.len()) {
        Some(lower) => {
            lower.copy_from_slice(name.as_bytes());
            lower.make_ascii_lowercase();
            work(lower)
        }
        None => work(name.to_ascii_lowercase().as_bytes()),
    }
}

/// How sure it is that a name stands for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// A slip of the pen.
    Slip,
    /// A word left out or cut off: it may as well be a name of its own.
    Perhaps,
}

/// The setting that a misspelt name is most like, if it is like one.
///
/// Case and dots do not count for the distance; among equal ones the longer common beginning decides. A slip changes a
/// part of a name by a third at most, so that `cluster.size` is no slip for `cluster.name`.
pub fn watt_like(name: &str) -> Option<(&'static Watt, Likeness)> {
    let folded = fold(name);
    let allowed = (folded.len() / 6).clamp(1, 6);
    let letters = letters_of(&folded);
    let seconds = SECONDS.with(|seconds| seconds.borrow_mut().like(second_part(name)));
    let dots_in_name = dots(name);
    let mut best: Option<((usize, usize, &str), &'static Watt)> = None;
    // Names with other dots differ by one letter at most, and those of a site have no like among the others.
    let longer = if seconds.any { allowed } else { 1 };
    let first = OUTLINES.partition_point(|outline| outline.folded.len() + longer < folded.len());
    let behind = OUTLINES.partition_point(|outline| outline.folded.len() <= folded.len() + longer);
    // Of hundreds of names hardly one passes this.
    let alike = |(known, _): &(&u64, &Outline)| seconds.any || has_two_bits_at_most(letters ^ **known);
    let near = LETTERS[first..behind].iter().zip(&OUTLINES[first..behind]).filter(alike);
    let near = near.map(|(_, outline)| outline).filter(|outline| match outline.dots == dots_in_name {
        true => seconds.each[outline.second],
        false => has_two_bits_at_most(letters ^ outline.letters),
    });
    for &Outline { folded: known, row, dots: dots_in_known, .. } in near {
        if row.name == name {
            continue;
        }
        // With other parts than the known name's, a slip changes one letter (see `is_slip`).
        let allowed = if dots_in_name == dots_in_known { allowed } else { 1 };
        // Each letter that one of the two lacks costs at least one edit.
        if (letters ^ letters_of(known)).count_ones() as usize > 2 * allowed
            || known.len().abs_diff(folded.len()) > allowed
            || !may_be_slip(name, row.name)
            || allowed == 1 && !is_one_edit_away(folded.as_bytes(), known.as_bytes())
        {
            continue;
        }
        let distance = strsim::osa_distance(&folded, known);
        let common = folded.bytes().zip(known.bytes()).take_while(|(a, b)| a == b).count();
        let rank = (distance, usize::MAX - common, known);
        let near = distance <= allowed && is_slip(name, row.name, distance);
        if near && best.is_none_or(|(least, _)| rank < least) {
            best = Some((rank, row));
        }
    }
    let slip = best.map(|(_, row)| (row, Likeness::Slip));
    let perhaps =
        || with_a_part_left_out(name).or_else(|| cut_short(name)).map(|row| (row, Likeness::Perhaps));
    slip.or_else(perhaps)
}

/// What is asked first of a known name, to see whether a misspelt one may stand for it.
struct Outline {
    folded: &'static str,
    letters: u64,
    dots: usize,
    /// The number of its second part among [`SECOND_PARTS`].
    second: usize,
    row: &'static Watt,
}

/// All known names, those with the shorter folded names first.
static OUTLINES: LazyLock<Vec<Outline>> = LazyLock::new(|| {
    let outline = |&(folded, index): &(&'static str, usize)| {
        let row = &WATT[index];
        let second = second_part(row.name);
        Outline {
            folded,
            letters: letters_of(folded),
            dots: dots(row.name),
            second: SECOND_PARTS.binary_search(&second).unwrap_or_default(),
            row,
        }
    };
    let mut outlines: Vec<Outline> = WATT_FOLDED.iter().map(outline).collect();
    outlines.sort_by_key(|outline| outline.folded.len());
    outlines
});

/// The letters of [`OUTLINES`], side by side: for most names a look at these is all there is to do.
static LETTERS: LazyLock<Vec<u64>> =
    LazyLock::new(|| OUTLINES.iter().map(|outline| outline.letters).collect());

/// The second parts of all known names, sorted: `server` of `watt.server.threadPool`.
static SECOND_PARTS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut parts: Vec<&str> = WATT.iter().map(|row| second_part(row.name)).collect();
    parts.sort_unstable();
    parts.dedup();
    parts
});

fn second_part(name: &str) -> &str {
    let rest = name.split_once('.').map_or("", |(_, rest)| rest);
    rest.split_once('.').map_or(rest, |(second, _)| second)
}

/// Which of [`SECOND_PARTS`] a part may be a slip for.
#[derive(Default)]
struct Like {
    each: Vec<bool>,
    any: bool,
}

/// The answer for the second part asked for last: the names of one site share it.
#[derive(Default)]
struct Seconds {
    part: Option<String>,
    like: Rc<Like>,
}

thread_local! {
    static SECONDS: RefCell<Seconds> = RefCell::default();
}

impl Seconds {
    fn like(&mut self, part: &str) -> Rc<Like> {
        if self.part.as_deref() != Some(part) {
            let each: Vec<bool> = SECOND_PARTS.iter().map(|known| is_part_like(part, known)).collect();
            self.like = Rc::new(Like { any: each.contains(&true), each });
            self.part = Some(part.to_owned());
        }
        Rc::clone(&self.like)
    }
}

/// Whether no more than two bits are set. Counting them takes a dozen steps on the processors every build has to run on.
fn has_two_bits_at_most(bits: u64) -> bool {
    let without_lowest = |bits: u64| bits & bits.wrapping_sub(1);
    without_lowest(without_lowest(bits)) == 0
}

/// Whether one edit may lead from a text to another: of what they do not share at both ends, hardly anything is left.
fn is_one_edit_away(a: &[u8], b: &[u8]) -> bool {
    let shared = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[shared..], &b[shared..]);
    let shared = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    // Two letters that changed places are one edit; a letter outside ASCII has up to four bytes.
    a.len().max(b.len()) - shared <= 4
}

/// Whether [`is_slip`] may hold, by the lengths and the letters of the parts: of most names that says no, at little cost.
fn may_be_slip(name: &str, known: &str) -> bool {
    let most = |a: &str, b: &str| (a.len().max(b.len()) / 3).max(1);
    dots(name) != dots(known)
        || name.split('.').zip(known.split('.')).all(|(a, b)| {
            let letters =
                |text: &str| text.bytes().fold(0, |bits: u64, byte| bits | 1 << ((byte | 0x20) % 64));
            let differ = (letters(a) ^ letters(b)).count_ones() as usize;
            // Letters may grow or shrink in lower case, outside ASCII.
            a.len().abs_diff(b.len()) <= most(a, b) && differ <= 2 * most(a, b) || !a.is_ascii()
        })
}

/// Whether each dotted part of a name is like that of another, or nothing but the dots are elsewhere.
fn is_slip(name: &str, known: &str, distance: usize) -> bool {
    let parts = || name.split('.').zip(known.split('.'));
    if dots(name) != dots(known) {
        return distance <= 1 && name.len().min(known.len()) > 12 && !name.starts_with(known);
    }
    parts().all(|(a, b)| is_part_like(a, b))
}

fn is_part_like(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    strsim::osa_distance(&a, &b) <= (a.len().max(b.len()) / 3).max(usize::from(a.len() > 2))
}

fn dots(name: &str) -> usize {
    name.bytes().filter(|&byte| byte == b'.').count()
}

/// A bit for each letter and digit of a name.
pub fn letters_of(text: &str) -> u64 {
    text.bytes().fold(0, |bits, byte| bits | 1 << (byte % 64))
}

/// The dotted parts of all known names, in lower case.
static KNOWN_PARTS: LazyLock<HashSet<Vec<u8>, foldhash::fast::RandomState>> = LazyLock::new(|| {
    let parts = WATT.iter().flat_map(|row| row.name.split('.'));
    parts.map(|part| part.to_ascii_lowercase().into()).collect()
});

/// The only setting whose dotted parts are those of a name and one or two more: `watt.ftpPassivePort.min` for
/// `watt.net.ftpPassivePort.min`. One of the parts has to be a telling one.
fn with_a_part_left_out(name: &str) -> Option<&'static Watt> {
    // A part that no known name has is no part of one.
    let parts = || name.split('.');
    if !parts()
        .skip(1)
        .chain(parts().take(1))
        .all(|part| in_lower_case(part, |part| KNOWN_PARTS.contains(part)))
    {
        return None;
    }
    let parts: Vec<&str> = name.split('.').collect();
    if parts.len() < 3 || !parts.iter().any(|part| part.len() >= 8) {
        return None;
    }
    let holds = |row: &&Watt| {
        let mut rest = row.name.split('.');
        let extra = (dots(row.name) + 1).wrapping_sub(parts.len());
        (1..=2).contains(&extra)
            && parts.iter().all(|part| rest.any(|known| known.eq_ignore_ascii_case(part)))
    };
    let mut found = WATT.iter().filter(holds);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The only setting that begins with a name and has a word more: `watt.tx.retryBackoff` for `watt.tx.retryBackoffTime`.
fn cut_short(name: &str) -> Option<&'static Watt> {
    const MOST: usize = 6;
    let start = WATT.partition_point(|row| row.name < name);
    let longer = |row: &&Watt| {
        let more = row.name.strip_prefix(name);
        more.is_some_and(|more| more.len() <= MOST && more.starts_with(|c: char| c.is_ascii_uppercase()))
    };
    let mut found = WATT[start..].iter().take_while(|row| row.name.starts_with(name)).filter(longer);
    let first = found.next().filter(|_| name.split('.').count() > 2)?;
    found.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_names_lead_to_the_one_meant() {
        let like = |name: &str| watt_like(name).map(|(row, _)| row.name);
        for (wrong, right) in [
            ("watt.sever.compile", "watt.server.compile"),
            ("watt.net.jssse.server.disabledProtocols", "watt.net.jsse.server.disabledProtocols"),
            ("watt.ftpPassivePort.min", "watt.net.ftpPassivePort.min"),
            ("watt.server.audit.log.filesToKeep", "watt.server.audit.logFilesToKeep"),
            ("watt.server.cron.minThreads", "watt.server.cronMinThreads"),
            ("watt.tx.retryBackoff", "watt.tx.retryBackoffTime"),
        ] {
            assert_eq!(like(wrong), Some(right), "{wrong}");
        }
        for own in [
            "watt.acme.orders.retry",
            "watt.server.id",
            "watt.server.host",
            "watt.server.cluster.size",
            "watt.server.smtp.port",
            "watt.server.soap.timeout",
            "watt.server.ws.timeout",
            "watt.server.name",
            "watt.cds.role",
        ] {
            assert_eq!(like(own), None, "{own}");
        }
        assert_eq!(
            watt_of_any_case("watt.server.netencoding").map(|r| r.name),
            Some("watt.server.netEncoding")
        );
        assert!(watt_of_any_case("watt.server.netEncoding").is_none());
    }

    #[test]
    fn values_are_held_against_their_kind() {
        let objects = |name: &str, value: &str| watt(name).and_then(|row| row.objection(value)).is_some();
        assert!(!objects("watt.net.ssl.client.useJSSE", "TRUE"));
        assert!(objects("watt.net.ssl.client.useJSSE", "yes"));
        assert!(objects("watt.server.securePort", "70000"));
        assert!(!objects("watt.server.securePort", "5543"));
        assert!(objects("watt.net.timeout", "30s"));
    }

    #[test]
    fn every_default_and_every_shipped_value_is_a_right_one() {
        for row in WATT {
            for value in [row.default, row.shipped].into_iter().flatten() {
                assert_eq!(row.objection(value), None, "{} {value}", row.name);
            }
        }
    }

    #[test]
    fn both_spellings_of_a_setting_are_known() {
        for twins in WATT_TWINS {
            assert!(watt(twins.documented).is_some() && watt(twins.generated).is_some(), "{twins:?}");
        }
    }
}
