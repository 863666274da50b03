//! Reads a help text or the documents of a source tree into a [`Catalogue`].

mod brackets;
mod docs;
mod head;
mod hint;
mod layout;
mod option;
mod text;

use crate::catalogue::eras;
use crate::catalogue::{Catalogue, Trust, spelling};
use crate::engine::Engine;
use option::Read;

/// In the first line of a whole help.
const USAGE: &str = "[options]";

/// Begins the titles of a help that the parser prints from its own table, as llama.cpp does since September 2024.
const SECTION: &str = "----- ";

impl Catalogue {
    /// Reads what an engine's `--help` printed. Total: a text that is no help gives an almost empty catalogue.
    pub fn from_help(engine: Engine, text: &str, source: &str, trust: Trust) -> Self {
        let lines = text::lines(text);
        let laid = layout::lay(&lines);
        let Read { specs, unread } = option::read(engine, &laid.entries);
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
        let Read { specs, unread } = docs::with_entries(text, |entries| option::read(engine, entries));
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
        live.or_else(|| eras::exact(engine, release))
            .or_else(|| docs().filter(|catalogue| !catalogue.is_empty()))
            .unwrap_or_else(|| Self::nearest(engine, release).clone())
    }
}
