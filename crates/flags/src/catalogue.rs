//! What flags an engine knows, and how far that knowledge can be trusted.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::help;
use crate::known;
use crate::spec::{Arity, FlagSpec};
use crate::spelling::dashed;

/// Where a catalogue's knowledge comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The help of the very binary that will run: what it does not list does not exist.
    Live,
    /// The help of another build, used while the real one is not there yet: what it does not list may exist.
    Nearest,
}

/// The flags of one build of `llama-server`.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// What the help was read from, for messages: `llama-server v0.5.0`, a path, a commit.
    pub source: String,
    /// Whether an unlisted flag is an error.
    pub trust: Trust,
    specs: Vec<FlagSpec>,
    index: HashMap<String, (usize, bool)>,
    unread: usize,
}

/// What a spelling means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The flag.
    pub spec: &'a FlagSpec,
    /// Whether the spelling turns it off.
    pub negated: bool,
}

static EMBEDDED: LazyLock<Catalogue> = LazyLock::new(|| {
    let text = include_str!("../data/llama-server-v0.5.0.txt");
    Catalogue::from_help(text, "llama-server v0.5.0", Trust::Nearest)
});

impl Catalogue {
    /// Reads what `llama-server --help` printed. Total: a text that is no help gives an almost empty catalogue.
    ///
    /// `--n-gpu-layers` is in every catalogue: builds without GPU support took it without listing it
    /// (`if (llama_supports_gpu_offload())` around its help, none around its parser, until September 2024).
    /// `--ngl`, which people write and no release takes, is found as that flag.
    pub fn from_help(text: &str, source: &str, trust: Trust) -> Self {
        let help::Read { mut specs, unread } = help::read(text);
        if !specs.iter().any(|s| s.name == known::LAYER_FLAG) {
            specs.push(unlisted_layer_flag());
        }
        let mut index = HashMap::new();
        for (at, spec) in specs.iter().enumerate() {
            // The engine's own table is filled in the same order: the last line that lists a spelling has it.
            for spelling in spec.spellings() {
                let negated = spec.negations.iter().any(|n| n == spelling);
                index.insert(dashed(spelling), (at, negated));
            }
            if spec.name == known::LAYER_FLAG {
                for &spelling in known::LAYERS {
                    index.entry(spelling.to_owned()).or_insert((at, false));
                }
            }
        }
        Self { source: source.to_owned(), trust, specs, index, unread }
    }

    /// The catalogue of release v0.5.0, built into this crate.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// Looks a spelling up as the engine does: exactly, but in long names `_` is `-`.
    pub fn find(&self, spelling: &str) -> Option<Found<'_>> {
        let &(at, negated) = self.index.get(&dashed(spelling))?;
        let spec = self.specs.get(at)?;
        Some(Found { spec, negated })
    }

    /// All flags in the order of the help.
    pub fn specs(&self) -> &[FlagSpec] {
        &self.specs
    }

    /// How many option lines of the help could not be read. Anything but 0 means that the layout has changed.
    pub fn unread(&self) -> usize {
        self.unread
    }
}

fn unlisted_layer_flag() -> FlagSpec {
    FlagSpec {
        name: known::LAYER_FLAG.to_owned(),
        aliases: vec!["-ngl".to_owned(), "--gpu-layers".to_owned()],
        negations: Vec::new(),
        value: Arity::One,
        value_hint: Some("N".to_owned()),
        env: None,
        removed: None,
        help: String::new(),
    }
}
