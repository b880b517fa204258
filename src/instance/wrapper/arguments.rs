//! From the properties to the arguments of the JVM, in the wrapper's order.

use super::notice::{Notice, What};
use super::reading::Finder;
use super::variables::Variables;
use super::{ADDITIONAL, WrapperConfig, any_index};
use crate::document::{FileId, Place, Role};
use crate::syntax::Span;
use crate::syntax::encoding::Declared;

/// An argument the wrapper passes.
#[derive(Debug, Clone)]
pub struct Passed {
    /// As the JVM gets it.
    pub text: String,
    /// Where it is written.
    pub place: Place,
    /// The `wrapper.java.additional.N` line that gives it; an index into [`WrapperConfig::lines`].
    pub line: Option<usize>,
}

const GAPS: &str = "wrapper.ignore_sequence_gaps";
const FILE: &str = "wrapper.java.additional_file";
const FILE_STRIPS: &str = "wrapper.java.additional_file.stripquotes";
const STRIPS_ALL: &str = "wrapper.java.additional.default.stripquotes";

impl WrapperConfig {
    /// Works out what is passed: the numbered options, those of a file, the heap.
    pub(super) fn pass(&mut self, finder: &Finder<'_>, variables: &Variables) {
        let mut numbered: Vec<(u64, usize)> = self
            .lines
            .by_name
            .values()
            .filter_map(|all| {
                let line = *all.last()?;
                Some((self.lines.list[line].index()?, line))
            })
            .collect();
        numbered.sort_by(|a, b| self.lines.list[a.1].name.cmp(&self.lines.list[b.1].name));
        sort_by_number(&mut numbered);
        if !self.gaps_allowed() {
            let unbroken =
                numbered.iter().zip(1..).take_while(|((index, _), expected)| index == expected).count();
            if let Some((_, line)) = numbered.get(unbroken) {
                let what = What::BehindGap { expected: unbroken as u64 + 1 };
                self.notices.push(Notice { what, place: self.lines.list[*line].key_place() });
            }
            numbered.truncate(unbroken);
        }
        for (_, line) in numbered {
            let option = &self.lines.list[line];
            let place = option.place();
            if option.text.is_empty() {
                continue;
            }
            if !is_argument(&option.text) {
                self.notices.push(Notice { what: What::NoArgument, place });
                continue;
            }
            let text =
                if self.strips_quotes(line) { strip_quotes(&option.text) } else { option.text.clone() };
            self.passed.push(Passed { text, place, line: Some(line) });
        }
        self.pass_file(finder, variables);
        self.pass_heap();
        self.check_booleans();
    }

    /// Whether numbers may leave gaps. Without a wrapper.conf to look into, the stock value TRUE is taken.
    pub fn gaps_allowed(&self) -> bool {
        match self.get(GAPS) {
            Some(line) => line.text.eq_ignore_ascii_case("true"),
            None => self.main.is_none(),
        }
    }

    /// Whether a property says TRUE or FALSE; `None` if no line writes it, or it says something else.
    fn is_true(&self, name: &str) -> Option<bool> {
        let text = &self.get(name)?.text;
        if text.eq_ignore_ascii_case("true") {
            return Some(true);
        }
        text.eq_ignore_ascii_case("false").then_some(false)
    }

    /// Whether the quotes of an option are taken off before the JVM gets it. The property of its number wins over the
    /// one for all (measured); a number with leading zeros is looked up without them.
    fn strips_quotes(&self, line: usize) -> bool {
        let index = self.lines.list[line].index().unwrap_or_default();
        self.is_true(&format!("{ADDITIONAL}{index}.stripquotes"))
            .or_else(|| self.is_true(STRIPS_ALL))
            .unwrap_or(false)
    }

    /// The arguments of `wrapper.java.additional_file`: split at blanks, quotes hold together.
    fn pass_file(&mut self, finder: &Finder<'_>, variables: &Variables) {
        let Some(line) = self.get(FILE).filter(|line| !line.text.is_empty()) else { return };
        let (target, place) = (line.text.clone(), line.place());
        let Some(file) = finder.find(&target) else {
            let certain = finder.base.is_some();
            self.wanted.push((target.clone(), Role::Arguments));
            self.notices.push(Notice { what: What::ArgumentFileMissing { target, certain }, place });
            self.starts &= !certain;
            return;
        };
        let Some(doc) = finder.documents[file.0].wrapper() else { return };
        if doc.charset() == Declared::Unknown {
            self.stop(What::UnknownEncoding { stops: true }, file, Span::at(0));
            return;
        }
        if let Some(line) = doc.undecodable() {
            self.stop(What::Undecodable, file, line.span);
            return;
        }
        let strips = self.is_true(FILE_STRIPS) == Some(true);
        for line in doc.lines() {
            let span = doc.argument_span(line);
            let bytes = span.of(finder.documents[file.0].bytes());
            let mut from = 0;
            for argument in split(&doc.raw_value(span)) {
                // One that is written in other bytes than its UTF-8 gets an empty place: no edit can touch it.
                let found = memchr::memmem::find(&bytes[from..], argument.as_bytes()).map(|at| from + at);
                let start = found.unwrap_or(from);
                let end = found.map_or(from, |at| at + argument.len());
                from = end;
                let offset = span.range().start;
                let place = Place::new(file, Span::new(offset + start, offset + end));
                if !is_argument(argument) {
                    self.notices.push(Notice { what: What::NoArgument, place });
                    continue;
                }
                let text = if strips { strip_quotes(argument) } else { argument.to_owned() };
                self.passed.push(Passed { text: variables.expand(&text), place, line: None });
            }
        }
    }

    fn stop(&mut self, what: What, file: FileId, span: Span) {
        self.starts = false;
        self.notices.push(Notice { what, place: Place::new(file, span) });
    }

    /// `wrapper.java.initmemory` and `maxmemory`, in megabytes, behind all other arguments.
    fn pass_heap(&mut self) {
        let initial = self.number("wrapper.java.initmemory");
        let most = self.number("wrapper.java.maxmemory");
        if let Some((megabytes, place)) = initial {
            self.passed.push(Passed { text: format!("-Xms{megabytes}m"), place, line: None });
        }
        if let Some((megabytes, place)) = most {
            // Without an initial size, three megabytes are taken for one here, and still not passed (measured).
            let megabytes = megabytes.max(initial.map_or(3, |(initial, _)| initial));
            self.passed.push(Passed { text: format!("-Xmx{megabytes}m"), place, line: None });
        }
    }

    /// The value of a numeric property if it is above zero, and where it stands.
    fn number(&mut self, name: &str) -> Option<(i32, Place)> {
        let line = self.get(name)?;
        let (value, sound) = c_number(&line.text);
        let place = line.place();
        if !sound {
            self.notices.push(Notice { what: What::NoNumber { name: name.to_owned(), taken: value }, place });
        }
        (value > 0).then_some((value, place))
    }

    fn check_booleans(&mut self) {
        let is_switch = |name: &str| {
            name == GAPS
                || (name.ends_with(".stripquotes") && any_index(name).is_some())
                || [STRIPS_ALL, FILE_STRIPS].contains(&name)
        };
        let odd = self.lines.list.iter().filter(|line| {
            is_switch(&line.name)
                && self.is_winner(line)
                && !["true", "false"].iter().any(|known| line.text.eq_ignore_ascii_case(known))
        });
        let odd: Vec<Notice> = odd
            .map(|line| Notice { what: What::NoBoolean { name: line.name.clone() }, place: line.place() })
            .collect();
        self.notices.extend(odd);
        self.notices.sort_by_key(|notice| notice.place);
    }
}

fn is_argument(text: &str) -> bool {
    text.strip_prefix('"').unwrap_or(text).starts_with('-')
}

/// A number as C reads it: octal behind a 0, hexadecimal behind 0x; what is no number is 0. And whether it is one
/// without anything behind it.
fn c_number(text: &str) -> (i32, bool) {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return (0, false);
    }
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', next, ..] if next.is_ascii_hexdigit() => (16, &digits[2..]),
        [b'0', ..] => (8, digits),
        _ => (10, digits),
    };
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    // Too large for 64 bits, it becomes the largest number, and that is cut to 32 bits as all are (measured).
    let value = i64::from_str_radix(&digits[..end], radix).unwrap_or(i64::MAX);
    let value = if text.starts_with('-') { -value } else { value };
    #[allow(clippy::cast_possible_truncation)]
    let cut = value as i32;
    let sound = text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit());
    (cut, sound)
}

/// Sorts by number as the wrapper does. Its sort leaves equal numbers (`1` and `01`) in an order that depends on all the
/// others, so the way of sorting counts: halves are made around the middle element, from both ends (measured).
fn sort_by_number(entries: &mut [(u64, usize)]) {
    let mut open = vec![(0, entries.len())];
    while let Some((low, high)) = open.pop() {
        if high - low < 2 {
            continue;
        }
        let pivot = entries[low + (high - 1 - low) / 2].0;
        let (mut left, mut right) = (low, high);
        // `right` is one above the element looked at, so that it cannot fall below zero.
        while left < right {
            while entries[left].0 < pivot {
                left += 1;
            }
            while entries[right - 1].0 > pivot {
                right -= 1;
            }
            if left < right {
                entries.swap(left, right - 1);
                left += 1;
                right -= 1;
            }
        }
        open.push((low, right));
        open.push((left, high));
    }
}

/// The arguments in a line of an argument file: blanks part them, except between double quotes; a quote behind a
/// backslash is none.
fn split(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (at, c) in line.char_indices() {
        match c {
            '"' if !escaped => quoted = !quoted,
            ' ' if !quoted => {
                found.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    found.push(&line[start..]);
    found.retain(|argument| !argument.is_empty());
    found
}

/// Takes double quotes off as `stripquotes=TRUE` does: `\"` becomes `"` and `\\` becomes `\`.
fn strip_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(&next @ ('"' | '\\'))) => {
                out.push(next);
                chars.next();
            }
            ('"', _) => {}
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_come_in_the_wrappers_order() {
        // By name 005, 05, 4, 5; the real wrapper passes 4, 5, 005, 05.
        let mut entries = vec![(5, 0), (5, 1), (4, 2), (5, 3)];
        sort_by_number(&mut entries);
        assert_eq!(entries.iter().map(|(_, name)| *name).collect::<Vec<_>>(), [2, 3, 0, 1]);
        let mut entries: Vec<(u64, usize)> = (0..1000).map(|n| ((n * 7919) % 1000, n as usize)).collect();
        sort_by_number(&mut entries);
        assert!(entries.windows(2).all(|pair| pair[0].0 < pair[1].0));
        sort_by_number(&mut []);
    }

    #[test]
    fn numbers_are_read_as_c_does() {
        for (text, expected) in [
            ("64", (64, true)),
            ("010", (8, true)),
            ("0x40", (64, false)),
            ("64M", (64, false)),
            ("", (0, false)),
            ("+64", (0, false)),
            ("-5", (-5, true)),
            ("99999999999", (1_215_752_191, true)),
            ("08", (0, true)),
        ] {
            assert_eq!(c_number(text), expected, "{text}");
        }
    }

    #[test]
    fn blanks_part_arguments_and_quotes_hold_them() {
        assert_eq!(split("-Da=\\\"x y\\\" z\" -Db"), ["-Da=\\\"x", "y\\\"", "z\" -Db"]);
        assert_eq!(split("  -D\"h i\"j  k "), ["-D\"h i\"j", "k"]);
    }
}
