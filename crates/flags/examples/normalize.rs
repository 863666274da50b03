//! Prints the canonical command line of its arguments: `cargo run -p flags --example normalize -- -ngl 33 --threads=8`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what the example is for")]

use std::process::ExitCode;

use flags::{Accel, Catalogue, Engine, Policy, normalize};
use miette::Diagnostic;

fn main() -> ExitCode {
    let pool: Vec<String> = std::env::args().skip(1).collect();
    let policy = Policy {
        accelerator: Accel::Cuda,
        model: "/models/m.gguf",
        host: "127.0.0.1",
        port: 8080,
        ctx: None,
        devices: 0,
        tensor_split: None,
        heads: None,
    };
    match normalize(&pool, &policy, Catalogue::newest(Engine::LlamaServer)) {
        Ok(line) => {
            println!("llama-server {}", line.args.join(" "));
            for name in line.secret_env.keys() {
                println!("with {name} in its environment");
            }
            for note in line.notes {
                println!("note: {note}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            if let Some(help) = error.help() {
                eprintln!("help: {help}");
            }
            ExitCode::FAILURE
        }
    }
}
