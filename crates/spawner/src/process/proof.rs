//! Whether a living process that a record names may be signalled as its engine.
//!
//! Number, start time and session of the process agree with the record already, and so does the kernel's own number
//! where the kernel has them. A forged record can say all that of any process, so the token decides wherever an
//! environment shows what the process was started with. It does not where the environment cannot be read (the engine
//! is not dumpable), is empty, or was overwritten by a title; nor for a wrapper that replaced the environment: that one
//! still runs in the pool's folder.

use std::path::Path;

use crate::process::environ;
use crate::process::marks::{same_file, token_of};

/// Why process `pid` is not taken for the engine with this token that was started in `folder`; nothing where it is.
pub(crate) fn missing(pid: i32, instance: &str, folder: &Path) -> Option<String> {
    let environ = environ::read(pid).ok()?;
    if !environ.is_intact() || environ.has(&token_of(instance)) || runs_in(pid, folder) {
        return None;
    }
    Some(format!("process {pid}, which it names, does not carry its token"))
}

/// Whether the environment of process `pid` holds the token at this moment.
pub(crate) fn has_token(pid: i32, instance: &str) -> bool {
    environ::read(pid).is_ok_and(|environ| environ.has(&token_of(instance)))
}

/// Whether the process works in `folder`, also where that was removed under it.
pub(crate) fn runs_in(pid: i32, folder: &Path) -> bool {
    let cwd = format!("/proc/{pid}/cwd");
    if same_file(Path::new(&cwd), folder) {
        return true;
    }
    let (Ok(cwd), Ok(folder)) = (std::fs::read_link(cwd), std::fs::canonicalize(folder)) else {
        return false;
    };
    // This is what the kernel calls the working directory of a process once that was removed.
    let mut removed = folder.into_os_string();
    removed.push(" (deleted)");
    cwd.as_os_str() == removed
}
