//! The Hugging Face command that tests of models run: one release of huggingface_hub in a virtual environment of its own.

use std::time::Duration;

use exec::Env;

use crate::failure::Result;
use crate::packages::{self, Tool};
use crate::proc;

/// The release.
const RELEASE: &[&str] = &["huggingface_hub==2.4.0"];
/// The programs that make the environment. Debian keeps what `venv` needs for a pip of its own in another package, so pip
/// stays outside.
const NEEDS: &[Tool] = &[("python3", "python3"), ("pip3", "python3-pip")];

/// Installs it where the tests look for it, unless it is there.
pub(crate) fn ensure(env: &Env) -> Result<()> {
    let folder = proc::root().join("target/tools/huggingface_hub");
    let command = folder.join("bin/hf");
    if command.is_file() {
        return Ok(());
    }
    packages::ensure(env, NEEDS)?;
    let (python, place) = (proc::find(env, "python3")?, folder.display().to_string());
    let run = |args: &[&str]| {
        let spec = proc::command(env, python.clone(), Duration::from_mins(5)).args(args.iter().copied());
        proc::capture(&spec)
    };
    run(&["-m", "venv", "--clear", "--without-pip", &place])?;
    let own = format!("{place}/bin/python3");
    let install = ["-m", "pip", "--python", &own, "install", "--quiet", "--disable-pip-version-check"];
    run(&[install.as_slice(), RELEASE].concat())?;
    println!("{} is ready", command.display());
    Ok(())
}
