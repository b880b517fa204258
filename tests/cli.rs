//! The program as a user meets it: the console blocks of README and book, and the cases in `tests/cmd`.

#[test]
fn console_blocks_and_cases() {
    trycmd::TestCases::new()
        .case("README.md")
        .case("docs/*.md")
        .case("tests/cmd/*.md")
        .case("tests/cmd/*.toml");
}

/// `explain` works for every rule, and shows its examples, which `tests/rules.rs` executes.
#[test]
fn every_rule_is_explained() {
    for rule in wattlint::rules::builtin() {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_wattlint"))
            .args(["explain", &rule.name])
            .output()
            .expect("the program starts");
        assert!(output.status.success(), "{}", rule.name);
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(text.starts_with(&format!("{}: {}\n", rule.name, rule.summary)), "{text}");
        assert!(text.contains(rule.why.trim_end()), "{}", rule.name);
        for example in rule.examples.iter() {
            assert!(text.contains(&format!("Example: {}", example.name)), "{}", rule.name);
        }
    }
}
