//! Whether a host has what a program needs.

use crate::cuda::is_older;
use crate::libraries::{is_of_driver, package_of};
use crate::{Elf, FitError, Machine, Needs, Version};

/// What is known of a host.
pub struct Host<'a> {
    /// Its machine.
    pub machine: Machine,
    /// Whether a path of it is a file.
    pub has_file: &'a dyn Fn(&str) -> bool,
    /// What its library of a name says; `None` where it has none.
    pub library: &'a dyn Fn(&str) -> Option<Elf>,
    /// The architectures of the GPUs that are to be used, such as 89; empty where none are.
    pub gpus: &'a [u32],
    /// Whether the pool runs on NVIDIA GPUs.
    pub cuda: bool,
    /// The version of its NVIDIA driver, where that is known.
    pub driver: Option<&'a str>,
}

impl std::fmt::Debug for Host<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { machine, gpus, cuda, driver, .. } = self;
        let mut shown = f.debug_struct("Host");
        shown.field("machine", machine).field("gpus", gpus).field("cuda", cuda).field("driver", driver);
        shown.finish_non_exhaustive()
    }
}

/// Everything that `program` needs and this host lacks, what decides most first; nothing where it fits.
pub fn judge(program: &str, needs: &Needs, host: &Host<'_>) -> Vec<FitError> {
    let program = program.to_owned();
    let Some(machine) = needs.machine else {
        return vec![FitError::NotAProgram { program, what: "no ELF file" }];
    };
    if machine != host.machine {
        return vec![FitError::Machine { program, machine, host: host.machine }];
    }
    if needs.is_foreign_system {
        return vec![FitError::System { program }];
    }
    let loader = needs.interpreter.iter().filter(|path| !(host.has_file)(path));
    let mut lacks: Vec<FitError> = loader
        .map(|interpreter| FitError::Interpreter { program: program.clone(), interpreter: interpreter.clone() })
        .collect();
    if !lacks.is_empty() {
        // With another loader every library would be missing.
        return lacks;
    }
    for missing in &needs.libraries {
        let file = missing.needed_by.first().cloned().unwrap_or_default();
        let library = missing.library.clone();
        // A pool on the CPU starts without a driver only if the program does not need it by name: then it is missing.
        match (host.library)(&library) {
            Some(found) => lacks.extend(symbols(&file, &library, &missing.versions, &found)),
            None => lacks.push(match &missing.unreachable {
                Some(at) => FitError::Unreachable { file, library, at: at.clone() },
                None => FitError::Library { file, package: package_of(&library), library },
            }),
        }
    }
    if host.cuda {
        lacks.extend(gpus(&program, needs, host.gpus));
        lacks.extend(driver(&program, needs, host.driver));
    }
    // The loader's own order is that of the files; the C library decides more than what is missing beside it.
    lacks.sort_by_key(|lack| match lack {
        FitError::Symbols { .. } => 0,
        FitError::NoCuda { .. } | FitError::Driver { .. } => 1,
        FitError::Library { library, .. } if is_of_driver(library) => 2,
        _ => 3,
    });
    lacks
}

/// The first version that the host's library does not have, by the highest of each family.
fn symbols(file: &str, library: &str, versions: &[String], found: &Elf) -> Option<FitError> {
    if found.defines.is_empty() {
        // A library without versions takes every program.
        return None;
    }
    let lacking = versions.iter().filter(|version| !found.defines.contains(version));
    let highest = lacking.max_by_key(|version| split(version).map(|(_, number)| number))?;
    let family = split(highest).map(|(family, _)| family);
    let of_family = found.defines.iter().filter_map(|version| split(version)).filter(|(name, _)| Some(*name) == family);
    let has = of_family.map(|(_, number)| number).max();
    Some(FitError::Symbols { file: file.into(), library: library.into(), version: highest.clone(), has })
}

/// `GLIBC_2.38` as its family and number; `None` for names such as `GLIBC_PRIVATE`.
fn split(version: &str) -> Option<(&str, Version)> {
    let (family, number) = version.rsplit_once('_')?;
    Some((family, number.parse().ok()?))
}

/// What a driver that is too old for the archive lacks.
fn driver(program: &str, needs: &Needs, driver: Option<&str>) -> Option<FitError> {
    let (floor, driver) = (needs.cuda_driver.as_deref()?, driver?);
    is_older(driver, floor).then(|| FitError::Driver {
        program: program.into(),
        runtime: needs.cuda_runtime,
        floor: floor.into(),
        driver: driver.into(),
    })
}

/// What the code for GPUs lacks. Machine code runs on its own architecture and later ones of the same major version, PTX on every later one.
fn gpus(program: &str, needs: &Needs, gpus: &[u32]) -> Option<FitError> {
    if !needs.has_cuda {
        return Some(FitError::NoCuda { program: program.into() });
    }
    if needs.cuda_unknown || (needs.cuda_code.is_empty() && needs.cuda_ptx.is_empty()) {
        return None;
    }
    let runs = |gpu: u32| {
        let code = needs.cuda_code.iter().any(|code| code / 10 == gpu / 10 && *code <= gpu);
        code || needs.cuda_ptx.iter().any(|ptx| *ptx <= gpu)
    };
    let gpu = gpus.iter().copied().find(|gpu| !runs(*gpu))?;
    let mut code = [&needs.cuda_code[..], &needs.cuda_ptx[..]].concat();
    code.sort_unstable();
    code.dedup();
    Some(FitError::Architecture { code, gpu })
}
