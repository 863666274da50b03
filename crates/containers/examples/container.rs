//! Runs the container of an image for some seconds, and leaves nothing:
//! `container [--docker] [--memory BYTES] FOLDER NAME IMAGE SECONDS [ARG…]`.
//!
//! FOLDER is private to the caller; an interrupted call is finished by the next one with the same FOLDER.
#![expect(clippy::print_stdout, reason = "an example")]

use std::error::Error;
use std::time::Duration;

use containers::{
    ContainerName, Demand, ImageRef, Kind, Label, LogPart, Network, Owner, Program, RunId, RunSpec, Settled, Slot,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1).peekable();
    let kind = if words.next_if_eq("--docker").is_some() { Kind::Docker } else { Kind::Podman };
    let memory = words.next_if_eq("--memory").is_some();
    let mut next = || words.next().ok_or("container [--docker] [--memory BYTES] FOLDER NAME IMAGE SECONDS [ARG…]");
    let memory_bytes = if memory { Some(next()?.parse()?) } else { None };
    let (folder, name, image) = (next()?, ContainerName::new(next()?)?, ImageRef::new(&next()?)?);
    let seconds = Duration::from_secs_f64(next()?.parse()?);

    let env = exec::Env::current();
    let facts = containers::host_facts(kind, &env);
    let demand = Demand { memory_limit: memory, ..Demand::default() };
    for problem in containers::judge(&facts, demand, &distro::distribution("/".as_ref())) {
        println!("{}: {problem}", if problem.blocks() { "problem" } else { "warning" });
    }
    let program = Program::locate(kind, &env)?;
    let slot = Slot::new(folder);
    if let Settled::Container(ours) = containers::settle(&program, &slot)? {
        println!("found {:?}", ours.container().state);
        containers::stop(&program, &ours, Duration::from_secs(2))?;
        containers::remove(&program, &ours)?;
    }

    let run = RunId::new(format!("{:032x}", std::process::id()))?;
    let owner = Owner { pool: Label::new(name.as_str())?, run, key: Label::new("example")? };
    let mut spec = RunSpec::new(name, owner, image, Network::Host);
    spec.args = words.collect();
    spec.memory_bytes = memory_bytes;
    let created = containers::create(&program, &spec, &slot)?;
    println!("created");
    let started = containers::start(&program, &created)?;
    println!("started {:?}", started.container().state);
    let ended = match containers::watch(&program, &started)? {
        Some(watch) => watch.wait(seconds)?,
        None => None,
    };
    println!("exited {ended:?}");
    println!("stopped {:?}", containers::stop(&program, &started, Duration::from_secs(2))?);
    println!("printed {:?}", containers::logs(&program, &started, LogPart::Last(10))?);
    containers::remove(&program, &started)?;
    slot.clear()?;
    println!("removed");
    Ok(())
}
