//! What holds for every list of flags (row "flag normaliser" of the fault list).

use std::sync::LazyLock;

use flags::{Accel, Arity, Catalogue, Engine, FlagSpec, Normalized, Trust, normalize};
use miette::Diagnostic;
use proptest::prelude::*;
use proptest::sample::select;
use secrecy::ExposeSecret;

use crate::support::{live, policy};

/// Flags of v0.5.0 that a pool may give with any value.
static FREE: LazyLock<Vec<&'static FlagSpec>> = LazyLock::new(|| {
    let free = |spec: &&FlagSpec| {
        let mut words = vec![spec.name.clone()];
        words.extend((0..spec.value.count()).map(|_| fitting(spec).first().cloned().unwrap_or_default()));
        let line = normalize(&words, &policy(Accel::Cuda), live());
        spec.removed.is_none() && line.is_ok_and(|l| l.secret_env.is_empty())
    };
    live().specs().iter().filter(free).collect()
});

/// Values that the flag takes, odd ones among them.
fn fitting(spec: &FlagSpec) -> Vec<String> {
    let odd = ["odd value", "7", "-1", "0.5", "--metrics", "-m", "=", "a=b", "", "ü", "on", "--", "--x=y"];
    let listed = spec.values.to_string();
    let all = odd.into_iter().chain(listed.split('|')).filter(|value| spec.values.accept(value));
    all.map(str::to_owned).collect()
}

/// One flag as somebody might write it.
#[derive(Clone, Debug)]
struct Written {
    spec: &'static FlagSpec,
    spelling: String,
    values: Vec<String>,
}

impl Written {
    fn apart(&self) -> Vec<String> {
        std::iter::once(&self.spelling).chain(&self.values).cloned().collect()
    }

    fn canonical(&self) -> Vec<String> {
        let negated = live().find(&self.spelling).unwrap().negated;
        let negation = self.spec.negation().filter(|_| negated);
        let name = negation.unwrap_or(&self.spec.name).to_owned();
        std::iter::once(name).chain(self.values.iter().cloned()).collect()
    }

    fn joined(&self) -> Vec<String> {
        match self.values.split_first() {
            Some((first, rest)) => {
                std::iter::once(format!("{}={first}", self.spelling)).chain(rest.iter().cloned()).collect()
            }
            None => self.apart(),
        }
    }
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,3}",
        "[ -~]{0,8}",
        select(vec!["-1", "--metrics", "-m", "=", "a=b", "", "ü", "on", "--", "--x=y"]).prop_map(str::to_owned),
    ]
}

fn written() -> impl Strategy<Value = Written> {
    let values = prop::collection::vec(any::<prop::sample::Index>(), 2);
    (select(FREE.clone()), any::<prop::sample::Index>(), any::<bool>(), values).prop_map(
        |(spec, which, underscores, values)| {
            let spellings: Vec<&str> = spec.spellings().collect();
            let spelling = *which.get(&spellings);
            let spelling = match spelling.strip_prefix("--") {
                Some(rest) if underscores => format!("--{}", rest.replace('-', "_")),
                _ => spelling.to_owned(),
            };
            let fitting = fitting(spec);
            let values = values.iter().take(spec.value.count()).map(|which| which.get(&fitting).clone()).collect();
            Written { spec, spelling, values }
        },
    )
}

fn pool() -> impl Strategy<Value = Vec<Written>> {
    prop::collection::vec(written(), 0..12).prop_map(|mut pool| {
        // Without flash attention these two are refused, which is tested by itself.
        let needs = |flag: &Written| ["--cache-type-v", "--split-mode"].contains(&flag.spec.name.as_str());
        if pool.iter().any(needs) {
            pool.retain(|flag| flag.spec.name != "--flash-attn");
        }
        pool
    })
}

fn run(accelerator: Accel, words: &[String], catalogue: &Catalogue) -> Normalized {
    normalize(words, &policy(accelerator), catalogue).unwrap()
}

/// Cuts a canonical command line into flags; fails where a name is not canonical.
fn cut(args: &[String]) -> Vec<(&'static FlagSpec, Vec<String>)> {
    let mut words = args.iter();
    let mut flags = Vec::new();
    while let Some(name) = words.next() {
        let spec = live().find(name).unwrap().spec;
        assert!(*name == spec.name || Some(name.as_str()) == spec.negation(), "{name}");
        let flag = std::iter::once(name).chain(words.by_ref().take(spec.value.count()));
        flags.push((spec, flag.cloned().collect()));
    }
    flags
}

#[test]
fn most_flags_are_free() {
    assert!(FREE.len() > 200, "{}", FREE.len());
    assert!(FREE.iter().any(|s| s.value == Arity::Exactly(2)));
}

proptest! {
    #[test]
    fn idempotent(pool in pool(), cuda: bool) {
        let accelerator = if cuda { Accel::Cuda } else { Accel::Cpu };
        let words: Vec<String> = pool.iter().flat_map(Written::apart).collect();
        let once = run(accelerator, &words, live());
        let twice = run(accelerator, once.pool_args(), live());
        prop_assert_eq!(&once.args, &twice.args);
        prop_assert!(twice.notes.iter().all(|n| n.contains("is added") || n.contains("switches off")), "{:?}", twice.notes);
    }

    #[test]
    fn an_equals_sign_is_a_blank(pool in pool()) {
        let apart: Vec<String> = pool.iter().flat_map(Written::apart).collect();
        let joined: Vec<String> = pool.iter().flat_map(Written::joined).collect();
        prop_assert_eq!(run(Accel::Cuda, &apart, live()).args, run(Accel::Cuda, &joined, live()).args);
    }

    #[test]
    fn both_kinds_of_catalogue_agree_on_listed_flags(pool in pool()) {
        let words: Vec<String> = pool.iter().flat_map(Written::apart).collect();
        prop_assert_eq!(run(Accel::Cuda, &words, live()).args, run(Accel::Cuda, &words, Catalogue::newest(Engine::LlamaServer)).args);
    }

    #[test]
    fn no_alias_is_left_no_value_is_lost_and_order_is_kept(pool in pool()) {
        let words: Vec<String> = pool.iter().flat_map(Written::apart).collect();
        let line = run(Accel::Cuda, &words, live());
        let flags = cut(line.pool_args());
        let kept = |name: &str| flags.iter().filter(|(spec, _)| spec.name == name).count();
        let given = |name: &str| pool.iter().filter(|w| w.spec.name == name).count();
        let mut left = flags.iter();
        for (at, written) in pool.iter().enumerate() {
            let name = &written.spec.name;
            let again = pool.iter().skip(at + 1).any(|later| later.spec.name == *name);
            prop_assert!(kept(name) == 1 || kept(name) == given(name), "{name}");
            if !again || kept(name) == given(name) {
                let expected: Vec<String> = written.canonical();
                prop_assert_eq!(left.next().map(|(_, words)| words), Some(&expected));
            }
        }
        prop_assert_eq!(left.next(), None);
    }

    #[test]
    fn any_words_are_an_error_or_a_command_line(
        words in prop::collection::vec(prop_oneof![value(), "-{0,3}.{0,12}", written().prop_map(|w| w.spelling)], 0..8),
        live_help: bool,
    ) {
        let catalogue = if live_help { live() } else { Catalogue::newest(Engine::LlamaServer) };
        if let Ok(line) = normalize(&words, &policy(Accel::Cpu), catalogue) {
            let again = run(Accel::Cpu, line.pool_args(), catalogue);
            prop_assert_eq!(line.args, again.args);
        }
    }

    #[test]
    fn any_text_is_a_catalogue(text in "(-{0,2}[a-z,=<> \\n-]{0,20}[ \\n]{0,3}){0,20}", other in any::<String>()) {
        for text in [text, other] {
            let catalogue = Catalogue::from_help(Engine::LlamaServer, &text, "any", Trust::Live);
            for spelling in catalogue.specs().iter().flat_map(FlagSpec::spellings) {
                prop_assert!(catalogue.find(spelling).is_some(), "{}", spelling);
            }
        }
    }

    /// EP-51
    #[test]
    fn secrets_are_nowhere_but_in_the_environment(
        flag in select(vec![
            "--api-key", "--api_key", "--hf-token", "-hft", "--API-KEY", "--Hf_Token", "--api-kye", "--hf-tokn",
            "--my-token", "--DB-PASSWORD", "--client_secret", "-api-key", "--api--key",
        ]),
        secret in "[A-Za-z0-9+/=,: -]{0,4}Zq7[A-Za-z0-9+/=,:-]{0,12}",
        form in select(vec!["apart", "equals", "colon", "blank"]),
        before in pool(),
        live_help: bool,
    ) {
        let mut words: Vec<String> = before.iter().flat_map(Written::apart).collect();
        prop_assume!(!words.iter().any(|w| w.contains("Zq7")));
        match form {
            "apart" => words.extend([flag.to_owned(), secret]),
            "equals" => words.push(format!("{flag}={secret}")),
            "colon" => words.push(format!("{flag}:{secret}")),
            _ => words.push(format!("{flag} {secret}")),
        }
        let catalogue = if live_help { live() } else { Catalogue::newest(Engine::LlamaServer) };
        match normalize(&words, &policy(Accel::Cuda), catalogue) {
            Ok(line) => {
                let seen = format!("{line:?}");
                prop_assert!(!seen.contains("Zq7"), "{}", seen);
                prop_assert!(line.secret_env.values().all(|s| s.expose_secret().contains("Zq7")));
                prop_assert_eq!(line.secret_env.len(), 1);
            }
            Err(error) => {
                let help = error.help().map(|h| h.to_string());
                let seen = format!("{error} {error:?} {help:?}");
                prop_assert!(!seen.to_lowercase().contains("zq7"), "{}", seen);
            }
        }
    }
}
