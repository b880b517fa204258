//! What the fuzz targets share. `tests/fuzz_seeds.rs` of wattlint takes the same files in by their path.

#[path = "../targets/mod.rs"]
pub mod targets;
