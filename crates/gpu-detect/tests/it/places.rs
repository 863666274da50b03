//! Toolkits from the configuration, from other package managers, and host compilers beyond the default one.

use gpu_detect::{CudaChoice, Family, ToolkitSource, choose, detect};

use crate::support::{Machine, told};

fn machine() -> Machine {
    Machine::with_driver(&["-DGPUS=1"]).gxx("g++", "12.2.0")
}

fn chosen(machine: &Machine) -> Result<CudaChoice, (String, String)> {
    let host = machine.host();
    choose(&detect(&host), &[], &host).map_err(|error| told(&error))
}

/// The toolkit's source and its root under the host's root, or the code of the error.
#[track_caller]
fn check(machine: &Machine, expected: Result<(ToolkitSource, &str), &str>) {
    let found = chosen(machine);
    let found = found.as_ref().map(|choice| (choice.source, choice.root.strip_prefix(machine.at("")).unwrap()));
    let found = found.map(|(source, root)| (source, root.to_str().unwrap())).map_err(|(code, _)| code.as_str());
    assert_eq!(found, expected);
}

#[test]
fn the_configuration_stands_above_every_variable() {
    let both = || machine().toolkit("a/cuda", "12.8").toolkit("b/cuda", "12.6");
    let machine = both();
    let (root, nvcc) = (machine.at("a/cuda"), machine.at("b/cuda/bin/nvcc"));
    let machine = machine.set("CUDACXX", nvcc).wish(|_, wish| wish.toolkit = Some(root));
    check(&machine, Ok((ToolkitSource::Config, "a/cuda")));
    let notes = chosen(&machine).unwrap().notes;
    assert!(notes.iter().any(|note| note.contains("b/cuda") && note.contains("the configuration")), "{notes:?}");
    // A compiler names its toolkit too.
    let machine = both().wish(|machine, wish| wish.toolkit = Some(machine.at("b/cuda/bin/nvcc")));
    check(&machine, Ok((ToolkitSource::Config, "b/cuda")));
    let machine = both().wish(|_, wish| wish.toolkit = Some("/nowhere".into()));
    check(&machine, Err("cuda::toolkit_incomplete"));
}

/// An explicit choice that is broken is an error that says of the others why they are not taken.
#[test]
fn a_broken_choice_names_what_it_overrules() {
    let machine = machine().toolkit("opt/cuda", "12.8").toolkit("a/cuda", "12.6").without("a/cuda/lib64/libcublas.so");
    let root = machine.at("a/cuda");
    let (code, text) = chosen(&machine.set("CUDA_HOME", root)).unwrap_err();
    assert_eq!(code, "cuda::toolkit_incomplete");
    for mention in ["it lacks libcublas", "`CUDA_HOME` names another toolkit", "unset or correct `CUDA_HOME`"] {
        assert!(text.contains(mention), "no `{mention}` in: {text}");
    }
}

#[test]
fn a_list_of_roots_is_read_as_cmake_reads_it() {
    let machine = machine().toolkit("store/nvcc", "12.8");
    let list = format!("/nix/store/absent;{}", machine.at("store/nvcc").display());
    check(&machine.set("CUDAToolkit_ROOT", list), Ok((ToolkitSource::Variable("CUDAToolkit_ROOT"), "store/nvcc")));
}

#[test]
fn python_wheels_are_found_and_what_they_lack_is_named() {
    let machine = machine().toolkit("venv/lib/python3.12/site-packages/nvidia/cu13", "12.8");
    let venv = machine.at("venv");
    let libraries = machine.at("venv/lib/python3.12/site-packages/nvidia/cu13/lib64");
    std::fs::rename(&libraries, libraries.with_file_name("lib")).unwrap();
    let machine = machine.set("VIRTUAL_ENV", venv);
    check(&machine, Ok((ToolkitSource::Wheels, "venv/lib/python3.12/site-packages/nvidia/cu13")));
    // They come without the names that a linker looks for.
    let lib = "venv/lib/python3.12/site-packages/nvidia/cu13/lib";
    let machine = machine.without(&format!("{lib}/libcublas.so")).file(&format!("{lib}/libcublas.so.13"), "");
    let (code, text) = chosen(&machine).unwrap_err();
    assert_eq!(code, "cuda::toolkit_incomplete");
    assert!(text.contains("libcublas (there is only") && text.contains("libcublas.so.13"), "{text}");
}

#[test]
fn the_hpc_sdk_keeps_cublas_apart() {
    let sdk = "opt/nvidia/hpc_sdk/Linux_x86_64/24.5";
    let cuda = format!("{sdk}/cuda/12.4");
    let machine = machine().toolkit(&cuda, "12.4");
    for library in ["libcublas.so", "libcublasLt.so"] {
        std::fs::remove_file(machine.at(&format!("{cuda}/lib64/{library}"))).unwrap();
    }
    let libraries = format!("{sdk}/math_libs/12.4/lib64");
    let machine =
        machine.file(&format!("{libraries}/libcublas.so"), "").file(&format!("{libraries}/libcublasLt.so"), "");
    check(&machine, Ok((ToolkitSource::HpcSdk, &cuda)));
}

#[test]
fn the_nix_store_by_a_shells_inputs() {
    let machine = machine().toolkit("store/x-cudatoolkit", "12.8");
    let inputs = format!("/nix/store/y-cmake {}", machine.at("store/x-cudatoolkit").display());
    check(&machine.set("buildInputs", inputs), Ok((ToolkitSource::Nix, "store/x-cudatoolkit")));
}

/// The trap of headers and compiler from two releases: nvcc's libraries refuse it after minutes.
#[test]
fn headers_and_compiler_of_two_releases() {
    let header = |number| format!("#define CUDART_VERSION  {number}\n");
    let mixed = || machine().toolkit("opt/cuda", "12.8");
    let file = "opt/cuda/include/cuda_runtime_api.h";
    check(&mixed().file(file, &header(12080)), Ok((ToolkitSource::Folder, "opt/cuda")));
    let (code, text) = chosen(&mixed().file(file, &header(12010))).unwrap_err();
    assert_eq!(code, "cuda::toolkit_mixed");
    assert!(text.contains("nvcc is of CUDA 12.8") && text.contains("headers are of CUDA 12.1"), "{text}");
    // A version file that an upgrade left behind is not believed.
    let stale = mixed().file("opt/cuda/version.json", "{\"cuda\":{\"version\":\"12.1.0\"}}");
    assert_eq!(chosen(&stale.file(file, &header(12080))).unwrap().version, (12, 8));
}

/// glibc 2.41 and 2.42 each broke the headers of toolkits before their time.
#[test]
fn a_c_library_that_the_headers_contradict() {
    let at = |glibc, release: &str| machine().toolkit("opt/cuda", release).glibc(glibc);
    let code = |machine: &Machine| chosen(machine).map(|_| ()).map_err(|(code, _)| code);
    let refused = Err("cuda::glibc_too_new".to_owned());
    assert_eq!(code(&at(40, "12.8")), Ok(()));
    assert_eq!(code(&at(41, "12.8")), refused);
    // What the header declares counts for more than its release.
    let declared = "extern double                 cospi(double x) noexcept(true);\nextern double rsqrt(double x) X;\n";
    assert_eq!(code(&at(42, "12.8").file("opt/cuda/include/crt/math_functions.h", declared)), Ok(()));
    let half = declared.replace(" X;", ";");
    assert_eq!(code(&at(41, "12.8").file("opt/cuda/include/crt/math_functions.h", &half)), Ok(()));
    assert_eq!(code(&at(42, "12.8").file("opt/cuda/include/crt/math_functions.h", &half)), refused);
    let (_, text) = chosen(&at(41, "12.8")).unwrap_err();
    assert!(text.contains("contradict those of glibc 2.41") && text.contains("no CUDA release fits"), "{text}");
}

#[test]
fn clang_serves_where_no_gxx_fits() {
    let clang = "#error -- unsupported clang version! clang version must be less than 19 and greater than 3.2 .\n";
    let header = format!("#if __GNUC__ > 13\n#error -- x\n#endif\n{clang}");
    let host = |gxx: &str| {
        let machine = Machine::with_driver(&[]).toolkit("opt/cuda", "12.8").gxx("g++", gxx);
        machine.gxx("clang++-18", "18.1.3").gxx("clang++", "19.1.0").file("opt/cuda/include/crt/host_config.h", &header)
    };
    assert!(chosen(&host("15.1.0")).unwrap().host_compiler.path.ends_with("clang++-18"));
    assert!(chosen(&host("13.1.0")).unwrap().host_compiler.path.ends_with("g++"));
}

#[test]
fn a_named_host_compiler_is_used_or_refused() {
    let host = || Machine::with_driver(&[]).toolkit("opt/cuda", "12.8").gxx("g++", "13.3.0").gxx("g++-12", "12.4.0");
    assert!(chosen(&host().set("CUDAHOSTCXX", "g++-12")).unwrap().host_compiler.path.ends_with("g++-12"));
    let folder = host();
    let bin = folder.at("usr/bin");
    assert!(chosen(&folder.set("NVCC_CCBIN", bin)).unwrap().host_compiler.path.ends_with("usr/bin/g++"));
    let named = host().gxx("g++-15", "15.1.0").set("CUDAHOSTCXX", "g++-12");
    let named = named.wish(|_, wish| wish.host_compiler = Some("g++-15".into()));
    let (code, text) = chosen(&named).unwrap_err();
    assert_eq!(code, "cuda::host_compiler_too_new");
    assert!(text.contains("g++ 15.1.0") && !text.contains("g++-12"), "{text}");
    let (code, _) = chosen(&host().set("CUDAHOSTCXX", "/nowhere/g++")).unwrap_err();
    assert_eq!(code, "cuda::host_compiler_missing");
    // Only the configuration lets a refused compiler through, and the choice says so.
    let allowed = named.wish(|_, wish| wish.allow_unsupported_compiler = true);
    let choice = chosen(&allowed).unwrap();
    assert!(choice.notes.iter().any(|note| note.contains("not accepted")), "{:?}", choice.notes);
    let flags = ("CMAKE_CUDA_FLAGS".to_owned(), "-allow-unsupported-compiler".to_owned());
    assert!(choice.cmake_definitions().contains(&flags));
    let fits = host().wish(|_, wish| wish.allow_unsupported_compiler = true);
    assert!(!chosen(&fits).unwrap().allow_unsupported_compiler, "not used where it is not needed");
}

/// Kernels compressed the new way are not read by a driver before CUDA 12.4.
#[test]
fn an_older_driver_of_the_same_major_release() {
    let host = |driver: &str| Machine::with_driver(&[driver]).toolkit("opt/cuda", "12.8").gxx("g++", "13.3.0");
    let mode = ("GGML_CUDA_COMPRESSION_MODE".to_owned(), "none".to_owned());
    let old = chosen(&host("-DCUDA=12020")).unwrap();
    assert!(old.cmake_definitions().contains(&mode));
    assert!(old.notes[0].contains("CUDA 12.8 is newer than the driver's 12.2"), "{:?}", old.notes);
    let new = chosen(&host("-DCUDA=12080")).unwrap();
    assert!(!new.cmake_definitions().contains(&mode) && new.notes.is_empty());
}

#[test]
fn a_toolkit_too_old_for_the_engine() {
    let machine = Machine::with_driver(&[]).toolkit("opt/cuda", "10.2").gxx("g++", "8.3.0");
    let (code, text) = chosen(&machine).unwrap_err();
    assert_eq!(code, "cuda::toolkit_too_old");
    assert!(text.contains("CUDA 11.0 or newer"), "{text}");
}

/// The remedy is in the words of the host's own packages.
#[test]
fn remedies_speak_the_hosts_language() {
    let host = |id: &str| {
        let machine = Machine::with_driver(&[]).toolkit("opt/cuda", "12.8").gxx("g++", "15.1.0");
        machine.file("etc/os-release", &format!("ID={id}\n"))
    };
    for (id, command) in [
        ("arch", "pacman -S --needed gcc13"),
        ("ubuntu", "apt-get install g++-13"),
        ("fedora", "dnf install gcc13-c++"),
        ("opensuse-leap", "zypper install gcc13-c++"),
        ("nixos", "nix-shell -p gcc13"),
    ] {
        let (_, text) = chosen(&host(id)).unwrap_err();
        assert!(text.contains(command), "no `{command}` in: {text}");
        let others =
            ["pacman", "apt-get", "dnf", "zypper", "nix-shell", "conda"].iter().filter(|word| text.contains(**word));
        assert_eq!(others.count(), 1, "one family alone: {text}");
    }
    let (_, text) = chosen(&host("plan9")).unwrap_err();
    assert!(text.contains("pacman") && text.contains("zypper"), "all families: {text}");
    assert_eq!(detect(&host("arch").host()).family, Some(Family::Arch));
}

/// A driver in a folder of its own is handed to CMake, which does not look there.
#[test]
fn the_drivers_library_stands_in_for_a_missing_stub() {
    let machine = machine().toolkit("opt/cuda", "12.8").without("opt/cuda/lib64/stubs/libcuda.so");
    let machine = machine.file("usr/lib/wsl/lib/libcuda.so", "").file("usr/lib/wsl/lib/libcuda.so.1", "");
    let defined = chosen(&machine).unwrap().cmake_definitions();
    let library = machine.at("usr/lib/wsl/lib/libcuda.so").display().to_string();
    assert!(defined.contains(&("CUDA_cuda_driver_LIBRARY".into(), library)), "{defined:?}");
    let machine = machine.file("opt/cuda/lib64/stubs/libcuda.so", "");
    let defined = chosen(&machine).unwrap().cmake_definitions();
    assert!(!defined.iter().any(|(name, _)| name == "CUDA_cuda_driver_LIBRARY"), "the stub is enough: {defined:?}");
}

/// Whatever stands in the environment, the whole diagnosis can be written down.
#[test]
fn paths_that_are_no_text_are_told_all_the_same() {
    use std::os::unix::ffi::OsStringExt;
    let odd = || std::ffi::OsString::from_vec(b"/odd/\xff".to_vec());
    let machine = machine().set("CUDA_HOME", odd()).set("CUDACXX", odd()).set("CUDAHOSTCXX", odd());
    let diagnosis = gpu_detect::diagnose(&machine.host(), &[]);
    let text = serde_json::to_string(&diagnosis).unwrap();
    assert!(text.contains("cuda::toolkit_incomplete") && text.contains("CUDACXX"), "{text}");
}

/// What lacks least comes first, and its code stands for all.
#[test]
fn the_nearest_toolkit_is_told_first() {
    let machine = Machine::with_driver(&["-DCUDA=12040"]).gxx("g++", "15.1.0");
    let machine = machine.toolkit("usr/local/cuda", "13.0").toolkit("opt/cuda", "12.4");
    let (code, text) = chosen(&machine).unwrap_err();
    assert_eq!(code, "cuda::host_compiler_too_new");
    let place = |root: &str| text.find(root).unwrap();
    assert!(place("opt/cuda") < place("usr/local/cuda"), "{text}");
    assert!(
        text.contains("it is newer than the driver: driver 570.86.15 runs CUDA 12.4 at most; it accepts g++"),
        "{text}"
    );
}

/// A driver that programs do not find by themselves, at each place that one is known to be: the choice says where.
#[test]
fn a_driver_outside_the_loaders_path() {
    let multiarch = format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    let folders = [
        ("run/opengl-driver/lib", true),
        ("usr/local/nvidia/lib64", true),
        ("usr/lib/wsl/lib", true),
        ("home/kubernetes/bin/nvidia/lib64", true),
        (&format!("{multiarch}/tegra"), true),
        (&format!("{multiarch}/nvidia"), true),
        (multiarch.as_str(), false),
        ("usr/lib64", false),
    ];
    for (folder, outside) in folders {
        let host = || {
            let machine = Machine::with_driver(&[]).toolkit("opt/cuda", "12.8").gxx("g++", "13.2.0");
            machine.file(&format!("{folder}/libcuda.so.1"), "")
        };
        let machine = host();
        let expected = outside.then(|| machine.at(folder));
        assert_eq!(chosen(&machine).unwrap().driver_folder, expected, "{folder}");
        let cache = format!("glibc-ld.so.cache1.1\0libcuda.so.1\0/{folder}/libcuda.so.1\0");
        let cached = host().file("etc/ld.so.cache", &cache);
        assert_eq!(chosen(&cached).unwrap().driver_folder, None, "{folder}: the loader finds it");
    }
    let machine = Machine::with_driver(&[]).toolkit("opt/cuda", "12.8").gxx("g++", "13.2.0");
    let machine = machine.file("opt/driver/libcuda.so.1", "").file("opt/cuda/compat/libcuda.so.1", "");
    let named = format!("{}:{}", machine.at("opt/cuda/compat").display(), machine.at("opt/driver").display());
    let machine = machine.set("LD_LIBRARY_PATH", named);
    assert_eq!(chosen(&machine).unwrap().driver_folder, Some(machine.at("opt/driver")), "compat is for few GPUs");
}

/// JetPack 5 has neither NVML nor `nvidia-smi`, and JetPack 6 half of both; CUDA works with either.
#[test]
fn a_jetson_is_used_where_cuda_is() {
    let multiarch = format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    let five = Machine::empty()
        .file(&format!("{multiarch}/tegra/libcuda.so.1"), "")
        .file("etc/nv_tegra_release", "# R35 (release), REVISION: 4.1, GCID: 1, BOARD: t186ref\n")
        .file("proc/device-tree/compatible", "nvidia,p3737-0000+p3701-0000\0nvidia,tegra234\0")
        .toolkit("usr/local/cuda-11.4", "11.4")
        .gxx("g++", "9.4.0");
    five.program("usr/local/cuda-11.4/bin/nvcc", "printf 'sm_72\\nsm_87\\n'");
    let choice = chosen(&five).unwrap();
    assert_eq!((choice.architectures.as_slice(), choice.devices[0].name.as_str()), (&[87][..], "Orin (nvgpu)"));
    assert_eq!(choice.driver_folder, Some(five.at(&format!("{multiarch}/tegra"))));
    // The driver of JetPack 5 runs CUDA 11 alone.
    let newer = five.toolkit("usr/local/cuda-12.8", "12.8").without("usr/local/cuda-11.4/version.json");
    newer.program("usr/local/cuda-12.8/bin/nvcc", "printf 'sm_72\\nsm_87\\n'");
    newer.program("usr/local/cuda-11.4/bin/nvcc", "exit 1");
    assert_eq!(chosen(&newer).unwrap_err().0, "cuda::toolkit_newer_than_driver");
    let six = Machine::empty()
        .file(&format!("{multiarch}/nvidia/libcuda.so.1"), "")
        .toolkit("usr/local/cuda-12.6", "12.6")
        .gxx("g++", "11.4.0");
    six.program("usr/local/cuda-12.6/bin/nvcc", "printf 'sm_80\\nsm_87\\n'");
    let uuid = "54d0709b-558d-5a59-9c65-0c5fc14a21a4";
    let line = format!("0, {uuid}, [N/A], Orin (nvgpu), [N/A], [N/A], 540.4.0, 8.7, [N/A]");
    six.program(
        "usr/bin/nvidia-smi",
        &format!("case $1 in --query*) echo '{line}' ;; *) echo 'CUDA Version: 12.6 |' ;; esac"),
    );
    let choice = chosen(&six).unwrap();
    assert_eq!((choice.architectures.as_slice(), choice.devices[0].uuid.as_str()), (&[87][..], uuid));
    // Without CUDA's own library nothing can be computed.
    let bare = Machine::empty().file("proc/device-tree/compatible", "nvidia,tegra234\0").toolkit("opt/cuda", "12.6");
    assert_eq!(chosen(&bare.gxx("g++", "11.4.0")).unwrap_err().0, "gpu::no_libcuda");
}

/// What the configuration writes is used or refused, never replaced.
#[test]
fn what_was_written_has_to_run_on_the_gpu() {
    let ready = |written: &str| {
        let machine = Machine::with_driver(&[]).toolkit("opt/cuda", "12.8").gxx("g++", "13.2.0");
        machine.wish(|_, wish| wish.architectures = Some(written.to_owned()))
    };
    assert!(chosen(&ready("80;90")).is_ok() && chosen(&ready("80")).is_ok());
    let (code, text) = chosen(&ready("86-real;120")).unwrap_err();
    assert_eq!(code, "cuda::arch_of_another_gpu");
    assert!(text.contains("has architecture 90") && text.contains("-DCMAKE_CUDA_ARCHITECTURES=90"), "{text}");
    let compressed = |driver: &str, mode: &str| {
        let machine = Machine::with_driver(&[driver]).toolkit("opt/cuda", "12.8").gxx("g++", "13.2.0");
        chosen(&machine.wish(|_, wish| wish.compression = Some(mode.to_owned())))
    };
    assert_eq!(compressed("-DCUDA=12020", "size").unwrap_err().0, "cuda::compression_too_new");
    assert!(compressed("-DCUDA=12020", "none").is_ok() && compressed("-DCUDA=12080", "size").is_ok());
}
