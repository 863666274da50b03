//! What a source tree says of its server's flags, before the server is built.

use std::path::Path;

use exec::{Exit, run};

use crate::fetch::local_git;
use crate::{BuildRequest, Commit, Layout};

/// Where the server's README is: since May 2025, and before.
const PLACES: [&str; 2] = ["tools/server/README.md", "examples/server/README.md"];

/// The server's README at this commit, if the commit is in the mirror already. Reads the mirror with one `git cat-file`
/// (a few milliseconds; two for an old tree); asks no network and writes nothing.
pub fn server_docs(layout: &Layout, request: &BuildRequest, commit: &Commit) -> Option<String> {
    let mirror = layout.mirror(&request.source.repo);
    mirror.is_dir().then(|| PLACES.iter().find_map(|place| read(request, &mirror, commit, place)))?
}

fn read(request: &BuildRequest, mirror: &Path, commit: &Commit, place: &str) -> Option<String> {
    let object = format!("{}:{place}", commit.as_str());
    let output = run(&local_git(request).bare(mirror).args(["cat-file", "blob", object.as_str()])).ok()?;
    (output.exit == Exit::Code(0)).then(|| output.stdout_text().into_owned())
}
