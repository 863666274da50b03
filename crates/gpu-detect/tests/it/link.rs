//! The hint for the linker, tried with the real linker and a library that needs `libcuda.so.1`.

use std::path::PathBuf;
use std::time::Duration;

use exec::{CommandSpec, Env, Exit, run};
use gpu_detect::{choose, detect};

use crate::support::{Machine, gcc};

fn machine() -> Machine {
    Machine::with_driver(&[]).toolkit("opt/cuda", "12.8").gxx("g++", "13.3.0")
}

fn hint(machine: &Machine) -> Option<String> {
    let host = machine.host();
    let definitions = choose(&detect(&host), &[], &host).unwrap().cmake_definitions();
    definitions.into_iter().find(|(name, _)| name == "CMAKE_EXE_LINKER_FLAGS").map(|(_, flags)| flags)
}

/// Builds a shared library that needs `libcuda.so.1` and returns whether a program links with it under these flags.
fn links(machine: &Machine, flags: &[&str]) -> bool {
    let at = |path: &str| machine.at(path);
    let machine = Machine::empty()
        .file("cuda.c", "int cuInit(unsigned flags) { return (int)flags; }\n")
        .file("backend.c", "int cuInit(unsigned); int backend(void) { return cuInit(0); }\n")
        .file("main.c", "int backend(void); int main(void) { return backend(); }\n");
    let own = |path: &str| machine.at(path);
    for target in ["opt/cuda/lib64/stubs/libcuda.so", "usr/lib/wsl/lib/libcuda.so.1"].map(at) {
        if target.exists() {
            let options = ["-Wl,-soname,libcuda.so.1", "-shared", "-fPIC"];
            gcc([PathBuf::from("-o"), target, own("cuda.c")], &options);
        }
    }
    gcc([PathBuf::from("-o"), own("libcuda.so.1"), own("cuda.c")], &["-shared", "-fPIC", "-Wl,-soname,libcuda.so.1"]);
    let backend = own("libggml-cuda.so");
    gcc([PathBuf::from("-o"), backend.clone(), own("backend.c"), own("libcuda.so.1")], &["-shared", "-fPIC"]);
    std::fs::remove_file(own("libcuda.so.1")).unwrap();
    let spec = CommandSpec::new(Env::current().find("gcc").unwrap(), Duration::from_mins(1))
        .args(flags.iter().copied())
        .arg("-Wl,--as-needed")
        .args([own("main.c"), backend])
        .arg("-o")
        .arg(own("program"))
        .inherit(&Env::current(), &["PATH"]);
    run(&spec).unwrap().exit == Exit::Code(0)
}

fn words(flags: Option<&String>) -> Vec<&str> {
    flags.into_iter().flat_map(|flags| flags.split(' ')).collect()
}

/// EP-14
#[test]
fn a_stub_is_linked_by_name() {
    let machine = machine();
    let stubs = machine.at("opt/cuda/lib64/stubs").display().to_string();
    let flags = hint(&machine);
    assert_eq!(flags, Some(format!("-L{stubs} -lcuda")));
    assert!(links(&machine, &words(flags.as_ref())));
    assert!(!links(&machine, &[]), "without the hint the linker finds no libcuda.so.1");
    assert!(!links(&machine, &[&format!("-Wl,-rpath-link,{stubs}")]), "the stub's file name is not the one needed");
}

/// EP-14
#[test]
fn a_driver_in_a_folder_of_its_own_is_named() {
    let machine = machine().file("usr/lib/wsl/lib/libcuda.so.1", "");
    let flags = hint(&machine);
    assert_eq!(flags, Some(format!("-Wl,-rpath-link,{}", machine.at("usr/lib/wsl/lib").display())));
    assert!(links(&machine, &words(flags.as_ref())));
}

#[test]
fn a_driver_in_the_systems_folders_needs_no_hint() {
    assert_eq!(hint(&machine().file("usr/lib64/libcuda.so.1", "")), None);
}
