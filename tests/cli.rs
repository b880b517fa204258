//! The program as a user meets it: the README's console blocks, and the cases in `tests/cmd`.

#[test]
fn console_blocks_and_cases() {
    trycmd::TestCases::new().case("README.md").case("tests/cmd/*.md").case("tests/cmd/*.toml");
}
