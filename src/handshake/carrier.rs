//! What stands in front of a line's text: the wrapper's columns, journald's, a container's or a logger's.
//!
//! Dialects look for their own words anywhere in a line, so nothing here has to be complete. What a carrier tells is
//! the number of the JVM and the time; where it ends matters for the lines that follow a record's first.

use super::record::Moment;

/// How far into a line a carrier can reach.
const REACH: usize = 160;

/// N of the wrapper's `jvm N |`.
pub fn jvm(line: &[u8]) -> Option<u32> {
    let head = &line[..line.len().min(48)];
    let at = if head.starts_with(b"jvm ") { 0 } else { memchr::memmem::find(head, b"| jvm ")? + 2 };
    let rest = &head[at + 4..];
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let ends = rest[digits..].trim_ascii_start().first() == Some(&b'|');
    if digits == 0 || digits > 6 || !ends {
        return None;
    }
    std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()
}

/// Where the columns of the wrapper's end: each is closed by ` | `, the first is a level or `jvm N`.
pub fn columns(line: &[u8]) -> usize {
    const LEVELS: [&[u8]; 9] =
        [b"jvm ", b"INFO ", b"STATUS ", b"WARN ", b"ERROR ", b"DEBUG ", b"FATAL ", b"ADVICE ", b"NOTICE "];
    // Their first bytes differ from those of most lines.
    if !LEVELS.iter().any(|level| line.first() == level.first() && line.starts_with(level)) {
        return 0;
    }
    let mut end = 0;
    while let Some(bar) = memchr::memchr(b'|', &line[end..line.len().min(end + 40)]).map(|at| end + at) {
        let column = line[end..bar].trim_ascii();
        // A column of the wrapper's is a level, a source, a thread or a time, with blanks on both sides.
        if bar == 0
            // A text's own blanks, and its own bars, come behind the columns.
            || line[end] == b' '
            || line[bar - 1] != b' '
            || line.get(bar + 1).is_some_and(|b| *b != b' ')
            || column.len() > 30
            || !column.iter().all(|b| matches!(b, b'0'..=b':' | b'A'..=b'Z' | b'a'..=b'z' | b'/' | b'.' | b'-' | b' '))
        {
            break;
        }
        end = (bar + 2).min(line.len());
    }
    end
}

/// The length of what stands in front of a line's own text: the wrapper's columns, else what loggers, journald and
/// containers put there.
pub fn length(line: &[u8]) -> usize {
    let columns = columns(line);
    if columns > 0 {
        return columns;
    }
    let mut at = 0;
    // Words of a prefix: times, dates, levels, anything in brackets, `name[pid]:`, `stdout F`.
    while let Some(word) = prefix_word(&line[at..line.len().min(REACH)], at == 0) {
        at += word;
    }
    at
}

/// The length of the prefix's next word with the blanks behind it.
fn prefix_word(rest: &[u8], first: bool) -> Option<usize> {
    const WORDS: [&[u8]; 20] = [
        b"INFO",
        b"WARN",
        b"WARNING",
        b"ERROR",
        b"DEBUG",
        b"TRACE",
        b"FATAL",
        b"SEVERE",
        b"FINE",
        b"stdout",
        b"stderr",
        b"F",
        b"P",
        b"-",
        b"|",
        b"[stdout]",
        b"[stderr]",
        b"out",
        b"err",
        b":",
    ];
    let end = match rest.first()? {
        b' ' | b'\t' => return None,
        b'(' | b'[' => {
            let close = if rest[0] == b'(' { b')' } else { b']' };
            let end = memchr::memchr(close, rest)? + 1;
            // A dump's own bracket is no prefix.
            if end < 3 || rest.get(end).is_none_or(|b| !matches!(b, b' ' | b':')) {
                return None;
            }
            end + usize::from(rest[end] == b':')
        }
        _ => memchr::memchr2(b' ', b'\t', rest)?,
    };
    let word = &rest[..end];
    let digits = word.iter().filter(|b| b.is_ascii_digit()).count();
    let time = digits >= 2 && word.iter().all(|b| b.is_ascii_digit() || b"-/:.,TZ+".contains(b));
    let month = first
        && word.len() == 3
        && word[0].is_ascii_uppercase()
        && rest.get(4).is_some_and(u8::is_ascii_digit);
    let program = word.ends_with(b"]:") || (word.ends_with(b":") && memchr::memchr(b'[', word).is_some());
    let host = after_time(rest, end);
    let service = first && names_service(rest, end);
    let known = WORDS.contains(&word)
        || matches!(word.first(), Some(b'(' | b'['))
        || time
        || month
        || program
        || service
        || host;
    if !known {
        return None;
    }
    let blanks = rest[end..].iter().take_while(|b| **b == b' ').count();
    Some(end + blanks)
}

/// Whether a word is a host: journald puts it in front of `program[pid]:`.
fn after_time(rest: &[u8], end: usize) -> bool {
    let next = rest[end..].trim_ascii_start();
    let word = &next[..memchr::memchr(b' ', next).unwrap_or(next.len())];
    word.ends_with(b"]:")
}

/// Whether a word is the name of a service: compose puts it in front of a bar.
fn names_service(rest: &[u8], end: usize) -> bool {
    let name = rest[..end].iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b));
    name && rest[end..].trim_ascii_start().starts_with(b"| ")
}

/// The first date with a time of day in the front of a line: `2016/03/16 18:51:40`, with `-` or `T` as well.
pub fn moment(line: &[u8]) -> Option<Moment> {
    let head = &line[..line.len().min(REACH)];
    let mut at = 0;
    while let Some(colon) = memchr::memchr(b':', head.get(at..)?).map(|found| at + found) {
        at = colon + 1;
        let Some(start) = colon.checked_sub(13) else { continue };
        if let Some(moment) = head.get(start..start + 19).and_then(date_time) {
            return Some(moment);
        }
    }
    None
}

fn date_time(text: &[u8]) -> Option<Moment> {
    let shape = |at: usize, allowed: &[u8]| allowed.contains(&text[at]);
    let fits = shape(4, b"/-") && shape(7, b"/-") && shape(10, b" T") && shape(13, b":") && shape(16, b":");
    if !fits {
        return None;
    }
    let mut value = 0;
    for (at, byte) in text.iter().enumerate() {
        if [4, 7, 10, 13, 16].contains(&at) {
            continue;
        }
        value = value * 10 + Moment::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?);
    }
    Some(value)
}

/// The moment in Java's own form, as IAIK prints it: `Wed Mar 16 18:51:40 IST 2016`.
pub fn java_moment(text: &str) -> Option<Moment> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_whitespace().skip(1);
    let month = words.next()?;
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let day: u64 = words.next()?.parse().ok()?;
    let mut clock = words.next()?.splitn(3, ':').map(str::parse::<u64>);
    let (hour, minute, second) = (clock.next()?.ok()?, clock.next()?.ok()?, clock.next()?.ok()?);
    let year: u64 = words.nth(1)?.parse().ok()?;
    let fits = day < 32 && hour < 24 && minute < 60 && second < 62 && (1970..10_000).contains(&year);
    fits.then_some(((((year * 100 + month) * 100 + day) * 100 + hour) * 100 + minute) * 100 + second)
}

/// A moment for people: `2016-03-16 18:51:40`.
pub fn shown(moment: Moment) -> String {
    let part = |shift: u64, size: u64| moment / shift % size;
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        part(10_000_000_000, 10_000),
        part(100_000_000, 100),
        part(1_000_000, 100),
        part(10_000, 100),
        part(100, 100),
        part(1, 100)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_end_where_the_text_begins() {
        for (line, text) in [
            ("jvm 1    | ssl_debug(3): x", "ssl_debug(3): x"),
            ("INFO   | jvm 12   | 2026/11/23 11:06:14 | main, READ: TLSv1 Alert", "main, READ: TLSv1 Alert"),
            (
                "INFO   | jvm 1    | main    | 2026/11/23 11:06:48 | 2026/11/23 11:06:48.479 |   a | b",
                "  a | b",
            ),
            ("Nov 07 21:21:47 host server.sh[4920]: Caused by: x", "Caused by: x"),
            ("16:03:34,690 ERROR [stderr] (default task-1) javax.net.ssl|ALL", "javax.net.ssl|ALL"),
            ("2026-11-23T10:00:00.123Z stdout F *** ClientHello", "*** ClientHello"),
            ("is-1  | main, WRITE: TLSv1", "main, WRITE: TLSv1"),
            ("main, WRITE: TLSv1", "main, WRITE: TLSv1"),
            ("[", "["),
            ("  Version: V3", "  Version: V3"),
        ] {
            assert_eq!(&line[length(line.as_bytes())..], text, "{line}");
        }
    }

    #[test]
    fn moments_are_found_and_shown() {
        let line = b"INFO   | jvm 1    | 2026/11/23 11:06:14 | x";
        assert_eq!(moment(line).map(shown).as_deref(), Some("2026-11-23 11:06:14"));
        assert_eq!(jvm(line), Some(1));
        assert_eq!(java_moment("Wed Mar 16 18:51:40 IST 2016"), Some(20_160_316_185_140));
        assert_eq!(moment(b"a:b:c:d"), None);
        assert_eq!(java_moment("a b c d e f"), None);
    }
}
