//! What somebody may have meant: for misspelt names on the command line, in rule files and in `wattlint.toml`.

/// The name most like a misspelt one, if any is like it.
pub fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .min()
        .filter(|(distance, known)| *distance <= known.len() / 3)
        .map(|(_, known)| known)
}

/// `; did you mean X?` where something is like it, else nothing.
pub fn did_you_mean<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> String {
    nearest(name, names).map(|known| format!("; did you mean {known}?")).unwrap_or_default()
}

/// What the TOML reader says of an unknown key or word, with the one that may have been meant.
pub fn toml_problem(message: &str) -> String {
    let words: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match words.split_first() {
        Some((unknown, known)) if message.starts_with("unknown ") && !known.is_empty() => {
            let what = if message.starts_with("unknown variant") { "value" } else { "key" };
            let hint = did_you_mean(unknown, known.iter().copied());
            let list = if hint.is_empty() { format!("; there are {}", known.join(", ")) } else { hint };
            format!("there is no {what} '{unknown}' here{list}")
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_words_find_their_like() {
        assert_eq!(nearest("relase", ["release", "jdk"].into_iter()), Some("release"));
        assert_eq!(nearest("xyz", ["release", "jdk"].into_iter()), None);
        let message = "unknown field `relase`, expected one of `release`, `jdk`";
        assert_eq!(toml_problem(message), "there is no key 'relase' here; did you mean release?");
        let message = "unknown variant `of`, expected `error` or `off`";
        assert_eq!(toml_problem(message), "there is no value 'of' here; did you mean off?");
        assert_eq!(toml_problem("extra `=`, expected nothing"), "extra `=`, expected nothing");
    }
}
