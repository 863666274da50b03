//! `init`: a pool file for this host, made after looking at it.
//!
//! The rules: every choice is in the file with its reason; a file that exists is never replaced; nothing is asked without
//! a terminal; what the host lacks for the pool is reported at once, and is no reason not to write the file.

mod text;

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use provisioner_core::cfg::{Accelerator, Config, Format, ModelRef};
use provisioner_core::{PoolCheckup, Status, checkup, provider_with};
use serde_json::json;

use self::text::{Choices, pool_file};
use crate::args::Args;
use crate::args::host::InitArgs;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::{report, target};

/// The file that is written where none is named.
const FILE: &str = "pools.toml";

pub(crate) fn run(args: &Args, wish: &InitArgs) -> Result<Exit> {
    let path = target::absolute(args.config.as_deref().unwrap_or_else(|| Path::new(FILE)))?;
    if path.symlink_metadata().is_ok() {
        return Err(Failure::FileExists { path });
    }
    let settings = target::settings(args)?;
    let model = model(wish)?;
    let host = checkup(&[], &settings);
    let has_gpu = !host.gpu.report.devices.is_empty();
    let cuda = host.accelerators.iter().find(|one| one.accelerator == Accelerator::Cuda);
    let why_not = cuda.and_then(|cuda| cuda.refusal.as_ref()).filter(|_| !has_gpu);
    let choices = Choices {
        id: args.pool.clone().unwrap_or_else(|| "main".into()),
        engine: wish.engine.clone(),
        model: match &model {
            ModelRef::File(path) => path.display().to_string(),
            other @ ModelRef::HuggingFace { .. } => other.to_string(),
        },
        repo: wish.repo.clone(),
        reference: wish.reference.clone().unwrap_or_else(newest),
        cpu_because: why_not.map(|refusal| refusal.message.lines().next().unwrap_or_default().to_owned()),
        gpus: host.gpu.report.devices.iter().map(|gpu| format!("{} ({})", gpu.index, gpu.name)).collect(),
        cpus: std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
    };
    let text = pool_file(&choices);
    // A choice that is not possible is refused like one in a file, and nothing is written.
    let config = Config::parse(&text, Format::Toml, &path.display().to_string())?;
    let pool = config.pool(None)?;
    provider_with(pool, settings.clone())?;
    write_new(&path, &text)?;
    let found = checkup(std::slice::from_ref(pool), &settings);
    let ready = found.ready;
    let document =
        json!({ "file": path, "pool_id": pool.id, "ready": ready, "pools": found.pools, "remedy": found.host.remedy });
    report::result(args.json, &document, || shown(&path, &found.pools, found.host.remedy.as_deref(), ready))?;
    Ok(Exit::Done)
}

/// What was written, what the host lacks for it, and what to type next.
fn shown(path: &Path, pools: &[PoolCheckup], remedy: Option<&str>, ready: bool) -> String {
    let file = exec::shell_line(&[path.display().to_string()]);
    let mut text = format!("wrote {file}\n");
    if ready {
        // Writing to a `String` cannot fail.
        writeln!(text, "next: engine-provisioner ensure --wait --config {file}").ok();
        return text;
    }
    text.push_str("this host lacks something for it:\n");
    for step in pools.iter().flat_map(|pool| &pool.plan).flat_map(|plan| &plan.steps) {
        if let Status::Blocked { reason, code: Some(code), .. } = &step.status {
            writeln!(text, "  {} [{code}]", reason.lines().next().unwrap_or_default()).ok();
        }
    }
    if let Some(remedy) = remedy {
        writeln!(text, "to do: {remedy}").ok();
    }
    writeln!(text, "next: engine-provisioner plan --config {file}").ok();
    text
}

/// The model that is named, or that a person types where there is one. A path is made absolute.
fn model(wish: &InitArgs) -> Result<ModelRef> {
    let typed = match &wish.model {
        Some(model) => model.clone(),
        None if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() => ask()?,
        None => return Err(Failure::NoModel),
    };
    let model: ModelRef =
        typed.parse().map_err(|invalid| Failure::BadModel { model: typed.escape_debug().to_string(), invalid })?;
    Ok(match model {
        ModelRef::File(path) => ModelRef::File(target::absolute(&path)?),
        other @ ModelRef::HuggingFace { .. } => other,
    })
}

fn ask() -> Result<String> {
    let mut err = std::io::stderr().lock();
    write!(err, "model (the path of a GGUF file, or hf:OWNER/REPOSITORY/FILE.gguf): ").ok();
    err.flush().ok();
    let mut line = String::new();
    match std::io::stdin().read_line(&mut line) {
        Ok(_) if !line.trim().is_empty() => Ok(line.trim().to_owned()),
        _ => Err(Failure::NoModel),
    }
}

/// The newest release whose flags are known.
fn newest() -> String {
    let known = flags::Catalogue::best(flags::Engine::LlamaServer, None, None, "");
    known.source.rsplit(' ').next().unwrap_or_default().to_owned()
}

/// Writes a file that must not exist.
fn write_new(path: &Path, text: &str) -> Result<()> {
    let cannot = |source| Failure::CannotWrite { path: path.to_owned(), source };
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o644).open(path).map_err(cannot)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(cannot)
}
