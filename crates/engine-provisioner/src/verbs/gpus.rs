//! `gpus`: what this host has for a CUDA build, each fact as it was found.

use std::fmt::Write;

use exec::Env;
use gpu_detect::{Diagnosis, Host, Verdict, diagnose};
use provisioner_core::Helper;

use crate::args::Args;
use crate::exit::Exit;
use crate::failure::Result;
use crate::report;

pub(crate) fn run(args: &Args) -> Result<Exit> {
    let probe = Helper::current().as_ref().map(Helper::probe);
    let found = diagnose(&Host { probe, ..Host::current(Env::current()) }, &[]);
    report::result(args.json, &found, || text(&found))?;
    Ok(Exit::Done)
}

/// One fact a line; what is not there is said too.
pub(crate) fn text(Diagnosis { report: found, verdict }: &Diagnosis) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        // Writing to a `String` cannot fail.
        writeln!(text, "{name:<10} {value}").ok();
    };
    match (&found.driver, &found.problem) {
        (Some(driver), _) => {
            let cuda = driver.cuda.map(|(major, minor)| format!(" for CUDA {major}.{minor}")).unwrap_or_default();
            line("driver", &format!("{}{cuda} (from {})", driver.version, driver.source));
        }
        (None, _) => line("driver", &"none of NVIDIA's"),
    }
    if let Some(problem) = &found.problem {
        line("problem", &problem.text);
    }
    for gpu in &found.devices {
        let memory =
            gpu.memory_total_bytes.map(|bytes| format!(", {}", indicatif::HumanBytes(bytes))).unwrap_or_default();
        let capability =
            gpu.compute_capability.map(|(a, b)| format!(", compute capability {a}.{b}")).unwrap_or_default();
        line("gpu", &format!("{}: {} at {}{memory}{capability}", gpu.index, gpu.name, gpu.pci_bus_id));
    }
    for card in &found.cards {
        line("card", card);
    }
    for toolkit in &found.toolkits {
        line("toolkit", toolkit);
    }
    if found.toolkits.is_empty() {
        line("toolkit", &"none");
    }
    for compiler in &found.host_compilers {
        line("compiler", compiler);
    }
    if let Some(glibc) = &found.glibc {
        line("glibc", &format!("{}.{} (from {})", glibc.version.0, glibc.version.1, glibc.source));
    }
    match verdict {
        Verdict::Choice { choice, .. } => {
            let architectures: Vec<String> = choice.architectures.iter().map(u32::to_string).collect();
            let ((major, minor), compiler) = (choice.version, choice.host_compiler.path.display());
            let what = format!("CUDA {major}.{minor} in {} with {compiler}", choice.root.display());
            line("build", &format!("{what}, for architecture {}", architectures.join(", ")));
            choice.notes.iter().for_each(|note| line("note", note));
        }
        Verdict::Refusal { code, message, help, .. } => {
            // The facts that follow in other lines stand above already.
            let first = message.lines().next().unwrap_or_default();
            let reason = first.trim_end_matches("; looked at:").trim_end_matches(':');
            line("build", &format!("no CUDA build here: {reason} [{code}]"));
            if let Some(help) = help {
                line("to do", &help.replace('\n', "\n           "));
            }
        }
    }
    text
}
