//! Headers of libraries, looked for by the compiler that the build will use: it alone knows where it looks.

use std::path::PathBuf;
use std::time::Duration;

use exec::{CommandSpec, Env, Exit, run};

use super::need::Need;
use super::report::{Found, Missing, Report};
use super::tool::Tool;

const DEADLINE: Duration = Duration::from_secs(20);

/// Adds a library's headers to what is found or missing. Without a C compiler they count as missing: a compiler's own
/// package does not bring them.
pub(crate) fn look_for(need: &Need, header: &str, env: &Env, report: &mut Report) {
    match report.get(Tool::Cc).map(|found| found.path.clone()).and_then(|compiler| find(compiler, header, env)) {
        Some(path) => report.found.push(Found {
            tool: need.tool,
            real_path: path.canonicalize().unwrap_or_else(|_| path.clone()),
            path,
            version: None,
            version_line: String::new(),
        }),
        None => report.missing.push(Missing {
            tool: need.tool,
            why: need.why.clone(),
            need: format!("`#include <{header}>`"),
            broken: None,
            by_hand: need.by_hand.clone(),
        }),
    }
}

/// Where the compiler finds the header: `-M` lists every file that an empty source with this one include reads.
fn find(compiler: PathBuf, header: &str, env: &Env) -> Option<PathBuf> {
    let spec = CommandSpec::new(compiler, DEADLINE)
        .args(["-include", header, "-M", "-x", "c", "/dev/null"])
        .inherit(env, &["PATH", "HOME"]);
    let output = run(&spec).ok().filter(|output| output.exit == Exit::Code(0))?;
    let text = output.stdout_text().into_owned();
    text.split_whitespace().find(|word| word.ends_with(header)).map(PathBuf::from)
}
