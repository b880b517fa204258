use proptest::prelude::*;

use super::*;

/// Bytes that make up hard cases, so that random files are rich in them.
pub fn tricky_bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"a".to_vec()),
        Just(b"b=c".to_vec()),
        Just(b"=".to_vec()),
        Just(b":".to_vec()),
        Just(b" ".to_vec()),
        Just(b"\t".to_vec()),
        Just(b"\x0c".to_vec()),
        Just(b"\x0b".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\\".to_vec()),
        Just(b"\\\\".to_vec()),
        Just(b"\\\n".to_vec()),
        Just(b"\\\r\n  ".to_vec()),
        Just(b"#".to_vec()),
        Just(b"!".to_vec()),
        Just(b"\\u0041".to_vec()),
        Just(b"\\u00".to_vec()),
        Just(b"\\t".to_vec()),
        Just(b"\0".to_vec()),
        Just(b"\xe9".to_vec()),
        Just(b"\xc3\xa9".to_vec()),
        any::<u8>().prop_map(|b| vec![b]),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    let doc = Properties::parse(text);
    doc.loaded().map(|e| (doc.key(e).into_owned(), doc.value(e).into_owned())).collect()
}

fn one(text: &[u8], key: &str, value: &str) {
    assert_eq!(pairs(text), [(key.into(), value.into())], "{:?}", text.escape_ascii().to_string());
}

#[test]
fn separators() {
    for text in ["a=b\n", "a:b\n", "a b\n", "a\tb", "a \t\x0c = \t\x0c b\r", " a=b"] {
        one(text.as_bytes(), "a", "b");
    }
    one(b"a:=b\n", "a", "=b");
    one(b"a = : b\n", "a", ": b");
    one(b"a\x0bb\n", "a\u{b}b", "");
    one(b"=b\n", "", "b");
    one(b"a=b  \t \n", "a", "b  \t ");
}

#[test]
fn continuations() {
    one(b"a=b\\\r\n  c\r\n", "a", "bc");
    assert_eq!(pairs(b"a=b\\\n\nc=d\n").len(), 2);
    one(b"a\\\n  b=c\n", "ab", "c");
    one(b"a \\\n  = c\n", "a", "c");
    one(b"a=b\\", "a", "b");
    one(b"a=b\\\n# c\n", "a", "b# c");
    one(b"a=\\u00\\\n41\n", "a", "A");
}

#[test]
fn a_malformed_escape_ends_the_load() {
    let doc = Properties::parse(&b"x=1\na=C:\\users\nb=2\n"[..]);
    let broken = doc.malformed().expect("malformed");
    assert_eq!(broken.span.of(doc.bytes()), b"\\users");
    assert_eq!(doc.loaded().count(), 1);
    assert_eq!(doc.entries().count(), 3);
    assert!(Properties::parse(&b"# \\u00g1\na=b\n"[..]).malformed().is_none());
}

#[test]
fn list_elements_keep_their_place() {
    let text = b"k=TLSv1, TLSv1.1 ,\\\n   TLSv1.2";
    let doc = Properties::parse(&text[..]);
    let entry = *doc.entries().next().expect("one");
    let parts: Vec<_> = elements(text, entry.value, b',').into_iter().map(|s| s.of(text).to_vec()).collect();
    assert_eq!(parts, [&b"TLSv1"[..], b"TLSv1.1", b"TLSv1.2"]);
}

/// The crate reads what we read where its own rules agree with Java's: no malformed escape, no NUL trouble.
fn by_the_crate(text: &[u8]) -> Option<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    java_properties::PropertiesIter::new(text).read_into(|k, v| pairs.push((k, v))).ok()?;
    Some(pairs)
}

proptest! {
    #[test]
    fn every_byte_belongs_to_one_item(text in tricky_bytes()) {
        let doc = Properties::parse(text.as_slice());
        let mut at = 0;
        for item in doc.items() {
            prop_assert_eq!(item.span().range().start, at);
            prop_assert!(item.span().range().end > at);
            if let Item::Entry(entry) = item {
                prop_assert!(entry.span.contains(entry.key), "{:?}", entry);
                prop_assert!(entry.span.contains(entry.value), "{:?}", entry);
                prop_assert!(entry.key.end <= entry.value.start, "{:?}", entry);
            }
            at = item.span().range().end;
        }
        prop_assert_eq!(at, text.len());
    }

    /// What is told of a stretch alone is what is told of the whole file; where lines reach far, nothing is.
    #[test]
    fn items_near_a_stretch_are_those_of_the_file(
        text in tricky_bytes(),
        from in 0_usize..80,
        length in 0_usize..20,
        most in 0_usize..60,
    ) {
        let doc = Properties::parse(text.as_slice());
        let from = from.min(text.len());
        let stretch = Span::new(from, (from + length).min(text.len()));
        let touches = |item: &Item| {
            let span = item.span();
            span.start <= stretch.end && span.end >= stretch.start
        };
        let expected: Vec<Item> = doc.items().iter().copied().filter(touches).collect();
        let far = items_near(&text, stretch, text.len()).expect("nothing is further than that");
        let kept: Vec<Item> = far.iter().copied().filter(touches).collect();
        prop_assert_eq!(&kept, &expected);
        if let Some(near) = items_near(&text, stretch, most) {
            prop_assert_eq!(near, far);
        }
    }

    #[test]
    fn an_escaped_value_reads_back(value in any::<String>()) {
        let mut text = b"k=".to_vec();
        text.extend(escape_value(&value));
        prop_assert_eq!(pairs(&text), [("k".to_owned(), value.clone())]);
        // The crate refuses surrogates, which Java writes and reads in pairs.
        if value.chars().all(|c| c <= '\u{ffff}') {
            prop_assert_eq!(by_the_crate(&text).expect("readable"), [("k".to_owned(), value)]);
        }
    }

    #[test]
    fn agrees_with_the_java_properties_crate(lines in prop::collection::vec("[a-c#!]{1,3}[ \t]{0,2}[=: ][ \t]{0,2}[a-tv-z\\\\:= ]{0,8}", 0..8)) {
        // Lines without a backslash at their end: there the crate joins lines by rules of its own.
        let text: String = lines
            .iter()
            .map(|line| format!("{}\n", line.trim_end_matches('\\')))
            .collect();
        prop_assert_eq!(Some(pairs(text.as_bytes())), by_the_crate(text.as_bytes()));
    }
}
