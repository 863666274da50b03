//! The exit status, from an error's stable code: one table.

use std::process::ExitCode;

use miette::Diagnostic;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Io = 1,
    Usage = 2,
    Host = 3,
    Build = 4,
    Model = 5,
    Engine = 6,
    Conflict = 7,
    /// `status` of an engine that runs and does not answer. No error has it.
    Silent = 8,
    /// `explain` of a log whose cause is not known. No error has it.
    NotKnown = 9,
    /// What a shell shows for a program that an interrupt ended: 128 and the number of the signal.
    Cancelled = 130,
    /// The reader of standard output is gone, which ends no work: 128 and the number of SIGPIPE. No code has it.
    ReaderGone = 141,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The worse of two: an interrupt, then what fails earliest on the path to an answer, in the order of the numbers.
    pub(crate) fn worse(self, other: Self) -> Self {
        let rank = |exit: Self| match exit {
            Self::Done => u8::MAX,
            Self::Cancelled => 0,
            exit => exit as u8,
        };
        if rank(other) < rank(self) { other } else { self }
    }
}

/// The status for an error.
pub(crate) fn of(error: &dyn Diagnostic) -> Exit {
    error.code().map_or(Exit::Io, |code| of_code(&code.to_string()))
}

/// The status for an error's code; a code of an area that is not in the table counts as trouble with files.
pub(crate) fn of_code(code: &str) -> Exit {
    known(code).unwrap_or(Exit::Io)
}

fn known(code: &str) -> Option<Exit> {
    let (area, name) = code.split_once("::")?;
    Some(match (area, code) {
        _ if name == "cancelled" => Exit::Cancelled,
        (
            _,
            "pool::differs"
            | "pool::engine_version"
            | "port::taken"
            | "lock::timeout"
            | "spawner::already_running"
            | "container::foreign"
            | "container::port_taken"
            | "container::image_in_use",
        ) => Exit::Conflict,
        ("core" | "file" | "lock" | "settings", _)
        | (
            _,
            "preflight::memo_not_saved" | "build::io" | "build::not_published" | "spawner::io" | "container::system",
        ) => Exit::Io,
        // Values of the pool file, and paths in it.
        (
            _,
            "container::bad_value"
            | "container::image_unqualified"
            | "container::secret_needs_file"
            | "container::user_unknown"
            | "engine::side_file_missing"
            | "engine::side_file_unfit",
        )
        | ("usage" | "config" | "pool" | "flags" | "port", _) => Exit::Usage,
        // Also an engine that runs, and not on the GPU that it was asked for.
        ("spawner" | "engine" | "remote", _)
        | (
            _,
            "gpu::not_used"
            | "gpu::partial_offload"
            | "container::absent"
            | "container::failed"
            | "container::not_stopped",
        ) => Exit::Engine,
        ("source" | "build" | "cmake" | "link" | "download" | "registry", _) | (_, "container::pull_failed") => {
            Exit::Build
        }
        ("preflight" | "gpu" | "cuda" | "exec" | "image" | "cdi" | "container" | "fit", _) => Exit::Host,
        ("model", _) => Exit::Model,
        // What was agreed on is no longer what is there.
        ("plan" | "pin" | "previous" | "proof" | "trust", _) => Exit::Conflict,
        _ => return None,
    })
}

#[cfg(test)]
mod codes_tests;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_is_what_fails_first() {
        use Exit::{Cancelled, Conflict, Done, Engine, Host, Silent};
        let worst = |all: &[Exit]| all.iter().fold(Done, |worst, exit| worst.worse(*exit));
        assert_eq!(worst(&[]), Done);
        assert_eq!(worst(&[Done, Silent, Done]), Silent);
        assert_eq!(worst(&[Conflict, Host, Engine]), Host);
        assert_eq!(worst(&[Host, Cancelled, Done]), Cancelled);
    }

    #[test]
    fn a_code_decides() {
        for (code, expected) in [
            ("config::unknown_key", Exit::Usage),
            ("gpu::no_driver", Exit::Host),
            ("build::compile_failed", Exit::Build),
            ("model::missing", Exit::Model),
            ("engine::exited", Exit::Engine),
            ("pool::differs", Exit::Conflict),
            ("lock::unsupported", Exit::Io),
            ("core::cancelled", Exit::Cancelled),
            ("core::unfinished", Exit::Io),
            ("gpu::not_used", Exit::Engine),
            ("gpu::partial_offload", Exit::Engine),
            ("engine::side_file_unfit", Exit::Usage),
            ("image::no_digest", Exit::Host),
            ("container::subuid", Exit::Host),
            ("fit::glibc", Exit::Host),
            ("download::digest", Exit::Build),
            ("registry::denied", Exit::Build),
            ("plan::changed", Exit::Conflict),
            ("pin::drift", Exit::Conflict),
            ("trust::no_key", Exit::Conflict),
            ("remote::unreachable", Exit::Engine),
            ("container::no_subuid", Exit::Host),
            ("container::foreign", Exit::Conflict),
            ("container::bad_value", Exit::Usage),
            ("container::pull_failed", Exit::Build),
            ("container::failed", Exit::Engine),
            ("exec::cancelled", Exit::Cancelled),
            ("lock::cancelled", Exit::Cancelled),
            ("something::cancelled", Exit::Cancelled),
            ("something::new", Exit::Io),
            ("", Exit::Io),
        ] {
            assert_eq!(of_code(code), expected, "{code}");
        }
    }
}
