//! Asks `nvidia-smi`, for hosts on which NVML's library is not found or cannot be opened by us.

use std::path::{Path, PathBuf};

use exec::{CommandSpec, ExecError, Exit, Output};

use super::problem::{Problem, ProblemKind};
use super::smi_text;
use crate::gpu::Gpu;
use crate::host::Host;
use crate::report::{Driver, GpuReport};
use crate::source::{Source, Subject};

/// Where the program lies when it is not on `PATH`.
const PLACES: [&str; 3] =
    ["/usr/lib/wsl/lib/nvidia-smi", "/run/current-system/sw/bin/nvidia-smi", "/usr/bin/nvidia-smi"];

/// The full question; a driver that does not know a field of it refuses the whole question.
const FIELDS: &str = "index,uuid,pci.bus_id,name,memory.total,memory.free,driver_version,compute_cap,mig.mode.current";
/// The question that every driver since R340 knows.
const OLD_FIELDS: &str = "index,uuid,pci.bus_id,name,memory.total,memory.free,driver_version";

/// Fills in driver and GPUs if there is an `nvidia-smi` that knows them.
pub(crate) fn detect(host: &Host, report: &mut GpuReport) {
    let Some(program) = find(host) else {
        report.look(Subject::Driver, "nvidia-smi", "not found");
        return;
    };
    let found = match ask(host, &program, report) {
        Ok(found) => found,
        Err(problem) => {
            let found = problem.text.clone();
            report.problem = Some(problem);
            found
        }
    };
    report.look(Subject::Driver, program.display().to_string(), found);
}

fn find(host: &Host) -> Option<PathBuf> {
    host.env.find("nvidia-smi").or_else(|| PLACES.iter().map(|place| host.at(place)).find(|path| path.is_file()))
}

fn ask(host: &Host, program: &Path, report: &mut GpuReport) -> Result<String, Problem> {
    let query = |fields: &str| run(host, program, &[&format!("--query-gpu={fields}"), "--format=csv,noheader,nounits"]);
    let source = Source::NvidiaSmi(program.into());
    let mut output = query(FIELDS)?;
    if output.exit == Exit::Code(2) {
        output = query(OLD_FIELDS)?;
    }
    let problem = |kind, text| Problem { kind, library: Some(program.into()), text };
    if let Exit::Code(status @ 1..) = output.exit {
        let text = output.stdout_text();
        let said = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("it gives no reason").trim();
        if status == 6 {
            // "No devices were found"
            report.problem = None;
            return Ok(said.to_owned());
        }
        return Err(problem(ProblemKind::of_exit_status(status), said.to_owned()));
    }
    let (gpus, version, troubles) = smi_text::gpus(&output.stdout_text(), &source);
    let mut gpus = gpus;
    if gpus.iter().any(Gpu::is_partitioned) {
        let list = run(host, program, &["-L"])?;
        smi_text::add_instances(&list.stdout_text(), &mut gpus);
    }
    let Some(version) = version else {
        return Err(problem(ProblemKind::Failed, "its answer names no driver".into()));
    };
    let banner = run(host, program, &[])?;
    let cuda = smi_text::cuda_version(&banner.stdout_text());
    let found = format!("driver {version}, {} GPU(s)", gpus.len());
    report.driver = Some(Driver { version, cuda, source });
    report.devices = gpus;
    report.problem = troubles.into_iter().next().map(|text| problem(ProblemKind::GpuLost, text));
    Ok(found)
}

fn run(host: &Host, program: &Path, args: &[&str]) -> Result<Output, Problem> {
    let spec = CommandSpec::new(program, host.deadline)
        .args(args.iter().copied())
        .inherit(&host.env, &["PATH", "LD_LIBRARY_PATH"]);
    exec::run(&spec).map_err(|error| Problem {
        kind: match error {
            ExecError::TimedOut { .. } | ExecError::Silent { .. } => ProblemKind::TimedOut,
            _ => ProblemKind::LibraryUnusable,
        },
        library: Some(program.into()),
        text: error.to_string(),
    })
}
