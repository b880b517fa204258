//! The bodies of the fuzz targets: each takes any bytes and panics if a promise is broken.
//!
//! They are run by libFuzzer on what it makes up, and by `cargo test` on the seeds.

pub mod baseline;
pub mod config;
pub mod files;
pub mod journal;
pub mod log;
pub mod options;
pub mod own;
pub mod patch;
pub mod ports;
pub mod properties;
pub mod rule;
pub mod setenv;
pub mod tree;
pub mod words;
pub mod wrapper;

use wattlint::syntax::Span;

/// A target: a promise about any bytes.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const ALL: [(&str, Target); 14] = [
    ("baseline", baseline::run),
    ("config", config::run),
    ("journal", journal::run),
    ("log", log::run),
    ("options", options::run),
    ("own", own::run),
    ("patch", patch::run),
    ("ports", ports::run),
    ("properties", properties::run),
    ("rule", rule::run),
    ("setenv", setenv::run),
    ("tree", tree::run),
    ("words", words::run),
    ("wrapper", wrapper::run),
];

/// Larger inputs only make a target slow.
const MOST: usize = 1 << 16;

/// Spans that must follow each other without a gap, from the start; returns where they end.
fn tiled(spans: impl IntoIterator<Item = Span>) -> usize {
    let mut at = 0;
    for span in spans {
        assert_eq!(span.range().start, at, "a gap or an overlap");
        assert!(span.end > span.start, "an empty piece at {at}");
        at = span.range().end;
    }
    at
}

/// A span that must lie inside another.
fn inside(outer: Span, inner: Span) {
    assert!(inner.start <= inner.end, "{inner:?} runs backwards");
    assert!(outer.contains(inner), "{inner:?} lies outside {outer:?}");
}
