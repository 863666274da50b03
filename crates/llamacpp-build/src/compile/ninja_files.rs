//! What ninja's own files say of a build: which steps a target takes, and how long each took. Pure parsers.

use std::collections::{BTreeMap, BTreeSet};

/// One `build` statement. Its number among them is ninja's own order of steps that can run.
struct Edge {
    /// The first output, by which ninja names the step.
    output: String,
    phony: bool,
    needs: Vec<String>,
}

/// The steps of `target` by their first outputs, in the order in which ninja starts them as far as their inputs are there, from
/// the text of `build.ninja` (<https://ninja-build.org/manual.html#_build_statements>). Empty where the target is not in it.
pub(crate) fn steps(text: &str, target: &str) -> Vec<String> {
    let mut edges: Vec<Edge> = Vec::new();
    let mut by_output: BTreeMap<String, usize> = BTreeMap::new();
    // A statement goes on after `$` at the end of a line.
    let joined = text.replace("$\r\n", " ").replace("$\n", " ");
    for line in joined.lines() {
        let Some((outputs, edge)) = line.strip_prefix("build ").and_then(edge) else { continue };
        by_output.extend(outputs.into_iter().map(|output| (output, edges.len())));
        edges.push(edge);
    }
    let mut wanted: BTreeSet<usize> = BTreeSet::new();
    let mut next: Vec<usize> = by_output.get(target).copied().into_iter().collect();
    while let Some(at) = next.pop() {
        if let Some(edge) = edges.get(at).filter(|_| wanted.insert(at)) {
            next.extend(edge.needs.iter().filter_map(|need| by_output.get(need)));
        }
    }
    let steps = wanted.into_iter().filter_map(|at| edges.get(at)).filter(|edge| !edge.phony);
    steps.map(|edge| edge.output.clone()).collect()
}

/// `OUTPUTS [| OUTPUTS]: RULE INPUTS [| INPUTS] [|| INPUTS]`: all outputs, and the statement.
fn edge(statement: &str) -> Option<(Vec<String>, Edge)> {
    let words = words(statement);
    let colon = words.iter().position(|word| word == ":")?;
    let (before, after) = (words.get(..colon)?, words.get(colon + 1..)?);
    let names = |words: &[String]| words.iter().filter(|word| !word.starts_with('|')).cloned().collect::<Vec<_>>();
    let outputs = names(before);
    let edge =
        Edge { output: outputs.first()?.clone(), phony: after.first()? == "phony", needs: names(after.get(1..)?) };
    Some((outputs, edge))
}

/// Words between spaces, a colon that ends the outputs being one of its own; `$ `, `$:` and `$$` stand for themselves.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut chars) = (Vec::new(), String::new(), text.chars());
    while let Some(c) = chars.next() {
        match c {
            '$' => word.extend(chars.next()),
            ' ' | '\t' => words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty())),
            ':' => {
                words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
                words.push(":".into());
            }
            other => word.push(other),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// The seconds that each step took when it last ran, by output, from the text of `.ninja_log`: start and end in milliseconds, a
/// time of the file system, the output, a hash (<https://ninja-build.org/manual.html#_the_ninja_log>).
pub(crate) fn seconds(log: &str) -> BTreeMap<String, f64> {
    let entry = |line: &str| {
        let mut fields = line.split('\t');
        let (start, end) = (fields.next()?.parse::<u32>().ok()?, fields.next()?.parse::<u32>().ok()?);
        let output = fields.nth(1)?.to_owned();
        Some((output, f64::from(end.checked_sub(start)?) / 1000.0))
    };
    log.lines().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# comment\nninja_required_version = 1.5\nrule CXX\n  command = c++ build x\n\
        build cmake_order: phony || .\n\
        build a.dir/b.cpp.o: CXX /src/b.cpp || cmake_order\n  FLAGS = -O2\n\
        build a.dir/a.cpp.o | a.d: CXX /src/a$ b.cpp | gen/h.h || cmake_order\n\
        build gen/h.h: CUSTOM_COMMAND /src/h.in\n\
        build other.o: CXX /src/o.cpp\n\
        build liba.a: LINK a.dir/b.cpp.o $\n    a.dir/a.cpp.o\n\
        build bin/x$:y: LINK | liba.a\n\
        build server: phony bin/x$:y\n\
        build all: phony server other.o\n";

    #[test]
    fn the_steps_of_one_target() {
        assert_eq!(steps(FILE, "server"), ["a.dir/b.cpp.o", "a.dir/a.cpp.o", "gen/h.h", "liba.a", "bin/x:y"]);
        assert_eq!(steps(FILE, "other.o"), ["other.o"]);
        assert_eq!(steps(FILE, "nothing"), [""; 0]);
        assert_eq!(steps("build a: phony a\nbuild b: R a\n", "b"), ["b"], "a circle ends");
    }

    #[test]
    fn how_long_each_step_took() {
        let log =
            "# ninja log v5\n8\t617\t17958\ta.cpp.o\thash\n10\t1010\t17959\ta.cpp.o\thash\n9\t4\t1\tback.o\th\nodd\n";
        assert_eq!(seconds(log), BTreeMap::from([("a.cpp.o".to_owned(), 1.0)]));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "(build |[a-c:|$ \n\t]){0,60}", log in "([0-9]|\t|\n|[a-c]){0,60}") {
            steps(&text, "a");
            seconds(&log);
        }
    }
}
