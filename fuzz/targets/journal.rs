//! The journal of an interrupted run, which may come with a foreign repository: whatever it holds, no file outside its
//! folders changes, and no file inside but to the text of a `.new` file beside it.

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use tempfile::TempDir;
use wattlint::fix::write::recover;

const OLD: &[u8] = b"a=1\n";
const NEW: &[u8] = b"a=2\n";

thread_local! {
    static HOME: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

/// A folder in memory where there is one.
fn home() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
    made.expect("a folder")
}

pub fn run(data: &[u8]) {
    if data.len() > 8_192 {
        return;
    }
    HOME.with_borrow_mut(|slot| one(data, slot.get_or_insert_with(home).path()));
}

/// In the input, `HOME` as a list of bytes stands for the folder.
fn one(data: &[u8], home: &Path) {
    let bytes = |path: &Path| {
        let bytes: Vec<String> = path.to_string_lossy().bytes().map(|b| b.to_string()).collect();
        bytes.join(",")
    };
    let text = String::from_utf8_lossy(data).replace("HOME", &bytes(home));
    let inside = home.join("in");
    let put = |path: &Path, text: &[u8]| {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    let files = [inside.join("server.cnf"), home.join("out/server.cnf")];
    for file in &files {
        put(file, OLD);
    }
    let new = [inside.join(".wattlint-7-1.new"), home.join("out/other.new")];
    for file in &new {
        put(file, NEW);
    }
    put(&inside.join(".wattlint-7.journal"), text.as_bytes());
    // Refusing is an answer too.
    recover([inside.as_path()]).ok();
    assert_eq!(fs::read(&files[1]).expect("still there"), OLD, "a file outside was changed");
    assert_eq!(fs::read(&new[1]).expect("still there"), NEW, "a file outside was taken");
    let now = fs::read(&files[0]).expect("still there");
    assert!(now == OLD || now == NEW, "neither old nor new");
    fs::remove_dir_all(&inside).expect("gone");
}
