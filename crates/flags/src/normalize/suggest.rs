//! Finds the flag that a wrong name was probably meant to be.
//!
//! Names are compared word by word, so that a name with one other word in it (`--poll-batch` for `--cont-batch`) is no
//! candidate however few letters differ. A word may be misspelt, abbreviated (`ctx`), or left out; `n` and `num` count
//! for nothing. What no name here is like may be another engine's name of something that this one has too.

use crate::catalogue::Catalogue;
use crate::catalogue::families;
use crate::catalogue::role::Role;
use crate::catalogue::spec::FlagSpec;
use crate::catalogue::spelling::dashed;
use crate::engine::Engine;
use crate::normalize::resolve::{self, Resolved};

impl Catalogue {
    /// The listed spelling that is most like a name that is not listed.
    pub fn suggest(&self, name: &str) -> Option<&str> {
        nearest(self, name).map(|near| near.spelling)
    }
}

/// A spelling that can be written and its flag.
pub(crate) struct Near<'a> {
    pub(crate) spelling: &'a str,
    pub(crate) spec: &'a FlagSpec,
}

/// How unlike a name may be: two words left out, or one and an abbreviation.
const MOST: usize = 5;

/// The spelling most like `name`: one that is listed, or a name of another release that is understood. Names nobody
/// types have none.
pub(crate) fn nearest<'a>(catalogue: &'a Catalogue, name: &str) -> Option<Near<'a>> {
    if !(1..=64).contains(&bare(name).chars().count()) {
        return None;
    }
    let listed = catalogue.specs().iter().filter(|spec| spec.removed.is_none());
    let listed = listed.flat_map(|spec| spec.spellings().map(move |spelling| Near { spelling, spec }));
    let understood = families::spellings(catalogue.engine).filter_map(|spelling| understood(catalogue, spelling));
    let all = listed.chain(understood).filter_map(|near| Some((distance(name, near.spelling)?, near)));
    let letters = |near: &Near<'_>| strsim::damerau_levenshtein(name, near.spelling);
    let best = all.min_by_key(|(distance, near)| (*distance, letters(near)));
    best.map(|(_, near)| near).or_else(|| same_role(catalogue, name))
}

fn understood<'a>(catalogue: &'a Catalogue, spelling: &'static str) -> Option<Near<'a>> {
    let spec = match resolve::name(spelling, catalogue) {
        Resolved::Renamed(found) | Resolved::Opposite(found) => found.spec,
        Resolved::Elsewhere(found) if resolve::can_reword(spelling, catalogue) => found.spec,
        _ => return None,
    };
    Some(Near { spelling, spec })
}

/// What another engine calls by that name, where it is one of the things that every engine has.
fn same_role<'a>(catalogue: &'a Catalogue, name: &str) -> Option<Near<'a>> {
    let others = Engine::ALL.into_iter().filter(|engine| *engine != catalogue.engine);
    let roles = others.filter_map(|engine| Some(Catalogue::newest(engine).find(name)?.spec.role));
    let common = |role: &Role| matches!(role, Role::Context | Role::Shards | Role::Layers | Role::TensorSplit);
    let role = roles.into_iter().find(common)?;
    let spec = catalogue.specs().iter().find(|spec| spec.role == role)?;
    Some(Near { spelling: &spec.name, spec })
}

/// How unlike two names are; `None` where one cannot be meant by the other.
fn distance(name: &str, spelling: &str) -> Option<usize> {
    let (wanted, listed) = (bare(name), bare(spelling));
    // The same letters with other dashes; a short name's capitals are its own.
    let letters = |text: &str| text.replace('-', "");
    if letters(&wanted) == letters(&listed) {
        let same = wanted.len() > 2 || name.trim_start_matches('-') == spelling.trim_start_matches('-');
        return same.then_some(0);
    }
    let negates = |name: &str| name.starts_with("no-");
    if wanted.len() < 3 || !spelling.starts_with("--") || negates(&wanted) != negates(&listed) {
        return None;
    }
    let words = |text: &'_ str| -> Vec<String> {
        text.split('-').filter(|word| !matches!(*word, "n" | "num" | "")).map(str::to_owned).collect()
    };
    let (wanted_words, listed_words) = (words(&wanted), words(&listed));
    let by_word = in_order(&wanted_words, &listed_words).filter(|cost| *cost <= MOST);
    by_word.or_else(|| slips(&letters(&wanted), &letters(&listed), 4))
}

/// Every word has its like, in order; words without one cost two each, and three before the first.
fn in_order(wanted: &[String], listed: &[String]) -> Option<usize> {
    let mut left = listed;
    let mut cost = 1;
    for wanted in wanted {
        let (at, unlike) = left.iter().enumerate().find_map(|(at, like)| Some((at, word(wanted, like)?)))?;
        cost += unlike + if left.len() == listed.len() { 3 } else { 2 } * at;
        left = left.get(at + 1..).unwrap_or_default();
    }
    Some(cost + 2 * left.len())
}

/// How unlike two words are: misspelt, cut short or abbreviated.
fn word(wanted: &str, listed: &str) -> Option<usize> {
    if let Some(slips) = slips(wanted, listed, 3) {
        return Some(slips);
    }
    let (short, long) = if wanted.len() < listed.len() { (wanted, listed) } else { (listed, wanted) };
    if short.len() < 2 || 3 * short.len() < long.len() {
        None
    } else if long.starts_with(short) {
        Some(if short == wanted { 1 } else { 4 })
    } else {
        (short.len() > 2 && abbreviates(short, long)).then_some(2)
    }
}

/// How many letters are wrong, up to one in so many; a short word has its first one right (`gpu` is no `cpu`).
fn slips(wanted: &str, listed: &str, one_in: usize) -> Option<usize> {
    let slips = strsim::damerau_levenshtein(wanted, listed);
    let begins = wanted.chars().next() == listed.chars().next();
    (slips <= wanted.chars().count() / one_in && (begins || wanted.len() > 4)).then_some(slips)
}

/// Whether its letters stand in that order in the long word, the first one first.
fn abbreviates(short: &str, long: &str) -> bool {
    let mut rest = long.chars();
    short.chars().next() == long.chars().next() && short.chars().all(|c| rest.any(|other| other == c))
}

fn bare(name: &str) -> String {
    let dashed = dashed(name);
    dashed.trim_start_matches('-').replace('_', "-").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(engine: Engine, pairs: &[(&str, &str)]) {
        let catalogue = Catalogue::newest(engine);
        for (wrong, meant) in pairs {
            let found = nearest(catalogue, wrong).map_or("", |near| near.spelling);
            assert_eq!(found, *meant, "{wrong}");
        }
    }

    #[test]
    fn slips_and_dashes() {
        let pairs = [
            ("--np", "-np"),
            ("-jinja", "--jinja"),
            ("--ctxsize", "--ctx-size"),
            ("--temp-erature", "--temperature"),
            ("--contxt-size", "--ctx-size"),
            ("--parralel", "--parallel"),
            ("--n-cpu-mo", "--n-cpu-moe"),
            ("--top_P", "--top-p"),
            ("--no-kv-ofload", "--no-kv-offload"),
            ("--K", ""),
            ("--", ""),
        ];
        check(Engine::LlamaServer, &pairs);
    }

    #[test]
    fn words_cut_short_and_left_out() {
        let pairs = [
            ("-ctx", "--ctx-size"),
            ("--n-ctx", "--ctx-size"),
            ("--flash-attention", "--flash-attn"),
            ("--cont-batch", "--cont-batching"),
            ("--template", "--chat-template"),
            ("--numactl", "--numa"),
            ("--cache-type", "--cache-type-k"),
        ];
        check(Engine::LlamaServer, &pairs);
        let pairs = [
            ("--tool-parser", "--tool-call-parser"),
            ("--gpu-mem-util", "--gpu-memory-utilization"),
            ("--enable-prefix-cache", "--enable-prefix-caching"),
            ("--disable-log-request", "--disable-log-requests"),
            ("--max_seq_len", ""),
            ("--num-gpus", ""),
        ];
        check(Engine::Vllm, &pairs);
    }

    /// `--no-mmap` is understood by an engine that calls it `--load-mode none`.
    #[test]
    fn names_of_other_releases_and_engines() {
        check(Engine::LlamaServer, &[("--nommap", "--no-mmap"), ("--max-model-len", "--ctx-size")]);
        check(Engine::Vllm, &[("--ctx-size", "--max-model-len")]);
        check(Engine::Tgi, &[("--tensor-parallel-size", "--num-shard")]);
    }
}
