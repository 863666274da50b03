//! The whole way on a host with an NVIDIA GPU, in a store of its own so that all of it is done and timed: ask the driver,
//! build for that GPU, serve from it, and prove by the engine's log and the driver that it does.

mod memory;
mod phases;

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use exec::{Env, Exit, Stream};
use serde_json::Value;

use crate::args::DemoArgs;
use crate::cli::Cli;
use crate::demo::{self, answer};
use crate::failure::{Failure, Result};
use crate::pool::Pool;
use crate::{figures, packages, proc};

/// What `gpu_facts` ends with where there is no GPU.
const NO_GPU: Exit = Exit::Code(3);

/// Where the figures go.
const FILE: &str = "docs/measurements/gpu.md";

/// Ends with code 3 on a host without a GPU or a toolkit. An engine that was started is stopped again.
pub(crate) fn run(wish: &DemoArgs) -> Result<()> {
    let env = Env::current();
    let facts = Facts::ask(&env)?;
    packages::ensure(&env, packages::BUILD)?;
    let home = demo::home(&env, wish.dir.as_deref())?;
    let (repo, reference) = demo::source(wish, &env, &home)?;
    let model = demo::model(wish, &env, &home)?;
    let scratch = tempfile::Builder::new().prefix("gpu.").tempdir_in(&home)?;
    let cli = Cli::build(&env)?.contained(scratch.path())?;
    // Of late the engine tells only at this level how many layers are on the GPU.
    let (flags, cmake_flags): (&[_], &[_]) = (&["--log-verbosity", "4"], &[]);
    let pool = Pool { id: "gpu".into(), repo, reference, model, accelerator: "cuda", flags, cmake_flags };
    let file = pool.write(scratch.path())?;
    let blocked = cli.why_no_gpu(&file)?;
    let shown = cli.show(&["plan"], &file);
    if let Some(code) = blocked {
        return Err(Failure::missing(format!("the GPU cannot be used here ({code})")));
    }
    shown?;

    let served = serve(&env, &cli, &file);
    if served.is_err() {
        // What was tried goes away with its folder; the first failure is the one to read about.
        cli.show(&["logs", "-n", "100"], &file).ok();
    }
    let stopped = cli.show(&["stop"], &file);
    let (served, ()) = (served?, stopped?);
    let text = report(&subject(&env)?, &facts.text, &served);
    print!("{text}");
    figures::write(Path::new(FILE), &text)?;
    if facts.agree { Ok(()) } else { Err(Failure::new("NVML and `nvidia-smi` do not say the same")) }
}

/// What the driver's library and `nvidia-smi` say of the same GPUs.
struct Facts {
    agree: bool,
    text: String,
}

impl Facts {
    fn ask(env: &Env) -> Result<Self> {
        let args = ["run", "--quiet", "--release", "-p", "gpu-detect", "--example", "gpu_facts"];
        let spec = proc::command(env, proc::cargo(env)?, Duration::from_mins(15)).args(args);
        let output = proc::lines(&spec, &mut |_, _| {})?;
        let agree = match output.exit {
            Exit::Code(0) => true,
            // The rest is worth knowing all the same.
            Exit::Code(1) => false,
            NO_GPU => {
                return Err(Failure::missing("this host has no NVIDIA GPU that can be asked; nothing was measured"));
            }
            other => return Err(Failure::new(format!("`gpu_facts` ended with {other}"))),
        };
        Ok(Self { agree, text: output.stdout_text().into_owned() })
    }
}

/// What was seen of the engine.
#[derive(Debug)]
struct Served {
    /// Lines of the table.
    figures: Vec<(String, String)>,
    /// What proves that the GPU serves, in words.
    proofs: Vec<String>,
}

/// Starts the engine, asks it, and looks at log and driver while it runs.
fn serve(env: &Env, cli: &Cli, file: &Path) -> Result<Served> {
    let (_, plan) = cli.ask(&["plan", "--json"], file)?;
    let detected = proc::capture(&cli.command(&["gpus", "--json"], file))?.elapsed;
    let before = memory::look(env)?;
    let ensure = cli.command(&["ensure", "--wait", "--json"], file);
    let (begin, mut told) = (Instant::now(), Vec::new());
    let output = proc::lines(&ensure, &mut |stream, line| {
        if stream == Stream::Stderr {
            told.push((begin.elapsed(), line.to_owned()));
        }
    })?;
    let whole = begin.elapsed();
    let engine: Value = serde_json::from_slice(&output.require_success(&ensure)?.stdout)?;
    let (host, port) = cli.address(file)?;
    let answer = answer::ask(&host, port)?;
    println!("Q: {}\nA: {answer}", answer::QUESTION);

    let number = |place: &str| engine.pointer(place).and_then(Value::as_u64);
    let log = engine.pointer("/process/log").and_then(Value::as_str);
    let (Some(log), Some(pid), Some(size)) = (log, number("/process/pid"), number("/model/size")) else {
        return Err(Failure::new(format!("`ensure` names no log, no process or no model: {engine}")));
    };
    let layers = offloaded(&fs::read_to_string(log)?)?;
    let memory = memory::proof(&before, &memory::look(env)?, pid, size >> 20)?;

    let mut times = vec![("detection (`gpus`, from call to exit)", detected)];
    times.extend(phases::phases(&told, whole));
    times.push(("`ensure --wait`, from call to exit", whole));
    let mut figures: Vec<_> =
        times.iter().map(|(what, took)| ((*what).to_owned(), format!("{:.2} s", took.as_secs_f64()))).collect();
    if let Some(speed) = answer.tokens_per_second {
        figures.push(("a short answer".to_owned(), format!("{speed:.1} tokens/s")));
    }
    let built = architectures(&plan).map(|names| format!("the build is for the architectures {names}"));
    Ok(Served { figures, proofs: built.into_iter().chain([layers, memory]).collect() })
}

/// The engine's own words, when all layers are on the GPU.
fn offloaded(log: &str) -> Result<String> {
    let last = log.lines().rev().find_map(|line| {
        let (_, rest) = line.split_once("offloaded ")?;
        let (on_gpu, all) = rest.strip_suffix(" layers to GPU")?.split_once('/')?;
        Some((on_gpu.parse::<u32>().ok()?, all.parse::<u32>().ok()?))
    });
    match last {
        Some((on_gpu, all)) if on_gpu > 0 && on_gpu == all => Ok(format!("offloaded {on_gpu}/{all} layers to GPU")),
        Some((on_gpu, all)) => Err(Failure::new(format!("only {on_gpu} of {all} layers are on the GPU"))),
        None => Err(Failure::new("the engine's log does not say that layers are on the GPU")),
    }
}

/// What the planned build is for.
fn architectures(plan: &Value) -> Option<String> {
    let text = plan.to_string();
    let (_, rest) = text.split_once("-DCMAKE_CUDA_ARCHITECTURES=")?;
    rest.split('"').next().map(String::from)
}

/// The day, the machine, and its GPUs with their driver.
fn subject(env: &Env) -> Result<String> {
    let gpus = memory::query(env, "--query-gpu=name,driver_version")?;
    let gpus = gpus.lines().map(|line| line.trim().replace(", ", " with driver ")).collect::<Vec<_>>().join("; ");
    Ok(format!("{} {gpus}.", figures::machine()))
}

fn report(subject: &str, facts: &str, served: &Served) -> String {
    let mut text = format!("# llama.cpp on a GPU\n\n{subject}\n\n| what | figure |\n| --- | ---: |\n");
    // Writing to a string cannot fail.
    for (what, figure) in &served.figures {
        writeln!(text, "| {what} | {figure} |").ok();
    }
    text.push('\n');
    for proof in &served.proofs {
        writeln!(text, "- {proof}").ok();
    }
    writeln!(text, "\nNVML beside `nvidia-smi`:\n\n```text\n{}\n```", facts.trim_end()).ok();
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_all_layers_are_enough() {
        let new = "0.00.2 I load_tensors: offloading output layer to GPU\n0.00.227.306 I load_tensors: offloaded 31/31 layers to GPU\nx";
        assert_eq!(offloaded(new).unwrap(), "offloaded 31/31 layers to GPU");
        assert_eq!(
            offloaded("llm_load_tensors: offloaded 25/25 layers to GPU").unwrap(),
            "offloaded 25/25 layers to GPU"
        );
        let some = offloaded("load_tensors: offloaded 12/31 layers to GPU\n").unwrap_err().to_string();
        assert_eq!(some, "only 12 of 31 layers are on the GPU");
        assert!(offloaded("load_tensors: offloaded 0/0 layers to GPU").is_err());
        assert!(offloaded("load_tensors: offloaded all layers to GPU\n").is_err());
    }

    #[test]
    fn architectures_come_from_the_planned_command() {
        let configure =
            json!({"kind": "configure", "commands": [["cmake", "-DCMAKE_CUDA_ARCHITECTURES=90;120a", "-G"]]});
        assert_eq!(architectures(&json!({"steps": [{"kind": "fetch"}, configure]})).as_deref(), Some("90;120a"));
        assert_eq!(architectures(&json!({"steps": []})), None);
    }

    #[test]
    fn the_report_has_figures_and_proofs() {
        let served =
            Served { figures: vec![("configuring".into(), "3.10 s".into())], proofs: vec!["all of it".into()] };
        let text = report("A machine.", "11 of 11 facts agree\n", &served);
        assert!(
            text.contains("A machine.\n\n| what | figure |\n| --- | ---: |\n| configuring | 3.10 s |\n\n- all of it\n")
        );
        assert!(text.ends_with("```text\n11 of 11 facts agree\n```\n"), "{text}");
    }
}
