//! When a flag came or went, and what is in its place: a hand-written list first, then the catalogues of all releases, then
//! the flags of the other engines.

use std::collections::HashMap;

use crate::catalogue::spelling::dashed;
use crate::catalogue::{Catalogue, eras};
use crate::engine::{Engine, per_engine};

per_engine!(lines -> HashMap<&'static str, &'static str> = read);

fn read(engine: Engine) -> HashMap<&'static str, &'static str> {
    let lines = engine.history().lines().filter(|line| line.starts_with('-'));
    let parts = lines.filter_map(|line| line.split_once(": "));
    parts.flat_map(|(names, told)| names.split(' ').map(move |name| (name, told))).collect()
}

/// What is known of a flag that this catalogue does not list, as the end of a sentence that begins with its name; nothing
/// where no engine has ever had it.
pub(crate) fn told(catalogue: &Catalogue, written: &str) -> Option<String> {
    let written = dashed(written);
    let released = || by_releases(catalogue, &written);
    match lines(catalogue.engine).get(written.as_ref()) {
        Some(told) => Some(match told.strip_prefix("+ ") {
            Some(more) => released().map_or_else(|| more.to_owned(), |(when, _)| format!("{when}; {more}")),
            None => (*told).to_owned(),
        }),
        None => released()
            .map(|(when, advice)| format!("{when}: {advice}"))
            .or_else(|| by_others(catalogue.engine, &written)),
    }
}

/// Between which of the releases at hand it came or went, and what to do then.
fn by_releases(catalogue: &Catalogue, written: &str) -> Option<(String, &'static str)> {
    let has: Vec<(&str, bool)> = eras::oldest_first(catalogue.engine)
        .map(|(name, era)| (name, era.find(written).is_some_and(|found| found.spec.removed.is_none())))
        .collect();
    let last = has.iter().rposition(|(_, has)| *has)?;
    let name = |at: usize| has.get(at).map_or("", |(name, _)| *name);
    let program = catalogue.engine.program();
    Some(if let Some((next, _)) = has.get(last + 1) {
        let when = format!("is gone: {program} {} has it and {next} no longer has it", name(last));
        (when, "leave it out, or use a release that has it")
    } else {
        let first = has.iter().take(last).rposition(|(_, has)| !has).map_or(0, |without| without + 1);
        let before =
            first.checked_sub(1).map_or(String::new(), |at| format!(", and {} does not have it yet", name(at)));
        (format!("is in {program} {}{before}", name(first)), "use a release that has it, or leave it out")
    })
}

/// Which other engine has it.
fn by_others(engine: Engine, written: &str) -> Option<String> {
    // A short name is something else in each.
    let others = Engine::ALL.into_iter().filter(|other| *other != engine && written.starts_with("--"));
    let has = |other: &Engine| {
        let listed = eras::newest_first(*other).any(|era| era.find(written).is_some());
        let was = lines(*other).get(written).is_some_and(|told| {
            !told.starts_with("never") && !told.starts_with("is of another") && !told.starts_with("is a flag of")
        });
        listed || was
    };
    let names: Vec<&str> = others.filter(has).map(Engine::called).collect();
    let (last, rest) = names.split_last()?;
    let all = if rest.is_empty() { (*last).to_owned() } else { format!("{} and {last}", rest.join(", ")) };
    Some(format!("is a flag of {all}, not of {}: leave it out", engine.called()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(engine: Engine, release: &str, flag: &str, words: &[&str]) {
        let told = told(Catalogue::nearest(engine, release), flag).unwrap_or_default();
        for word in words {
            assert!(told.contains(word), "{flag}: {word} is not in {told:?}");
        }
        assert_eq!(told.is_empty(), words.is_empty(), "{flag}: {told}");
    }

    #[test]
    fn flags_that_came_and_went() {
        check(Engine::LlamaServer, "v0.7.0", "-cpent", &["b10068", "--checkpoint-min-step"]);
        check(Engine::LlamaServer, "v0.7.0", "--checkpoint_every_n_tokens", &["--checkpoint-min-step"]);
        check(Engine::LlamaServer, "v0.7.0", "--cnv", &[]);
        check(Engine::LlamaServer, "v0.7.0", "-cnv", &["llama-cli", "b3658"]);
        check(Engine::LlamaServer, "v0.7.0", "--config", &["no configuration file"]);
        check(Engine::LlamaServer, "b3889", "--fit", &["b8179", "does not have it yet"]);
        check(Engine::Vllm, "v0.33.0", "--swap_space", &["v0.18"]);
        check(Engine::Vllm, "v0.33.0", "--enable-reasoning", &["--reasoning-parser"]);
        check(Engine::Tgi, "v1.4.0", "--max-input-tokens", &["v2.4.1", "--max-input-length"]);
        check(
            Engine::Vllm,
            "v0.33.0",
            "--speculative-model",
            &["v0.6.4 has it and v0.33.0 no longer", "--speculative-config"],
        );
        check(Engine::Sglang, "v0.5.23", "--enable-reasoning", &["vLLM"]);
        check(Engine::Sglang, "v0.5.23", "--n-cpu-moe", &["llama.cpp", "SGLang"]);
        check(Engine::LlamaServer, "v0.7.0", "--no-such-flag-anywhere", &[]);
    }

    #[test]
    fn every_line_is_of_flags_and_told_as_a_sentence() {
        for engine in Engine::ALL {
            for line in engine.history().lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
                let (names, told) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
                assert!(names.split(' ').all(|name| name.starts_with('-')), "{line}");
                assert!(
                    !told.ends_with('.') && told.starts_with(|c: char| c.is_ascii_lowercase() || c == '+'),
                    "{line}"
                );
            }
        }
    }
}
