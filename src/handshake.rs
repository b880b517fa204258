//! Handshakes in logs: what happened, why one failed, and who has to act.
//!
//! [`reader`] brings whole lines, [`scan`] picks those of interest and hands them to a [`dialect`], whose events
//! [`session`] puts together to handshakes; [`verdict`] looks them up in the table of causes.

pub mod carrier;
pub mod dialect;
pub mod follow;
pub mod reader;
pub mod record;
pub mod scan;
pub mod session;
pub mod summary;
mod threads;
mod trace;
pub mod verdict;
pub mod words;

use std::borrow::Cow;

/// The text of a line. Most are UTF-8, and to see that is far cheaper than to look for what is not.
fn text(line: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(line) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(line),
    }
}
