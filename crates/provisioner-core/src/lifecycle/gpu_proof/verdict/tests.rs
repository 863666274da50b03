//! Every verdict, from every kind of answer that NVML and a log give.

use gpu_detect::{PciAddress, Problem, ProblemKind};

use super::*;
use crate::summary::Offload;

const ENGINE: u32 = 4242;
const OTHER: u32 = 77;

/// What NVML says of one GPU: used MiB, and the processes with their MiB.
type Says<'a> = (Option<u64>, Option<&'a [(u32, Option<u64>)]>);

fn usage(says: &[Says<'_>]) -> GpuUsage {
    let device = |(index, (used, processes)): (usize, &Says<'_>)| DeviceUsage {
        uuid: format!("GPU-{index}"),
        used_bytes: used.map(|mib| mib << 20),
        processes: processes.map(|list| {
            let process =
                |(pid, mib): &(u32, Option<u64>)| GpuProcess { pid: *pid, memory_bytes: mib.map(|m| m << 20) };
            list.iter().map(process).collect()
        }),
        problem: None,
    };
    GpuUsage { devices: says.iter().enumerate().map(device).collect(), problem: None }
}

fn device(index: u32) -> Device {
    let pci_bus_id = Some(format!("00000000:4{index}:00.0"));
    Device { index, uuid: format!("GPU-{index}"), name: String::new(), pci_bus_id }
}

fn judged(before: Option<&GpuUsage>, now: &GpuUsage, log: &LogFacts, count: u32) -> (ProofVerdict, String) {
    let devices: Vec<Device> = (0..count).map(device).collect();
    let used: Vec<&Device> = devices.iter().collect();
    let pids = [4241, i32::try_from(ENGINE).unwrap()];
    let (proof, gpus) = running(Sight { given: &devices, used: &used, pids: &pids, nested: true, before, now, log });
    assert_eq!(gpus.len(), used.len());
    (proof.verdict, proof.evidence.join("; "))
}

#[track_caller]
fn check(before: Option<Says<'_>>, now: Says<'_>, expected: ProofVerdict, words: &str) {
    let before = before.map(|before| usage(&[before]));
    let (verdict, evidence) = judged(before.as_ref(), &usage(&[now]), &LogFacts::default(), 1);
    assert_eq!(verdict, expected, "{evidence}");
    assert!(evidence.contains(words), "{evidence}");
}

#[test]
fn what_nvml_lists_and_how_memory_grew() {
    use ProofVerdict::{Denied, Proven, Undecided};
    let idle: Option<Says<'_>> = Some((Some(500), Some(&[(OTHER, Some(480))])));
    let ours: &[_] = &[(OTHER, Some(480)), (ENGINE, Some(742))];
    check(idle, (Some(1242), Some(ours)), Proven, "the engine on GPU 0 with 742 MiB");
    check(None, (None, Some(&[(ENGINE, None)])), Proven, "the engine on GPU 0");
    let others: &[_] = &[(OTHER, Some(480))];
    check(idle, (Some(500), Some(others)), Denied, "none of the engine's, and used memory has not grown");
    check(idle, (Some(1242), Some(others)), Undecided, "grown by 742 MiB");
    check(idle, (Some(20), Some(&[])), Undecided, "others have freed 480 MiB");
    check(Some((Some(0), Some(&[]))), (Some(1), Some(&[])), Denied, "lists no process, and used memory has not grown");
    check(Some((Some(0), Some(&[]))), (Some(742), Some(&[])), Undecided, "PID namespace");
    check(Some((Some(0), None)), (Some(742), None), Undecided, "does not list processes");
    check(Some((Some(0), None)), (Some(0), None), Denied, "does not list processes");
    check(None, (Some(742), Some(&[])), Undecided, "before the start is not known");
    check(Some((None, None)), (None, None), Undecided, "before the start is not known");
    // A number that was there before the start is a process of another namespace; one without memory holds nothing.
    check(Some((Some(300), Some(&[(ENGINE, Some(300))]))), (Some(300), Some(&[(ENGINE, Some(300))])), Denied, "grown");
    check(Some((Some(0), Some(&[]))), (Some(0), Some(&[(ENGINE, Some(0))])), Denied, "grown");
}

#[test]
fn a_driver_that_does_not_answer_denies_nothing() {
    let problem = Problem { kind: ProblemKind::TimedOut, library: None, text: "no answer within 2s".into() };
    let silent = GpuUsage { devices: Vec::new(), problem: Some(problem) };
    let idle = usage(&[(Some(0), Some(&[]))]);
    let (verdict, evidence) = judged(Some(&idle), &silent, &LogFacts::default(), 1);
    assert_eq!(verdict, ProofVerdict::Undecided);
    assert!(evidence.contains("no answer within 2s"), "{evidence}");
    let mut lost = usage(&[(None, None)]);
    lost.devices[0].problem = Some("GPU is lost".into());
    assert_eq!(judged(Some(&idle), &lost, &LogFacts::default(), 1).0, ProofVerdict::Undecided);
}

#[test]
fn the_log_denies_and_never_proves() {
    let (ours, idle) = (usage(&[(Some(742), Some(&[(ENGINE, Some(742))]))]), usage(&[(Some(0), Some(&[]))]));
    let all = Some(Offload { layers: 31, of: 31 });
    let log = |denial: Option<&str>, offload| LogFacts { denial: denial.map(str::to_owned), offload, uses: Vec::new() };
    let check = |now: &GpuUsage, log: LogFacts, expected| {
        let (verdict, evidence) = judged(Some(&idle), now, &log, 1);
        assert_eq!(verdict, expected, "{evidence}");
        evidence
    };
    check(&ours, log(None, all), ProofVerdict::Proven);
    check(&idle, log(None, all), ProofVerdict::Denied);
    let evidence = check(&ours, log(Some("it printed `no`"), all), ProofVerdict::Denied);
    assert!(evidence.starts_with("it printed `no`"), "{evidence}");
    check(&ours, log(None, Some(Offload { layers: 0, of: 31 })), ProofVerdict::Denied);
    check(&ours, log(None, Some(Offload { layers: 3, of: 31 })), ProofVerdict::Proven);
}

/// An engine that names other GPUs in its log than the pool's is on those, unless NVML lists it on the pool's.
#[test]
fn a_log_that_names_other_gpus_denies() {
    let uses = |address: &str| LogFacts { uses: PciAddress::all_in(address).collect(), ..LogFacts::default() };
    let (idle, grown) = (usage(&[(Some(0), Some(&[]))]), usage(&[(Some(742), Some(&[]))]));
    let ours = usage(&[(Some(742), Some(&[(ENGINE, Some(742))]))]);
    for (now, address, expected, words) in [
        (&grown, "0000:81:00.0", ProofVerdict::Denied, "none of the pool's"),
        (&grown, "0000:40:00.0", ProofVerdict::Undecided, "its log names GPU 0 (00000000:40:00.0)"),
        (&grown, "0000:81:00.0, 0000:40:00.0", ProofVerdict::Undecided, "its log names GPU 0"),
        (&grown, "unknown id", ProofVerdict::Undecided, "grown"),
        (&ours, "0000:81:00.0", ProofVerdict::Proven, "NVML lists the engine"),
        (&ours, "0000:40:00.0", ProofVerdict::Proven, "its log names GPU 0"),
        (&idle, "0000:40:00.0", ProofVerdict::Denied, "not grown"),
    ] {
        let (verdict, evidence) = judged(Some(&idle), now, &uses(address), 1);
        assert_eq!(verdict, expected, "{address}: {evidence}");
        assert!(evidence.contains(words), "{address}: {evidence}");
    }
    let unknown = Device { pci_bus_id: None, ..device(0) };
    let sight = Sight {
        given: std::slice::from_ref(&unknown),
        used: &[&unknown],
        pids: &[],
        nested: false,
        before: Some(&idle),
        now: &grown,
        log: &uses("0000:81:00.0"),
    };
    assert_eq!(running(sight).0.verdict, ProofVerdict::Undecided, "its address is not known");
}

/// Each GPU that the flags use counts.
#[test]
fn every_gpu_has_to_be_used() {
    let idle = usage(&[(Some(0), Some(&[])), (Some(0), Some(&[]))]);
    let on = |second: Says<'static>| usage(&[(Some(742), Some(&[(ENGINE, Some(742))])), second]);
    let verdict = |now: GpuUsage, count| judged(Some(&idle), &now, &LogFacts::default(), count).0;
    assert_eq!(verdict(on((Some(300), Some(&[(ENGINE, Some(300))]))), 2), ProofVerdict::Proven);
    assert_eq!(verdict(on((Some(0), Some(&[]))), 2), ProofVerdict::Denied);
    assert_eq!(verdict(on((Some(300), Some(&[]))), 2), ProofVerdict::Undecided);
    assert_eq!(verdict(on((Some(0), Some(&[]))), 1), ProofVerdict::Proven);
    assert_eq!(verdict(on((Some(0), Some(&[]))), 0), ProofVerdict::Denied, "flags that leave no GPU");
}
