//! From a verb to its file.

mod cache;
mod describe;
mod doctor;
mod ensure;
mod explain;
mod flags;
mod gpus;
mod init;
mod lock;
mod logs;
mod ls;
mod plan;
mod prepare;
mod proof;
mod status;
mod stop;

use crate::args::{Args, Verb};
use crate::exit::Exit;
use crate::failure::Result;
use crate::interrupt::Interrupt;
use crate::progress::Progress;

/// Does what the command line asks for. What can be cancelled takes its token from `interrupt`.
pub(crate) fn run(args: &Args, progress: &Progress, interrupt: &Interrupt) -> Result<Exit> {
    match &args.verb {
        Verb::Plan(wish) => plan::run(args, progress, wish),
        Verb::Prepare(wish) => prepare::run(args, progress, interrupt, wish),
        Verb::Ensure(wish) => ensure::run(args, progress, interrupt, wish),
        Verb::Lock(wish) => lock::run(args, progress, interrupt, wish),
        Verb::Status(wish) => status::run(args, *wish),
        Verb::Ls => ls::run(args),
        Verb::Stop(all) => stop::run(args, progress, interrupt, *all),
        Verb::Logs { lines, follow } => logs::run(args, *lines, *follow),
        Verb::Init(wish) => init::run(args, wish),
        Verb::Doctor(wish) => doctor::run(args, progress, wish),
        Verb::Gpus => gpus::run(args),
        Verb::Flags(wish) => flags::run(args, wish, interrupt),
        Verb::Explain(wish) => explain::run(args, wish),
        Verb::Cache(verb) => cache::run(args, verb),
        Verb::Proof(verb) => proof::run(args, verb),
        Verb::Schema { of } => describe::schema::run(*of),
        Verb::Completions { shell } => describe::completions::run(*shell),
        Verb::Man { verb } => describe::man::run(verb.as_deref()),
    }
}
