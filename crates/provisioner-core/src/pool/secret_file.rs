//! Values of secret variables out of files: `provisioning.secret_file`.
//!
//! The rules: a link is followed, because orchestrators mount secrets as links; who may change the file is trusted, so
//! that one that other users own or may write is refused; one that every user may read is taken with a warning, because
//! that is how orchestrators mount secrets by default; nothing that blocks is opened.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use config_schema::PoolConfig;
use nix::fcntl::OFlag;
use secrecy::SecretString;

use crate::{Result, VariableError};

/// No secret is longer, in bytes. Linux takes at most 128 KiB of one variable.
const LONGEST: u64 = 64 << 10;

/// A secret variable that a file holds.
#[derive(Clone, Debug)]
pub struct SecretFile {
    /// The file.
    pub path: PathBuf,
    /// Its value, or why there is none, as a clause behind the file's name.
    value: std::result::Result<SecretString, String>,
}

impl SecretFile {
    /// Reads a file. One that cannot be used is a fact until its value is required.
    pub(crate) fn read(path: &Path) -> Self {
        Self { path: path.into(), value: value(path) }
    }

    /// The value of the variable `name`.
    pub(crate) fn value(&self, name: &str) -> Result<&SecretString> {
        let refused =
            |why: &String| VariableError::SecretFile { name: name.into(), path: self.path.clone(), why: why.clone() };
        Ok(self.value.as_ref().map_err(refused)?)
    }
}

/// The secret files of a pool, by variable.
pub(crate) fn of_pool(pool: &PoolConfig) -> BTreeMap<String, SecretFile> {
    let files = pool.provisioning.secret_file.iter();
    files.map(|(name, path)| (name.to_string(), SecretFile::read(path))).collect()
}

fn value(path: &Path) -> std::result::Result<SecretString, String> {
    if !path.is_absolute() {
        return Err("is no absolute path".into());
    }
    // A pipe is opened without waiting for its other end, and then refused.
    let flags = (OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|error| shown(&error))?;
    judge(&file, path)?;
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(|error| shown(&error))?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!("has more than {LONGEST} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|_bytes| "is not UTF-8".to_owned())?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    match line {
        "" => Err("is empty".into()),
        line if line.contains('\0') => Err("holds a NUL byte, which no variable can".into()),
        line if line.contains(['\n', '\r']) => Err("has more than one line, which cannot be masked in logs".into()),
        line => Ok(line.to_owned().into()),
    }
}

/// Whether the file is one, and whose.
fn judge(file: &File, path: &Path) -> std::result::Result<(), String> {
    let meta = file.metadata().map_err(|error| shown(&error))?;
    let kind = meta.file_type();
    match () {
        () if kind.is_dir() => return Err("is a folder".into()),
        () if kind.is_fifo() => return Err("is a pipe".into()),
        () if !kind.is_file() => return Err("is a device or socket".into()),
        () => {}
    }
    let mode = meta.mode() & 0o777;
    if mode & 0o022 != 0 {
        return Err(format!("may be written by others (mode {mode:o})"));
    }
    let own = nix::unistd::geteuid().as_raw();
    if ![own, 0].contains(&meta.uid()) {
        return Err(format!("belongs to user {}, neither to this one ({own}) nor to root", meta.uid()));
    }
    if mode & 0o004 != 0 {
        tracing::warn!(path = %path.display(), "every user of this host may read this secret file");
    }
    Ok(())
}

fn shown(error: &std::io::Error) -> String {
    format!("cannot be read: {error}")
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, create_dir, set_permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use secrecy::ExposeSecret;

    use super::*;

    #[track_caller]
    fn check(path: &Path, expected: std::result::Result<&str, &str>) {
        let file = SecretFile::read(path);
        let value = file.value("MY_TOKEN").map(|value| value.expose_secret().to_owned());
        match (value, expected) {
            (Ok(value), Ok(expected)) => assert_eq!(value, expected),
            (Err(error), Err(expected)) => {
                let text = error.to_string();
                assert!(text.contains(expected) && text.contains("MY_TOKEN") && !text.contains("hunter2"), "{text}");
            }
            (value, expected) => panic!("{value:?}, not {expected:?}"),
        }
        assert!(!format!("{file:?}").contains("hunter2"));
    }

    #[test]
    fn one_line_of_a_private_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        let content = |bytes: &[u8], mode: u32, expected| {
            durable::replace(&path, bytes).unwrap();
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            check(&path, expected);
        };
        content(b"hunter2", 0o600, Ok("hunter2"));
        content(b"hunter2\n", 0o400, Ok("hunter2"));
        content(b"hunter2\r\n", 0o440, Ok("hunter2"));
        content(b" hunter2 \n", 0o644, Ok(" hunter2 "));
        content(b"hunter2\n\n", 0o600, Err("has more than one line"));
        content(b"hunter2\rx", 0o600, Err("has more than one line"));
        content(b"hunter2\0x", 0o600, Err("holds a NUL byte"));
        content(b"hunter2\xff", 0o600, Err("is not UTF-8"));
        content(b"", 0o600, Err("is empty"));
        content(b"\n", 0o600, Err("is empty"));
        content(&vec![b'x'; 65_537], 0o600, Err("has more than 65536 bytes"));
        content(b"hunter2\n", 0o620, Err("may be written by others (mode 620)"));
        content(b"hunter2\n", 0o602, Err("may be written by others (mode 602)"));
    }

    /// None of these waits for anything.
    #[test]
    fn what_is_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        check(&at("none"), Err("cannot be read: No such file"));
        check(Path::new("secret"), Err("is no absolute path"));
        check(Path::new("/dev/zero"), Err("is a device"));
        create_dir(at("folder")).unwrap();
        check(&at("folder"), Err("is a folder"));
        nix::unistd::mkfifo(&at("pipe"), nix::sys::stat::Mode::S_IRUSR).unwrap();
        check(&at("pipe"), Err("is a pipe"));
        symlink(at("loop"), at("loop")).unwrap();
        check(&at("loop"), Err("cannot be read"));
        durable::replace(&at("real"), b"hunter2\n").unwrap();
        symlink(at("real"), at("mounted")).unwrap();
        check(&at("mounted"), Ok("hunter2"));
    }
}
