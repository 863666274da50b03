//! Looks for every tool that is needed, so that all that is missing is told at once.

use std::path::{Path, PathBuf};

use exec::Env;

use crate::ask::{Answer, ask};
use crate::memo::{Identity, Memo};
use crate::report::{Found, Missing, Outdated, Report};
use crate::tool::{Facts, Tool};
use crate::version::Version;

/// Looks for each of `needs` on `env`'s `PATH`, and asks each program for its version unless `memo` knows it.
///
/// Of a tool's program names the first that runs and is new enough is taken. `CC` and `CXX` are not looked at: a
/// build must not depend on who started it. A program that does not tell its version is taken, with a note. Nothing
/// on the host is changed.
pub fn check(needs: &[Tool], env: &Env, memo: &mut Memo) -> Report {
    let mut report = Report::default();
    for (position, tool) in needs.iter().enumerate() {
        if !needs.iter().take(position).any(|earlier| earlier == tool) {
            look_for(*tool, env, memo, &mut report);
        }
    }
    for found in &report.found {
        tracing::debug!(tool = %found.tool, path = %found.path.display(), version = found.version_line, "found");
    }
    report
}

fn look_for(need: Tool, env: &Env, memo: &mut Memo, report: &mut Report) {
    let mut outdated = None;
    let mut broken = None;
    for tool in need.choices() {
        let facts = tool.facts();
        for path in facts.programs.iter().filter_map(|program| env.find(program)) {
            match examine(*tool, &facts, &path, env, memo) {
                Verdict::Good(found, note) => {
                    report.notes.extend(broken);
                    report.notes.extend(note);
                    report.found.push(found);
                    return;
                }
                Verdict::Old(old) => outdated = outdated.or(Some(old)),
                Verdict::Broken(why) => broken = broken.or(Some(why)),
            }
        }
    }
    match outdated {
        Some(outdated) => report.outdated.push(outdated),
        None => report.missing.push(missing(need, broken)),
    }
}

enum Verdict {
    Good(Found, Option<String>),
    Old(Outdated),
    Broken(String),
}

fn examine(tool: Tool, facts: &Facts, path: &Path, env: &Env, memo: &mut Memo) -> Verdict {
    let identity = Identity::of(path);
    let real_path = identity.as_ref().map_or_else(|| PathBuf::from(path), |identity| identity.real_path.clone());
    let mut found = Found { tool, path: path.into(), real_path, version: None, version_line: String::new() };
    let Some(question) = facts.ask else {
        return Verdict::Good(found, None);
    };
    if let Some(line) = identity.as_ref().and_then(|identity| memo.recall(path, identity)) {
        line.clone_into(&mut found.version_line);
    } else {
        match ask(path, question, env) {
            Answer::Line(line) => {
                if let Some(identity) = identity {
                    memo.remember(path, identity, &line);
                }
                found.version_line = line;
            }
            Answer::Silent(why) => {
                let note = format!("`{}` does not tell its version ({why})", path.display());
                return Verdict::Good(found, Some(note));
            }
            Answer::Broken(why) => return Verdict::Broken(format!("`{}` does not run: {why}", path.display())),
        }
    }
    found.version = Version::in_line(&found.version_line);
    match (found.version, facts.minimum) {
        (Some(have), Some(need)) if have < need => {
            Verdict::Old(Outdated { tool, path: path.into(), have, need, why: facts.why.into() })
        }
        (None, _) => {
            let note = format!("no version in what `{}` says of itself: {}", path.display(), found.version_line);
            Verdict::Good(found, Some(note))
        }
        _ => Verdict::Good(found, None),
    }
}

fn missing(tool: Tool, broken: Option<String>) -> Missing {
    let facts = tool.facts();
    let programs: Vec<String> = tool.choices().iter().map(|choice| one_of(choice.facts().programs)).collect();
    let mut need = programs.join(" or ");
    if let Some(minimum) = facts.minimum {
        need = format!("{need}, {minimum} or newer");
    }
    Missing { tool, why: facts.why.into(), need, broken }
}

fn one_of(programs: &[&str]) -> String {
    programs.iter().map(|program| format!("`{program}`")).collect::<Vec<_>>().join(" or ")
}
