//! The real engine out of archives that the real tar, xz, zstd and zip make of it; and a prebuilt one of others, whose missing
//! pieces are named before it is started.

use std::fs;
use std::path::{Path, PathBuf};

use exec::{Env, Exit};
use serde_json::Value;

use crate::cli::{Cli, first_text};
use crate::demo::{self, answer, fetch};
use crate::failure::{Failure, Result};
use crate::pool::{self, Pool, toml_string};
use crate::{packages, proc};

/// Each kind of archive with the command that makes it of the folder `llama-b1`.
const KINDS: [(&str, &[&str]); 5] = [
    ("engine.tar", &["tar", "-cf", "engine.tar", "llama-b1"]),
    ("engine.tar.gz", &["tar", "-czf", "engine.tar.gz", "llama-b1"]),
    ("engine.tar.xz", &["tar", "-cf", "engine.tar.xz", "-I", "xz -1", "llama-b1"]),
    ("engine.tar.zst", &["tar", "-cf", "engine.tar.zst", "-I", "zstd -q", "llama-b1"]),
    ("engine.zip", &["zip", "-q", "-r", "engine.zip", "llama-b1"]),
];

/// The programs that make them.
const TOOLS: &[packages::Tool] =
    &[("tar", "tar"), ("gzip", "gzip"), ("xz", "xz-utils"), ("zstd", "zstd"), ("zip", "zip"), ("unzip", "unzip")];

/// Debian's packages of llama.cpp's programs and their libraries.
const PACKAGES: [&str; 3] = ["llama.cpp-tools", "libllama0", "libggml0"];

/// What names something that a program lacks.
const NAMED: [&str; 4] = ["fit::library", "fit::unreachable_library", "fit::symbols", "fit::interpreter"];

/// A lone program is an archive, too.
const LONE: &str = "llama-server";

/// Packs what the demo has built, and has each archive answer a question.
pub(super) fn run(env: &Env) -> Result<()> {
    packages::ensure(env, TOOLS)?;
    let home = demo::home(env, None)?;
    let cli = Cli::build(env)?;
    let (exit, prepared) = cli.ask(&["prepare", "--json"], &pool::file(&home, demo::ID))?;
    let program = first_text(&prepared, "binary_path").filter(|_| exit == Exit::Code(0));
    let program = program.ok_or_else(|| Failure::new(format!("`prepare` ended with {exit}: {prepared}")))?;
    let model = demo::model(&crate::args::DemoArgs::default(), env, &home)?;
    let scratch = tempfile::Builder::new().prefix("archives.").tempdir_in(&home)?;
    let folder = scratch.path().join("llama-b1/bin");
    fs::create_dir_all(&folder)?;
    fs::copy(&program, folder.join(LONE))?;
    fs::copy(&program, scratch.path().join(LONE))?;
    let kinds = KINDS.into_iter().chain([(LONE, &["true"][..])]);
    for (name, words) in kinds {
        proc::capture(&proc::tool(env, words, scratch.path())?)?;
        let served = serve(&cli, &home, &scratch.path().join(name), &model);
        served.map_err(|failure| failure.while_doing(format!("the engine out of {name}")))?;
    }
    foreign(env, &cli, &home, scratch.path(), &model)
}

/// A pool whose engine is this archive; `program` is its path in it, where its name does not find it.
fn pool_of(home: &Path, archive: &Path, program: Option<&str>, model: &str) -> Result<PathBuf> {
    let (url, sum) = (toml_string(&format!("file://{}", archive.display())), fetch::digest(archive)?);
    let pool = Pool {
        id: "archive".into(),
        repo: String::new(),
        reference: String::new(),
        model: model.into(),
        accelerator: "cpu",
        flags: &[],
        cmake_flags: &[],
    };
    let program = program.map(|path| format!("program = {}\n", toml_string(path))).unwrap_or_default();
    let section = format!("[pools.provisioning.binary]\nurl = {url}\nchecksum = \"sha256:{sum}\"\n{program}");
    pool.write_finished(home, "mode = \"binary\"", &section)
}

/// From the archive to an answer, with commit and version of llama.cpp in the summary.
fn serve(cli: &Cli, home: &Path, archive: &Path, model: &str) -> Result<()> {
    let file = pool_of(home, archive, None, model)?;
    let (exit, ensured) = cli.ask(&["ensure", "--wait", "--json"], &file)?;
    let served = answered(cli, &file, exit, &ensured);
    let stopped = cli.ask(&["stop", "--json"], &file);
    let answer = served?;
    stopped?;
    println!("out of {}: {answer}", archive.file_name().unwrap_or_default().to_string_lossy());
    Ok(())
}

fn answered(cli: &Cli, file: &Path, exit: Exit, ensured: &Value) -> Result<answer::Answer> {
    must(exit == Exit::Code(0), || format!("`ensure` ended with {exit}: {ensured}"))?;
    let commit = first_text(ensured, "build_ref").unwrap_or_default();
    must(!commit.is_empty() && fetch::COMMIT.starts_with(&commit), || format!("another commit: {ensured}"))?;
    let (host, port) = cli.address(file)?;
    answer::ask(&host, port)
}

/// Debian's own llama.cpp with its libraries, as its packages hold them: fetched by apt where this host's suites have it. They are
/// made for their own places in the system, or for a newer one: what is missing is named with a code before anything is started.
fn foreign(env: &Env, cli: &Cli, home: &Path, scratch: &Path, model: &str) -> Result<()> {
    let downloads = scratch.join("debian");
    let unpacked = downloads.join("root");
    fs::create_dir_all(&unpacked)?;
    let words: Vec<&str> = ["apt-get", "download"].into_iter().chain(PACKAGES).collect();
    let fetched = proc::tool(env, &words, &downloads).and_then(|spec| proc::capture(&spec));
    if fetched.is_err() {
        println!(
            "SKIPPED: the suites of this host's apt have no {}: no prebuilt engine of others",
            PACKAGES.join(", ")
        );
        return Ok(());
    }
    for entry in fs::read_dir(&downloads)?.flatten().filter(|entry| entry.path().is_file()) {
        let package = entry.path().display().to_string();
        proc::capture(&proc::tool(env, &["dpkg-deb", "-x", &package, "root"], &downloads)?)?;
    }
    proc::capture(&proc::tool(env, &["tar", "-czf", "../../debian.tar.gz", "usr"], &unpacked)?)?;
    let file = pool_of(home, &scratch.join("debian.tar.gz"), Some("usr/bin/llama-server"), model)?;
    let (_, error) = cli.ask(&["prepare", "--json"], &file)?;
    let part = |name: &str| error.pointer(name).and_then(Value::as_str).unwrap_or_default();
    must(NAMED.contains(&part("/error/code")), || format!("what is missing is not named: {error}"))?;
    println!("Debian's llama.cpp: {}", part("/error/message"));
    Ok(())
}

fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { Err(Failure::new(otherwise())) }
}
