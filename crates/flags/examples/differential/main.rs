//! Compares this crate with the parser of a real engine: what one takes the other has to take.
//!
//! `cargo run -p flags --example differential -- LLAMA_SERVER [SETS] [SEED]` makes that many sets of flags (300) out of the
//! names of all releases and good, odd and missing values. A command line made of a set must be parsed by the engine; a
//! set that is refused must be refused by the engine too as it was written, but for the reasons in [`STRICTER`].
//! The engine parses and prints its version; it loads nothing.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what the example is for")]

mod engine;
mod sample;

use std::collections::BTreeMap;
use std::process::ExitCode;

use engine::Binary;
use flags::{Accel, Catalogue, Engine, FlagError, Normalized, Policy, Trust, normalize};
use miette::Diagnostic;
use sample::Sampler;
use testkit::exec::{self, Env};

/// Errors on purpose where the engine has none: the pool's configuration decides, the server would not serve, a secret
/// would be public, a model would be downloaded, two values would be lost.
const STRICTER: &[&str] = &[
    "flags::owned",
    "flags::ends_server",
    "flags::secret_in_flags",
    "flags::downloads",
    "flags::cpu_on_gpu_pool",
    "flags::merged",
    "flags::bad_value",
];

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let Some(program) = args.next() else {
        eprintln!("usage: differential LLAMA_SERVER [SETS] [SEED]");
        return ExitCode::from(2);
    };
    let sets = args.next().and_then(|n| n.parse().ok()).unwrap_or(300);
    let seed = args.next().and_then(|n| n.parse().ok()).unwrap_or(1);
    match compare(&program, sets, seed) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("{program}: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn compare(program: &str, sets: usize, seed: u64) -> Result<bool, Box<dyn std::error::Error>> {
    let engine = Binary::new(program, &Env::current())?;
    let catalogue = Catalogue::from_help(Engine::LlamaServer, &engine.help()?, program, Trust::Live);
    let mut sampler = Sampler::new(&catalogue, &engine, seed);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = 0;
    for _ in 0..sets {
        let words = sampler.set();
        let verdict = match normalize(&words, &policy(), &catalogue) {
            Ok(line) => accepted(&engine, &line)?,
            Err(error) => refused(&engine, &words, &error)?,
        };
        if let Verdict::Wrong(why) = &verdict {
            println!("{words:?}\n  {why}");
            wrong += 1;
        }
        *counts.entry(verdict.name()).or_default() += 1;
    }
    println!("{}: {} flags, {} unread", engine.version()?, catalogue.specs().len(), catalogue.unread());
    for (name, count) in counts {
        println!("{count:5} {name}");
    }
    Ok(wrong == 0 && catalogue.unread() == 0)
}

enum Verdict {
    BothTake,
    BothRefuse(String),
    Stricter(String),
    /// The flag is the engine's, and this build of it cannot do what it asks for.
    Incapable,
    Wrong(String),
}

impl Verdict {
    fn name(&self) -> String {
        match self {
            Self::BothTake => "taken by both".to_owned(),
            Self::BothRefuse(code) => format!("refused by both: {code}"),
            Self::Stricter(code) => format!("refused on purpose: {code}"),
            Self::Incapable => "known to both, not in this build".to_owned(),
            Self::Wrong(_) => "WRONG".to_owned(),
        }
    }
}

fn accepted(engine: &Binary, line: &Normalized) -> Result<Verdict, exec::ExecError> {
    Ok(match engine.parses(&line.args, &line.secret_env)? {
        Ok(()) => Verdict::BothTake,
        Err(said) if said.contains("not supported in this build") => Verdict::Incapable,
        Err(said) => Verdict::Wrong(format!("taken here as {:?}, but the engine says: {said}", line.pool_args())),
    })
}

fn refused(engine: &Binary, words: &[String], error: &FlagError) -> Result<Verdict, exec::ExecError> {
    let code = error.code().map(|c| c.to_string()).unwrap_or_default();
    let parsed = match error {
        FlagError::MissingValue { .. } => engine.parses_open(words)?,
        _ => engine.parses(words, &BTreeMap::new())?,
    };
    Ok(match parsed {
        Err(_) => Verdict::BothRefuse(code),
        Ok(()) if STRICTER.contains(&code.as_str()) => Verdict::Stricter(code),
        Ok(()) => Verdict::Wrong(format!("refused here: {error}")),
    })
}

fn policy() -> Policy<'static> {
    Policy {
        accelerator: Accel::Cpu,
        model: "/none.gguf",
        host: "127.0.0.1",
        port: 8080,
        ctx: None,
        devices: 0,
        tensor_split: None,
        heads: None,
    }
}
