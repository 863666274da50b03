//! Whether a file can be executed as what it is, asked before anything is written.
//!
//! The C library hands a file that the kernel does not know to `/bin/sh`. An engine for another machine, or half a
//! download, must not be read as a script: only ELF files for this machine and scripts that name their interpreter
//! are let through.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use rustix::fs::{Access, access};

use crate::SpawnError;

/// As much of a file as the kernel reads to tell what it is (`BINPRM_BUF_SIZE`).
const HEAD: u64 = 256;

/// What the first bytes of a file say it is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Format {
    /// ELF, with class, byte order and machine.
    Elf([u8; 4]),
    /// A script and its interpreter.
    Script(String),
    /// Anything else.
    Other(&'static str),
}

/// Refuses a program that is missing, may not be executed, or would not be executed as itself.
pub(crate) fn inspect(program: &Path) -> Result<(), SpawnError> {
    let not_executable = |why: String| Err(SpawnError::NotExecutable { program: program.into(), why });
    match std::fs::metadata(program) {
        Ok(meta) if !meta.is_file() => return not_executable("it is not a file".to_owned()),
        Ok(_) => {}
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Err(SpawnError::ProgramMissing { program: program.into() });
        }
        Err(error) => return not_executable(error.to_string()),
    }
    if let Err(errno) = access(program, Access::EXEC_OK) {
        return not_executable(errno.to_string());
    }
    let Some(head) = head(program) else {
        // Executable and not readable: the kernel will say what it is.
        return Ok(());
    };
    match format_of(&head) {
        Format::Script(interpreter) if Path::new(&interpreter).exists() => Ok(()),
        Format::Script(interpreter) => Err(SpawnError::InterpreterMissing {
            program: program.into(),
            interpreter: format!("its interpreter `{}`", interpreter.escape_debug()),
        }),
        Format::Other(what) => Err(SpawnError::WrongFormat { program: program.into(), what: what.to_owned() }),
        Format::Elf(kind) => match head_of_ourselves() {
            Some(ours) if ours != kind => {
                let machine = |[_, _, low, high]: [u8; 4]| u16::from_le_bytes([low, high]);
                let what = format!(
                    "it is an ELF file for machine {} class {}, this is machine {} class {}",
                    machine(kind),
                    kind[0],
                    machine(ours),
                    ours[0]
                );
                Err(SpawnError::WrongFormat { program: program.into(), what })
            }
            _ => Ok(()),
        },
    }
}

fn head(path: &Path) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path).ok()?.take(HEAD).read_to_end(&mut head).ok()?;
    Some(head)
}

fn head_of_ourselves() -> Option<[u8; 4]> {
    match format_of(&head(Path::new("/proc/self/exe"))?) {
        Format::Elf(kind) => Some(kind),
        _ => None,
    }
}

fn format_of(head: &[u8]) -> Format {
    if let Some(line) = head.strip_prefix(b"#!") {
        let line = line.split(|b| *b == b'\n').next().unwrap_or_default();
        let text = String::from_utf8_lossy(line);
        let interpreter = text.trim_start_matches([' ', '\t']).split([' ', '\t', '\0']).next().unwrap_or_default();
        return Format::Script(interpreter.to_owned());
    }
    match (head.starts_with(b"\x7fELF"), head.get(4..6), head.get(18..20)) {
        (true, Some(&[class, order]), Some(&[low, high])) => Format::Elf([class, order, low, high]),
        (true, ..) => Format::Other("it is a part of an ELF file"),
        (false, ..) if head.is_empty() => Format::Other("it is empty"),
        (false, ..) => Format::Other("it is neither an ELF file nor a script that names its interpreter"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(head: &[u8], expected: &Format) {
        assert_eq!(&format_of(head), expected);
    }

    #[test]
    fn the_first_bytes_decide() {
        let script = |text: &str| Format::Script(text.to_owned());
        check(b"#!/bin/sh\necho", &script("/bin/sh"));
        check(b"#! \t/usr/bin/env python3\n", &script("/usr/bin/env"));
        check(b"#!/bin/sh\r\n", &script("/bin/sh\r"));
        check(b"#!", &script(""));
        check(b"", &Format::Other("it is empty"));
        check(b"\x7fELF", &Format::Other("it is a part of an ELF file"));
        check(b"MZ\x90", &Format::Other("it is neither an ELF file nor a script that names its interpreter"));
        let mut elf = [0; 64];
        elf[..6].copy_from_slice(b"\x7fELF\x02\x01");
        elf[18] = 183;
        check(&elf, &Format::Elf([2, 1, 183, 0]));
    }

    #[test]
    fn what_this_host_runs_is_let_through() {
        inspect(Path::new("/bin/sh")).unwrap();
        inspect(Path::new("/proc/self/exe")).unwrap();
    }
}
