//! The one hidden entry for processes that are our own program again.
//!
//! Three jobs need a process of their own: asking the GPU driver's library (it may hang or crash), keeping an engine's
//! log within its limit after its starter has gone, and ending a build's processes when we are killed. A host program
//! calls [`helper_main`] first in its `main` and sets [`Settings::helper`](crate::Settings::helper).

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use exec::Keeper;
use gpu_detect::Probe;
use spawner::Tender;

/// What each job's first argument begins with: no program has a command of such a name by chance.
const PROBE: &str = "engine-provisioner:gpu-probe";
const TENDER: &str = "engine-provisioner:tend-log";
const KEEPER: &str = "engine-provisioner:keep-group";

/// The program that is run for these jobs: one whose `main` begins with [`helper_main`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Helper {
    program: PathBuf,
}

impl Helper {
    /// A program whose `main` begins with [`helper_main`].
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into() }
    }

    /// This program; none where its path is not known.
    pub fn current() -> Option<Self> {
        // By way of the kernel's link: also where the file was replaced by an update meanwhile.
        std::env::current_exe().ok().map(Self::new)
    }

    /// This program as the one that asks the GPU driver's library.
    pub fn probe(&self) -> Probe {
        Probe { program: self.program.clone(), args: vec![PROBE.into()] }
    }

    pub(crate) fn tender(&self) -> Tender {
        Tender { program: self.program.clone(), args: vec![TENDER.into()] }
    }

    pub(crate) fn keeper(&self) -> Keeper {
        Keeper { program: self.program.clone(), args: vec![KEEPER.into()] }
    }
}

/// Does the job of a helper process and returns its exit status; none in a process that is not one. Call it first in
/// `main`, before threads are started and output is set up:
///
/// ```
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     if let Some(done) = provisioner_core::helper_main() {
///         return done;
///     }
///     // The host program's own work.
///     ExitCode::SUCCESS
/// }
/// ```
pub fn helper_main() -> Option<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let job = words.next()?;
    let rest: Vec<OsString> = words.collect();
    Some(match job.to_str()? {
        PROBE => probe(&rest),
        TENDER => tend(&rest),
        KEEPER => exec::keep_group().map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS),
        _ => return None,
    })
}

fn probe(libraries: &[OsString]) -> ExitCode {
    let libraries: Vec<PathBuf> = libraries.iter().map(PathBuf::from).collect();
    writeln!(std::io::stdout(), "{}", gpu_detect::answer_probe(&libraries))
        .map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

fn tend(words: &[OsString]) -> ExitCode {
    let [folder, limit] = words else { return ExitCode::from(2) };
    let Some(limit) = limit.to_str().and_then(|limit| limit.parse().ok()) else { return ExitCode::from(2) };
    spawner::tend_engine(&PathBuf::from(folder), limit).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}
