//! Tasks of this repository: `cargo xtask tidy | spec | packages | catalogue | test | demo | gpu | bench`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what a task runner does")]

mod args;
mod bench;
mod cli;
mod demo;
mod failure;
mod figures;
mod gpu;
mod hf;
mod package_names;
mod packages;
mod pool;
mod proc;
mod source_files;
mod spec;
mod test;
mod tidy;

use std::process::ExitCode;

use crate::args::Task;

fn main() -> ExitCode {
    let task = match args::parse(std::env::args().skip(1)) {
        Ok(task) => task,
        Err(problem) => {
            eprintln!("{problem}\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    let result = match task {
        Task::Help => {
            println!("{}", args::USAGE);
            Ok(())
        }
        Task::Tidy => tidy::run(),
        Task::Spec => spec::run(),
        Task::Packages => package_names::run(),
        Task::Catalogue { check } => test::catalogue(check),
        Task::Test(wish) => test::run(wish),
        Task::Demo(wish) => demo::run(&wish),
        Task::Gpu(wish) => gpu::run(&wish),
        Task::Bench(wish) => bench::run(&wish),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(failure.exit_code)
        }
    }
}
