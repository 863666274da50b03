//! A real model as the release's own `llama-gguf-split` splits it: staged whole from a hub on loopback, served by the real
//! engine; joined by hand, or of an architecture that the release does not know, it is refused in the plan.

#[path = "../../../crates/model-provisioner/tests/it/support/http.rs"]
#[expect(clippy::unwrap_used, reason = "the hub of the tests; what fails in it ends the test")]
mod http;
#[path = "../../../crates/model-provisioner/tests/it/support/hub.rs"]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    dead_code,
    reason = "the hub of the tests; what fails in it ends the test"
)]
mod hub;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::{Env, Exit};
use serde_json::Value;

use super::split_tool;
use crate::args::DemoArgs;
use crate::cli::Cli;
use crate::demo::{self, answer, fetch};
use crate::failure::{Failure, Result};
use crate::pool::{Pool, toml_string};
use crate::proc;

/// The repository on the hub.
const REPO: &str = "tests/smollm2";

/// Splits, stages, serves, asks; then what must be refused.
pub(super) fn run(env: &Env) -> Result<()> {
    let home = demo::home(env, None)?;
    let bundle = fetch::artifact(env, &fetch::SOURCE, &home)?;
    let model = PathBuf::from(demo::model(&DemoArgs::default(), env, &home)?);
    let tool = split_tool::ensure(env, &home, &bundle)?;
    let scratch = tempfile::Builder::new().prefix("shards.").tempdir_in(&home)?;
    let shards = split(env, &tool, &model, scratch.path())?;
    println!("{} shards of {}", shards.len(), model.display());

    let hub = hub::Hub::start();
    let files: Vec<(String, Vec<u8>)> =
        shards.iter().map(|path| Ok((name(path), fs::read(path)?))).collect::<Result<_>>()?;
    let named: Vec<(&str, Vec<u8>)> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let commit = hub.push(REPO, &named);
    let hf = proc::root().join("target/tools/huggingface_hub/bin");
    let path = env.get_str("PATH").unwrap_or_default();
    let env = env.clone().with("HF_ENDPOINT", hub.url()).with("PATH", format!("{}:{path}", hf.display()));
    let cli = Cli::build(&env)?;

    let first = files.first().map(|(name, _)| name.as_str()).unwrap_or_default();
    let file = write(&home, &bundle, &format!("hf:{REPO}/{first}"), scratch.path())?;
    let (exit, ensured) = cli.ask(&["ensure", "--wait", "--json"], &file)?;
    let served = served(&cli, &file, exit, &ensured, &files, &commit);
    let stopped = cli.ask(&["stop", "--json"], &file);
    served.and(stopped.map(drop))?;

    let joined = scratch.path().join("joined.gguf");
    put(&joined, &files.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect::<Vec<u8>>())?;
    refused(
        &cli,
        &write(&home, &bundle, &joined.display().to_string(), scratch.path())?,
        "model::shards_joined",
        "--merge",
    )?;
    let strange = scratch.path().join("strange.gguf");
    put(&strange, &renamed(fs::read(&model)?)?)?;
    refused(
        &cli,
        &write(&home, &bundle, &strange.display().to_string(), scratch.path())?,
        "model::too_new",
        "newer release",
    )?;
    let (_, plan) =
        cli.ask(&["plan", "--json"], &write(&home, &bundle, &model.display().to_string(), scratch.path())?)?;
    must(blocked(&plan).is_none(), format!("the model itself is refused: {plan}"))
}

/// The shards that the tool makes of the model, in order.
fn split(env: &Env, tool: &Path, model: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    let spec = proc::command(env, tool.to_owned(), Duration::from_mins(5)).cwd(folder);
    proc::capture(&spec.args(["--split", "--split-max-size", "40M"]).arg(model).arg("smol"))?;
    let paths: std::io::Result<Vec<PathBuf>> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    let mut shards = paths?;
    shards.sort();
    must(shards.len() > 1, "the model was not split").map(|()| shards)
}

/// A pool whose fetched models are kept in a folder of the test.
fn write(home: &Path, bundle: &Path, model: &str, models: &Path) -> Result<PathBuf> {
    let pool = Pool {
        id: "shards".into(),
        repo: bundle.display().to_string(),
        reference: fetch::COMMIT.into(),
        model: model.into(),
        accelerator: "cpu",
        flags: &[],
        cmake_flags: &[],
    };
    let file = pool.write(home)?;
    let cache = toml_string(&models.join("models").display().to_string());
    put(&file, format!("{pool}cache_dir = {cache}\n").as_bytes())?;
    Ok(file)
}

/// The engine answers, and the summary names every shard as the hub announced it.
fn served(
    cli: &Cli,
    file: &Path,
    exit: Exit,
    ensured: &Value,
    files: &[(String, Vec<u8>)],
    commit: &str,
) -> Result<()> {
    must(exit == Exit::Code(0), format!("`ensure` ended with {exit}: {ensured}"))?;
    let model = ensured.get("model").unwrap_or(&Value::Null);
    let is = |key, expected: &str| model.get(key).and_then(Value::as_str) == Some(expected);
    must(is("kind", "shards") && is("revision", commit), format!("the summary has another model: {model}"))?;
    let staged = model.get("files").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let same = |(staged, (_, bytes)): (&Value, &(String, Vec<u8>))| {
        let digest = format!("sha256:{}", hub::sha256(bytes));
        staged.get("digest").and_then(Value::as_str) == Some(&digest)
    };
    let whole = staged.len() == files.len() && staged.iter().zip(files).all(same);
    must(whole, format!("not all shards are staged as they are on the hub: {model}"))?;
    let (host, port) = cli.address(file)?;
    let answer = answer::ask(&host, port)?;
    println!("the engine on {} shards: {answer}", files.len());
    Ok(())
}

/// The plan refuses it with this code, and its help has these words.
fn refused(cli: &Cli, file: &Path, code: &str, words: &str) -> Result<()> {
    let (_, plan) = cli.ask(&["plan", "--json"], file)?;
    let (found, help) = blocked(&plan).ok_or_else(|| Failure::new(format!("`{code}` was expected: {plan}")))?;
    must(found == code && help.contains(words), format!("{found} ({help}), not {code}"))?;
    println!("refused in the plan: {code}");
    Ok(())
}

/// Code and help of the first step that is blocked by an error.
fn blocked(plan: &Value) -> Option<(String, String)> {
    let steps = plan.get("steps").and_then(Value::as_array)?;
    let text = |step: &Value, key: &str| step.get(key).and_then(Value::as_str).map(str::to_owned);
    steps.iter().find_map(|step| Some((text(step, "code")?, text(step, "help").unwrap_or_default())))
}

/// The model with another architecture in its header.
fn renamed(mut bytes: Vec<u8>) -> Result<Vec<u8>> {
    // The key, the type of its value (8, a text), the length of the text, the text.
    let known = [b"general.architecture".as_slice(), &8_u32.to_le_bytes(), &5_u64.to_le_bytes(), b"llama"].concat();
    let at = bytes.windows(known.len()).position(|window| window == known);
    let at = at.ok_or_else(|| Failure::new("the model's architecture is not `llama`"))?;
    if let Some(last) = bytes.get_mut(at + known.len() - 1) {
        *last = b'9';
    }
    Ok(bytes)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    Ok(File::create(path)?.write_all(bytes)?)
}

fn must(holds: bool, otherwise: impl Into<String>) -> Result<()> {
    if holds { Ok(()) } else { Err(Failure::new(otherwise.into())) }
}
