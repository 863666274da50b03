//! The name of an entry as a path that stays inside.

use crate::UnpackError;

/// No name is longer, in bytes.
pub(crate) const LONGEST: usize = 4096;

/// No part of a name is longer, in bytes: `NAME_MAX` of Linux.
const LONGEST_PART: usize = 255;

/// The parts of a name, without `.` and empty ones.
///
/// # Errors
/// For a name that is empty, absolute, not UTF-8, too long, or holds `..` or a control character.
pub(crate) fn parts(name: &[u8]) -> Result<Vec<&str>, UnpackError> {
    let refuse = |why| Err(UnpackError::entry(name, why));
    let Ok(text) = std::str::from_utf8(name) else { return refuse("has a name that is not UTF-8") };
    if name.is_empty() || name.len() > LONGEST {
        return refuse("has a name of no valid length");
    }
    if text.starts_with('/') {
        return refuse("has an absolute name");
    }
    if text.chars().any(char::is_control) {
        return refuse("has a control character in its name");
    }
    let mut parts = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => return refuse("leads out of the folder"),
            part if part.len() > LONGEST_PART => return refuse("has a name of no valid length"),
            part => parts.push(part),
        }
    }
    Ok(parts)
}

/// Where a link leads that lies in the folder `from`: the parts of the target, from the top.
///
/// # Errors
/// For a target that is absolute, leads out, goes up behind a folder, or is no valid name.
pub(crate) fn target(name: &[u8], from: &[&str], target: &[u8]) -> Result<Vec<String>, UnpackError> {
    let refuse = |why| Err(UnpackError::entry(name, why));
    let Ok(text) = std::str::from_utf8(target) else { return refuse("links to a name that is not UTF-8") };
    if target.is_empty() || target.len() > LONGEST || text.chars().any(char::is_control) {
        return refuse("links to no valid name");
    }
    if text.starts_with('/') {
        return refuse("links to an absolute path");
    }
    let mut at: Vec<String> = from.iter().map(|part| (*part).to_owned()).collect();
    let mut descends = false;
    for part in text.split('/') {
        match part {
            "" | "." => {}
            // Behind a folder that is a link itself, it would lead to another place than its text says.
            ".." if descends => return refuse("links into a folder and out again"),
            ".." => {
                if at.pop().is_none() {
                    return refuse("links out of the folder");
                }
            }
            part if part.len() > LONGEST_PART => return refuse("links to no valid name"),
            part => {
                descends = true;
                at.push(part.to_owned());
            }
        }
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_lead_out_are_refused() {
        assert_eq!(parts(b"./a//b/.").unwrap(), ["a", "b"]);
        assert_eq!(parts(b"./").unwrap(), Vec::<&str>::new());
        let long = [b'a'; 256];
        let longer = [b'/'; 4097];
        for name in [&b""[..], b"/a", b"..", b"a/..", b"a/../../b", b"a\nb", b"a\0b", b"\xff", &long, &longer] {
            assert!(parts(name).is_err(), "{name:?}");
        }
        // What only looks like it.
        assert!(parts(b"..a/b..").is_ok() && parts(b"...").is_ok());
    }

    #[test]
    fn links_stay_inside() {
        assert_eq!(target(b"l", &["lib"], b"../bin/./x").unwrap(), ["bin", "x"]);
        for (from, to) in [
            (&["lib"][..], &b"../../x"[..]),
            (&[], b".."),
            (&[], b"/etc/passwd"),
            (&["a", "b"], b"../../../x"),
            (&["a"], b"b/../c"),
        ] {
            assert!(target(b"l", from, to).is_err(), "{to:?}");
        }
    }

    proptest! {
        #[test]
        fn no_name_leads_out(name: Vec<u8>) {
            if let Ok(parts) = parts(&name) {
                prop_assert!(parts.iter().all(|part| !matches!(*part, "" | "." | "..") && !part.contains('/')));
            }
        }
    }
}
