//! Hosts with and without tools, room and a GPU, and what is reported of each.

use std::path::Path;
use std::time::SystemTime;

use gpu_detect::{GpuError, Verdict};
use preflight::{HostNeeds, Memo, PlaceNeed, Survey, Tool};

use super::*;

/// A look at this host with a search path that has every tool, or none.
fn survey(tools: bool, bytes: u64) -> Survey {
    let env = exec::Env::from_pairs([("PATH", if tools { "/usr/local/bin:/usr/bin:/bin" } else { "/nonexistent" })]);
    let place = PlaceNeed { path: std::env::temp_dir(), bytes, runs_programs: false };
    let needs = HostNeeds { places: vec![place], memory: 0, rootless_containers: false };
    Survey::take(&Tool::SOURCE_BUILD, &needs, &env, &Memo::default(), Path::new("/"), SystemTime::now())
}

fn told(survey: &Survey, gpu: &Verdict) -> Vec<(Accelerator, bool, bool, Option<String>)> {
    let all = of_host(survey, gpu);
    all.into_iter().map(|one| (one.accelerator, one.is_default, one.ready, one.refusal.map(|no| no.code))).collect()
}

/// EP-81: without a GPU the default accelerator is refused with the driver's reason, and the CPU is not.
#[test]
fn each_accelerator_has_its_own_reason() {
    let no_gpu = Verdict::of(Err(GpuError::NoDriver { looked: Vec::new() }));
    let gpu = Verdict::of(Ok(crate::supply::source::sample::cuda()));
    let (whole, bare, full) = (survey(true, 0), survey(false, 0), survey(true, u64::MAX));
    let code = |code: &str| Some(code.to_owned());
    let (cuda, cpu) = (Accelerator::Cuda, Accelerator::Cpu);
    assert_eq!(told(&whole, &gpu), [(cuda, true, true, None), (cpu, false, true, None)]);
    assert_eq!(told(&whole, &no_gpu), [(cuda, true, false, code("gpu::no_driver")), (cpu, false, true, None)]);
    let tools = code("preflight::tools_missing");
    assert_eq!(told(&bare, &gpu), [(cuda, true, false, tools.clone()), (cpu, false, false, tools)]);
    let room = code("host::disk_space");
    assert_eq!(told(&full, &no_gpu), [(cuda, true, false, room.clone()), (cpu, false, false, room)]);
}
