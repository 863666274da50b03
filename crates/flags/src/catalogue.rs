//! What flags an engine knows, and how far that knowledge can be trusted.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::engine::Engine;
use crate::help::{self, Read};
use crate::nearest::nearest;
use crate::role::Role;
use crate::spec::{Arity, FlagSpec};
use crate::spelling::dashed;
use crate::values::Values;
use crate::{docs, eras, families, known, layout, spelling, table, text};

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
    /// Whose flags they are.
    pub engine: Engine,
    /// What the help was read from, for messages: `llama-server v0.5.0`, a path, a commit.
    pub source: String,
    /// Whether an unlisted flag is an error.
    pub trust: Trust,
    specs: Vec<FlagSpec>,
    index: HashMap<String, (usize, bool)>,
    unread: usize,
    by_hand: bool,
}

/// In the first line of a whole help.
const USAGE: &str = "[options]";

/// Begins the titles of a help that the parser prints from its own table, as llama.cpp does since September 2024.
const SECTION: &str = "----- ";

/// What a spelling means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The flag.
    pub spec: &'a FlagSpec,
    /// Whether the spelling turns it off.
    pub negated: bool,
}

impl Catalogue {
    /// Reads what an engine's `--help` printed. Total: a text that is no help gives an almost empty catalogue.
    pub fn from_help(engine: Engine, text: &str, source: &str, trust: Trust) -> Self {
        let lines = text::lines(text);
        let laid = layout::lay(&lines);
        let Read { specs, unread } = help::read(engine, &laid.entries);
        let mut catalogue = Self::new(engine, specs, unread, source, trust);
        // Flags of the wrong place that are options elsewhere in the text are mentioned there and no more.
        let missed = laid.doubtful.iter().filter(|line| catalogue.find(spelling::name_of(line)).is_none()).count();
        catalogue.unread += missed;
        catalogue.by_hand = engine == Engine::LlamaServer && text.contains(USAGE) && !text.contains(SECTION);
        catalogue
    }

    /// Reads the `README.md` of the server in `llama.cpp`'s source tree (`tools/server`, before April 2025
    /// `examples/server`). Total, as [`from_help`](Self::from_help).
    pub fn from_docs(text: &str, source: &str) -> Self {
        let engine = Engine::LlamaServer;
        let Read { specs, unread } = docs::with_entries(text, |entries| help::read(engine, entries));
        Self::new(engine, specs, unread, source, Trust::Docs)
    }

    /// The best of what there is: the binary's own help, the docs of its source tree, the release nearest to
    /// `release` (a tag such as `b6673` or `v0.5.0`; the newest one for any other name). A text in which no flag is
    /// found (the binary did not start, the docs are older than their tables) counts as none. Each text comes with
    /// what it was read from.
    pub fn best(engine: Engine, help: Option<(&str, &str)>, docs: Option<(&str, &str)>, release: &str) -> Self {
        let live = help.map(|(text, source)| Self::from_help(engine, text, source, Trust::Live));
        let docs = || docs.map(|(text, source)| Self::from_docs(text, source));
        let live = live.filter(|catalogue| !catalogue.is_empty());
        live.or_else(|| docs().filter(|catalogue| !catalogue.is_empty()))
            .unwrap_or_else(|| Self::nearest(engine, release).clone())
    }

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

    /// The catalogue of the newest release this crate knows.
    pub fn newest(engine: Engine) -> &'static Self {
        Self::nearest(engine, "")
    }

    /// The catalogue, among those this crate comes with, of the release nearest to this one (`b6673`, `v0.5.0`).
    pub fn nearest(engine: Engine, release: &str) -> &'static Self {
        eras::nearest(engine, release)
    }

    /// The listed spelling that is most like a name nobody lists.
    pub fn suggest(&self, name: &str) -> Option<&str> {
        nearest(self, name).map(|near| near.spelling)
    }

    /// The releases this crate comes with, oldest first.
    pub fn releases(engine: Engine) -> impl Iterator<Item = &'static str> {
        eras::names(engine)
    }

    /// Looks a spelling up as the engine does: exactly, but in long names `_` is `-`.
    pub fn find(&self, spelling: &str) -> Option<Found<'_>> {
        let &(at, negated) = self.index.get(dashed(spelling).as_ref())?;
        let spec = self.specs.get(at)?;
        Some(Found { spec, negated })
    }

    /// Looks up the flag that this spelling names in some other release. Flags listed as removed are not found.
    pub(crate) fn find_renamed(&self, spelling: &str) -> Option<Found<'_>> {
        families::of(self.engine, spelling)
            .iter()
            .filter_map(|s| self.find(s))
            .find(|found| found.spec.removed.is_none())
    }

    /// Whether a flag may exist that the engine's own help does not list: one written by hand beside the parser leaves some
    /// out. Forks of llama.cpp that still do so know what it knew in those days.
    pub(crate) fn may_hide(&self, spelling: &str) -> bool {
        self.trust != Trust::Live || (self.by_hand && eras::known_by_hand(self.engine, spelling))
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
