//! Start scripts: assignments in order, options cut where blanks are, in both kinds of script.

use wattlint::syntax::setenv::{Setenv, VARIABLE};

use super::{MOST, inside};

pub fn run(data: &[u8]) {
    if data.len() > MOST {
        return;
    }
    for batch in [false, true] {
        let doc = Setenv::parse(data, batch);
        let mut at = 0;
        for assignment in doc.assignments() {
            assert!(assignment.span.start >= at, "assignments out of order");
            at = assignment.span.end;
            inside(assignment.span, assignment.value);
            let line = assignment.span.of(data).to_ascii_uppercase();
            assert!(line.windows(VARIABLE.len()).any(|window| window == VARIABLE.as_bytes()));
            options(&doc, assignment);
        }
        assert!(at as usize <= data.len());
        let mut at = 0;
        for definition in doc.definitions("javax.net.debug") {
            assert!(definition.start >= at);
            at = definition.end;
            assert!(definition.of(data).starts_with(b"-Djavax.net.debug"));
        }
    }
}

/// The options are the value's words.
fn options(doc: &Setenv, assignment: &wattlint::syntax::setenv::Assignment) {
    let words: Vec<&[u8]> = doc.options(assignment).into_iter().map(|span| span.of(doc.bytes())).collect();
    let value = assignment.value.of(doc.bytes());
    let expected: Vec<&[u8]> = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    assert_eq!(words, expected);
}
