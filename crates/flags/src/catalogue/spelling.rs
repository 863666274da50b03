//! Rules about the spellings of one flag: which is a negation, which is canonical, what may be shown of a name.

use std::borrow::Cow;

/// The spellings of one help line in their two meanings, each in the order of the help.
pub(crate) struct Sorted {
    pub(crate) positive: Vec<String>,
    pub(crate) negative: Vec<String>,
}

/// Splits the spellings of a switch into "on" and "off".
///
/// The engine prints the positive ones first. The negative ones begin at the first `--no-…` or `-no-…`, or at the short
/// spellings right before it (`-kvo, --kv-offload, -nkvo, --no-kv-offload`). Where no long positive spelling precedes
/// them (`-nkvo, --no-kv-offload` alone, as older releases list it), the flag is what it says and has no negation.
pub(crate) fn sort(mut spellings: Vec<String>, takes_value: bool) -> Sorted {
    let positive_long = |s: &String| s.starts_with("--") && !s.starts_with("--no-");
    let first_no = spellings.iter().position(|s| s.starts_with("--no-") || s.starts_with("-no-"));
    let last_long =
        first_no.and_then(|at| spellings.get(..at)).and_then(|before| before.iter().rposition(positive_long));
    let negative = match last_long {
        Some(last) if !takes_value => spellings.split_off(last + 1),
        _ => Vec::new(),
    };
    Sorted { positive: spellings, negative }
}

/// The longest `--` spelling, else the longest short one; the first of equally long ones.
pub(crate) fn longest<'a>(spellings: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    spellings.fold(None, |best, s| match best {
        Some(b) if rank(b) >= rank(s) => Some(b),
        _ => Some(s),
    })
}

fn rank(spelling: &str) -> (bool, usize) {
    (spelling.starts_with("--"), spelling.len())
}

/// A name as the engine compares it: in long names an underscore is a dash.
/// <https://github.com/ggml-org/llama.cpp/blob/master/common/arg.cpp> (`common_params_parse_ex`)
pub(crate) fn dashed(name: &str) -> Cow<'_, str> {
    if name.starts_with("--") && name.contains('_') { name.replace('_', "-").into() } else { name.into() }
}

/// Whether a word can be a flag at all: one or two dashes and then a letter. `-1`, `-` and `--` are not.
pub(crate) fn is_flag(word: &str) -> bool {
    word.strip_prefix("--")
        .or_else(|| word.strip_prefix('-'))
        .and_then(|rest| rest.chars().next())
        .is_some_and(char::is_alphabetic)
}

/// The start of a word that can be a flag's name. What follows may be a value (`--x:secret`, `--x secret`).
pub(crate) fn name_of(word: &str) -> &str {
    let odd = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    word.find(odd).and_then(|end| word.get(..end)).unwrap_or(word)
}

/// A name fit to be shown: not endless and nothing but a name.
pub(crate) fn shown(word: &str) -> String {
    name_of(word).chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, positive: &str, negative: &str) {
        let all = line.split(' ').map(String::from).collect();
        let sorted = sort(all, false);
        assert_eq!(sorted.positive.join(" "), positive);
        assert_eq!(sorted.negative.join(" "), negative);
    }

    #[test]
    fn negations() {
        check("--perf --no-perf", "--perf", "--no-perf");
        check("-kvo --kv-offload -nkvo --no-kv-offload", "-kvo --kv-offload", "-nkvo --no-kv-offload");
        check("--repack -nr --no-repack", "--repack", "-nr --no-repack");
        check("-kvu --kv-unified -no-kvu --no-kv-unified", "-kvu --kv-unified", "-no-kvu --no-kv-unified");
        check("--ui --webui --no-ui --no-webui", "--ui --webui", "--no-ui --no-webui");
        check("-nkvo --no-kv-offload", "-nkvo --no-kv-offload", "");
        check("--no-host", "--no-host", "");
        check("-e --escape --no-escape", "-e --escape", "--no-escape");
    }

    #[test]
    fn a_flag_with_a_value_has_no_negation() {
        let sorted = sort(vec!["--a".into(), "--no-a".into()], true);
        assert!(sorted.negative.is_empty());
    }

    #[test]
    fn canonical() {
        let of = |line: &'static str| longest(line.split(' '));
        assert_eq!(of("-ngl --gpu-layers --n-gpu-layers"), Some("--n-gpu-layers"));
        assert_eq!(of("--hf-repo-draft --spec-draft-hf"), Some("--hf-repo-draft"));
        assert_eq!(of("--spec-draft-hf --hf-repo-draft"), Some("--spec-draft-hf"));
        assert_eq!(of("-longshort --x"), Some("--x"));
        assert_eq!(of("-pps"), Some("-pps"));
        assert_eq!(longest(std::iter::empty()), None);
    }

    #[test]
    fn shown_names() {
        assert_eq!(shown("--n_gpu-layers.1"), "--n_gpu-layers.1");
        assert_eq!(shown("--token:abc"), "--token");
        assert_eq!(shown(&"-x".repeat(50)).chars().count(), 64);
    }

    #[test]
    fn flag_words() {
        for yes in ["-m", "--model", "-Cr", "--é"] {
            assert!(is_flag(yes), "{yes}");
        }
        for no in ["", "-", "--", "-1", "--1", "---x", "x", "on", "–x"] {
            assert!(!is_flag(no), "{no}");
        }
    }
}
