//! `bin/setenv.sh` and `bin/setenv.bat` of a Microservices Runtime: the lines that set `JAVA_CUSTOM_OPTS`.
//!
//! Shell is not parsed. Only a plain, unindented assignment on one line is understood; a line that sets the variable in
//! any other way makes the outcome unknown ([`Setenv::is_settled`]).

use std::sync::Arc;

use super::Span;

/// The variable the start script passes to the JVM.
pub const VARIABLE: &str = "JAVA_CUSTOM_OPTS";

/// An assignment `JAVA_CUSTOM_OPTS=...`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignment {
    /// The whole line with its line end.
    pub span: Span,
    /// What stands between the quotes, or the bare value.
    pub value: Span,
    /// Whether double quotes surround the value.
    pub quoted: bool,
}

/// A parsed start script.
#[derive(Debug, Clone)]
pub struct Setenv {
    bytes: Arc<[u8]>,
    assignments: Vec<Assignment>,
    settled: bool,
    batch: bool,
}

impl Setenv {
    /// Parses any bytes; never fails. `batch` tells a Windows `.bat` from a Unix `.sh`.
    pub fn parse(bytes: impl Into<Arc<[u8]>>, batch: bool) -> Self {
        let bytes = bytes.into();
        let mut assignments = Vec::new();
        let mut settled = true;
        let mut at = 0;
        while at < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |found| at + found + 1);
            let line = &bytes[at..end];
            match assignment(&bytes, at, end, batch) {
                Some(found) => {
                    // Without a reference to itself, a new value discards the ones before.
                    if memchr::memmem::find(found.value.of(&bytes), VARIABLE.as_bytes()).is_none() {
                        assignments.clear();
                        settled = true;
                    }
                    assignments.push(found);
                }
                None if !is_comment(line, batch) && sets_variable(line) => settled = false,
                None => {}
            }
            at = end;
        }
        Setenv { bytes, assignments, settled, batch }
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether no line that is not understood has its say after the assignments.
    pub fn is_settled(&self) -> bool {
        self.settled
    }

    /// The assignments understood whose values count, in file order.
    pub fn assignments(&self) -> &[Assignment] {
        &self.assignments
    }

    /// Whether it is a Windows batch file.
    pub fn is_batch(&self) -> bool {
        self.batch
    }

    /// Every definition `-DNAME` or `-DNAME=value` of a system property outside comments, understood or not.
    pub fn definitions(&self, property: &str) -> Vec<Span> {
        let option = format!("-D{property}");
        let finder = memchr::memmem::Finder::new(&option);
        let value_char = |b: &&u8| b.is_ascii_alphanumeric() || b":,._-+=".contains(b);
        let mut found = Vec::new();
        let mut at = 0;
        for line in self.bytes.split_inclusive(|&b| b == b'\n') {
            let line_start = at;
            at += line.len();
            if is_comment(line, self.batch) {
                continue;
            }
            let mut read = 0;
            while let Some(start) = finder.find(&line[read..]).map(|found| read + found) {
                read = start + option.len();
                let rest = &line[read..];
                // What stands in the value of one is none of its own.
                match rest.first() {
                    Some(b'=') => read += 1 + rest[1..].iter().take_while(value_char).count(),
                    Some(b) if value_char(&b) => continue,
                    _ => {}
                }
                found.push(Span::new(line_start + start, line_start + read));
            }
        }
        found
    }

    /// The blank-separated JVM options of an assignment, references such as `${JAVA_CUSTOM_OPTS}` included.
    pub fn options(&self, assignment: &Assignment) -> Vec<Span> {
        let mut spans = Vec::new();
        let range = assignment.value.range();
        let mut at = range.start;
        while at < range.end {
            let word = self.bytes[at..range.end].iter().take_while(|b| !b.is_ascii_whitespace()).count();
            if word > 0 {
                spans.push(Span::new(at, at + word));
            }
            at += word + 1;
        }
        spans
    }
}

fn is_comment(line: &[u8], batch: bool) -> bool {
    let line = line.trim_ascii_start();
    let remark = || line.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"rem "));
    if batch { remark() || line.starts_with(b"::") } else { line.starts_with(b"#") }
}

/// Whether a line gives the variable a value, in whatever way.
fn sets_variable(line: &[u8]) -> bool {
    memchr::memmem::find_iter(line, VARIABLE.as_bytes()).any(|at| {
        line[at + VARIABLE.len()..].starts_with(b"=") || line[at + VARIABLE.len()..].starts_with(b"+=")
    })
}

fn assignment(bytes: &[u8], start: usize, end: usize, batch: bool) -> Option<Assignment> {
    let line = &bytes[start..end];
    let mut rest = line.trim_ascii_end();
    let mut offset = start;
    let mut strip = |rest: &mut &[u8], word: &[u8]| {
        let matches = rest.len() >= word.len() && rest[..word.len()].eq_ignore_ascii_case(word);
        if matches {
            *rest = &rest[word.len()..];
            offset += word.len();
        }
        matches
    };
    let mut whole_quoted = false;
    if batch {
        if !strip(&mut rest, b"set ") {
            return None;
        }
        whole_quoted = strip(&mut rest, b"\"");
    } else {
        strip(&mut rest, b"export ");
    }
    if !strip(&mut rest, VARIABLE.as_bytes()) || !strip(&mut rest, b"=") {
        return None;
    }
    let quoted = whole_quoted || (!batch && strip(&mut rest, b"\""));
    if quoted {
        rest = rest.strip_suffix(b"\"")?;
    }
    // A quote, a comment or a command substitution inside is more than this parser understands, and so is what ends
    // or continues a command.
    let special = |b: &u8| {
        matches!(b, b'"' | b'\'' | b'`' | b'#')
            || (!quoted && matches!(b, b'&' | b'|' | b'<' | b'>' | b'^' | b';'))
    };
    if rest.iter().any(special) || rest.ends_with(b"\\") || rest.windows(2).any(|w| w == b"$(") {
        return None;
    }
    if !quoted && !batch && rest.iter().any(u8::is_ascii_whitespace) {
        return None;
    }
    Some(Assignment { span: Span::new(start, end), value: Span::new(offset, offset + rest.len()), quoted })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str, batch: bool) -> Vec<String> {
        let doc = Setenv::parse(text.as_bytes(), batch);
        doc.assignments()
            .iter()
            .map(|a| String::from_utf8_lossy(a.value.of(text.as_bytes())).into_owned())
            .collect()
    }

    #[test]
    fn only_plain_assignments_that_count() {
        let text = "#JAVA_CUSTOM_OPTS=\"x\"\nJAVA_CUSTOM_OPTS=\"-Da=b -Dc=d\"\nexport JAVA_CUSTOM_OPTS=\"$JAVA_CUSTOM_OPTS -Dx\"\nJAVA_OPTS=1\n";
        assert_eq!(values(text, false), ["-Da=b -Dc=d", "$JAVA_CUSTOM_OPTS -Dx"]);
        assert_eq!(values("JAVA_CUSTOM_OPTS=\"-Da\"\nJAVA_CUSTOM_OPTS=-Db\n", false), ["-Db"]);
        assert_eq!(values("set JAVA_CUSTOM_OPTS=-Da=b -Dc=d\r\n", true), ["-Da=b -Dc=d"]);
        assert_eq!(values("SET \"JAVA_CUSTOM_OPTS=-Da=b\"\r\n", true), ["-Da=b"]);
        assert!(values("set JAVA_CUSTOM_OPTS=-Da=b ^\r\n", true).is_empty());
    }

    #[test]
    fn what_is_not_understood_unsettles() {
        let settled = |text: &str| Setenv::parse(text.as_bytes(), false).is_settled();
        assert!(settled("# JAVA_CUSTOM_OPTS='x'\nJAVA_CUSTOM_OPTS=\"-Da\"\n"));
        assert!(settled("JAVA_CUSTOM_OPTS='x'\nJAVA_CUSTOM_OPTS=\"-Da\"\n"));
        for line in [
            "JAVA_CUSTOM_OPTS='x'",
            "  JAVA_CUSTOM_OPTS=\"y\"",
            "JAVA_CUSTOM_OPTS=\"$(cat z)\"",
            "JAVA_CUSTOM_OPTS+=\" -Dz\"",
        ] {
            assert!(!settled(&format!("JAVA_CUSTOM_OPTS=\"-Da\"\n{line}\n")), "{line}");
        }
    }

    #[test]
    fn definitions_are_found_in_any_line() {
        let text = "#-Dp=1\nX='-Dp=a:b'; export X\nJAVA_CUSTOM_OPTS=\"-Dp -Dpq=2\"\n";
        let doc = Setenv::parse(text.as_bytes(), false);
        let found: Vec<&[u8]> =
            doc.definitions("p").into_iter().map(|span| span.of(text.as_bytes())).collect();
        assert_eq!(found, [&b"-Dp=a:b"[..], b"-Dp"]);
        let nested = Setenv::parse(&b"X=-Dp=a:-Dp=b\n"[..], false);
        assert_eq!(nested.definitions("p"), [Span::new(2, 13)]);
    }
}
