//! Fixes: byte edits over one or more documents, taken whole or not at all.

pub mod apply;
pub mod edit;
pub mod make;
pub mod patch;
pub mod remedy;
pub mod write;

pub use edit::{Edit, Fix};
