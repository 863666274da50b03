//! A variable of a container's environment that may be read by anyone who may inspect the container.

use crate::ContainerError;
use crate::values::{bad, only};

/// A variable with its value. One whose name looks like that of a secret is refused: `inspect` prints it, and the
/// container's configuration keeps it on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvVar {
    name: String,
    value: String,
}

impl EnvVar {
    /// Checks name and value.
    ///
    /// # Errors
    ///
    /// [`ContainerError::SecretNeedsFile`] for a name that looks secret, [`ContainerError::BadValue`] for a name that no
    /// shell accepts and for a value with a NUL byte.
    pub fn new(name: &str, value: &str) -> Result<Self, ContainerError> {
        let first = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        if !first || !only(name, "_") {
            return Err(bad("variable", name, "a variable's name has letters, digits and `_`"));
        }
        if exec::looks_secret(name) {
            return Err(ContainerError::SecretNeedsFile { name: name.to_owned() });
        }
        if value.contains('\0') {
            return Err(bad("variable", name, "its value has a NUL byte"));
        }
        Ok(Self { name: name.to_owned(), value: value.to_owned() })
    }

    /// `NAME=VALUE`.
    pub fn pair(&self) -> String {
        format!("{}={}", self.name, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_checked() {
        assert_eq!(EnvVar::new("HOME", "/cache x").unwrap().pair(), "HOME=/cache x");
        for bad in ["", "1A", "A-B", "A=B", "A\n"] {
            assert!(matches!(EnvVar::new(bad, "x"), Err(ContainerError::BadValue { .. })), "{bad}");
        }
        assert!(EnvVar::new("A", "x\0y").is_err());
    }

    /// EP-51: a secret never becomes a variable of a container.
    #[test]
    fn a_secret_is_no_variable() {
        for name in ["HF_TOKEN", "VLLM_API_KEY", "PASSWORD"] {
            let error = EnvVar::new(name, "hunter2").unwrap_err();
            assert!(matches!(error, ContainerError::SecretNeedsFile { .. }), "{name}");
            assert!(!format!("{error:?}").contains("hunter2"));
        }
    }
}
