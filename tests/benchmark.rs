//! `benches/compare` works, at a tiny size. Without Python the test shows as ignored, unless
//! `WATTLINT_REQUIRE_PROGRAMS` is set.

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let args = Arguments::from_args();
    let installed = Command::new("python3").arg("--version").output().is_ok();
    let required = std::env::var_os("WATTLINT_REQUIRE_PROGRAMS").is_some();
    let trial =
        Trial::test("the_comparison_writes_its_tables", tables).with_ignored_flag(!installed && !required);
    libtest_mimic::run(&args, vec![trial]).exit();
}

fn tables() -> Result<(), Failed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir()?;
    let page = folder.path().join("page.md");
    fs::copy(root.join("docs/benchmarks.md"), &page)?;
    let output = Command::new("python3")
        .arg(root.join("benches/compare"))
        .args(["--instances", "1,2", "--keys", "20", "--log", "0", "--runs", "1", "--only-wattlint"])
        .args(["--wattlint", env!("CARGO_BIN_EXE_wattlint"), "--page"])
        .arg(&page)
        .arg("--scratch")
        .arg(folder.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let text = fs::read_to_string(&page)?;
    for part in ["### Targets", "### 2 instances", "wattlint check --format sarif", "<!-- end of tables -->"]
    {
        if !text.contains(part) {
            return Err(format!("there is no '{part}' in the page:\n{text}").into());
        }
    }
    Ok(())
}
