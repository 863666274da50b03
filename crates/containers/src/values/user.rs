//! The user that a container's process runs as.

use std::fmt;

use crate::ContainerError;
use crate::values::{bad, only};

/// A user as an image or a caller names it: `USER` or `USER:GROUP`, each a number or a name of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    user: String,
    group: Option<String>,
}

impl User {
    /// Reads `1000`, `1000:0`, `vllm` or `vllm:users`.
    ///
    /// # Errors
    ///
    /// [`ContainerError::BadValue`] for anything else.
    pub fn new(text: &str) -> Result<Self, ContainerError> {
        let (user, group) = text.split_once(':').map_or((text, None), |(user, group)| (user, Some(group)));
        let word = |part: &str| {
            part.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
                && part.len() <= 32
                && only(part, "_.-")
        };
        if !word(user) || !group.is_none_or(word) {
            return Err(bad("user", text, "a user is `USER` or `USER:GROUP`, each a number or a name"));
        }
        Ok(Self { user: user.to_owned(), group: group.map(str::to_owned) })
    }

    /// The user with this number, in the group with that number.
    pub fn numbers(uid: u32, gid: u32) -> Self {
        Self { user: uid.to_string(), group: Some(gid.to_string()) }
    }

    /// Its number inside the container, where it is known without the image's own list of users.
    pub fn uid(&self) -> Option<u32> {
        if self.user == "root" { Some(0) } else { self.user.parse().ok() }
    }
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.user)?;
        self.group.as_ref().map_or(Ok(()), |group| write!(f, ":{group}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_read() {
        for (text, uid) in [("0", Some(0)), ("root", Some(0)), ("2000:0", Some(2000)), ("vllm:users", None)] {
            let user = User::new(text).unwrap();
            assert_eq!((user.to_string().as_str(), user.uid()), (text, uid));
        }
        for bad in ["", ":", "a:", ":0", "-u", "a b", "a:b:c", "a\n"] {
            assert!(User::new(bad).is_err(), "{bad}");
        }
        assert_eq!(User::numbers(1000, 100).to_string(), "1000:100");
    }
}
