//! What a source tree says of its server's flags, before the server is built.

use engine_store::Layout;

use crate::source::git::local_git;
use crate::{BuildRequest, Commit};

/// Where the server's README is: since May 2025, and before.
const PLACES: [&str; 2] = ["tools/server/README.md", "examples/server/README.md"];

/// The server's README at this commit, if the commit is in the mirror already: one program, two for an old tree.
pub fn server_docs(layout: &Layout, request: &BuildRequest, commit: &Commit) -> Option<String> {
    let mirror = layout.mirror(&request.source.repo);
    PLACES.iter().find_map(|place| local_git(request).file(&mirror, commit, place))
}
