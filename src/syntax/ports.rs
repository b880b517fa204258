//! `listeners.cnf`: the `<Values>` XML in which a package keeps its ports.
//!
//! A bounded parser of our own, because fixes need the bytes of every field: no document type, no entities but the
//! five of XML and character references, and limits on depth and size. Nothing is ever expanded or fetched.

use std::borrow::Cow;
use std::sync::Arc;

use super::Span;

/// Elements nested deeper than this end the parse with an error; real files nest four deep.
pub const MAX_DEPTH: usize = 64;

/// What a piece of the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// `<?xml ...?>` or another processing instruction
    Instruction,
    /// `<!-- ... -->`
    Comment,
    /// Text between tags
    Text,
    /// `<name ...>`
    Start,
    /// `</name>`
    End,
    /// `<name ... />`
    Empty,
}

/// A piece of the file. The spans of all tokens, in order, tile the file (up to an error).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its bytes.
    pub span: Span,
}

/// A field of a record: `<value name="useJSSE">true</value>`, `<null name="keyStore"/>` and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The `name` attribute.
    pub name: String,
    /// Whether it is a `<null>`.
    pub null: bool,
    /// The whole element.
    pub element: Span,
    /// Its text; for a `<null/>` empty, at the element's end.
    pub text: Span,
}

/// One port: a record below `<record name="listeners">`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// The record's name, such as `HTTPSListener@5543`.
    pub name: String,
    /// Its start tag.
    pub tag: Span,
    /// Its direct fields, in file order.
    pub fields: Vec<Field>,
}

impl Listener {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// Why and where reading stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The place.
    pub at: Span,
    /// In words, such as "a document type is not accepted".
    pub why: &'static str,
    /// Whether this is a limit of ours (a document type, too much depth) and not an error by the XML standard.
    pub limit: bool,
}

const DOCTYPE: &str = "a document type or CDATA section is not accepted";
const DEPTH: &str = "elements are nested too deep";

impl Malformed {
    fn new(at: Span, why: &'static str) -> Self {
        let limit = why == DOCTYPE || why == DEPTH;
        Malformed { at, why, limit }
    }
}

/// A parsed file: the ports read up to its end or to the first error.
#[derive(Debug, Clone)]
pub struct Ports {
    bytes: Arc<[u8]>,
    tokens: Vec<Token>,
    listeners: Vec<Listener>,
    malformed: Option<Malformed>,
}

impl Ports {
    /// Parses any bytes; never fails (see [`Ports::malformed`]).
    pub fn parse(bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        let (tokens, mut malformed) = tokenize(&bytes);
        let mut builder = Builder::default();
        for token in &tokens {
            if let Err(why) = builder.take(&bytes, token) {
                malformed = Some(Malformed::new(token.span, why));
                break;
            }
        }
        if malformed.is_none() && (!builder.stack.is_empty() || !builder.rooted) {
            let why = if builder.rooted {
                "the file ends inside an element"
            } else {
                "there is no <Values> element"
            };
            malformed = Some(Malformed::new(Span::at(bytes.len()), why));
        }
        let listeners = builder.listeners;
        Ports { bytes, tokens, listeners, malformed }
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All tokens in file order.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The ports in file order.
    pub fn listeners(&self) -> &[Listener] {
        &self.listeners
    }

    /// The error at which reading stopped, if any.
    pub fn malformed(&self) -> Option<&Malformed> {
        self.malformed.as_ref()
    }

    /// A field's text with its entities resolved; `None` for a `<null>`.
    pub fn text(&self, field: &Field) -> Option<String> {
        (!field.null).then(|| unescape(&super::display_text(field.text.of(&self.bytes))))
    }
}

/// The text of the first element with `name="NAME"` in a `<Values>` file, as in `manifest.v3`.
pub fn named_value(bytes: &[u8], name: &str) -> Option<String> {
    let (tokens, _) = tokenize(bytes);
    tokens.windows(2).find_map(|pair| {
        let [tag, text] = pair else { return None };
        (tag.kind == TokenKind::Start
            && text.kind == TokenKind::Text
            && attribute(bytes, tag.span, b"name").is_some_and(|n| n == name))
        .then(|| unescape(&super::display_text(text.span.of(bytes))).trim().to_owned())
    })
}

fn tokenize(bytes: &[u8]) -> (Vec<Token>, Option<Malformed>) {
    let mut tokens = Vec::with_capacity(bytes.len() / 30 + 4);
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let stop = |why| Some(Malformed::new(Span::new(at, bytes.len().min(at + 1)), why));
        if rest[0] != b'<' {
            let end = memchr::memchr(b'<', rest).map_or(bytes.len(), |found| at + found);
            tokens.push(Token { kind: TokenKind::Text, span: Span::new(at, end) });
            at = end;
            continue;
        }
        let (kind, length) = if rest.starts_with(b"<!--") {
            (TokenKind::Comment, memchr::memmem::find(rest, b"-->").map(|found| found + 3))
        } else if rest.starts_with(b"<?") {
            (TokenKind::Instruction, memchr::memmem::find(rest, b"?>").map(|found| found + 2))
        } else if rest.starts_with(b"<!") {
            return (tokens, stop(DOCTYPE));
        } else {
            let Some(length) = tag_length(rest) else {
                return (tokens, stop("a tag is not closed"));
            };
            let kind = match (rest.get(1), rest[length - 2]) {
                (Some(b'/'), _) => TokenKind::End,
                (_, b'/') => TokenKind::Empty,
                _ => TokenKind::Start,
            };
            (kind, Some(length))
        };
        let Some(length) = length else {
            return (tokens, stop("a comment or instruction is not closed"));
        };
        tokens.push(Token { kind, span: Span::new(at, at + length) });
        at += length;
    }
    (tokens, None)
}

/// Length of the tag at the start of `rest`; a `>` inside quotes does not end it.
fn tag_length(rest: &[u8]) -> Option<usize> {
    let mut quote = None;
    for (index, &byte) in rest.iter().enumerate().skip(1) {
        match (quote, byte) {
            (None, b'>') => return (index > 1).then_some(index + 1),
            (None, b'<') => return None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

fn tag_name(bytes: &[u8], tag: Span) -> &[u8] {
    let raw = tag.of(bytes);
    let start = if raw.get(1) == Some(&b'/') { 2 } else { 1 };
    let length =
        raw[start..].iter().take_while(|&&b| !b.is_ascii_whitespace() && b != b'>' && b != b'/').count();
    &raw[start..start + length]
}

/// The value of an attribute of a tag.
fn attribute<'b>(bytes: &'b [u8], tag: Span, name: &[u8]) -> Option<Cow<'b, str>> {
    let raw = tag.of(bytes);
    let mut at = 1 + tag_name(bytes, tag).len();
    loop {
        at += raw[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        let length = raw[at..]
            .iter()
            .take_while(|&&b| !b.is_ascii_whitespace() && !matches!(b, b'=' | b'>' | b'/'))
            .count();
        if length == 0 {
            return None;
        }
        let found = &raw[at..at + length];
        at += length;
        at += raw[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        if raw.get(at) != Some(&b'=') {
            return None;
        }
        at += 1;
        at += raw[at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
        let quote = *raw.get(at)?;
        if quote != b'"' && quote != b'\'' {
            return None;
        }
        let length = memchr::memchr(quote, &raw[at + 1..])?;
        if found == name {
            return Some(match super::display_text(&raw[at + 1..at + 1 + length]) {
                Cow::Borrowed(text) if !text.contains('&') => Cow::Borrowed(text),
                text => unescape(&text).into(),
            });
        }
        at += length + 2;
    }
}

/// Bytes of a reference that are looked at: names and numbers of characters are shorter by far.
const LONGEST_REFERENCE: usize = 64;

/// Resolves the five named entities and character references; anything else stays as it is written.
fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(amp) = rest.find('&') {
        out.push_str(&rest[..amp]);
        rest = &rest[amp..];
        let head = &rest.as_bytes()[..rest.len().min(LONGEST_REFERENCE)];
        let resolved = memchr::memchr(b';', head).and_then(|end| {
            let c = match &rest[1..end] {
                "lt" => '<',
                "gt" => '>',
                "amp" => '&',
                "quot" => '"',
                "apos" => '\'',
                name => {
                    let number = name.strip_prefix('#')?;
                    let code = match number.strip_prefix('x') {
                        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                        None => number.parse().ok()?,
                    };
                    char::from_u32(code)?
                }
            };
            Some((c, end + 1))
        });
        match resolved {
            Some((c, length)) => {
                out.push(c);
                rest = &rest[length..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// Builds the ports from the tokens, watching that tags match.
#[derive(Default)]
struct Builder<'b> {
    stack: Vec<Open<'b>>,
    rooted: bool,
    listeners: Vec<Listener>,
}

struct Open<'b> {
    tag: Span,
    tag_name: &'b [u8],
    name: Option<Cow<'b, str>>,
    /// Where its text starts, and whether it holds elements (then it is no field).
    content: usize,
    has_elements: bool,
}

impl<'b> Builder<'b> {
    fn take(&mut self, bytes: &'b [u8], token: &Token) -> Result<(), &'static str> {
        match token.kind {
            TokenKind::Instruction | TokenKind::Comment => {}
            TokenKind::Text => {
                if self.stack.is_empty() && !token.span.of(bytes).trim_ascii().is_empty() {
                    // A byte order mark before the first tag is harmless.
                    let bom = !self.rooted && token.span.of(bytes).trim_ascii() == b"\xef\xbb\xbf";
                    if !bom {
                        return Err("text stands outside the <Values> element");
                    }
                }
            }
            TokenKind::Start => {
                self.open(bytes, token.span)?;
            }
            TokenKind::Empty => {
                self.open(bytes, token.span)?;
                self.close(Span::at(token.span.range().end));
            }
            TokenKind::End => {
                let name = tag_name(bytes, token.span);
                if self.stack.last().is_none_or(|open| open.tag_name != name) {
                    return Err("this end tag closes no open element");
                }
                self.close(token.span);
            }
        }
        Ok(())
    }

    fn open(&mut self, bytes: &'b [u8], tag: Span) -> Result<(), &'static str> {
        let tag_name = tag_name(bytes, tag);
        match self.stack.last_mut() {
            Some(parent) => parent.has_elements = true,
            None if self.rooted => return Err("a second element follows <Values>"),
            None if tag_name != b"Values" => return Err("the first element is not <Values>"),
            None => self.rooted = true,
        }
        if self.stack.len() >= MAX_DEPTH {
            return Err(DEPTH);
        }
        let name = attribute(bytes, tag, b"name");
        let in_listeners = self.stack.len() == 2 && self.stack[1].name.as_deref() == Some("listeners");
        if in_listeners && tag_name == b"record" {
            let name = name.clone().unwrap_or_default().into_owned();
            self.listeners.push(Listener { name, tag, fields: Vec::new() });
        }
        self.stack.push(Open { tag, tag_name, name, content: tag.range().end, has_elements: false });
        Ok(())
    }

    fn close(&mut self, end_tag: Span) {
        let Some(open) = self.stack.pop() else { return };
        let in_listener = self.stack.len() == 3
            && self.stack[1].name.as_deref() == Some("listeners")
            && self.stack[2].tag_name == b"record";
        if in_listener
            && !open.has_elements
            && let (Some(name), Some(listener)) = (open.name, self.listeners.last_mut())
        {
            listener.fields.push(Field {
                name: name.into_owned(),
                null: open.tag_name == b"null",
                element: Span::new(open.tag.range().start, end_tag.range().end),
                text: Span::new(open.content, end_tag.range().start),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: &str = r#"<?xml version="1.0"?>
<Values version="2.0">
  <record name="listeners" javaclass="com.wm.util.Values">
    <record name="HTTPSListener@5543" javaclass="com.wm.util.Values">
      <number name="port" type="Integer">5543</number>
      <value name='portDescription'>a &lt;b&gt; &#65;</value>
      <null name="jsseDisabledProtocols"/>
      <record name="nested"><value name="useJSSE">no</value></record>
    </record>
  </record>
  <record name="access"><record name="HTTPSListener@5543"/></record>
</Values>
"#;

    #[test]
    fn reads_ports_and_their_fields() {
        let doc = Ports::parse(FILE.as_bytes());
        assert_eq!(doc.malformed(), None);
        assert_eq!(doc.listeners().len(), 1);
        let port = &doc.listeners()[0];
        assert_eq!(port.name, "HTTPSListener@5543");
        let names: Vec<_> = port.fields.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["port", "portDescription", "jsseDisabledProtocols"]);
        assert_eq!(doc.text(&port.fields[1]).expect("text"), "a <b> A");
        assert_eq!(doc.text(&port.fields[2]), None);
        let null = port.fields[2].element.of(doc.bytes());
        assert_eq!(null, br#"<null name="jsseDisabledProtocols"/>"#);
        assert_eq!(named_value(FILE.as_bytes(), "port").as_deref(), Some("5543"));
    }

    #[test]
    fn refuses_what_it_must_not_expand() {
        let why = |text: &str| Ports::parse(text.as_bytes()).malformed().map(|m| m.why);
        assert_eq!(
            why("<!DOCTYPE x [<!ENTITY a \"b\">]><Values/>"),
            Some("a document type or CDATA section is not accepted")
        );
        assert_eq!(why("<Values><a></Values>"), Some("this end tag closes no open element"));
        assert_eq!(why("<Values><a>"), Some("the file ends inside an element"));
        assert_eq!(why(""), Some("there is no <Values> element"));
        let deep = format!("<Values>{}", "<a>".repeat(100_000));
        assert_eq!(why(&deep), Some("elements are nested too deep"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_tiled_by_tokens(text in "[<>/!?&;a-c =\"'-]{0,60}") {
            let doc = Ports::parse(text.as_bytes());
            let mut at = 0;
            for token in doc.tokens() {
                prop_assert_eq!(token.span.range().start, at);
                at = token.span.range().end;
            }
            prop_assert!(doc.malformed().is_some() || at == text.len());
        }
    }
}
