//! Files of the Tanuki wrapper: every byte in one line, whatever the encoding.

use wattlint::syntax::Span;
use wattlint::syntax::wrapper::{Kind, Wrapper, without_control};

use super::{MOST, inside, tiled};

pub fn run(data: &[u8]) {
    if data.len() > MOST {
        return;
    }
    let doc = Wrapper::parse(data);
    assert_eq!(tiled(doc.lines().iter().map(|line| line.span)), data.len());
    for line in doc.lines() {
        match line.kind {
            Kind::Encoding(name) => inside(line.span, name),
            Kind::Include { target, .. } => inside(line.span, target),
            Kind::Property { key, value } | Kind::Set { name: key, value, .. } => {
                inside(line.span, key);
                inside(line.span, value);
                assert!(!key.is_empty() && key.end < value.start, "{line:?}");
                assert!(!key.of(data).contains(&b'='), "{line:?}");
                value_of(&doc, value);
            }
            Kind::Blank | Kind::Comment | Kind::ExitOnOverwrite(_) | Kind::BareInclude | Kind::Ignored => {}
        }
        let argument = doc.argument_span(line);
        inside(line.span, argument);
        assert!(!argument.of(data).contains(&b'\n'), "{argument:?}");
    }
    for odd in [doc.undecodable(), doc.beyond_ascii()].into_iter().flatten() {
        assert!(!odd.span.of(data).is_ascii());
    }
    let properties = doc.lines().iter().filter(|line| matches!(line.kind, Kind::Property { .. })).count();
    assert_eq!(doc.properties().count(), properties);
}

fn value_of(doc: &Wrapper, span: Span) {
    let value = doc.value(span);
    assert!(!value.contains(['\n', '\r', '\0', '\t']), "{value:?}");
    assert_eq!(without_control(value.clone()), value);
}
