//! `listeners.cnf`: tokens without a gap, fields inside their ports, and nothing expanded.

use wattlint::syntax::Span;
use wattlint::syntax::ports::{MAX_DEPTH, Ports, TokenKind, named_value};

use super::{MOST, inside, tiled};

pub fn run(data: &[u8]) {
    if data.len() > MOST {
        return;
    }
    let doc = Ports::parse(data);
    let end = tiled(doc.tokens().iter().map(|token| token.span));
    assert!(end <= data.len());
    assert!(end == data.len() || doc.malformed().is_some(), "the rest was not read, and that is not said");
    if let Some(malformed) = doc.malformed() {
        inside(Span::new(0, data.len()), malformed.at);
    }
    let mut at = 0;
    for listener in doc.listeners() {
        assert!(listener.tag.start >= at, "ports out of order");
        at = listener.tag.end;
        for field in &listener.fields {
            assert!(field.element.start >= at, "fields out of order");
            at = field.element.end;
            inside(field.element, field.text);
            inside(Span::new(0, data.len()), field.element);
            let text = doc.text(field);
            assert_eq!(text.is_none(), field.null);
            // Of ISO-8859-1 a character may take two bytes; a reference only ever gets shorter.
            assert!(text.unwrap_or_default().len() <= 2 * field.text.range().len());
        }
    }
    if doc.malformed().is_none() {
        let (mut depth, mut deepest) = (0_usize, 0);
        for token in doc.tokens() {
            match token.kind {
                TokenKind::Start => depth += 1,
                TokenKind::End => depth -= 1,
                _ => {}
            }
            deepest = deepest.max(depth);
        }
        assert!(depth == 0 && (1..=MAX_DEPTH).contains(&deepest.max(1)));
    }
    named_value(data, "version");
}
