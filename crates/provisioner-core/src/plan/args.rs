//! In what two argument lists differ, by the name of the flag where there is one: pure.

/// One difference of two argument lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// `flag --parallel`, `program`, `argument 3` or `order of the arguments`.
    pub(crate) what: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

/// A flag with its values; words before the first flag have no name.
#[derive(Clone, Debug)]
struct Group<'a> {
    flag: Option<&'a str>,
    values: Vec<&'a str>,
}

impl Group<'_> {
    fn text(&self) -> String {
        if self.values.is_empty() { "set".into() } else { self.values.join(" ") }
    }
}

/// Returns the differences; `equal` says whether a word of the first list allows one of the second.
pub(crate) fn differences(before: &[String], after: &[String], equal: &dyn Fn(&str, &str) -> bool) -> Vec<Difference> {
    let same = |a: &[&str], b: &[&str]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b));
    if before.len() == after.len() && before.iter().zip(after).all(|(a, b)| equal(a, b)) {
        return Vec::new();
    }
    let (groups, mut others) = (groups_of(before), groups_of(after));
    let mut found = Vec::new();
    for group in &groups {
        let Some(flag) = group.flag else { continue };
        let exact = others.iter().position(|other| other.flag == Some(flag) && same(&group.values, &other.values));
        let at = exact.or_else(|| others.iter().position(|other| other.flag == Some(flag)));
        match at {
            Some(at) if exact.is_some() => drop(others.remove(at)),
            Some(at) => {
                let other = others.remove(at);
                found.push(Difference { what: format!("flag {flag}"), before: group.text(), after: other.text() });
            }
            None => {
                found.push(Difference { what: format!("flag {flag}"), before: group.text(), after: "absent".into() });
            }
        }
    }
    for other in others.iter().filter_map(|other| Some((other.flag?, other.text()))) {
        found.push(Difference { what: format!("flag {}", other.0), before: "absent".into(), after: other.1 });
    }
    found.extend(positions(&groups, after, equal));
    if found.is_empty() {
        let line = |list: &[String]| exec::shell_line(list);
        found.push(Difference { what: "order of the arguments".into(), before: line(before), after: line(after) });
    }
    found
}

/// Differences in the words before the first flag.
fn positions(groups: &[Group<'_>], after: &[String], equal: &dyn Fn(&str, &str) -> bool) -> Vec<Difference> {
    let head = |groups: &[Group<'_>]| {
        let first = groups.first().filter(|group| group.flag.is_none());
        first.map(|group| group.values.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).unwrap_or_default()
    };
    let (before, after) = (head(groups), head(&groups_of(after)));
    let word = |list: &[String], at: usize| list.get(at).cloned().unwrap_or_else(|| "absent".into());
    (0..before.len().max(after.len()))
        .filter(|at| match (before.get(*at), after.get(*at)) {
            (Some(before), Some(after)) => !equal(before, after),
            _ => true,
        })
        .map(|at| {
            let what = if at == 0 { "program".into() } else { format!("argument {at}") };
            Difference { what, before: word(&before, at), after: word(&after, at) }
        })
        .collect()
}

/// Cuts a list at its flags. A negative number is a value.
fn groups_of(words: &[String]) -> Vec<Group<'_>> {
    let is_flag = |word: &str| word.len() > 1 && word.starts_with('-') && word.parse::<f64>().is_err();
    let mut all: Vec<Group<'_>> = Vec::new();
    for word in words {
        match (is_flag(word), all.last_mut()) {
            (true, _) => match word.split_once('=') {
                // `-DNAME=VALUE` and `--name=value`.
                Some((flag, value)) => all.push(Group { flag: Some(flag), values: vec![value] }),
                None => all.push(Group { flag: Some(word), values: Vec::new() }),
            },
            (false, Some(group)) => group.values.push(word),
            (false, None) => all.push(Group { flag: None, values: vec![word] }),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str, expected: &[&str]) {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let found = differences(&words(before), &words(after), &|a, b| a == b);
        let shown: Vec<String> = found.iter().map(|d| format!("{}: {} → {}", d.what, d.before, d.after)).collect();
        assert_eq!(shown, expected, "{before} | {after}");
    }

    #[test]
    fn a_flag_is_named() {
        check("--parallel 2 -c 8", "--parallel 2 -c 8", &[]);
        check("--parallel 2 -c 8", "--parallel 3 -c 8", &["flag --parallel: 2 → 3"]);
        check("-c 8", "-c 8 --parallel 3", &["flag --parallel: absent → 3"]);
        check("-c 8 --mlock", "-c 8", &["flag --mlock: set → absent"]);
        check("--keep -1", "--keep -2", &["flag --keep: -1 → -2"]);
        check("--lora a --lora b", "--lora a --lora c", &["flag --lora: b → c"]);
        check("cmake -S x -DA=ON", "cmake -S x -DA=OFF", &["flag -DA: ON → OFF"]);
        check("a --x 1 --y 2", "a --y 2 --x 1", &["order of the arguments: a --x 1 --y 2 → a --y 2 --x 1"]);
        check("git fetch one", "git fetch two", &["argument 2: one → two"]);
        check("git", "hg", &["program: git → hg"]);
        check("", "--x", &["flag --x: absent → set"]);
    }
}
