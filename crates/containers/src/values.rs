//! Values that are checked once, where they come in, so that no command line can be bent by one.

mod device;
mod env;
mod image_ref;
mod name;
mod path;
mod user;

pub use device::CdiName;
pub use env::EnvVar;
pub use image_ref::{Digest, ImageRef};
pub use name::{ContainerName, Label, RunId};
pub use path::{HostPath, InnerPath};
pub use user::User;

use crate::ContainerError;

/// Defines a checked text: its constructor, `as_str`, `Display`, and `FromStr` with the same check.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks the text.
            ///
            /// # Errors
            ///
            /// [`ContainerError::BadValue`](crate::ContainerError::BadValue) with what is wrong.
            pub fn new(text: impl Into<String>) -> Result<Self, crate::ContainerError> {
                let text = text.into();
                match $check(&text) {
                    None => Ok(Self(text)),
                    Some(why) => Err(crate::values::bad($what, &text, why)),
                }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::ContainerError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }
    };
}
pub(crate) use checked_text;

/// The error for a value that was refused.
pub(crate) fn bad(what: &'static str, value: &str, why: &'static str) -> ContainerError {
    let value = value.escape_debug().to_string().chars().take(200).collect();
    ContainerError::BadValue { what, value, why }
}

/// Whether all characters are ASCII letters, digits or one of `others`.
fn only(text: &str, others: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}
