//! What flags an engine knows, and how far that knowledge can be trusted.

pub(crate) mod eras;
pub(crate) mod families;
pub(crate) mod history;
pub(crate) mod known;
pub(crate) mod options;
pub(crate) mod renames;
pub(crate) mod role;
pub(crate) mod spec;
pub(crate) mod spelling;
pub(crate) mod table;
pub(crate) mod values;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::engine::Engine;
use role::Role;
use spec::{Arity, FlagSpec};
use spelling::dashed;
use values::Values;

/// Where a catalogue's knowledge comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The help of the very binary that will run: what it does not list does not exist.
    Live,
    /// The help of the very release that will run, as its tag names it, kept in this crate: what it does not list does not
    /// exist, but for parts that a build may have in it or not.
    Exact,
    /// The documents of the source tree the binary is built from: written by hand or earlier than the code.
    Docs,
    /// The help of another build, used while the real one is not there yet: what it does not list may exist.
    Nearest,
}

/// The flags of one build of an engine.
#[derive(Clone, Debug)]
pub struct Catalogue {
    /// Whose flags they are.
    pub engine: Engine,
    /// What the help was read from, for messages: `llama-server v0.5.0`, a path, a commit.
    pub source: String,
    /// Whether an unlisted flag is an error.
    pub trust: Trust,
    specs: Vec<FlagSpec>,
    index: HashMap<String, (usize, bool)>,
    /// Options of the help that could not be read.
    pub(crate) unread: usize,
    /// Whether the help was written by hand beside the parser.
    pub(crate) by_hand: bool,
}

/// What a spelling means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The flag.
    pub spec: &'a FlagSpec,
    /// Whether the spelling turns it off.
    pub negated: bool,
}

impl Catalogue {
    /// `--n-gpu-layers` is in every catalogue of llama-server: builds without GPU support took it without listing it
    /// (`if (llama_supports_gpu_offload())` around its help, none around its parser, until September 2024).
    /// `--ngl`, which people write and no release takes, is found as that flag.
    pub(crate) fn new(engine: Engine, mut specs: Vec<FlagSpec>, unread: usize, source: &str, trust: Trust) -> Self {
        if engine == Engine::LlamaServer && !specs.iter().any(|s| s.role == Role::Layers) {
            specs.push(unlisted_layer_flag());
        }
        let mut index = HashMap::new();
        for (at, spec) in specs.iter_mut().enumerate() {
            claim(&mut index, at, spec);
            if spec.role == Role::Layers {
                for &spelling in known::LAYERS {
                    index.entry(spelling.to_owned()).or_insert((at, false));
                }
            }
        }
        Self { engine, source: source.to_owned(), trust, specs, index, unread, by_hand: false }
    }

    /// Looks a spelling up as the engine does: exactly, but in long names `_` is `-`.
    pub fn find(&self, spelling: &str) -> Option<Found<'_>> {
        let &(at, negated) = self.index.get(dashed(spelling).as_ref())?;
        let spec = self.specs.get(at)?;
        Some(Found { spec, negated })
    }

    /// Whether what it does not list does not exist.
    pub(crate) fn is_complete(&self) -> bool {
        matches!(self.trust, Trust::Live | Trust::Exact)
    }

    /// All flags in the order of the help.
    pub fn specs(&self) -> &[FlagSpec] {
        &self.specs
    }

    /// Whether the text held no flags: it was no help, or the program that should have printed it failed.
    pub fn is_empty(&self) -> bool {
        self.specs.len() <= usize::from(self.engine == Engine::LlamaServer)
    }

    /// How many options of the help could not be read, or look like options and stand where none was expected. Anything
    /// but 0 means that the layout has changed.
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// The catalogue as the table that this crate keeps of a release. `read_from` is for the first line.
    pub fn to_table(&self, read_from: &str) -> String {
        table::write(&self.specs, &format!("{read_from}, {} flags", self.specs.len()))
    }
}

/// Gives a flag those of its spellings that no flag before it has: until September 2024 the help listed the flags of all
/// programs, some twice; the server's came first. So what a flag is called by is always found as that flag.
fn claim(index: &mut HashMap<String, (usize, bool)>, at: usize, spec: &mut FlagSpec) {
    let mut free = |spelling: &str, negated| match index.entry(dashed(spelling).into_owned()) {
        Entry::Vacant(place) => {
            place.insert((at, negated));
            true
        }
        Entry::Occupied(_) => false,
    };
    let named = free(&spec.name, false);
    spec.aliases.retain(|alias| free(alias, false));
    spec.negations.retain(|negation| free(negation, true));
    let other = spelling::longest(spec.aliases.iter().map(String::as_str)).map(str::to_owned);
    if let Some(other) = other.filter(|_| !named) {
        spec.aliases.retain(|alias| *alias != other);
        spec.name = other;
    }
}

fn unlisted_layer_flag() -> FlagSpec {
    FlagSpec {
        name: known::LAYER_FLAG.to_owned(),
        aliases: vec!["-ngl".to_owned(), "--gpu-layers".to_owned()],
        negations: Vec::new(),
        value: Arity::One,
        value_hint: Some("N".to_owned()),
        values: Values::parse("int"),
        default: None,
        env: None,
        adds: false,
        pair: false,
        role: Role::Layers,
        removed: None,
    }
}
