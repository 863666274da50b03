//! Shows a container a secret as a file, and prints what the container printed:
//! `secret FOLDER MEMORY NAME IMAGE FILE ARG…`, with the secret's value in a line of standard input.
//!
//! FOLDER is private to the caller, MEMORY a folder on a tmpfs, FILE where the container finds the secret.
#![expect(clippy::print_stdout, reason = "an example")]

use std::error::Error;
use std::time::Duration;

use containers::{
    ContainerName, ImageRef, InnerPath, Kind, Label, LogPart, Network, Owner, Program, RunId, RunSpec, SecretDir, Slot,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let mut next = || words.next().ok_or("secret FOLDER MEMORY NAME IMAGE FILE ARG…");
    let (slot, secrets) = (Slot::new(next()?), SecretDir::create(next()?)?);
    let (name, image, file) = (ContainerName::new(next()?)?, ImageRef::new(&next()?)?, InnerPath::new(next()?)?);
    let mut value = String::new();
    std::io::stdin().read_line(&mut value)?;

    let program = Program::locate(Kind::Podman, &exec::Env::current())?;
    containers::settle(&program, &slot)?;
    let user = containers::image(&program, &image)?.ok_or("the image is not in the store")?.user;
    let mount = secrets.write(&program, "secret", value.trim_end().as_bytes(), user.as_ref(), file)?;
    let run = RunId::new(format!("{:032x}", std::process::id()))?;
    let owner = Owner { pool: Label::new(name.as_str())?, run, key: Label::new("example")? };
    let mut spec = RunSpec::new(name, owner, image, Network::None);
    spec.args = words.collect();
    spec.secrets = vec![mount];
    let started = containers::start(&program, &containers::create(&program, &spec, &slot)?)?;
    if let Some(watch) = containers::watch(&program, &started)? {
        watch.wait(Duration::from_mins(1))?;
    }
    println!("{}", containers::logs(&program, &started, LogPart::Whole)?);
    containers::remove(&program, &started)?;
    secrets.clear()?;
    Ok(slot.clear()?)
}
