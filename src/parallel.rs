//! Work shared by all processors, its results in the order of what they were made from.

use std::sync::OnceLock;

use rayon::prelude::*;

/// Items up to which one processor is quicker than many.
pub const FEW: usize = 16;

/// What a function makes of each item, in the order of the items.
pub fn map<T: Send, R: Send>(
    items: impl IntoIterator<Item = T>,
    work: impl Fn(T) -> R + Send + Sync,
) -> Vec<R> {
    let items: Vec<T> = items.into_iter().collect();
    if items.len() > FEW && has_threads() {
        items.into_par_iter().with_min_len(4).map(work).collect()
    } else {
        items.into_iter().map(work).collect()
    }
}

/// Whether threads can be had: where a limit on processes forbids them, one does all the work.
fn has_threads() -> bool {
    static THREADS: OnceLock<bool> = OnceLock::new();
    *THREADS.get_or_init(|| rayon::ThreadPoolBuilder::new().build_global().is_ok())
}
