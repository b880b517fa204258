//! A log that is still written.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::reader::Lines;
use super::scan::Scanner;

/// Bytes read at once.
const CHUNK: u64 = 64 << 10;
/// How long to wait for more.
const PAUSE: Duration = Duration::from_millis(250);
/// After this many pauses without more, what has failed or worked is taken for ended.
const SETTLED: u32 = 4;

/// Reads what is added to a log from now on, across rotation, until `each` says no. It is called when something may
/// have ended.
///
/// # Errors
/// What opening and reading give. A log that is away for a moment, because it is being rotated, is waited for.
pub fn follow(
    path: &Path,
    scanner: &mut Scanner,
    each: &mut dyn FnMut(&mut Scanner) -> bool,
) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut at = file.seek(SeekFrom::End(0))?;
    let mut lines = Lines::default();
    let mut block = Vec::new();
    let mut idle = 0;
    loop {
        lines.begin(&mut block);
        let length = file.by_ref().take(CHUNK).read_to_end(&mut block)?;
        at += length as u64;
        lines.settle(&mut block);
        if length > 0 {
            idle = 0;
            scanner.block(&block);
            continue;
        }
        idle += 1;
        if idle == SETTLED {
            scanner.settle();
        }
        if !each(scanner) {
            return Ok(());
        }
        thread::sleep(PAUSE);
        if let Some(fresh) = rotated(path, &file, at) {
            file = fresh;
            at = 0;
        }
    }
}

/// The log's new file, if the path leads to another one by now, or to a shorter one.
fn rotated(path: &Path, file: &File, at: u64) -> Option<File> {
    let fresh = File::open(path).ok()?;
    let (old, new) = (file.metadata().ok()?, fresh.metadata().ok()?);
    #[cfg(unix)]
    let other = {
        use std::os::unix::fs::MetadataExt as _;
        (old.dev(), old.ino()) != (new.dev(), new.ino())
    };
    #[cfg(not(unix))]
    let other = old.created().ok() != new.created().ok();
    (other || new.len() < at).then_some(fresh)
}
