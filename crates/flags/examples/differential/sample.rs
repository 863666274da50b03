//! Sets of flags as people, scripts and slips of the hand write them.

use flags::{Arity, Catalogue, Engine, FlagSpec};

use crate::engine::Binary;

/// Values for flags that take any text, by what the help prints for them.
const TEXTS: &[(&str, &str)] = &[
    ("M", "ff"),
    ("lo-hi", "0-1"),
    ("TOKEN_ID(+/-)BIAS", "5+1"),
    ("KEY=TYPE:VALUE", "a=int:1"),
    ("KEY=TYPE:VALUE,...", "a=int:1"),
    ("<tensor name pattern>=<buffer type>,...", "x=CPU"),
    ("SCHEMA", "{}"),
    ("JSON", "{}"),
    ("STRING", "{}"),
    ("<dev1,dev2,..>", "none"),
    ("DEVICE", "none"),
    ("SEED", "7"),
    ("N0,N1,N2,...", "1,1"),
    ("MiB0,MiB1,MiB2,...", "1024"),
    ("P0,P1,...", "0.5"),
    ("L", "1.5"),
    ("TYPE", "f16"),
    ("START END", "1"),
    ("SAMPLERS", "top_k;top_p"),
    ("SEQUENCE", "kp"),
    ("JINJA_TEMPLATE", "chatml"),
    ("OPTION", "docker"),
    ("FORMAT", "none"),
];

/// Names no release has.
const WRONG: &[&str] = &["--no-such", "--n-gpu-layer", "-zz", "--Threads", "--", "-", "--threads--", "x", ""];

pub(crate) struct Sampler<'a> {
    specs: Vec<&'a FlagSpec>,
    foreign: Vec<&'static FlagSpec>,
    engine: &'a Binary,
    state: u64,
}

impl<'a> Sampler<'a> {
    pub(crate) fn new(catalogue: &'a Catalogue, engine: &'a Binary, seed: u64) -> Self {
        let foreign = Catalogue::releases(Engine::LlamaServer)
            .flat_map(|release| Catalogue::nearest(Engine::LlamaServer, release).specs());
        Self { specs: catalogue.specs().iter().collect(), foreign: foreign.collect(), engine, state: seed.max(1) }
    }

    /// Up to five flags. Every flag of the engine has its turn.
    pub(crate) fn set(&mut self) -> Vec<String> {
        let mut words = Vec::new();
        for _ in 0..=self.below(5) {
            match self.below(20) {
                0 => words.push((*self.pick(WRONG)).to_owned()),
                1..=4 => {
                    let foreign = self.foreign.clone();
                    let spec = *self.pick(&foreign);
                    self.flag(spec, &mut words);
                }
                _ => {
                    let specs = self.specs.clone();
                    let spec = *self.pick(&specs);
                    self.flag(spec, &mut words);
                }
            }
        }
        if self.below(12) == 0 {
            words.pop();
        }
        words
    }

    fn flag(&mut self, spec: &FlagSpec, words: &mut Vec<String>) {
        let spellings: Vec<&str> = spec.spellings().collect();
        let mut name = (*self.pick(&spellings)).to_owned();
        if self.below(8) == 0 && name.starts_with("--") {
            name = format!("--{}", name.trim_start_matches('-').replace('-', "_"));
        }
        words.push(name);
        for _ in 0..spec.value.count() {
            let value = self.value(spec);
            words.push(value);
        }
    }

    fn value(&mut self, spec: &FlagSpec) -> String {
        // What a text means is the engine's to judge; this crate judges numbers and words.
        let odd = ["", "-1", "0", "1.5", "x", "--metrics", "8x", "auto", "on"];
        if self.below(10) == 0 && !spec.values.accept("any text") {
            return (*self.pick(&odd)).to_owned();
        }
        let listed = spec.values.to_string();
        let words: Vec<&str> = listed.trim_end_matches(",...").split('|').collect();
        match *self.pick(&words) {
            "text" => self.text(spec),
            "int" => (*self.pick(&["1", "4", "16"])).to_owned(),
            "number" => (*self.pick(&["1", "2", "8"])).to_owned(),
            word => word.split("..").next().unwrap_or(word).to_owned(),
        }
    }

    fn text(&self, spec: &FlagSpec) -> String {
        let hint = spec.value_hint.as_deref().unwrap_or_default();
        let file = self.engine.file().display().to_string();
        if let Some((_, text)) = TEXTS.iter().find(|(of, _)| *of == hint) {
            return (*text).to_owned();
        }
        if spec.value == Arity::Exactly(2) || hint.contains("SCALE") {
            return if hint.contains(':') { format!("{file}:1") } else { "1".to_owned() };
        }
        match hint {
            _ if spec.name == "--log-file" => self.engine.folder().join("log").display().to_string(),
            "PATH" | "DIR" | "LOGDIR" if !spec.name.contains("config") => self.engine.folder().display().to_string(),
            _ if hint.contains("FILE") || hint.contains("FNAME") || hint.contains("PATH") => file,
            _ => "x".to_owned(),
        }
    }

    fn pick<'b, T>(&mut self, all: &'b [T]) -> &'b T {
        &all[self.below(all.len())]
    }

    fn below(&mut self, n: usize) -> usize {
        // Marsaglia's xorshift: the same sets on every machine.
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 33).unwrap_or_default() % n
    }
}
