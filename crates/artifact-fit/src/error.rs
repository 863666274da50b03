//! Why a host cannot run a program.

use miette::Diagnostic;
use thiserror::Error;

use crate::{Machine, Version};

/// Something that a program needs and a host lacks.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[non_exhaustive]
pub enum FitError {
    /// The program is made for another machine than this host is.
    #[error("`{program}` is made for {machine}, and this host is {host}")]
    #[diagnostic(code(fit::machine), help("take the archive for {host}"))]
    Machine {
        /// The program.
        program: String,
        /// What it is made for.
        machine: Machine,
        /// What the host is.
        host: Machine,
    },
    /// The program is made for another system than Linux.
    #[error("`{program}` is not made for Linux")]
    #[diagnostic(code(fit::system), help("take the archive for Linux"))]
    System {
        /// The program.
        program: String,
    },
    /// The program is a script or another file that is no ELF program.
    #[error("`{program}` is {what}, not a program")]
    #[diagnostic(code(fit::not_a_program), help("name the engine's own program with `program`"))]
    NotAProgram {
        /// The file.
        program: String,
        /// What it is.
        what: &'static str,
    },
    /// The host has no such loader: it has another C library, or another layout.
    #[error("`{program}` is started by `{interpreter}`, which this host does not have")]
    #[diagnostic(
        code(fit::interpreter),
        help("take an archive for this host's C library, or build from source (mode = \"source\")")
    )]
    Interpreter {
        /// The program.
        program: String,
        /// The loader.
        interpreter: String,
    },
    /// The host's C or C++ library is older than the one that the program was built with.
    #[error("`{file}` needs {library} with {version}, and this host's has {}", has.map_or_else(|| "none".to_owned(), |has| has.to_string()))]
    #[diagnostic(
        code(fit::symbols),
        help("take an archive that was built on an older system, or build from source (mode = \"source\")")
    )]
    Symbols {
        /// The file that needs it.
        file: String,
        /// The library.
        library: String,
        /// The version of symbols that is missing, such as `GLIBC_2.38`.
        version: String,
        /// The highest version of that family that the host's library has.
        has: Option<Version>,
    },
    /// The host lacks a library that the archive does not bring.
    #[error("`{file}` needs `{library}`, which neither the archive nor this host has")]
    #[diagnostic(code(fit::library), help("{}", install(*package)))]
    Library {
        /// The file that needs it.
        file: String,
        /// The library.
        library: String,
        /// The packages that bring it, on Debian and on Arch.
        package: Option<(&'static str, &'static str)>,
    },
    /// A library is in the archive, at a place where the program does not look.
    #[error("`{file}` needs `{library}`; the archive has it as `{at}`, where the program does not look")]
    #[diagnostic(
        code(fit::unreachable_library),
        help("ask the publisher for an archive with `$ORIGIN` in its search path")
    )]
    Unreachable {
        /// The file that needs it.
        file: String,
        /// The library.
        library: String,
        /// Where it is.
        at: String,
    },
    /// A pool on CUDA, and an archive without any code for NVIDIA GPUs.
    #[error("the archive of `{program}` holds nothing for NVIDIA GPUs")]
    #[diagnostic(
        code(fit::no_cuda),
        help("take the archive for CUDA, or write accelerator = \"cpu\" to run on the CPU")
    )]
    NoCuda {
        /// The program.
        program: String,
    },
    /// The host's NVIDIA driver is older than the archive's CUDA runtime, or the compression of its code, needs.
    #[error("`{program}` is made with {}, which needs the NVIDIA driver {floor}, and this host has {driver}", runtime.map_or_else(|| "compressed code".to_owned(), |major| format!("CUDA {major}")))]
    #[diagnostic(
        code(fit::driver),
        help(
            "upgrade the NVIDIA driver and restart the host, take an archive for an older CUDA, or build from source (mode = \"source\")"
        )
    )]
    Driver {
        /// The program.
        program: String,
        /// The major release of its CUDA runtime, where that is known.
        runtime: Option<u32>,
        /// The oldest driver that it needs.
        floor: String,
        /// The host's driver.
        driver: String,
    },
    /// The archive's code is for other GPUs than this host has.
    #[error("the archive holds code for the architectures {}, and the GPU's is {gpu}", list(code))]
    #[diagnostic(
        code(fit::architecture),
        help("take an archive for this GPU, or build from source (mode = \"source\")")
    )]
    Architecture {
        /// The architectures in the archive.
        code: Vec<u32>,
        /// The GPU's.
        gpu: u32,
    },
}

fn install(package: Option<(&str, &str)>) -> String {
    match package {
        Some((debian, arch)) => format!("install it: on Debian and Ubuntu {debian}, on Arch {arch}"),
        None => "find the package that brings it: `apt-file search`, `pacman -F`, `dnf provides`".to_owned(),
    }
}

fn list(numbers: &[u32]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
