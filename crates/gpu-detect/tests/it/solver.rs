//! The solver over many made-up hosts: it always answers, always alike, in any order, and its answer keeps every rule.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gpu_detect::{
    CompilerKind, CompilerSource, CudaChoice, Driver, Glibc, GpuReport, HostCompiler, Libcuda, Obstacle, Source,
    Target, Toolkit, ToolkitSource, Wish, solve,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

fn source() -> Source {
    Source::File("x".into())
}

prop_compose! {
    fn toolkit()(
        version in select(vec![(10, 2), (11, 0), (11, 8), (12, 2), (12, 8), (12, 9), (13, 0), (13, 2), (14, 0)]),
        headers in prop_oneof![4 => Just(None), 1 => Just(Some((12, 1)))],
        complete in prop_oneof![4 => Just(true), 1 => Just(false)],
        explicit in prop_oneof![6 => Just(ToolkitSource::Folder), 1 => Just(ToolkitSource::Variable("CUDA_HOME"))],
        gcc in select(vec![None, Some(9), Some(11), Some(13), Some(15)]),
        clang in select(vec![None, Some(14), Some(18)]),
        glibc_below in select(vec![None, Some((2, 41)), Some((2, 42))]),
        architectures in subsequence(vec![61, 70, 75, 80, 86, 89, 90, 120], 1..=8),
        silent in prop_oneof![6 => Just(None), 1 => Just(Some("exit status 1".to_owned()))],
        stubs in any::<bool>(),
        compat in any::<bool>(),
    ) -> Toolkit {
        Toolkit {
            root: PathBuf::new(), nvcc: Some("/cuda/bin/nvcc".into()), version: Some(version), parts: BTreeMap::new(), headers, source: explicit,
            order: 0, missing: if complete { vec![] } else { vec!["libcublas".into()] }, gcc, clang, glibc_below,
            architectures, nvcc_failure: silent, oldest_driver: Some("525.60.13".into()),
            stubs: stubs.then(|| "/cuda/lib64/stubs".into()), compat: compat.then(|| "/cuda/compat".into()),
        }
    }
}

prop_compose! {
    fn compiler()(
        kind in select(vec![CompilerKind::Gxx, CompilerKind::Clangxx]),
        version in select(vec![None, Some("9.4.0"), Some("11"), Some("13.3.0"), Some("15.1.1"), Some("18.1.3")]),
        source in prop_oneof![8 => Just(CompilerSource::Found), 2 => Just(CompilerSource::Default),
            1 => Just(CompilerSource::Variable("CUDAHOSTCXX"))],
        name in 0..1000,
    ) -> HostCompiler {
        HostCompiler { path: format!("/usr/bin/{kind}-{name}").into(), kind, version: version.map(str::to_owned), source }
    }
}

fn facts() -> impl Strategy<Value = (GpuReport, Vec<Target>, Wish)> {
    let driver = (
        select(vec!["470.1", "525.60.13", "535.104.05", "570.86.15", "580.65.06"]),
        select(vec![None, Some((10, 1)), Some((11, 4)), Some((12, 2)), Some((12, 8)), Some((13, 0))]),
    );
    let glibc = select(vec![None, Some((2, 36)), Some((2, 41)), Some((2, 43))]);
    let libcuda = select(vec![None, Some((true, true)), Some((false, true)), Some((false, false))]);
    let product = prop_oneof![Just("NVIDIA H100 PCIe"), Just("NVIDIA GeForce RTX 4090")];
    let targets = (product, proptest::collection::vec(select(vec![61, 70, 86, 90, 120, 999]), 1..4));
    let allow = (any::<bool>(), select(vec![(10, 0), (11, 0), (12, 0)]));
    let lists = (proptest::collection::vec(toolkit(), 0..4), proptest::collection::vec(compiler(), 0..4));
    (driver, glibc, libcuda, targets, lists, allow).prop_map(
        |((version, cuda), glibc, libcuda, (product, targets), (mut toolkits, host_compilers), (allow, oldest))| {
            for (order, toolkit) in toolkits.iter_mut().enumerate() {
                toolkit.order = order;
                toolkit.root = format!("/cuda-{order}").into();
            }
            let report = GpuReport {
                driver: Some(Driver { version: version.into(), cuda, source: source() }),
                glibc: glibc.map(|version| Glibc { version, source: source() }),
                libcuda: libcuda.map(|(system, linkable)| Libcuda {
                    folder: "/driver".into(),
                    system,
                    linkable,
                    loadable: system,
                }),
                toolkits,
                host_compilers,
                ..GpuReport::default()
            };
            let targets = targets
                .into_iter()
                .zip(0..)
                .map(|(architecture, index)| target(index, architecture, product))
                .collect();
            (report, targets, Wish { allow_unsupported_compiler: allow, oldest_toolkit: oldest, ..Wish::default() })
        },
    )
}

fn target(index: u32, architecture: u32, product: &str) -> Target {
    let name = format!("{product} of {architecture}");
    Target { index, uuid: format!("GPU-{index}"), pci_bus_id: String::new(), name, architecture }
}

/// Every rule, written down a second time and without looking at the first.
fn breaks_a_rule(choice: &CudaChoice, facts: &GpuReport, targets: &[Target], wish: &Wish) -> Option<&'static str> {
    let toolkit = facts.toolkits.iter().find(|toolkit| toolkit.root == choice.root).expect("a known toolkit");
    let driver = facts.driver.as_ref().expect("these hosts have one");
    let compiler = &choice.host_compiler;
    let named =
        facts.toolkits.iter().filter(|toolkit| toolkit.source.is_explicit()).min_by_key(|toolkit| toolkit.order);
    let named_compilers = facts.host_compilers.iter().filter(|compiler| compiler.is_explicit()).count();
    let limit = if compiler.kind == CompilerKind::Gxx { toolkit.gcc } else { toolkit.clang };
    let too_new = limit.is_some_and(|limit| compiler.major().is_none_or(|major| major > limit));
    let mut wanted: Vec<u32> = targets.iter().map(|target| target.architecture).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let glibc = facts.glibc.as_ref().map(|glibc| glibc.version);
    // The driver's own library is not the one that runs it.
    let forward = choice.driver_folder.is_some() && choice.driver_folder == toolkit.compat;
    let branch = parts(&driver.version).first().copied().unwrap_or_default();
    let rules = [
        (!forward || targets.iter().all(|target| target.name.contains("H100")), "forward with data-centre GPUs alone"),
        (!forward || branch >= 525, "forward on branches that it is for"),
        (!forward || !choice.uncompressed, "a newer library reads compressed kernels"),
        (toolkit.missing.is_empty(), "complete"),
        (named.is_none_or(|named| named.root == choice.root), "the named toolkit or none"),
        (named_compilers == 0 || compiler.is_explicit(), "the named compiler or none"),
        (toolkit.headers.is_none_or(|headers| Some(headers) == toolkit.version), "one release"),
        (choice.version >= wish.oldest_toolkit, "new enough"),
        (forward || driver.cuda.is_none_or(|cuda| choice.version.0 <= cuda.0), "the driver's major release"),
        (
            driver.cuda.is_none_or(|cuda| choice.version.0 > 10 || choice.version <= cuda),
            "before CUDA 11 the minor one too",
        ),
        (
            forward || driver.cuda.is_some() || parts(&driver.version) >= vec![525, 60, 13],
            "the oldest driver by its version",
        ),
        (choice.architectures == wanted, "exactly the GPUs' architectures"),
        (wanted.iter().all(|wanted| toolkit.architectures.contains(wanted)), "known architectures"),
        (toolkit.nvcc_failure.is_none(), "a compiler that answers"),
        (glibc.is_none_or(|glibc| toolkit.glibc_below.is_none_or(|below| glibc < below)), "the C library"),
        (compiler.version.is_some(), "a compiler that works"),
        (wish.allow_unsupported_compiler || !too_new, "a compiler that is accepted"),
        (!choice.allow_unsupported_compiler || wish.allow_unsupported_compiler, "never unsupported by itself"),
    ];
    rules.into_iter().find(|(kept, _)| !kept).map(|(_, rule)| rule)
}

fn parts(version: &str) -> Vec<u32> {
    version.split('.').map(|part| part.parse().unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_choice_keeps_every_rule((facts, targets, wish) in facts()) {
        match solve(&facts, &targets, &wish) {
            Ok(choice) => {
                prop_assert_eq!(breaks_a_rule(&choice, &facts, &targets, &wish), None);
                let defined = choice.cmake_definitions();
                for (name, value) in &defined {
                    prop_assert!(!value.is_empty() && !value.contains("native"), "{}={}", name, value);
                }
            }
            Err(conflict) => {
                prop_assert_eq!(conflict.candidates.len(), facts.toolkits.len());
                prop_assert!(conflict.candidates.iter().all(|rejected| !rejected.obstacles.is_empty()));
                prop_assert!(conflict.stable_code().starts_with("cuda::"));
            }
        }
    }

    #[test]
    fn the_order_of_facts_makes_no_difference((facts, targets, wish) in facts(), seed in any::<u64>()) {
        let mut turned = facts.clone();
        let by = |length: usize| usize::try_from(seed).unwrap_or(0) % length.max(1);
        let (toolkits, compilers) = (by(turned.toolkits.len()), by(turned.host_compilers.len()));
        turned.toolkits.rotate_left(toolkits);
        turned.host_compilers.rotate_left(compilers);
        turned.toolkits.reverse();
        let (one, other) = (solve(&facts, &targets, &wish), solve(&turned, &targets, &wish));
        let same = |choice: CudaChoice| (choice.root, choice.host_compiler, choice.architectures, choice.notes);
        prop_assert_eq!(one.clone().map(same).map_err(|c| c.candidates), other.map(same).map_err(|c| c.candidates));
        prop_assert_eq!(one, solve(&facts, &targets, &wish));
    }

    /// Where one obstacle is told, taking that one away is enough.
    #[test]
    fn one_obstacle_is_one_change((facts, targets, wish) in facts()) {
        let Err(conflict) = solve(&facts, &targets, &wish) else { return Ok(()) };
        for rejected in &conflict.candidates {
            let [obstacle] = rejected.obstacles.as_slice() else { continue };
            if matches!(obstacle, Obstacle::TooOld { fits, .. } if fits.is_empty()) {
                prop_assert!(obstacle.remedy().change.contains("no CUDA release fits"));
                continue;
            }
            let mut changed = facts.clone();
            let place = changed.toolkits.iter().position(|toolkit| toolkit.root == rejected.toolkit.root).unwrap();
            change(&mut changed, place, obstacle, &targets);
            let choice = solve(&changed, &targets, &wish);
            // What was incomplete is looked at closely only once it is whole.
            if !matches!(obstacle, Obstacle::Incomplete { .. }) {
                prop_assert!(choice.is_ok(), "{:?} then {:?}", obstacle, choice);
            }
        }
    }
}

/// Does what the obstacle's remedy says.
fn change(facts: &mut GpuReport, place: usize, obstacle: &Obstacle, targets: &[Target]) {
    let toolkit = &mut facts.toolkits[place];
    match obstacle {
        Obstacle::Incomplete { .. } => toolkit.missing.clear(),
        Obstacle::Mixed { nvcc, .. } => toolkit.headers = Some(*nvcc),
        Obstacle::NvccFailed { .. } => {
            toolkit.nvcc_failure = None;
            toolkit.architectures = targets.iter().map(|target| target.architecture).collect();
        }
        Obstacle::TooOld { fits, .. } => toolkit.version = Some(fits.first),
        Obstacle::NewerThanDriver { .. } => {
            let driver = facts.driver.as_mut().unwrap();
            (driver.version, driver.cuda) = ("600.1".into(), toolkit.version);
        }
        Obstacle::ArchUnsupported { .. } => {
            toolkit.architectures = targets.iter().map(|target| target.architecture).collect();
        }
        Obstacle::GlibcTooNew { .. } => toolkit.glibc_below = None,
        Obstacle::HostCompilerTooNew { gcc, .. } | Obstacle::HostCompilerMissing { gcc, .. } => {
            facts.host_compilers.retain(|compiler| !compiler.is_explicit());
            let version = Some(format!("{}.1.0", gcc.unwrap_or(13)));
            let path = "/usr/bin/g++-new".into();
            let source = CompilerSource::Found;
            facts.host_compilers.push(HostCompiler { path, kind: CompilerKind::Gxx, version, source });
        }
        _ => {
            // Somebody's other choice is withdrawn.
            for other in &mut facts.toolkits {
                other.source = ToolkitSource::Folder;
            }
        }
    }
}

/// CUDA 13 with driver 550: used on data-centre GPUs where the newer library is installed, offered where it is not, and no
/// way for others.
#[test]
fn forward_compatibility_is_for_data_centre_gpus() {
    let solved = |product: &str, driver: &str, compat: Option<&str>| {
        let toolkit = Toolkit {
            root: "/usr/local/cuda-13.0".into(),
            nvcc: Some("/usr/local/cuda-13.0/bin/nvcc".into()),
            version: Some((13, 0)),
            parts: BTreeMap::new(),
            headers: None,
            source: ToolkitSource::Folder,
            order: 0,
            missing: Vec::new(),
            gcc: None,
            clang: None,
            glibc_below: None,
            architectures: vec![90],
            nvcc_failure: None,
            oldest_driver: Some("580.65.06".into()),
            stubs: None,
            compat: compat.map(Into::into),
        };
        let compiler = HostCompiler {
            path: "/usr/bin/g++".into(),
            kind: CompilerKind::Gxx,
            version: Some("13.3.0".into()),
            source: CompilerSource::Default,
        };
        let report = GpuReport {
            driver: Some(Driver { version: driver.into(), cuda: Some((12, 4)), source: source() }),
            toolkits: vec![toolkit],
            host_compilers: vec![compiler],
            ..GpuReport::default()
        };
        solve(&report, &[target(0, 90, product)], &Wish::default())
    };
    let folder = "/usr/local/cuda-13.0/compat";
    let choice = solved("NVIDIA H100 PCIe", "550.90.07", Some(folder)).unwrap();
    assert_eq!(choice.driver_folder, Some(folder.into()));
    assert!(!choice.uncompressed && choice.notes.iter().any(|note| note.contains(folder)), "{choice:?}");
    let remedy = |product: &str, driver: &str, compat: Option<&str>| {
        let conflict = solved(product, driver, compat).unwrap_err();
        assert_eq!(conflict.stable_code(), "cuda::toolkit_newer_than_driver");
        conflict.candidates[0].obstacles[0].remedy().change
    };
    let offered = remedy("NVIDIA H100 PCIe", "550.90.07", None);
    assert!(
        offered.contains("`cuda-compat-13-0`, which brings `/usr/local/cuda-13.0/compat/libcuda.so.1`"),
        "{offered}"
    );
    let refused = remedy("NVIDIA GeForce RTX 4090", "550.90.07", Some(folder));
    assert!(refused.contains("data-centre GPUs alone, and NVIDIA GeForce RTX 4090"), "{refused}");
    let old = remedy("NVIDIA H100 PCIe", "470.82.01", Some(folder));
    assert!(!old.contains("compat"), "{old}");
}
