//! What others have reported of their builds: `reports/*.txt` have a heading for each output (name, phase, code, a piece of the
//! line that decides and must be shown, where it was reported), and then the part of the output that matters.

use failure_diagnosis::Phase::{self, Build, Configure, Run};
use failure_diagnosis::diagnose;

struct Report<'a> {
    name: &'a str,
    phase: Phase,
    code: &'a str,
    decides: &'a str,
    output: &'a str,
}

fn reports() -> impl Iterator<Item = Report<'static>> {
    let files = concat!("\n", include_str!("reports/configure.txt"), include_str!("reports/build.txt"));
    files.split("\n=== ").skip(1).map(|part| {
        let (heading, output) = part.split_once('\n').unwrap();
        let [name, phase, code, decides, _source] = *heading.split(" | ").collect::<Vec<_>>() else {
            panic!("{heading}")
        };
        let phase = match phase {
            "configure" => Configure,
            "build" => Build,
            "run" => Run,
            other => panic!("{other}"),
        };
        Report { name, phase, code, decides, output }
    })
}

#[track_caller]
fn check_all(change: impl Fn(&str) -> String) {
    for Report { name, phase, code, decides, output } in reports() {
        let Some(found) = diagnose(phase, &change(output)) else {
            assert_eq!(code, "", "{name} is not known");
            continue;
        };
        assert_eq!(found.code, code, "{name}: {found:#?}");
        let shown = found.lines.join("\n");
        assert!(shown.contains(decides), "{name}: {decides} is not in\n{shown}");
        assert!(found.lines.len() <= 14, "{name}: {found:#?}");
    }
}

fn each_line(change: impl Fn(&str) -> String) -> impl Fn(&str) -> String {
    move |output| output.lines().map(|line| change(line) + "\n").collect()
}

#[test]
fn every_report_has_its_code_and_shows_why() {
    check_all(str::to_owned);
}

/// What a pipeline, a container's build or pip puts in front of every line changes nothing.
#[test]
fn prefixes_do_not_matter() {
    check_all(each_line(|line| format!("2024-05-01T10:00:00.1234567Z {line}")));
    check_all(each_line(|line| format!("#12 34.56 {line}")));
    check_all(each_line(|line| format!("llama-cpp> {line}")));
    check_all(each_line(|line| format!("      {line}")));
}

/// What was said before, and went well, changes nothing; neither does what happens after.
#[test]
fn chatter_around_does_not_matter() {
    let before = "-- Could NOT find NCCL (missing: NCCL_LIBRARY)\n-- Performing Test HAS_X - Failed\nCMake Warning at x:1 (message):\n  Git not found.\n\n\
                  fatal: not a git repository (or any of the parent directories): .git\n[1/9] Building CXX object a.o\n";
    let after = "make: *** [Makefile:146: all] Error 2\nninja: build stopped: subcommand failed.\n";
    check_all(|output| format!("{before}{output}\n{after}"));
}
