//! `explain`: the cause of a failure in a log that a person pasted, or what an error code means.

mod codes;

use std::fmt::Write;
use std::fs::File;
use std::path::Path;

use failure_diagnosis::{
    Diagnosis, Notice, NoticeKind, Phase, diagnose, guess_phase, notices, read_log, relevant_lines,
};
use serde_json::json;

use crate::args::{Args, ExplainArgs, PhaseName};
use crate::exit::{self, Exit};
use crate::failure::{Failure, Result};
use crate::report;

pub(crate) fn run(args: &Args, wish: &ExplainArgs) -> Result<Exit> {
    match (&wish.log, &wish.code) {
        (Some(path), _) => log(args, path, wish.phase.map(phase)),
        (None, Some(code)) => self::code(args, code),
        // clap demands one of them.
        (None, None) => Ok(Exit::Usage),
    }
}

fn phase(name: PhaseName) -> Phase {
    match name {
        PhaseName::Fetch => Phase::Fetch,
        PhaseName::Configure => Phase::Configure,
        PhaseName::Build => Phase::Build,
        PhaseName::Run => Phase::Run,
        PhaseName::Container => Phase::Container,
    }
}

/// The cause in a log. Nothing of the host is looked at: the log may be of another one.
fn log(args: &Args, path: &Path, given: Option<Phase>) -> Result<Exit> {
    let unreadable = |source| Failure::UnreadableLog { path: path.to_owned(), source };
    let text =
        if path == Path::new("-") { read_log(std::io::stdin().lock()) } else { File::open(path).and_then(read_log) };
    let text = text.map_err(unreadable)?;
    let (phase, found) = find(&text, given);
    let lines = found.as_ref().map_or_else(|| relevant_lines(&text), |found| found.lines.clone());
    // Where the cause is known, they would only distract from it.
    let notices = if found.is_some() { Vec::new() } else { notices(&text) };
    let document = json!({
        "phase": phase.name(),
        "phase_given": given.is_some(),
        "known": found.is_some(),
        "code": found.as_ref().map(|found| found.code),
        "cause": found.as_ref().map(|found| &found.cause),
        "remedy": found.as_ref().map(|found| &found.remedy),
        "exit_status": found.as_ref().map(|found| exit::of_code(found.code) as u8),
        "lines": lines,
        "notices": notices,
    });
    report::result(args.json, &document, || shown(phase, found.as_ref(), &notices, &lines))?;
    Ok(if found.is_some() { Exit::Done } else { Exit::NotKnown })
}

/// The cause by the rules of the phase; where none was given, those of the likeliest one first.
fn find(text: &str, given: Option<Phase>) -> (Phase, Option<Diagnosis>) {
    let likely = given.unwrap_or_else(|| guess_phase(text));
    if let Some(found) = diagnose(likely, text) {
        return (likely, Some(found));
    }
    let others = [Phase::Run, Phase::Container, Phase::Build, Phase::Configure, Phase::Fetch];
    let others = others.into_iter().filter(|other| *other != likely);
    let mut others = others.filter(|_| given.is_none());
    others.find_map(|phase| Some((phase, Some(diagnose(phase, text)?)))).unwrap_or((likely, None))
}

fn shown(phase: Phase, found: Option<&Diagnosis>, notices: &[Notice], lines: &[String]) -> String {
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    if let Some(Diagnosis { code, cause, remedy, .. }) = found {
        write!(text, "{code} ({})\n  cause  {cause}\n  help   {remedy}\n  by     ", phase.name()).ok();
    } else {
        let effect = notices.iter().any(|notice| notice.kind == NoticeKind::Effect);
        let known = if effect { "not known from this log" } else { "not known" };
        writeln!(text, "the cause is {known} ({})", phase.name()).ok();
        for Notice { kind, what, advice, .. } in notices {
            let word = if *kind == NoticeKind::Warning { "warning" } else { "effect " };
            write!(text, "  {word} {what}\n  help    {advice}\n").ok();
        }
        text.push_str("  lines  ");
    }
    text.push_str(&lines.join("\n         "));
    text.push('\n');
    text
}

/// What a code means and what to do about it.
fn code(args: &Args, wanted: &str) -> Result<Exit> {
    let code = wanted.trim().trim_matches(['`', '\'', '"', ':', '.']);
    let Some(known) = codes::find(code) else {
        return Err(Failure::UnknownCode { code: code.escape_debug().to_string(), help: codes::suggestion(code) });
    };
    let status = exit::of_code(code) as u8;
    let document = json!({ "code": code, "exit_status": status, "meanings": known });
    report::result(args.json, &document, || {
        let mut text = format!("{code} (exit status {status})\n");
        for meaning in &known {
            writeln!(text, "  means  {}", meaning.cause).ok();
            if !meaning.remedy.is_empty() {
                writeln!(text, "  help   {}", meaning.remedy).ok();
            }
        }
        text
    })?;
    Ok(Exit::Done)
}
