//! The ranges of user and group numbers that a user may use for containers: `/etc/subuid` and `/etc/subgid`.

/// What the file gives to one user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdRanges {
    /// So many numbers in all.
    Count(u64),
    /// None.
    None,
    /// The ranges come from a directory service (`subid:` in `nsswitch.conf`), which is not asked here.
    Elsewhere,
}

/// What a podman container of an image needs at least: images use numbers up to 65534 (`nobody`).
pub(super) const ENOUGH: u64 = 65_536;

impl IdRanges {
    /// Reads the file for a user. A line has the user's name or number, the first number, and their count:
    /// <https://man7.org/linux/man-pages/man5/subuid.5.html>.
    pub fn parse(text: &str, name: &str, uid: u32, nsswitch: &str) -> Self {
        if asks_a_directory(nsswitch) {
            return Self::Elsewhere;
        }
        let uid = uid.to_string();
        let count = |line: &str| -> Option<u64> {
            let mut parts = line.trim().split(':');
            let (user, first, count) = (parts.next()?, parts.next()?, parts.next()?);
            first.parse::<u64>().ok()?;
            (user == name || user == uid).then(|| count.parse().ok()).flatten()
        };
        match text.lines().filter_map(count).fold(0, u64::saturating_add) {
            0 => Self::None,
            count => Self::Count(count),
        }
    }

    pub(super) fn is_enough(self) -> bool {
        match self {
            Self::Count(count) => count >= ENOUGH,
            Self::None => false,
            Self::Elsewhere => true,
        }
    }
}

fn asks_a_directory(nsswitch: &str) -> bool {
    let line = nsswitch.lines().find_map(|line| line.trim().strip_prefix("subid:"));
    line.is_some_and(|sources| sources.split_whitespace().any(|source| source != "files"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_summed() {
        let text = "# a comment\nother:100000:65536\nme:165536:65536\n1001:300000:10\nme:x:5\nbroken\n";
        assert_eq!(IdRanges::parse(text, "me", 1001, ""), IdRanges::Count(65_546));
        assert_eq!(IdRanges::parse(text, "you", 7, "passwd: files\n"), IdRanges::None);
        assert_eq!(IdRanges::parse(text, "you", 7, "subid: files\n"), IdRanges::None);
        assert_eq!(IdRanges::parse(text, "you", 7, "subid: sss\n"), IdRanges::Elsewhere);
        assert!(!IdRanges::Count(1000).is_enough());
    }
}
