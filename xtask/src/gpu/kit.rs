//! Packs a kit: everything that a host with a GPU needs that has neither Rust nor a network. No file is larger than a part,
//! so that a kit can travel in pieces; `run.sh` joins what was split.

mod bundle;
mod model;
mod parts;
mod programs;

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use exec::Env;
use serde_json::{Value, json};

use crate::args::DemoArgs;
use crate::demo::{self, fetch};
use crate::failure::{Failure, Result};
use crate::{packages, proc};

/// What runs on the host: the launcher, and the script that takes device nodes away from one command.
const SCRIPTS: [(&str, &str); 2] = [("run.sh", include_str!("kit/run.sh")), ("deny.sh", include_str!("kit/deny.sh"))];
const README: &str = include_str!("kit/README.md");

/// Packs a kit into `dir`, which must be new or empty.
pub(super) fn pack(env: &Env, source: &DemoArgs, dir: &Path) -> Result<()> {
    packages::ensure(env, &[("git", "git"), ("objdump", "binutils"), ("sha256sum", "coreutils")])?;
    fs::create_dir_all(dir)?;
    if fs::read_dir(dir)?.next().is_some() {
        return Err(Failure::new(format!("{} is not empty", dir.display())));
    }
    let dir = dir.canonicalize()?;
    let home = demo::home(env, source.dir.as_deref())?;
    let floor = programs::build(env, &home, &dir.join("bin"))?;
    let (repo, reference) = demo::source(source, env, &home)?;
    let commit = bundle::pack(env, &repo, &reference, &dir.join("source.bundle"))?;
    let (name, mut about) = match &source.model {
        None => (model::NAME.to_owned(), model::write(&dir)?),
        Some(_) => copied_model(env, source, &home, &dir)?,
    };
    let contents = [
        ("model", name),
        ("source", "source.bundle".into()),
        ("commit", commit),
        ("product", self::commit(env)),
        ("glibc", floor.clone()),
    ];
    for (key, value) in contents {
        about[key] = value.into();
    }
    write(&dir.join("kit.json"), format!("{about:#}\n").as_bytes(), 0o644)?;
    write(&dir.join("README.md"), README.replace("GLIBC_FLOOR", &floor).as_bytes(), 0o644)?;
    for (name, text) in SCRIPTS {
        write(&dir.join(name), text.as_bytes(), 0o755)?;
    }
    let size = parts::seal(env, &dir)?;
    println!("{} holds {:.1} MB; its programs start on glibc {floor} and newer", dir.display(), size);
    Ok(())
}

/// Copies the operator's model.
fn copied_model(env: &Env, source: &DemoArgs, home: &Path, dir: &Path) -> Result<(String, Value)> {
    let model = demo::model(source, env, home)?;
    let name = Path::new(&model).file_name().unwrap_or_default().to_string_lossy().into_owned();
    fs::copy(&model, dir.join(&name)).map_err(|error| Failure::from(error).while_doing(&model))?;
    let known = name == fetch::MODEL.name();
    Ok((name, if known { json!({ "answer": "Paris" }) } else { json!({}) }))
}

/// The commit of this checkout, and whether anything differs from it.
pub(super) fn commit(env: &Env) -> String {
    let describe = ["git", "describe", "--always", "--dirty", "--abbrev=12"];
    let output = proc::tool(env, &describe, proc::root()).and_then(|spec| proc::capture(&spec));
    output.map_or_else(|_no_checkout| "unknown".into(), |output| output.stdout_text().trim().to_owned())
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    File::create(path)?.write_all(bytes)?;
    Ok(fs::set_permissions(path, Permissions::from_mode(mode))?)
}
