//! Limits of the system that keep a process, a thread or a descriptor from being made.
//!
//! Which error means which: <https://man7.org/linux/man-pages/man2/fork.2.html#ERRORS>,
//! <https://man7.org/linux/man-pages/man2/pipe.2.html#ERRORS>.

use std::fmt;
use std::io;

use nix::libc;
use serde::Serialize;

/// A limit that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Limit {
    /// Of the processes and threads of this user, of this control group or of the host.
    Processes,
    /// Of the open files of this process.
    OpenFiles,
    /// Of the open files of the host.
    OpenFilesOfHost,
    /// Of the memory of this process, of this control group or of the host.
    Memory,
}

impl Limit {
    /// The limit that made the system refuse to start a process or thread, where that was one.
    pub fn of(error: &io::Error) -> Option<Self> {
        Some(match error.raw_os_error()? {
            libc::EAGAIN => Self::Processes,
            libc::EMFILE => Self::OpenFiles,
            libc::ENFILE => Self::OpenFilesOfHost,
            libc::ENOMEM => Self::Memory,
            _ => return None,
        })
    }

    /// What shows and raises it.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Processes => {
                "raise it: `ulimit -u` counts all processes and threads of this user, `TasksMax=` and `LimitNPROC=` those of a \
                 unit, `--pids-limit` those of a container, and `sysctl kernel.threads-max kernel.pid_max` those of the host"
            }
            Self::OpenFiles => {
                "raise it: `ulimit -n 65536`, `LimitNOFILE=` of a unit, `--ulimit nofile` of a container"
            }
            Self::OpenFilesOfHost => "raise it: `sysctl fs.file-max fs.file-nr` shows what the host allows and uses",
            Self::Memory => {
                "raise it: `ulimit -v unlimited`, `MemoryMax=` of a unit, `--memory` of a container; `free -m` shows the host's"
            }
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Processes => "the limit on processes and threads",
            Self::OpenFiles => "the limit on open files",
            Self::OpenFilesOfHost => "the host's limit on open files",
            Self::Memory => "the limit on memory",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_is_its_limit() {
        let of = |errno| Limit::of(&io::Error::from_raw_os_error(errno));
        assert_eq!(of(libc::EAGAIN), Some(Limit::Processes));
        assert_eq!(of(libc::EMFILE), Some(Limit::OpenFiles));
        assert_eq!(of(libc::ENFILE), Some(Limit::OpenFilesOfHost));
        assert_eq!(of(libc::ENOMEM), Some(Limit::Memory));
        assert_eq!(of(libc::EACCES), None);
        assert_eq!(Limit::of(&io::Error::other("x")), None);
    }
}
