//! Names that are like a wrong one, for a suggestion.

use std::collections::BTreeSet;

/// Up to three names of `known`, the most similar first. Case, the folder and `.`, `-`, `_` count little.
pub(crate) fn similar<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let wrong = simple(wrong);
    let mut scored: BTreeSet<(u64, &str)> = BTreeSet::new();
    for name in known.into_iter().take(2000) {
        let score = strsim::normalized_damerau_levenshtein(&wrong, &simple(name)).max(parts(&wrong, &simple(name)));
        if score > 0.55 {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
            scored.insert((1000 - (score * 1000.0).round() as u64, name));
        }
    }
    scored.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// The part of the words of `a` that `b` has too: quantizations of one model differ in one word.
fn parts(a: &str, b: &str) -> f64 {
    let words = |text: &str| text.split(['-', '/']).map(str::to_owned).collect::<BTreeSet<_>>();
    let (a, b) = (words(a), words(b));
    #[expect(clippy::cast_precision_loss, reason = "a name has few words")]
    let share = |count: usize| count as f64 / a.len().max(b.len()).max(1) as f64;
    share(a.intersection(&b).count())
}

fn simple(name: &str) -> String {
    let name = name.rsplit('/').next().unwrap_or(name);
    name.chars().map(|c| if "._ ".contains(c) { '-' } else { c.to_ascii_lowercase() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_meant() {
        let files =
            ["config.json", "model-Q4_K_M.gguf", "model-Q8_0.gguf", "README.md", "BF16/model-BF16-00001-of-00002.gguf"];
        assert_eq!(similar("model-q4_k_m.gguf", files).first().map(String::as_str), Some("model-Q4_K_M.gguf"));
        assert_eq!(similar("model-Q4_K_S.gguf", files).first().map(String::as_str), Some("model-Q4_K_M.gguf"));
        assert_eq!(similar("mian", ["main", "v1.0"]), ["main"]);
        assert_eq!(similar("zzz", files), Vec::<String>::new());
        let in_folder = similar("model-BF16-00001-of-00002.gguf", files);
        assert_eq!(in_folder.first().map(String::as_str), Some("BF16/model-BF16-00001-of-00002.gguf"));
    }
}
