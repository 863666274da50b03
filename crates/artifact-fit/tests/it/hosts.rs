//! Hosts that lack something, one thing each.

use artifact_fit::{Elf, FitError, Machine, Missing, Needs, judge};
use miette::Diagnostic;

use crate::support::host;

fn needs() -> Needs {
    let library = |name: &str, versions: &[&str]| Missing {
        library: name.into(),
        needed_by: vec!["bin/llama-server".into()],
        versions: versions.iter().map(|version| (*version).to_owned()).collect(),
        unreachable: None,
    };
    Needs {
        machine: Some(Machine::X86_64),
        interpreter: Some("/lib64/ld-linux-x86-64.so.2".into()),
        libraries: vec![
            library("libc.so.6", &["GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_2.38"]),
            library("libcurl.so.4", &[]),
        ],
        ..Needs::default()
    }
}

fn versions(list: &[&str]) -> Elf {
    Elf { defines: list.iter().map(|version| (*version).to_owned()).collect(), ..Elf::default() }
}

fn debian_13(name: &str) -> Option<Elf> {
    match name {
        "libc.so.6" => Some(versions(&["GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_2.38", "GLIBC_2.41", "GLIBC_PRIVATE"])),
        "libcurl.so.4" => Some(Elf::default()),
        _ => None,
    }
}

#[track_caller]
fn lacks(needs: &Needs, library: &dyn Fn(&str) -> Option<Elf>, gpus: &[u32], cuda: bool) -> Vec<(String, String)> {
    let found = judge("bin/llama-server", needs, &host(library, &|_| true, gpus, cuda));
    found.iter().map(|lack| (lack.code().unwrap().to_string(), lack.to_string())).collect()
}

#[test]
fn a_host_that_has_everything_fits() {
    assert_eq!(lacks(&needs(), &debian_13, &[], false), []);
}

#[test]
fn an_older_glibc_is_named_with_both_versions() {
    let older = |name: &str| match name {
        "libc.so.6" => Some(versions(&["GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_2.36", "GLIBC_PRIVATE"])),
        other => debian_13(other),
    };
    let found = lacks(&needs(), &older, &[], false);
    let words = "`bin/llama-server` needs libc.so.6 with GLIBC_2.38, and this host's has 2.36";
    assert_eq!(found, [("fit::symbols".to_owned(), words.to_owned())]);
}

#[test]
fn a_missing_library_is_named_with_its_package() {
    let without = |name: &str| debian_13(name).filter(|_| name != "libcurl.so.4");
    let found = judge("bin/llama-server", &needs(), &host(&without, &|_| true, &[], false));
    let [lack] = &found[..] else { unreachable!("{found:?}") };
    assert!(matches!(lack, FitError::Library { package: Some(("libcurl4", "curl")), .. }), "{lack:?}");
    assert!(lack.help().unwrap().to_string().contains("on Debian and Ubuntu libcurl4, on Arch curl"));
}

/// A driver below the floor of the archive's CUDA runtime is named with both; one that is not known decides nothing, and
/// a pool on the CPU needs none.
#[test]
fn a_driver_below_the_floor_is_named() {
    let needs = Needs { has_cuda: true, cuda_runtime: Some(12), cuda_driver: Some("525.60.13".into()), ..needs() };
    for (driver, cuda, expected) in [
        (Some("470.256.02"), true, vec!["fit::driver"]),
        (Some("525.60.13"), true, vec![]),
        (None, true, vec![]),
        (Some("470.256.02"), false, vec![]),
    ] {
        let host = artifact_fit::Host { driver, ..host(&debian_13, &|_| true, &[86], cuda) };
        let found = judge("bin/llama-server", &needs, &host);
        let codes: Vec<String> = found.iter().map(|lack| lack.code().unwrap().to_string()).collect();
        assert_eq!(codes, expected, "{driver:?} {found:?}");
        assert!(found.iter().all(|lack| lack.to_string().contains("CUDA 12") && lack.to_string().contains("470.256")));
    }
}

#[test]
fn another_machine_system_and_loader_decide_alone() {
    let arm = Needs { machine: Some(Machine::Aarch64), ..needs() };
    assert_eq!(lacks(&arm, &|_| None, &[], false)[0].0, "fit::machine");
    let bsd = Needs { is_foreign_system: true, ..needs() };
    assert_eq!(lacks(&bsd, &|_| None, &[], false)[0].0, "fit::system");
    let text = Needs { machine: None, ..needs() };
    assert_eq!(lacks(&text, &|_| None, &[], false)[0].0, "fit::not_a_program");
    let musl = judge("p", &needs(), &host(&|_| None, &|path| path != "/lib64/ld-linux-x86-64.so.2", &[], false));
    assert!(matches!(&musl[..], [FitError::Interpreter { .. }]), "{musl:?}");
}

#[test]
fn a_cuda_pool_needs_code_for_its_gpus() {
    let of = |code: &[u32], ptx: &[u32]| Needs {
        has_cuda: true,
        cuda_code: code.to_vec(),
        cuda_ptx: ptx.to_vec(),
        ..needs()
    };
    let fits = |needs: &Needs, gpus: &[u32]| lacks(needs, &debian_13, gpus, true).first().map(|(code, _)| code.clone());
    assert_eq!(fits(&needs(), &[90]).as_deref(), Some("fit::no_cuda"));
    for (code, ptx, gpu, expected) in [
        (&[86, 89][..], &[][..], 89, true),
        (&[86], &[], 89, true),
        (&[89], &[], 86, false),
        (&[86], &[], 90, false),
        (&[86], &[86], 90, true),
        (&[], &[90], 89, false),
        (&[], &[], 75, true),
        (&[120], &[], 121, true),
        (&[100], &[], 120, false),
    ] {
        let found = fits(&of(code, ptx), &[gpu]);
        assert_eq!(found, (!expected).then(|| "fit::architecture".to_owned()), "{code:?} {ptx:?} {gpu}");
    }
    assert_eq!(fits(&Needs { cuda_unknown: true, ..of(&[50], &[]) }, &[90]), None);
    // A pool on the CPU runs it all the same.
    assert_eq!(lacks(&of(&[50], &[]), &debian_13, &[], false), []);
}

#[test]
fn a_record_is_read_again() {
    let written = serde_json::to_string(&needs()).unwrap();
    assert_eq!(serde_json::from_str::<Needs>(&written).unwrap(), needs());
}
