//! Which of the valid names somebody may have meant.

/// The valid name that differs least from `given`, if it differs by at most a third of its letters.
pub(crate) fn nearest<'a>(given: &str, valid: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let length = given.chars().count();
    // A distance costs time in proportion to both lengths; no valid name is this long.
    if length > 64 {
        return None;
    }
    let given = given.to_ascii_lowercase().replace('-', "_");
    valid
        .map(|name| (strsim::osa_distance(&given, &name.replace('-', "_")), name))
        .filter(|(distance, _)| *distance <= (length / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &str, expected: Option<&str>) {
        let valid = ["engine", "devices", "id", "allow_package_installs"];
        assert_eq!(nearest(given, valid.into_iter()), expected, "{given}");
    }

    #[test]
    fn slips_of_the_finger_are_understood() {
        check("engnie", Some("engine"));
        check("Engine", Some("engine"));
        check("device", Some("devices"));
        check("allow-package-installs", Some("allow_package_installs"));
        check("ids", Some("id"));
    }

    #[test]
    fn other_words_are_not() {
        check("temperature", None);
        check("", None);
        check(&"engine".repeat(1000), None);
    }
}
