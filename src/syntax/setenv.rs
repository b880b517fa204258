//! `bin/setenv.sh` and `bin/setenv.bat` of a Microservices Runtime: the lines that set `JAVA_CUSTOM_OPTS`.
//!
//! Shell is not parsed. Only a plain assignment on one line is understood; anything cleverer is left alone and
//! reported as not understood, so that no fix touches it.

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
    batch: bool,
}

impl Setenv {
    /// Parses any bytes; never fails. `batch` tells a Windows `.bat` from a Unix `.sh`.
    pub fn parse(bytes: impl Into<Arc<[u8]>>, batch: bool) -> Self {
        let bytes = bytes.into();
        let mut assignments = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |found| at + found + 1);
            assignments.extend(assignment(&bytes, at, end, batch));
            at = end;
        }
        Setenv { bytes, assignments, batch }
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The assignments understood, in file order.
    pub fn assignments(&self) -> &[Assignment] {
        &self.assignments
    }

    /// Whether it is a Windows batch file.
    pub fn is_batch(&self) -> bool {
        self.batch
    }

    /// Definitions of a system property in lines this parser does not follow (comments are followed: they say nothing).
    pub fn loose(&self, property: &str) -> Vec<Span> {
        let option = format!("-D{property}");
        let found = memchr::memmem::find_iter(&self.bytes, option.as_bytes());
        found
            .filter_map(|start| {
                let rest = &self.bytes[start + option.len()..];
                let value_char = |b: &&u8| b.is_ascii_alphanumeric() || b":,._-+".contains(b);
                let length = match rest.first() {
                    Some(b'=') => 1 + rest[1..].iter().take_while(value_char).count(),
                    Some(b) if value_char(&b) => return None,
                    _ => 0,
                };
                let span = Span::new(start, start + option.len() + length);
                let line_start = memchr::memrchr(b'\n', &self.bytes[..start]).map_or(0, |at| at + 1);
                let line = self.bytes[line_start..start].trim_ascii_start().to_ascii_lowercase();
                let comment = line.starts_with(b"#")
                    || (self.batch && (line.starts_with(b"rem ") || line.starts_with(b"::")));
                let followed = self.assignments.iter().any(|assignment| assignment.span.contains(span));
                (!comment && !followed).then_some(span)
            })
            .collect()
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

fn assignment(bytes: &[u8], start: usize, end: usize, batch: bool) -> Option<Assignment> {
    let line = &bytes[start..end];
    let text = line.trim_ascii_end();
    let lead = text.len() - text.trim_ascii_start().len();
    let mut rest = &text[lead..];
    let mut offset = start + lead;
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
    // A quote, a comment or a command substitution inside is more than this parser understands.
    if rest.iter().any(|b| matches!(b, b'"' | b'\'' | b'`' | b'#')) || rest.windows(2).any(|w| w == b"$(") {
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
    fn only_plain_assignments_count() {
        let text = "#JAVA_CUSTOM_OPTS=\"x\"\nJAVA_CUSTOM_OPTS=\"-Da=b -Dc=d\"\nexport JAVA_CUSTOM_OPTS=-Dx\nJAVA_CUSTOM_OPTS=\"$(cat x)\"\nJAVA_OPTS=1\n";
        assert_eq!(values(text, false), ["-Da=b -Dc=d", "-Dx"]);
        assert_eq!(values("set JAVA_CUSTOM_OPTS=-Da=b -Dc=d\r\n", true), ["-Da=b -Dc=d"]);
        assert_eq!(values("SET \"JAVA_CUSTOM_OPTS=-Da=b\"\r\n", true), ["-Da=b"]);
    }
}
