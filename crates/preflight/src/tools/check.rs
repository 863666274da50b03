//! Looks for every tool that is needed, so that all that is missing is told at once.

use exec::{Env, Limit, ProbeCache, Program, SearchPath};

use super::ask::{Answer, ask};
use super::headers;
use super::need::{Need, merged};
use super::report::{Found, Missing, Outdated, Refused, Report};
use super::tool::Tool;
use super::version::Version;

/// Looks for each of `needs` on `env`'s `PATH`, and asks each program for its version unless the answer is in `cache`.
///
/// Of a tool's program names the first that runs and is new enough is taken. `CC` and `CXX` are not looked at: a
/// build must not depend on who started it. A program that does not tell its version is taken, with a note. Nothing
/// on the host is changed. A tool that is named more than once stands in the report once.
pub fn check<N: Clone + Into<Need>>(needs: &[N], env: &Env, cache: &ProbeCache) -> Report {
    check_on(needs, &SearchPath::of(env), env, cache)
}

/// The same on a search path of `env` that is used for other questions, too.
pub fn check_on<N: Clone + Into<Need>>(needs: &[N], path: &SearchPath, env: &Env, cache: &ProbeCache) -> Report {
    let mut report = Report::default();
    let needs = merged(needs);
    // Headers are asked of the compiler, which is looked for first.
    for need in needs.iter().filter(|need| need.tool.facts().header.is_none()) {
        look_for(need, path, env, cache, &mut report);
    }
    for need in &needs {
        if let Some(header) = need.tool.facts().header {
            headers::look_for(need, header, env, &mut report);
        }
    }
    for found in &report.found {
        tracing::debug!(tool = %found.tool, path = %found.path.display(), version = found.version_line, "found");
    }
    report
}

fn look_for(need: &Need, on: &SearchPath, env: &Env, cache: &ProbeCache, report: &mut Report) {
    let mut outdated = None;
    let mut broken = None;
    for tool in need.tool.choices() {
        for program in programs(*tool, need, on) {
            match examine(*tool, need, &program, env, cache) {
                Verdict::Good(found, note) => {
                    report.notes.extend(broken);
                    report.notes.extend(note);
                    report.found.push(found);
                    return;
                }
                Verdict::Old(old) => outdated = outdated.or(Some(old)),
                Verdict::Broken(why) => broken = broken.or(Some(why)),
                Verdict::Limited(limit) => {
                    report.limit.get_or_insert(Refused { program: program.path, limit });
                    return;
                }
            }
        }
    }
    match outdated {
        Some(outdated) => report.outdated.push(outdated),
        None => report.missing.push(missing(need, broken)),
    }
}

/// What the tool may be: on `PATH` under each of its names, then in the folders outside it. The next one is looked for only
/// where the one before does not serve.
fn programs<'a>(tool: Tool, need: &'a Need, on: &'a SearchPath) -> impl Iterator<Item = Program> + 'a {
    let names = tool.facts().programs;
    let on_path = names.iter().filter_map(|name| on.find(name));
    let folders = need.folders.iter().map(|folder| SearchPath::of(&Env::from_pairs([("PATH", folder)])));
    let elsewhere = folders.flat_map(|there| names.iter().filter_map(move |name| there.find(name)));
    on_path.chain(elsewhere)
}

enum Verdict {
    Good(Found, Option<String>),
    Old(Outdated),
    Broken(String),
    Limited(Limit),
}

fn examine(tool: Tool, need: &Need, program: &Program, env: &Env, cache: &ProbeCache) -> Verdict {
    let Program { path, real_path, .. } = program;
    let (path, real_path) = (path.as_path(), real_path.clone());
    let mut found = Found { tool, path: path.into(), real_path, version: None, version_line: String::new() };
    let Some(question) = tool.facts().ask else {
        return Verdict::Good(found, None);
    };
    match ask(program, question, env, cache) {
        Answer::Line(line) => found.version_line = line,
        Answer::Silent(why) => {
            let note = format!("`{}` does not tell its version ({why})", path.display());
            return Verdict::Good(found, Some(note));
        }
        Answer::Limited(limit) => return Verdict::Limited(limit),
        Answer::Broken(why) => return Verdict::Broken(format!("`{}` does not run: {why}", path.display())),
    }
    found.version = Version::in_line(&found.version_line);
    match (found.version, need.minimum) {
        (Some(have), _) if tool == Tool::Nvcc12 && have.major != 12 => {
            Verdict::Broken(format!("`{}` is of CUDA {have}", path.display()))
        }
        (Some(have), Some(minimum)) if is_older(tool, have, minimum, &found.version_line) => {
            Verdict::Old(Outdated { tool, path: path.into(), have, need: minimum, why: need.why.clone() })
        }
        (None, _) => {
            let note = format!("no version in what `{}` says of itself: {}", path.display(), found.version_line);
            Verdict::Good(found, Some(note))
        }
        _ => Verdict::Good(found, None),
    }
}

/// A minimum for a compiler is one of GCC, which tells its name, its maker in parentheses, and its number. Clang counts its
/// versions otherwise: what GCC 8 has of C++17, clang 7 has. Of other makers' compilers nothing is known.
fn is_older(tool: Tool, have: Version, minimum: Version, line: &str) -> bool {
    if !matches!(tool, Tool::Cc | Tool::Cxx) {
        return have < minimum;
    }
    if line.contains("clang") {
        return have.major < minimum.major.saturating_sub(1);
    }
    let maker = line.split_whitespace().nth(1).unwrap_or_default();
    maker.starts_with('(') && !["(ICC)", "(FCC)"].contains(&maker) && have < minimum
}

fn missing(need: &Need, broken: Option<String>) -> Missing {
    let programs: Vec<String> = need.tool.choices().iter().map(|choice| one_of(choice.facts().programs)).collect();
    let mut wanted = programs.join(" or ");
    if let Some(minimum) = need.minimum {
        wanted = format!("{wanted}, {minimum} or newer");
    }
    Missing { tool: need.tool, why: need.why.clone(), need: wanted, broken, by_hand: need.by_hand.clone() }
}

fn one_of(programs: &[&str]) -> String {
    programs.iter().map(|program| format!("`{program}`")).collect::<Vec<_>>().join(" or ")
}
