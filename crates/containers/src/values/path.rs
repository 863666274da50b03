//! Paths of the host and paths inside a container.
//!
//! The rule: a path that a line of a command or a field of its `--mount` could not carry unchanged is refused; `,`, `:`,
//! quotes and spaces are carried by the quoting of [`argv`](crate::argv).

use std::path::Path;

use crate::values::checked_text;

checked_text! {
    /// A path of the host: absolute, UTF-8, without control characters and `..`.
    HostPath, "path of the host", host
}

checked_text! {
    /// A path inside a container: as [`HostPath`], and not the root folder.
    InnerPath, "path in the container", inner
}

impl HostPath {
    /// Checks a path.
    ///
    /// # Errors
    ///
    /// [`ContainerError::BadValue`](crate::ContainerError::BadValue) with what is wrong.
    pub fn of(path: &Path) -> Result<Self, crate::ContainerError> {
        match path.to_str() {
            Some(text) => Self::new(text),
            None => Err(crate::values::bad("path of the host", &path.to_string_lossy(), "it is not UTF-8")),
        }
    }

    /// The path.
    pub fn as_path(&self) -> &Path {
        Path::new(self.as_str())
    }
}

fn host(text: &str) -> Option<&'static str> {
    if !text.starts_with('/') {
        return Some("it is not absolute");
    }
    if text.chars().any(char::is_control) {
        return Some("it has a line break or another control character");
    }
    if text.len() > 4095 {
        return Some("it is longer than 4095 bytes");
    }
    text.split('/').any(|part| part == "..").then_some("it has a part `..`")
}

fn inner(text: &str) -> Option<&'static str> {
    host(text).or_else(|| text.trim_matches('/').is_empty().then_some("it is the root folder"))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn paths_are_checked() {
        for good in ["/", "/models/a b", "/m,o\"d:el/x=y", "/modèle", "/a..b/..c"] {
            assert!(HostPath::new(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "./a", "/a/../b", "/a/..", "/a\nb", "/a\0", "/a\u{7f}", &format!("/{}", "x".repeat(4095))]
        {
            assert!(HostPath::new(bad).is_err(), "{bad}");
        }
        assert!(HostPath::of(Path::new(OsStr::from_bytes(b"/\xff"))).is_err());
        assert!(InnerPath::new("/models").is_ok());
        for bad in ["/", "//", "models"] {
            assert!(InnerPath::new(bad).is_err(), "{bad}");
        }
    }
}
