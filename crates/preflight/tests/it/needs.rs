//! Tools as a plan needs them: minimums and reasons of its own, headers, CUDA, containers.

use preflight::{Memo, Need, Report, Tool, Version, check};

use crate::support::Host;

fn report(host: &Host, needs: &[Need]) -> Report {
    check(needs, &host.env(), &Memo::default())
}

/// F69: the plan's own minimum counts, and its reason is told.
#[test]
fn a_plan_raises_the_minimum() {
    let host = Host::new().says("cmake", "cmake version 3.17.5");
    let cuda = Need::from(Tool::Cmake).at_least(Version::new(3, 18, 0), "older ones know no CUDA architectures");
    assert!(report(&host, &[Tool::Cmake.into()]).is_complete());
    let report = report(&host, &[Tool::Cmake.into(), cuda]);
    assert_eq!((report.found.len(), report.outdated.len()), (0, 1));
    assert_eq!(report.outdated[0].need, Version::new(3, 18, 0));
    assert_eq!(report.outdated[0].why, "it configures the build; older ones know no CUDA architectures");
}

#[test]
fn a_plan_tells_its_own_reason() {
    let need = Need::from(Tool::Git).because("pool `a` builds llama.cpp from source");
    assert_eq!(report(&Host::new(), &[need]).missing[0].why, "pool `a` builds llama.cpp from source");
}

#[test]
fn podman_is_preferred_and_docker_will_do() {
    let used =
        |host: &Host| report(host, &[Tool::PodmanOrDocker.into()]).get(Tool::PodmanOrDocker).map(|found| found.tool);
    let docker = || Host::new().says("docker", "Docker version 28.1.1, build 4eba377");
    assert_eq!(used(&docker().says("podman", "podman version 4.3.1")), Some(Tool::Podman));
    assert_eq!(used(&docker()), Some(Tool::Docker));
    assert_eq!(used(&Host::new()), None);
    let version = report(&docker(), &[Tool::Docker.into()]).get(Tool::Docker).unwrap().version;
    assert_eq!(version, Some(Version::new(28, 1, 1)));
}

/// F69: a minimum for a compiler is GCC's number; clang's are others, and of other makers' nothing is known.
#[test]
fn compilers_have_numbers_of_their_own() {
    let newer = |line: &str| {
        let need = Need::from(Tool::Cxx).at_least(Version::new(8, 0, 0), "C++17");
        report(&Host::new().says("c++", line), &[need]).is_complete()
    };
    for line in [
        "c++ (GCC) 8.5.0 20210514 (Red Hat 8.5.0-22)",
        "c++ (Ubuntu 13.3.0-6ubuntu2~24.04) 13.3.0",
        "x86_64-conda-linux-gnu-c++ (conda-forge gcc 14.2.0-1) 14.2.0",
        "clang version 7.0.1-8+deb10u2 (tags/RELEASE_701/final)",
        "FreeBSD clang version 18.1.5 (https://github.com/llvm/llvm-project.git llvmorg-18.1.5-0-g617a15a9eac9)",
        "clang version 19.1.7 (https://github.com/ziglang/zig-bootstrap 1c3c59435891bc9caf8cd1d3783773369d191c5f)",
        "icpc (ICC) 7.1.0 20230609",
        "fcc (FCC) 4.0.0a 20190314",
        "Cray C : Version 7.4.6  Mon Apr 15, 2019  12:13:39",
        "tcc version 0.9.27 (x86_64 Linux)",
        "Intel(R) oneAPI DPC++/C++ Compiler 2024.2.1 (2024.2.1.20240711)",
        "a compiler that tells nothing",
    ] {
        assert!(newer(line), "{line}");
    }
    for line in [
        "c++ (GCC) 4.8.5 20150623 (Red Hat 4.8.5-44)",
        "c++ (SUSE Linux) 7.5.0",
        "clang version 3.4.2 (tags/RELEASE_34/dot2-final)",
    ] {
        assert!(!newer(line), "{line}");
    }
}

/// Podman's package that answers to Docker's name says first that it does.
#[test]
fn podman_under_the_name_of_docker() {
    let host = Host::new();
    host.program("docker", "echo 'Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg.' >&2; echo 'podman version 4.3.1'");
    let found = report(&host, &[Tool::PodmanOrDocker.into()]);
    assert_eq!(found.get(Tool::Docker).unwrap().version, Some(Version::new(4, 3, 1)));
    host.program("docker", "echo 'Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg.'; echo 'podman version 5.5.0-rc1'");
    let found = report(&host, &[Tool::Docker.into()]);
    assert_eq!(found.get(Tool::Docker).unwrap().version, Some(Version::new(5, 5, 0)));
}

/// nvcc tells its version in the fourth line, and may be outside `PATH`.
#[test]
fn cuda_compilers() {
    let says = |release: &str| {
        let host = Host::new();
        host.program("nvcc", &format!("echo 'nvcc: NVIDIA (R) Cuda compiler driver'\necho 'Built on Wed_Apr__9'\necho 'Cuda compilation tools, release {release}'"));
        host
    };
    let host = says("12.9, V12.9.41");
    let found = report(&host, &[Tool::Nvcc12.into()]);
    assert_eq!(found.get(Tool::Nvcc12).unwrap().version, Some(Version::new(12, 9, 0)));
    let newer = report(&says("13.0, V13.0.48"), &[Tool::Nvcc12.into()]);
    assert!(newer.missing[0].broken.as_deref().unwrap().contains("is of CUDA 13.0"), "{newer:?}");
    let elsewhere = Need::from(Tool::Nvcc).also_in(host.at("bin"));
    let found = check(&[elsewhere], &exec::Env::default(), &Memo::default());
    assert_eq!(found.get(Tool::Nvcc).unwrap().path, host.at("bin/nvcc"));
}

/// The compiler itself says whether it finds the headers.
#[test]
fn headers_are_asked_of_the_compiler() {
    let needs = [Need::from(Tool::CurlHeaders), Tool::Cc.into()];
    let host = Host::new();
    let compiler = "case \"$*\" in --version) echo 'cc 14.2.0';; *) [ -e \"$HEADER\" ] || exit 1; echo \"null.o: /dev/null \\\\\n $HEADER\";; esac";
    host.program("cc", &compiler.replace("$HEADER", "${0%/*}/curl/curl.h"));
    let lacking = report(&host, &needs);
    assert_eq!(lacking.lacking(), [Tool::CurlHeaders]);
    assert_eq!(lacking.missing[0].need, "`#include <curl/curl.h>`");
    std::fs::create_dir(host.at("bin/curl")).unwrap();
    host.write("curl/curl.h", "");
    assert_eq!(report(&host, &needs).get(Tool::CurlHeaders).unwrap().path, host.at("bin/curl/curl.h"));
    let asked = host.calls().into_iter().find(|call| call.contains("curl")).unwrap();
    assert_eq!(asked, "cc -include curl/curl.h -M -x c /dev/null");
    assert_eq!(report(&Host::new(), &needs).lacking(), [Tool::Cc, Tool::CurlHeaders], "no compiler, no headers");
}

/// The real compiler of this machine, against the folders that it is known to look in.
#[test]
fn the_real_compiler_answers() {
    let report = check(&[Tool::Cc, Tool::CurlHeaders], &exec::Env::current(), &Memo::default());
    assert!(report.get(Tool::Cc).is_some(), "{report:?}");
    let folders =
        ["/usr/local/include", "/usr/include", "/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu"];
    let there = folders.iter().any(|folder| std::path::Path::new(folder).join("curl/curl.h").exists());
    assert_eq!(report.get(Tool::CurlHeaders).is_some(), there, "{report:?}");
}
