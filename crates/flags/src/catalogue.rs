//! What flags an engine knows, and how far that knowledge can be trusted.

use std::collections::HashMap;

use crate::help::{self, Read};
use crate::nearest::nearest;
use crate::role::Role;
use crate::spec::{Arity, FlagSpec};
use crate::spelling::dashed;
use crate::values::Values;
use crate::{docs, eras, families, known, layout, table};

/// Where a catalogue's knowledge comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The help of the very binary that will run: what it does not list does not exist.
    Live,
    /// The documents of the source tree the binary is built from: written by hand or earlier than the code.
    Docs,
    /// The help of another build, used while the real one is not there yet: what it does not list may exist.
    Nearest,
}

/// The flags of one build of an engine.
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

impl Catalogue {
    /// Reads what `llama-server --help` printed. Total: a text that is no help gives an almost empty catalogue.
    pub fn from_help(text: &str, source: &str, trust: Trust) -> Self {
        let Read { specs, unread } = help::read(&layout::entries(text.lines()));
        Self::new(specs, unread, source, trust)
    }

    /// Reads the `README.md` of the server in `llama.cpp`'s source tree (`tools/server`, before April 2025
    /// `examples/server`). Total, as [`from_help`](Self::from_help).
    pub fn from_docs(text: &str, source: &str) -> Self {
        let Read { specs, unread } = docs::with_entries(text, help::read);
        Self::new(specs, unread, source, Trust::Docs)
    }

    /// The best of what there is: the binary's own help, the docs of its source tree, the release nearest to
    /// `release` (a tag such as `b6673` or `v0.5.0`; the newest one for any other name). A text in which no flag is
    /// found (the binary did not start, the docs are older than their tables) counts as none. Each text comes with
    /// what it was read from.
    pub fn best(help: Option<(&str, &str)>, docs: Option<(&str, &str)>, release: &str) -> Self {
        let live = help.map(|(text, source)| Self::from_help(text, source, Trust::Live));
        let docs = || docs.map(|(text, source)| Self::from_docs(text, source));
        let useful = |catalogue: &Self| catalogue.specs.len() > 1;
        live.filter(useful).or_else(|| docs().filter(useful)).unwrap_or_else(|| Self::nearest(release).clone())
    }

    /// `--n-gpu-layers` is in every catalogue: builds without GPU support took it without listing it
    /// (`if (llama_supports_gpu_offload())` around its help, none around its parser, until September 2024).
    /// `--ngl`, which people write and no release takes, is found as that flag.
    pub(crate) fn new(mut specs: Vec<FlagSpec>, unread: usize, source: &str, trust: Trust) -> Self {
        if !specs.iter().any(|s| s.role == Role::Layers) {
            specs.push(unlisted_layer_flag());
        }
        Self::of_any_engine(specs, unread, source, trust)
    }

    pub(crate) fn of_any_engine(specs: Vec<FlagSpec>, unread: usize, source: &str, trust: Trust) -> Self {
        let mut index = HashMap::new();
        for (at, spec) in specs.iter().enumerate() {
            // Until September 2024 the help listed the flags of all programs; the server's came first.
            for spelling in spec.spellings() {
                let negated = spec.negations.iter().any(|n| n == spelling);
                index.entry(dashed(spelling).into_owned()).or_insert((at, negated));
            }
            if spec.role == Role::Layers {
                for &spelling in known::LAYERS {
                    index.entry(spelling.to_owned()).or_insert((at, false));
                }
            }
        }
        Self { source: source.to_owned(), trust, specs, index, unread }
    }

    /// The catalogue of the newest release this crate knows.
    pub fn embedded() -> &'static Self {
        Self::nearest("")
    }

    /// The catalogue, among those this crate comes with, of the release nearest to this one (`b6673`, `v0.5.0`).
    pub fn nearest(release: &str) -> &'static Self {
        eras::nearest(release)
    }

    /// What `vllm-rs serve --help` listed in vLLM 0.33.0: to look flags up; [`normalize`](crate::normalize) is for
    /// `llama-server` alone.
    pub fn vllm() -> &'static Self {
        &eras::VLLM
    }

    /// Reads the help of another engine, to look flags up.
    pub fn from_other_help(text: &str, source: &str) -> Self {
        let Read { specs, unread } = help::read(&layout::entries(text.lines()));
        Self::of_any_engine(specs, unread, source, Trust::Nearest)
    }

    /// The listed spelling that is most like a name nobody lists.
    pub fn suggest(&self, name: &str) -> Option<&str> {
        nearest(self, name).map(|near| near.spelling)
    }

    /// The releases this crate comes with, oldest first.
    pub fn releases() -> impl Iterator<Item = &'static str> {
        eras::names()
    }

    /// Looks a spelling up as the engine does: exactly, but in long names `_` is `-`.
    pub fn find(&self, spelling: &str) -> Option<Found<'_>> {
        let &(at, negated) = self.index.get(dashed(spelling).as_ref())?;
        let spec = self.specs.get(at)?;
        Some(Found { spec, negated })
    }

    /// Looks up the flag that this spelling names in some other release. Flags listed as removed are not found.
    pub(crate) fn find_renamed(&self, spelling: &str) -> Option<Found<'_>> {
        families::of(spelling).iter().filter_map(|s| self.find(s)).find(|found| found.spec.removed.is_none())
    }

    /// The name this engine has for a flag of that role; `otherwise` where it lists none.
    pub(crate) fn name_of<'a>(&'a self, role: Role, otherwise: &'a str) -> &'a str {
        let listed = |name: &str| self.find(name).is_some_and(|f| f.spec.role == role);
        if listed(otherwise) {
            return otherwise;
        }
        let renamed = self.find_renamed(otherwise).filter(|f| f.spec.role == role);
        renamed.map_or(otherwise, |found| &found.spec.name)
    }

    /// All flags in the order of the help.
    pub fn specs(&self) -> &[FlagSpec] {
        &self.specs
    }

    /// How many options of the help could not be read. Anything but 0 means that the layout has changed.
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// The catalogue as the table that this crate keeps of a release, with a first line that says where it was read.
    pub fn to_table(&self) -> String {
        table::write(&self.specs, &format!("{}, {} flags", self.source, self.specs.len()))
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
