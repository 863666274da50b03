//! `flags`: what the flags of a pool become for an engine.

use std::collections::BTreeMap;
use std::time::Duration;

use exec::CommandSpec;
use flags::{Accel, Catalogue, Engine, Policy, Trust, normalize, utf8};
use serde_json::json;

use crate::args::{Args, FlagsArgs};
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::interrupt::Interrupt;
use crate::report;

/// How long an engine may take to print its help.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn run(args: &Args, wish: &FlagsArgs, interrupt: &Interrupt) -> Result<Exit> {
    let catalogue = catalogue(wish, interrupt)?;
    let policy = Policy {
        accelerator: if wish.cpu { Accel::Cpu } else { Accel::Cuda },
        model: "MODEL",
        host: "127.0.0.1",
        port: 8080,
        ctx: None,
        devices: 0,
        tensor_split: None,
        heads: None,
    };
    let line = normalize(&utf8(wish.words.iter().cloned())?, &policy, &catalogue)?;
    let document = json!({
        "engine": wish.engine.key(),
        "catalogue": catalogue.source,
        "known": catalogue.specs().len(),
        "unread": catalogue.unread(),
        "args": line.pool_args(),
        "command_line": line.args,
        "secret_env": line.secret_env.keys().collect::<Vec<_>>(),
        "notes": line.notes,
        "unverified": line.unverified,
    });
    report::result(args.json, &document, || {
        let own = line.pool_args();
        let mut text = if own.is_empty() { "no flags of its own\n".to_owned() } else { format!("{}\n", shown(own)) };
        text.extend(line.secret_env.keys().map(|name| format!("secret: {name}, in the engine's environment\n")));
        text.extend(line.notes.iter().map(|note| format!("note: {note}\n")));
        let unread = (catalogue.unread() > 0).then(|| catalogue.unread());
        text.extend(unread.map(|n| format!("note: {n} options of {} could not be read\n", catalogue.source)));
        text
    })?;
    Ok(Exit::Done)
}

/// The best that is known of the engine that is meant.
fn catalogue(wish: &FlagsArgs, interrupt: &Interrupt) -> Result<Catalogue> {
    if let Some(path) = &wish.help_file {
        let bytes = std::fs::read(path).map_err(|source| Failure::Unreadable { path: path.clone(), source })?;
        let (text, source) = (String::from_utf8_lossy(&bytes), path.display().to_string());
        let markdown = text.lines().any(|line| line.starts_with("```"));
        let catalogue = if markdown && wish.engine == Engine::LlamaServer {
            Catalogue::from_docs(&text, &source)
        } else {
            Catalogue::from_help(wish.engine, &text, &source, Trust::Live)
        };
        return if catalogue.is_empty() { Err(Failure::NoFlags { path: path.clone() }) } else { Ok(catalogue) };
    }
    let Some(binary) = &wish.binary else {
        return Ok(Catalogue::best(wish.engine, None, None, wish.release.as_deref().unwrap_or_default()));
    };
    let path = std::path::absolute(binary).map_err(|source| Failure::Unreadable { path: binary.clone(), source })?;
    for question in questions(wish.engine) {
        let spec = CommandSpec::new(&path, PATIENCE).args(*question).cancel(interrupt.cancel());
        let output = exec::run(&spec)?;
        // Triton's server prints its help as an error.
        for text in [output.stdout_text(), String::from_utf8_lossy(&output.stderr)] {
            let catalogue = Catalogue::from_help(wish.engine, &text, &path.display().to_string(), Trust::Live);
            if !catalogue.is_empty() {
                return Ok(catalogue);
            }
        }
    }
    Err(Failure::NoHelp { binary: path })
}

/// How a program is asked for all of its flags, the most particular way first: `vllm serve --help` lists groups of them
/// since version 0.10, and no version before that knows `=all`.
fn questions(engine: Engine) -> &'static [&'static [&'static str]] {
    match engine {
        Engine::Vllm => &[&["serve", "--help=all"], &["serve", "--help"], &["--help"]],
        Engine::Sglang => &[&["serve", "--help"], &["--help"]],
        Engine::LlamaServer | Engine::Tgi | Engine::Triton => &[&["--help"]],
    }
}

/// As one line that can be pasted.
fn shown(words: &[String]) -> String {
    let spec = CommandSpec { args: words.iter().map(Into::into).collect(), ..CommandSpec::new("", PATIENCE) };
    let line = CommandSpec { env: BTreeMap::new(), ..spec }.display(&exec::Redactor::new());
    line.trim_start_matches("''").trim_start().to_owned()
}
