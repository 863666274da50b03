//! `man`: manual pages, made from the command line's own description.

use clap::CommandFactory;
use clap_mangen::Man;

use crate::args::Args;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

pub(crate) fn run(verb: Option<&str>) -> Result<Exit> {
    let mut all = Args::command();
    // Makes each verb know the options that all of them take.
    all.build();
    let page = match verb {
        None => all,
        Some(verb) => {
            let known: Vec<&str> = all.get_subcommands().map(clap::Command::get_name).collect();
            let unknown = || Failure::UnknownVerb { verb: verb.to_owned(), known: known.join(", ") };
            all.find_subcommand(verb).ok_or_else(unknown)?.clone()
        }
    };
    Man::new(page).render(&mut std::io::stdout()).map_err(Failure::Output)?;
    Ok(Exit::Done)
}
