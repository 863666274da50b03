//! What others have reported of their builds, engines and containers, and what llama-server prints when it is given what it cannot use:
//! `reports/*.txt` have a heading for each output (name, phase, code or nothing where the cause is not in it, a piece of the
//! line that decides and must be shown, where it was reported), and then the part of the output that matters.

use failure_diagnosis::Phase::{self, Build, Configure, Container, Run};
use failure_diagnosis::diagnose;

struct Report<'a> {
    name: &'a str,
    phase: Phase,
    code: &'a str,
    decides: &'a str,
    output: &'a str,
}

fn reports() -> impl Iterator<Item = Report<'static>> {
    let files = concat!(
        "\n",
        include_str!("reports/configure.txt"),
        include_str!("reports/build.txt"),
        include_str!("reports/run.txt"),
        include_str!("reports/llama-server.txt"),
        include_str!("reports/llama-server-b6673.txt"),
        include_str!("reports/engines.txt"),
        include_str!("reports/containers.txt"),
        include_str!("reports/pulls.txt"),
    );
    files.split("\n=== ").skip(1).map(|part| {
        let (heading, output) = part.split_once('\n').unwrap();
        let [name, phase, code, decides, _source] = *heading.split(" | ").collect::<Vec<_>>() else {
            panic!("{heading}")
        };
        let phase = match phase {
            "configure" => Configure,
            "build" => Build,
            "run" => Run,
            "container" => Container,
            other => panic!("{other}"),
        };
        Report { name, phase, code, decides, output }
    })
}

#[track_caller]
fn check_all(change: impl Fn(&str) -> String) {
    let mut wrong = Vec::new();
    for Report { name, phase, code, decides, output } in reports() {
        let found = diagnose(phase, &change(output));
        let shown = found.as_ref().map(|found| found.lines.join("\n")).unwrap_or_default();
        let right = found.as_ref().map_or("", |found| found.code) == code;
        if !right || !(code.is_empty() || shown.contains(decides)) || shown.lines().count() > 14 {
            wrong.push(format!("{name}: not {code} with `{decides}`, but {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
    check_all(each_line(|line| format!("Nov  8 07:00:00 gpu-1 llama-server[4711]: {line}")));
    check_all(each_line(|line| format!("2026-11-28T07:00:00+0100 gpu-1 pool-a[4711]: {line}")));
    check_all(each_line(|line| format!("2024-05-01T10:00:00.123456789Z stderr F {line}")));
    check_all(each_line(|line| format!("[pod/llm-0/server] {line}")));
    check_all(each_line(|line| format!("server-1  | {line}")));
    check_all(each_line(|line| format!("> {line}")));
}

#[test]
fn line_ends_and_colours_do_not_matter() {
    check_all(|output| output.replace('\n', "\r\n"));
    check_all(each_line(|line| format!("\u{1b}[31m{line}\u{1b}[0m")));
    check_all(|output| output.replace("error", "\u{1b}[1;31merror\u{1b}[0m"));
}

/// A terminal, a mail or a forum that breaks lines changes nothing.
#[test]
fn wrapped_lines_do_not_matter() {
    let wrap = |line: &str| {
        let mut wrapped = String::new();
        let mut width = 0;
        for word in line.split(' ') {
            if width > 70 {
                wrapped.push_str("\n    ");
                width = 4;
            } else if width > 0 {
                wrapped.push(' ');
            }
            wrapped.push_str(word);
            width += word.len() + 1;
        }
        wrapped
    };
    let mut wrong = Vec::new();
    for Report { name, phase, code, output, .. } in reports().filter(|report| matches!(report.phase, Run | Container)) {
        let wrapped: String = output.lines().map(|line| wrap(line) + "\n").collect();
        let found = diagnose(phase, &wrapped).map_or("", |found| found.code);
        if found != code {
            wrong.push(format!("{name}: {found}, not {code}:\n{wrapped}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What an engine printed while it worked well says nothing of its end.
#[test]
fn a_healthy_start_is_no_cause() {
    for Report { name, output, code, .. } in reports().filter(|report| report.phase == Run) {
        let healthy = format!("{output}\n0.02.090.897 I srv  llama_server: listening on http://127.0.0.1:8081\n");
        let found = diagnose(Run, &healthy).map_or("", |found| found.code);
        // That no GPU is used stays true.
        assert!(
            found.is_empty() || (found == code && (code.starts_with("cuda::no_") || code.starts_with("gpu::"))),
            "{name}: {found}"
        );
        let ended = format!("{healthy}signal 9 (SIGKILL)");
        let killed = diagnose(Run, &ended).map_or("", |found| found.code);
        assert!(killed == "engine::killed" || killed == found, "{name}: {killed}");
    }
}

/// What was said before, and went well, changes nothing; neither does what happens after.
#[test]
fn chatter_around_does_not_matter() {
    let before = "-- Could NOT find NCCL (missing: NCCL_LIBRARY)\n-- Performing Test HAS_X - Failed\nCMake Warning at x:1 (message):\n  Git not found.\n\n\
                  fatal: not a git repository (or any of the parent directories): .git\n[1/9] Building CXX object a.o\n";
    let after = "make: *** [Makefile:146: all] Error 2\nninja: build stopped: subcommand failed.\n";
    check_all(|output| format!("{before}{output}\n{after}"));
}
