//! Where we run: the boot, the PID namespace and the user that a record is compared with.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::sync::OnceLock;

use crate::SpawnError;

/// What makes process numbers mean something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) boot_id: String,
    pub(crate) pid_ns: u64,
    pub(crate) uid: u32,
}

/// The boot's id, which no process outlives: it is read once.
fn boot_id() -> Result<&'static str, SpawnError> {
    static BOOT: OnceLock<String> = OnceLock::new();
    if let Some(known) = BOOT.get() {
        return Ok(known);
    }
    let read = procfs::sys::kernel::random::boot_id().map_err(SpawnError::proc("the boot's id"))?;
    Ok(BOOT.get_or_init(|| read))
}

impl Host {
    /// Reads it from `/proc`, which must be the one of our own PID namespace: a number read there has to mean the
    /// same process to the kernel.
    pub(crate) fn observe() -> Result<Self, SpawnError> {
        let proc = |what: &str| {
            let what = what.to_owned();
            move |source| SpawnError::Proc { what, source }
        };
        let myself = std::fs::read_link("/proc/self").map_err(proc("our own process"))?;
        if myself.to_str() != Some(&std::process::id().to_string()) {
            let text = format!("it calls us process {}, we are {}", myself.display(), std::process::id());
            return Err(proc("our own process")(io::Error::other(text)));
        }
        let boot_id = boot_id()?.to_owned();
        let pid_ns = std::fs::metadata("/proc/self/ns/pid").map_err(proc("our PID namespace"))?.ino();
        Ok(Self { boot_id, pid_ns, uid: rustix::process::geteuid().as_raw() })
    }
}
