//! Whether the engine's source knows a model, by the lists of the one and the headers of the other. Pure.

use model_provisioner::Found;
use model_provisioner::gguf::{Header, KnownFormats};

use crate::Error;

/// Whether the model names anything that an engine could not know.
pub(crate) fn names_formats(found: &Found) -> bool {
    found.headers.iter().any(Header::names_formats)
}

/// Why an engine whose source has these lists cannot load the model. `engine`: the source, in words.
pub(crate) fn too_new(found: &Found, known: &KnownFormats, engine: &str) -> Option<Error> {
    let mut unknown: Vec<String> = Vec::new();
    for what in found.headers.iter().flat_map(|header| header.unknown_to(known)) {
        let what = what.to_string();
        if !unknown.contains(&what) {
            unknown.push(what);
        }
    }
    let path = found.staged.path.clone();
    (!unknown.is_empty()).then(|| Error::ModelTooNew { path, unknown, engine: engine.to_owned() })
}

/// The same as a warning, of a source that may have moved since it was last seen.
pub(crate) fn warning(error: &Error) -> String {
    format!("{error}, as far as it was last seen; the repository is asked again before anything is built")
}
