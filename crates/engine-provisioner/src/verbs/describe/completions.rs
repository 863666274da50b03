//! `completions`: what a shell needs to complete our command line.

use std::io::Write;

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::args::Args;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

pub(crate) fn run(shell: Shell) -> Result<Exit> {
    let mut command = Args::command();
    let name = command.get_name().to_owned();
    // The generator panics where it cannot write; a string always takes it.
    let mut script = Vec::new();
    generate(shell, &mut command, name, &mut script);
    std::io::stdout().write_all(&script).map_err(Failure::Output)?;
    Ok(Exit::Done)
}
