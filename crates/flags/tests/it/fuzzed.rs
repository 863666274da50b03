//! What must hold for any bytes. `fuzz/` at the root of the repository searches for bytes for which it does not
//! (`cargo +nightly fuzz run argv`); what it kept in its corpus is tried here each time.

use std::sync::LazyLock;

use flags::{Accel, Catalogue, Engine, FlagSpec, Policy, Trust, normalize};

/// The first byte picks the engine, the accelerator and how far the catalogue is trusted; the rest is words, a line each.
pub(crate) fn argv(data: &[u8]) {
    let Some((&pick, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let words: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let engine = Engine::ALL[usize::from(pick) % Engine::ALL.len()];
    let catalogue = if pick & 0x80 == 0 { Catalogue::newest(engine) } else { live(engine) };
    check(&words, if pick & 0x40 == 0 { Accel::Cuda } else { Accel::Cpu }, catalogue);
}

/// The newest catalogue, as if the engine had printed it.
fn live(engine: Engine) -> &'static Catalogue {
    static ALL: LazyLock<Vec<Catalogue>> = LazyLock::new(|| {
        let live = |engine| {
            let mut catalogue = Catalogue::newest(engine).clone();
            catalogue.trust = Trust::Live;
            catalogue
        };
        Engine::ALL.into_iter().map(live).collect()
    });
    ALL.iter().find(|catalogue| catalogue.engine == engine).unwrap_or_else(|| Catalogue::newest(engine))
}

/// A help or a README of any engine, and each of its flags given with a value.
pub(crate) fn help(data: &[u8]) {
    let Some((&pick, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let engine = Engine::ALL[usize::from(pick) % Engine::ALL.len()];
    let catalogue = match pick & 0x80 {
        0 => Catalogue::from_help(engine, &text, "any", Trust::Live),
        _ => Catalogue::from_docs(&text, "any"),
    };
    for spelling in catalogue.specs().iter().flat_map(FlagSpec::spellings) {
        assert!(catalogue.find(spelling).is_some(), "{spelling:?}");
    }
    let values = |spec: &FlagSpec| vec!["1".to_owned(); spec.value.count().min(8)];
    for spec in catalogue.specs().iter().take(32) {
        check(&[vec![spec.name.clone()], values(spec)].concat(), Accel::Cpu, &catalogue);
    }
}

/// A command line given again is the same command line, and no word is lost but those that a note is about.
fn check(words: &[String], accelerator: Accel, catalogue: &Catalogue) {
    let policy = Policy {
        accelerator,
        model: "/m.gguf",
        host: "127.0.0.1",
        port: 8080,
        ctx: None,
        devices: 1,
        tensor_split: None,
        heads: None,
    };
    let Ok(line) = normalize(words, &policy, catalogue) else { return };
    let again = normalize(line.pool_args(), &policy, catalogue).map(|again| again.args);
    assert_eq!(again, Ok(line.args.clone()), "{words:?}");
}

/// Every input that a fuzzer found worth keeping.
#[cfg(test)]
#[test]
fn the_corpus_of_the_fuzzers_holds() {
    for (target, run) in [("argv", argv as fn(&[u8])), ("help", help)] {
        let folder = format!("{}/../../fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
        let mut tried = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            run(&std::fs::read(entry.unwrap().path()).unwrap());
            tried += 1;
        }
        assert!(tried > 5, "{target}");
    }
}
