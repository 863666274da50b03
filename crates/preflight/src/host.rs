//! What a host has apart from tools: room, memory, limits, a clock, user namespaces. All of it is only looked at.

mod clock;
mod finding;
mod namespaces;
mod place;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nix::sys::resource::{Resource, getrlimit};
use serde::Serialize;

pub use clock::Clock;
pub use finding::{Finding, findings};
pub use host_memory::Memory;
pub use namespaces::UserNamespaces;
pub use place::Place;

/// A folder that a plan will write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceNeed {
    /// The folder, which need not exist yet.
    pub path: PathBuf,
    /// How many bytes will be written below it.
    pub bytes: u64,
    /// Whether programs will be run from it: a build's or a store's folder, but not a folder of models.
    pub runs_programs: bool,
}

/// What a plan asks of the host apart from tools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostNeeds {
    /// Where cache, store, models and run files go.
    pub places: Vec<PlaceNeed>,
    /// The memory in bytes that it cannot do without; 0 where nothing is known.
    pub memory: u64,
    /// Whether it runs containers as somebody who is not root.
    pub rootless_containers: bool,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostFacts {
    /// The folders of the plan, in its order.
    pub places: Vec<Place>,
    /// The memory.
    pub memory: Memory,
    /// How many files a process may have open: the limit that holds, and the one it can be raised to. `None` where there
    /// is no limit.
    pub open_files: (Option<u64>, Option<u64>),
    /// The clock.
    pub clock: Clock,
    /// Whether a user who is not root can have namespaces, as rootless containers need.
    pub user_namespaces: UserNamespaces,
}

impl HostFacts {
    /// Looks at the host whose files are under `root`, with the folders of `needs`, at the time `now`. Memory and open
    /// files are those of this process, whatever the root.
    pub fn look(needs: &HostNeeds, root: &Path, now: SystemTime) -> Self {
        let limit = |value| (value != nix::libc::RLIM_INFINITY).then_some(value);
        let open_files =
            getrlimit(Resource::RLIMIT_NOFILE).map_or((None, None), |(soft, hard)| (limit(soft), limit(hard)));
        Self {
            places: needs.places.iter().map(|need| Place::look(&need.path)).collect(),
            memory: Memory::now(),
            open_files,
            clock: Clock::look(root, now),
            user_namespaces: UserNamespaces::look(root),
        }
    }
}
