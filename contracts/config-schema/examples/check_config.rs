//! Loads the configuration file named on the command line and prints its pools, or what is wrong.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to its reader")]

use std::{path::PathBuf, process::ExitCode};

use config_schema::Config;
use miette::Diagnostic;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: check_config FILE.{{toml,yaml,yml,json}}");
        return ExitCode::from(2);
    };
    match Config::load(&path) {
        Ok(config) => {
            for pool in &config.pools {
                println!("{}: {} by {}", pool.id, pool.engine, pool.mode());
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            if let Some(help) = error.help() {
                eprintln!("help: {help}");
            }
            ExitCode::FAILURE
        }
    }
}
