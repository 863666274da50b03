//! Every error code with what it means: those of the rules of diagnosis from their crate, the others from a table that a test
//! writes from the sources (`UPDATE_DOCS=1 cargo test -p engine-provisioner codes`).

use failure_diagnosis::Meaning;

/// Code, meaning and help, one code a line, with tabs between.
const TABLE: &str = include_str!("codes.tsv");

/// How many similar codes are named.
const MOST: usize = 4;

/// What a code means; nothing where there is no such code.
pub(super) fn find(code: &str) -> Option<Vec<Meaning>> {
    let mut known: Vec<Meaning> = rows().filter(|(name, _)| *name == code).map(|(_, meaning)| meaning).collect();
    known.extend(failure_diagnosis::meanings(code));
    (!known.is_empty()).then_some(known)
}

fn rows() -> impl Iterator<Item = (&'static str, Meaning)> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut parts = line.split('\t');
        let (code, cause, remedy) = (parts.next()?, parts.next()?, parts.next().unwrap_or_default());
        Some((code, Meaning { cause: cause.to_owned(), remedy: remedy.to_owned() }))
    })
}

/// What may have been meant: codes of the same name, of the same area, or written much alike.
pub(super) fn suggestion(wanted: &str) -> String {
    let wanted = wanted.to_lowercase().replace('-', "_");
    let name = wanted.rsplit("::").next().unwrap_or_default();
    let mut codes: Vec<&str> = rows().map(|(code, _)| code).chain(failure_diagnosis::codes()).collect();
    codes.sort_unstable();
    codes.dedup();
    let cost = |code: &&str| {
        let own = code.rsplit("::").next().unwrap_or_default();
        let area = code.split("::").next().unwrap_or_default();
        match () {
            () if own == name => Some(0),
            () if area == wanted.trim_end_matches(':') => Some(1),
            () if name.len() > 3 && (own.contains(name) || name.contains(own)) => Some(2),
            () => Some(strsim::damerau_levenshtein(&wanted, code))
                .filter(|slips| *slips <= 1 + wanted.len() / 4)
                .map(|s| s + 2),
        }
    };
    let mut near: Vec<(usize, &str)> = codes.iter().filter_map(|code| Some((cost(code)?, *code))).collect();
    near.sort_unstable();
    let named: Vec<String> = near.iter().take(MOST).map(|(_, code)| format!("`{code}`")).collect();
    if named.is_empty() {
        "a code is an area and a name, such as `cuda::no_nvcc`; docs/errors.md lists them all".to_owned()
    } else {
        format!("did you mean {}?", named.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found() {
        for code in ["cuda::no_nvcc", "engine::kv_cache", "port::taken", "config::unknown_key", "flags::unknown"] {
            let known = find(code).unwrap_or_else(|| panic!("{code}"));
            assert!(known.iter().all(|meaning| !meaning.cause.is_empty()), "{known:?}");
        }
        assert_eq!(find("cuda::no_such_thing"), None);
        assert_eq!(find(""), None);
    }

    #[test]
    fn what_is_like_it_is_named() {
        for (wrong, right) in [
            ("cuda::no_nvc", "cuda::no_nvcc"),
            ("no_nvcc", "cuda::no_nvcc"),
            ("build::no_nvcc", "cuda::no_nvcc"),
            ("engine::kv-cache", "engine::kv_cache"),
            ("CUDA::NO_NVCC", "cuda::no_nvcc"),
        ] {
            assert!(suggestion(wrong).contains(right), "{wrong}: {}", suggestion(wrong));
        }
        assert!(suggestion("zzzzzzzzzzzzzzzz").contains("docs/errors.md"));
    }

    /// No code that an error or a rule has is without an explanation.
    #[test]
    fn every_rule_is_explained() {
        for code in failure_diagnosis::codes() {
            assert!(find(code).is_some_and(|known| known.iter().all(|meaning| !meaning.remedy.is_empty())), "{code}");
        }
    }
}
