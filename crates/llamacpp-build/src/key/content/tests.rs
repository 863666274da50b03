//! What is an input of the key and what is not, one change at a time, and any two hosts that differ in paths alone.

use proptest::prelude::*;

use super::*;
use crate::{Commit, Generator, ToolId};

fn map<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// Where one host has everything.
#[derive(Clone, Debug)]
struct Places {
    tools: String,
    cuda: String,
    driver: String,
    repo: String,
    cc: String,
}

fn here() -> Places {
    Places {
        tools: "/usr/bin".into(),
        cuda: "/usr/local/cuda-13.0".into(),
        driver: "/usr/local/nvidia/lib64".into(),
        repo: "https://example.com/llama.cpp".into(),
        cc: "cc".into(),
    }
}

/// One CUDA build, as a host with these places spells it.
fn spelled(places: &Places) -> AsSpelled {
    let Places { tools, cuda, driver, repo, cc } = places;
    let tool = |name: &str, version: &str| ToolId { path: Path::new(tools).join(name), version: version.to_owned() };
    let gcc = |name: &str| tool(name, &format!("{name} (Debian 12.2.0-14) 12.2.0"));
    let nvcc = ToolId { path: Path::new(cuda).join("bin/nvcc"), version: "13.0".into() };
    let (c, cxx, ccache) = (gcc(cc), gcc("c++"), tool("ccache", "ccache version 4.7.5"));
    let text = |path: &Path| path.display().to_string();
    AsSpelled {
        recipe: 1,
        repo: repo.clone(),
        commit: Commit::parse(&"c0".repeat(20)).unwrap(),
        submodules: false,
        backend: "cuda".into(),
        definitions: map([
            ("CMAKE_C_COMPILER", &text(&c.path)),
            ("CMAKE_CXX_COMPILER", &text(&cxx.path)),
            ("CMAKE_CUDA_COMPILER", &text(&nvcc.path)),
            ("CMAKE_CUDA_HOST_COMPILER", &format!("{tools}/g++-12")),
            ("CUDAToolkit_ROOT", cuda),
            ("CUDA_cuda_driver_LIBRARY", &format!("{driver}/libcuda.so")),
            ("CMAKE_CUDA_COMPILER_LAUNCHER", &text(&ccache.path)),
            ("CMAKE_CUDA_ARCHITECTURES", "90"),
            ("CMAKE_EXE_LINKER_FLAGS", &format!("-Wl,-rpath-link,{driver} -fuse-ld=mold")),
            ("CMAKE_SHARED_LINKER_FLAGS", &format!("-Wl,-rpath-link,{driver}")),
            ("GGML_CUDA", "ON"),
        ]),
        generator: Generator::Ninja,
        tools: BTreeMap::from([
            ("cmake".into(), tool("cmake", "cmake version 3.25.1")),
            ("cc".into(), c),
            ("cxx".into(), cxx),
            ("nvcc".into(), nvcc.clone()),
            ("linker".into(), tool("mold", "mold 1.10.1")),
            ("ccache".into(), ccache),
        ]),
        target: "x86_64-linux".into(),
        libc: "glibc 2.36".into(),
        cpu: Some(
            "vendor_id=GenuineIntel; model=143; model name=Xeon 8481C; flags=fpu avx2 amx_tile hypervisor".into(),
        ),
        env: map([("CUDACXX", &text(&nvcc.path)), ("CUDA_PATH", cuda), ("LEVEL", "2")]),
        files: BTreeMap::new(),
    }
}

fn parts() -> BTreeMap<String, String> {
    map([
        ("nvcc", "13.0.88"),
        ("cuda_host_compiler", "g++ 12.2.0"),
        ("cudart", "13.0.96"),
        ("cublas", "13.1.0.3"),
        ("cccl", "3.0.1"),
        ("nccl", "2.28.3"),
    ])
}

type Change<'a> = (&'a str, &'a dyn Fn(&mut AsSpelled, &mut BTreeMap<String, String>));

fn changed(change: &Change<'_>) -> Inputs {
    let (mut spelled, mut parts) = (spelled(&here()), parts());
    change.1(&mut spelled, &mut parts);
    of(&spelled, &parts)
}

fn version(spelled: &mut AsSpelled, tool: &str, version: &str) {
    spelled.tools.get_mut(tool).unwrap().version = version.into();
}

fn define(spelled: &mut AsSpelled, name: &str, value: &str) {
    spelled.definitions.insert(name.into(), value.into());
}

/// Each input alone makes another key.
#[test]
fn an_input_that_changes_is_another_key() {
    let inputs: [Change<'_>; 26] = [
        ("commit", &|s, _| s.commit = Commit::parse(&"d1".repeat(20)).unwrap()),
        ("submodules", &|s, _| s.submodules = true),
        ("backend", &|s, _| s.backend = "cpu".into()),
        ("a definition", &|s, _| define(s, "GGML_CUDA_FORCE_MMQ", "ON")),
        ("architectures", &|s, _| define(s, "CMAKE_CUDA_ARCHITECTURES", "86;90")),
        ("an rpath, which is in the result", &|s, _| {
            define(s, "CMAKE_EXE_LINKER_FLAGS", "-Wl,-rpath,/x -fuse-ld=mold");
        }),
        ("another linker flag", &|s, _| define(s, "CMAKE_SHARED_LINKER_FLAGS", "-Wl,-z,now")),
        ("generator", &|s, _| s.generator = Generator::Make),
        ("cmake", &|s, _| version(s, "cmake", "cmake version 3.31.0")),
        ("cc", &|s, _| version(s, "cc", "cc (Debian 12.2.0-15) 12.2.0")),
        ("cxx", &|s, _| version(s, "cxx", "c++ (Debian 12.3.0-1) 12.3.0")),
        ("cxx of another kind", &|s, _| version(s, "cxx", "Debian clang version 14.0.6")),
        ("linker", &|s, _| version(s, "linker", "mold 2.4.0")),
        ("no ccache", &|s, _| drop(s.tools.remove("ccache"))),
        ("nvcc's patch release", &|_, p| drop(p.insert("nvcc".into(), "13.0.48".into()))),
        ("CUDA's host compiler", &|_, p| drop(p.insert("cuda_host_compiler".into(), "g++ 12.3.0".into()))),
        ("cudart", &|_, p| drop(p.insert("cudart".into(), "13.0.48".into()))),
        ("cuBLAS", &|_, p| drop(p.insert("cublas".into(), "13.0.2.14".into()))),
        ("CCCL", &|_, p| drop(p.insert("cccl".into(), "3.0.2".into()))),
        ("NCCL", &|_, p| drop(p.insert("nccl".into(), "2.29.1".into()))),
        ("no NCCL", &|_, p| drop(p.remove("nccl"))),
        ("a compiler of the operator's", &|_, p| drop(p.insert("cc".into(), "sha256:00".into()))),
        ("target", &|s, _| s.target = "aarch64-linux".into()),
        ("C library", &|s, _| s.libc = "glibc 2.41".into()),
        ("instruction sets", &|s, _| s.cpu = Some("flags=fpu avx2 avx512f amx_tile".into())),
        ("a variable", &|s, _| drop(s.env.insert("LEVEL".into(), "3".into()))),
    ];
    let keys: Vec<_> = inputs.iter().map(|change| (change.0, changed(change).key())).collect();
    let all: std::collections::BTreeSet<_> = keys.iter().map(|(_, key)| key).collect();
    assert!(!all.contains(&of(&spelled(&here()), &parts()).key()), "one of them is no input: {keys:?}");
    assert_eq!(all.len(), keys.len(), "two have the same key: {keys:?}");
}

/// What is no input makes the same key.
#[test]
fn what_is_no_input_is_the_same_key() {
    let others: [Change<'_>; 11] = [
        ("address", &|s, _| s.repo = "/srv/mirror/llama.cpp".into()),
        ("CPU's model", &|s, _| s.cpu = s.cpu.take().map(|cpu| cpu.replace("143", "207").replace("8481C", "8581C"))),
        ("hypervisor", &|s, _| s.cpu = s.cpu.take().map(|cpu| cpu.replace(" hypervisor", ""))),
        ("a compiler's name", &|s, _| version(s, "cc", "gcc-12 (Debian 12.2.0-14) 12.2.0")),
        ("nvcc by its release", &|s, _| version(s, "nvcc", "Cuda compilation tools, release 13.0")),
        ("tools elsewhere", &|s, p| (*s, *p) = (spelled(&Places { tools: "/opt/llvm/bin".into(), ..here() }), parts())),
        ("toolkit elsewhere", &|s, _| *s = spelled(&Places { cuda: "/opt/cuda".into(), ..here() })),
        ("driver elsewhere", &|s, _| *s = spelled(&Places { driver: "/run/opengl-driver/lib".into(), ..here() })),
        ("driver that the linker finds", &|s, _| {
            define(s, "CMAKE_EXE_LINKER_FLAGS", "-fuse-ld=mold");
            s.definitions.remove("CMAKE_SHARED_LINKER_FLAGS");
            s.definitions.remove("CUDA_cuda_driver_LIBRARY");
        }),
        ("toolkit whose nvcc is apart", &|s, _| {
            s.tools.get_mut("nvcc").unwrap().path = "/usr/bin/nvcc".into();
            define(s, "CMAKE_CUDA_COMPILER", "/usr/bin/nvcc");
            define(s, "CUDAToolkit_ROOT", "/usr/lib/nvidia-cuda-toolkit");
            s.env.extend(map([("CUDACXX", "/usr/bin/nvcc"), ("CUDA_PATH", "/usr/lib/nvidia-cuda-toolkit")]));
        }),
        ("recipe's own number", &|s, _| s.recipe = 7),
    ];
    let expected = of(&spelled(&here()), &parts());
    for change in &others {
        assert_eq!(changed(change), expected, "{}", change.0);
    }
}

/// NCCL counts only where it is linked.
#[test]
fn nccl_that_is_not_linked_is_no_input() {
    let mut spelled = spelled(&here());
    define(&mut spelled, "GGML_CUDA_NCCL", "OFF");
    let mut without = parts();
    without.remove("nccl");
    assert_eq!(of(&spelled, &parts()), of(&spelled, &without));
}

/// A file that the build runs is its digest, whatever it is called; its arguments stay.
#[test]
fn a_file_is_its_digest() {
    let with = |path: &str, digest: &str| {
        let mut spelled = spelled(&here());
        define(&mut spelled, "CMAKE_C_COMPILER_LAUNCHER", &format!("{path};-v"));
        spelled.files.insert("CMAKE_C_COMPILER_LAUNCHER".into(), digest.into());
        of(&spelled, &parts())
    };
    assert_eq!(with("/a/wrap", "00"), with("/b/other", "00"));
    assert_ne!(with("/a/wrap", "00"), with("/a/wrap", "01"));
    assert_eq!(with("/a/wrap", "00").definitions["CMAKE_C_COMPILER_LAUNCHER"], "sha256:00 -v");
}

/// Without parts a place is all there is to tell two toolkits apart: it stays. So an entry of recipe 1 for CUDA proves nothing.
#[test]
fn a_place_of_which_nothing_is_known_stays() {
    let unknown = of(&spelled(&here()), &BTreeMap::new());
    let elsewhere = of(&spelled(&Places { cuda: "/opt/cuda".into(), ..here() }), &BTreeMap::new());
    assert_ne!(unknown, elsewhere);
    assert_eq!(unknown.definitions["CUDAToolkit_ROOT"], "/usr/local/cuda-13.0");
    assert_eq!(unknown.definitions["CMAKE_CUDA_HOST_COMPILER"], "/usr/bin/g++-12");
    assert!(!of(&spelled(&here()), &parts()).is_proven_by(&Inputs { recipe: 1, ..unknown }));
}

prop_compose! {
    fn places()(
        names in proptest::array::uniform4("[a-z][a-z0-9._-]{0,8}(/[a-z0-9][a-z0-9._-]{0,8}){0,3}"),
        cc in proptest::sample::select(vec!["cc", "gcc", "gcc-12", "x86_64-linux-gnu-gcc-12"]),
    ) -> Places {
        let [tools, cuda, driver, repo] = names.map(|name| format!("/{name}"));
        Places { tools, cuda, driver, repo, cc: cc.into() }
    }
}

proptest! {
    /// Two hosts that have the same tools at any other places share a key, and no place is in it.
    #[test]
    fn equal_hosts_share_a_key(places in places()) {
        let there = of(&spelled(&places), &parts());
        prop_assert_eq!(&there, &of(&spelled(&here()), &parts()));
        let text = serde_json::to_string(&there).unwrap();
        prop_assert!(!text.contains("/usr/") && !text.contains("example.com"), "{}", text);
    }
}
