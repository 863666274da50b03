//! The hand-written list of renamed flags.

use crate::engine::{Engine, per_engine};

/// One way to say it: a flag, and a value where only that value means the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) flag: &'static str,
    pub(crate) value: Option<&'static str>,
}

per_engine!(groups -> Vec<Vec<Form>> = read);

/// Two switches that are one value of a flag when they are given together.
const TOGETHER: &str = " & ";

fn read(engine: Engine) -> Vec<Vec<Form>> {
    let lines = engine.data().1.lines();
    let single = lines.filter(|l| l.starts_with('-') && !l.contains(TOGETHER));
    single.map(|line| line.split(" = ").map(form).collect()).collect()
}

/// What two switches say together, in either order.
pub(crate) fn together(engine: Engine, a: &str, b: &str) -> Option<Form> {
    let line = |line: &'static str| {
        let (switches, now) = line.split_once(" = ")?;
        let (first, second) = switches.split_once(TOGETHER)?;
        ((first, second) == (a, b) || (first, second) == (b, a)).then(|| form(now))
    };
    engine.data().1.lines().find_map(line)
}

fn form(text: &'static str) -> Form {
    match text.trim().split_once(' ') {
        Some((flag, value)) => Form { flag, value: Some(value) },
        None => Form { flag: text.trim(), value: None },
    }
}

fn is_plain(group: &[Form]) -> bool {
    group.iter().all(|form| form.value.is_none())
}

/// The groups of names that mean the same with any value.
pub(crate) fn plain(engine: Engine) -> impl Iterator<Item = impl Iterator<Item = &'static str>> {
    groups(engine).iter().filter(|g| is_plain(g)).map(|g| g.iter().map(|form| form.flag))
}

/// Other forms of a flag with this value (empty for a switch).
pub(crate) fn other_forms(engine: Engine, name: &str, value: &str) -> impl Iterator<Item = Form> {
    let says = move |form: &Form| form.flag == name && form.value.unwrap_or_default() == value;
    let groups = groups(engine).iter().filter(|g| !is_plain(g));
    groups.filter(move |g| g.iter().any(says)).flatten().copied().filter(move |form| !says(form))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_group() {
        for engine in Engine::ALL {
            let lines = engine.data().1.lines();
            let lines: Vec<&str> =
                lines.filter(|l| !l.starts_with('#') && !l.is_empty() && !l.contains(TOGETHER)).collect();
            assert_eq!(groups(engine).len(), lines.len());
            for (group, line) in groups(engine).iter().zip(lines) {
                assert!(group.len() > 1, "{line}");
                assert!(group.iter().all(|form| form.flag.starts_with("--")), "{line}");
            }
        }
    }

    #[test]
    fn forms() {
        let forms: Vec<Form> = other_forms(Engine::LlamaServer, "--no-mmap", "").collect();
        assert_eq!(forms, [Form { flag: "--load-mode", value: Some("none") }]);
        let forms: Vec<Form> = other_forms(Engine::LlamaServer, "--load-mode", "none").collect();
        assert_eq!(forms, [Form { flag: "--no-mmap", value: None }]);
        assert_eq!(other_forms(Engine::LlamaServer, "--load-mode", "x").count(), 0);
    }
}
