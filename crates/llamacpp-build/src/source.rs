//! Where the sources come from: names of commits, the mirror of a repository, a tree of one commit.

pub(crate) mod commit;
pub(crate) mod declared;
pub(crate) mod fetch;
pub(crate) mod git;
pub(crate) mod mirror;
pub(crate) mod model_formats;
pub(crate) mod resolve;
pub(crate) mod server_docs;
pub(crate) mod worktree;
