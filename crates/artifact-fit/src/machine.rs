//! The machine that a program is made for.

use std::fmt;

use object::elf;
use serde::{Deserialize, Serialize};

/// A machine that a program is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Machine {
    /// x86-64.
    #[serde(rename = "x86_64")]
    X86_64,
    /// 64-bit ARM.
    Aarch64,
    /// 32-bit x86.
    X86,
    /// 64-bit RISC-V.
    Riscv64,
    /// 64-bit POWER.
    Ppc64,
    /// IBM Z.
    S390x,
    /// Another one.
    Other,
}

impl Machine {
    /// As `uname -m` prints it.
    pub fn parse(uname: &str) -> Self {
        match uname {
            "x86_64" | "amd64" => Self::X86_64,
            "aarch64" | "arm64" => Self::Aarch64,
            "i386" | "i486" | "i586" | "i686" => Self::X86,
            "riscv64" => Self::Riscv64,
            "ppc64" | "ppc64le" => Self::Ppc64,
            "s390x" => Self::S390x,
            _ => Self::Other,
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::X86_64 => "x86-64",
            Self::Aarch64 => "aarch64",
            Self::X86 => "32-bit x86",
            Self::Riscv64 => "riscv64",
            Self::Ppc64 => "ppc64",
            Self::S390x => "s390x",
            Self::Other => "another machine",
        })
    }
}

impl Machine {
    /// As an ELF header has it.
    pub(crate) fn of(number: elf::Machine, is_64: bool) -> Self {
        match (number, is_64) {
            (elf::EM_X86_64, true) => Self::X86_64,
            (elf::EM_AARCH64, true) => Self::Aarch64,
            (elf::EM_386, _) => Self::X86,
            (elf::EM_RISCV, true) => Self::Riscv64,
            (elf::EM_PPC64, _) => Self::Ppc64,
            (elf::EM_S390, true) => Self::S390x,
            _ => Self::Other,
        }
    }
}
