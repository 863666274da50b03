//! Tools that are missing: named, or installed by the real pacman where the configuration and the distribution allow that.

use std::path::PathBuf;

use exec::Env;
use provisioner_core::cfg::PoolConfig;
use provisioner_core::{Status, StepKind};
use serde_json::{Value, json};
use testkit::{ArchRoot, Package, is_root, write};

use crate::support::{World, code, health};

/// A world on an Arch-like system that lacks CMake and Ninja. Its repository has them: CMake starts this machine's, Ninja
/// is this machine's. Its `pacman` is the real one, and both it and `sudo` log their calls.
struct Arch {
    world: World,
    system: ArchRoot,
}

impl Arch {
    fn new() -> Self {
        let (mut world, system) = (World::new(), ArchRoot::new());
        let real = |name: &str| Env::current().find(name).unwrap();
        for absent in ["cmake", "ninja", "make"] {
            std::fs::remove_file(world.path().join("tools").join(absent)).unwrap();
        }
        for old in ["cmake-4.0.3-1", "ninja-1.12.1-1"] {
            system.retire(old);
        }
        let cmake = system.at("cmake");
        write(&cmake, &format!("#!/bin/sh\nexec {} \"$@\"\n", real("cmake").display()));
        system.add(&Package { copies: &[("usr/bin/cmake", &cmake)], ..Package::new("cmake", "4.1.0-1", &[]) });
        system.add(&Package { copies: &[("usr/bin/ninja", &real("ninja"))], ..Package::new("ninja", "1.13.0-1", &[]) });
        system.refresh();
        system.script("sudo", "shift 2; exec \"$@\"");
        let path = [world.path().join("tools"), system.at("root/usr/bin"), system.at("bin")];
        world.settings.env = world.settings.env.clone().with("PATH", std::env::join_paths(path).unwrap());
        world.settings.system_root = system.at("root");
        Self { world, system }
    }

    /// A pool that may install packages, by `sudo` where the tests do not run as root.
    fn pool(&self, change: &Value) -> PoolConfig {
        let mut all = json!({ "allow_package_installs": true, "allow_sudo": !is_root() });
        all.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        self.world.pool(&all)
    }

    #[track_caller]
    fn no_calls(&self) {
        assert!(self.system.calls().is_empty(), "{:?}", self.system.calls());
    }

    fn pacman(&self) -> PathBuf {
        self.system.at("bin/pacman")
    }
}

/// EP-21, F77: without permission no package manager is run, and the error says what to type.
#[test]
fn nothing_is_installed_unless_it_is_allowed() {
    let arch = Arch::new();
    let world = &arch.world;
    for change in
        [json!({}), json!({ "allow_package_installs": false, "allow_sudo": true }), json!({ "allow_sudo": true })]
    {
        let pool = world.pool(&change);
        let plan = world.plan(&pool);
        let blocked = plan.blocked().unwrap();
        assert_eq!(blocked.kind, StepKind::Preflight);
        let Status::Blocked { help: Some(help), .. } = &blocked.status else { panic!("{blocked:?}") };
        assert!(help.contains("run as root: pacman -S --needed cmake ninja"), "{help}");
        assert_eq!(code(world.try_ensure(&pool)), "preflight::tools_missing");
    }
    arch.no_calls();
}

/// EP-22: with permission the same plan says what will be installed, `ensure` installs it with the real pacman and goes
/// on to an engine that answers, and what pacman said is kept.
#[test]
fn what_is_missing_is_installed_and_the_way_goes_on() {
    let arch = Arch::new();
    let world = &arch.world;
    let pool = arch.pool(&json!({}));
    let plan = world.plan(&pool);
    assert_eq!(plan.blocked(), None, "{plan}");
    let first = plan.to_run().next().unwrap();
    assert_eq!(first.kind, StepKind::Preflight);
    let options = "-S --needed --noconfirm --noprogressbar --color never --";
    let planned = format!("{} {options} cmake ninja", arch.pacman().display());
    assert!(first.commands[0].join(" ").ends_with(&planned), "{first:?}");
    arch.no_calls();

    let ensured = world.ensure(&pool);
    let calls = arch.system.calls();
    let installs: Vec<&String> = calls.iter().filter(|call| call.starts_with("pacman -S")).collect();
    assert_eq!(installs, [&format!("pacman {options} cmake ninja")], "{calls:?}");
    assert_eq!(calls.iter().any(|call| call.starts_with("sudo")), !is_root(), "{calls:?}");
    assert!(arch.system.at("db/local/ninja-1.13.0-1/desc").exists(), "pacman's own records know it");
    let log = std::fs::read_to_string(ensured.prepared.proof_dir.join("packages.log")).unwrap();
    assert!(log.contains(&planned) && log.contains("installing ninja..."), "{log}");
    let built = std::fs::read_to_string(ensured.prepared.proof_dir.join("spawn.txt")).unwrap_or_default();
    assert!(health(ensured.prepared.port).contains("200"), "{built}");

    let after = world.plan(&pool);
    assert_eq!(after.to_run().count(), 0, "{after}");
    assert!(after.steps[0].detail.contains("ninja"), "{after}");
    assert_eq!(arch.system.calls(), calls, "nothing is asked of pacman where nothing is missing");
}

/// EP-13, EP-22: CUDA's package puts its compiler into `/opt/cuda`, outside `PATH`: after the installation the solver looks
/// again and takes it.
#[test]
fn a_toolkit_that_was_installed_is_found_again() {
    let mut arch = Arch::new();
    gpu(&arch.system, "");
    testkit::fake_tool(&arch.world.path().join("tools"), "g++", "exec /usr/bin/g++ \"$@\"");
    let nvcc = arch.system.at("nvcc");
    write(&nvcc, NVCC);
    let empty = arch.system.at("empty");
    write(&empty, "");
    let header = arch.system.at("host_config.h");
    write(
        &header,
        "#if __GNUC__ > 99\n#error -- unsupported GNU version! gcc versions later than 99 are not supported!\n#endif\n",
    );
    let copies = [
        ("opt/cuda/bin/nvcc", nvcc.as_path()),
        ("opt/cuda/include/cuda_runtime.h", &empty),
        ("opt/cuda/include/crt/host_config.h", &header),
        ("opt/cuda/lib64/libcudart.so", &empty),
        ("opt/cuda/lib64/libcublas.so", &empty),
        ("opt/cuda/lib64/libcublasLt.so", &empty),
        ("opt/cuda/lib64/stubs/libcuda.so", &empty),
    ];
    arch.system.add(&Package { copies: &copies, ..Package::new("cuda", "13.0.0-1", &[]) });
    arch.system.refresh();
    let env = arch.world.settings.env.clone().without("CUDA_VISIBLE_DEVICES");
    arch.world.settings.env = env.with("NVCC_PREPEND_FLAGS", "");
    let world = &arch.world;
    // Without permission: one list with everything, the toolkit too.
    let told = world.try_ensure(&world.pool(&json!({ "accelerator": "cuda" }))).unwrap_err();
    assert_eq!(code::<()>(Err(told)), "preflight::tools_missing");
    let pool = arch.pool(&json!({ "accelerator": "cuda" }));
    let plan = world.plan(&pool);
    assert_eq!(plan.blocked(), None, "{plan}");
    assert!(plan.steps[0].commands[0].join(" ").ends_with("-- cmake ninja cuda"), "{plan:?}");
    // The stand-in compiles nothing: the way ends in CMake, behind everything that is tested here.
    let ended = code(world.try_ensure(&pool));
    assert!(!ended.starts_with("preflight::") && ended != "cuda::toolkit_missing", "{ended}");
    let plan = world.plan(&pool);
    assert_eq!(plan.steps[1].status, Status::Satisfied, "{plan}");
    assert!(plan.steps[1].detail.contains("CUDA 13.0") && plan.steps[1].detail.contains("root/opt/cuda"), "{plan}");
}

/// An nvcc that says what it is and compiles nothing.
const NVCC: &str = "#!/bin/sh\ncase $1 in\n--version) echo 'Cuda compilation tools, release 13.0, V13.0.48';;\n\
    --list-gpu-code) printf 'sm_80\\nsm_90\\n';;\n*) exit 1;;\nesac\n";

/// One GPU of compute capability 9.0 with a driver for CUDA 13, as `gpu-detect`'s own tests have it.
fn gpu(system: &ArchRoot, options: &str) {
    let folder = system.at("root/usr/lib64");
    std::fs::create_dir_all(&folder).unwrap();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../gpu-detect/tests/it/support/nvml_stub.c");
    let script = "gcc -shared -fPIC -DCUDA=13000 $3 -o \"$1/libnvidia-ml.so.1\" \"$2\" && touch \"$1/libcuda.so.1\"";
    testkit::shell(script, &[&folder, source.as_ref(), options.as_ref()]);
}

/// A GPU that CUDA 13 dropped: Arch's own package would be of no use. What would be is named, and nothing is installed.
#[test]
fn a_toolkit_of_the_aur_is_named_and_never_built() {
    let mut arch = Arch::new();
    gpu(&arch.system, "-DMAJOR=6 -DMINOR=1");
    arch.system.add(&Package::new("cuda", "13.0.0-1", &[("opt/cuda/bin/nvcc", "V13.0.48")]));
    arch.system.refresh();
    arch.world.settings.env = arch.world.settings.env.clone().without("CUDA_VISIBLE_DEVICES");
    let error = arch.world.try_ensure(&arch.pool(&json!({ "accelerator": "cuda" }))).unwrap_err();
    let help = miette::Diagnostic::help(&error).unwrap().to_string();
    assert!(help.contains("pacman -S --needed cmake ninja\n") && help.contains("12.9"), "{help}");
    write(&arch.system.at("root/etc/os-release"), "ID=debian\n");
    let debian = arch.world.try_ensure(&arch.world.pool(&json!({ "accelerator": "cuda" }))).unwrap_err();
    let debian = miette::Diagnostic::help(&debian).unwrap().to_string();
    assert!(
        debian.contains("`apt-get update && apt-get install cuda-toolkit-12-9`, from NVIDIA's repository"),
        "{debian}"
    );
    assert!(help.contains("the AUR has older releases, such as `cuda-12.5`"), "{help}");
    assert_eq!(code::<()>(Err(error)), "preflight::tools_missing");
    arch.no_calls();
}

/// F69: an odd version is read, and one that cannot be read is a warning.
#[test]
fn odd_versions() {
    let world = World::new();
    let says = |line: &str| {
        testkit::fake_tool(&world.path().join("tools"), "cmake", &format!("echo '{line}'"));
        world.plan(&world.pool(&json!({})))
    };
    assert!(says("cmake version 3.31.6-dirty").steps[0].detail.contains("cmake 3.31.6,"));
    let unknown = says("cmake from the nightly branch");
    assert_eq!(unknown.blocked(), None, "{unknown}");
    assert!(unknown.warnings.iter().any(|warning| warning.contains("no version in what")), "{unknown}");
}

/// EP-22: on any other distribution the permission changes the words and nothing else.
#[test]
fn other_distributions_get_instructions() {
    let arch = Arch::new();
    for (os_release, typed) in
        [("ID=debian\n", "apt-get install cmake ninja-build"), ("ID=search\nNAME=arch\n", "install CMake")]
    {
        write(&arch.system.at("root/etc/os-release"), os_release);
        let error = arch.world.try_ensure(&arch.pool(&json!({ "allow_sudo": true }))).unwrap_err();
        let help = miette::Diagnostic::help(&error).unwrap().to_string();
        assert!(help.contains(typed), "{help}");
        assert_eq!(code::<()>(Err(error)), "preflight::install_unsupported");
    }
    arch.no_calls();
}

/// EP-71, F74: an installation that failed ends the way there, with its own code, and what pacman said is kept.
#[test]
fn a_failed_installation_ends_the_way() {
    let arch = Arch::new();
    std::fs::remove_file(arch.system.at("repo/ninja-1.13.0-1-x86_64.pkg.tar.gz")).unwrap();
    assert_eq!(code(arch.world.try_ensure(&arch.pool(&json!({})))), "preflight::pacman_stale_database");
    let proof =
        std::fs::read_dir(arch.world.settings.run_dir.join("demo/proof")).unwrap().next().unwrap().unwrap().path();
    assert!(std::fs::read_to_string(proof.join("packages.log")).unwrap().contains("failed retrieving file"));
    assert!(!arch.world.settings.cache_dir.join("v1/git").exists(), "nothing was fetched");
}

/// F62: no secret of the caller reaches pacman, git, CMake or a compiler.
#[test]
fn tools_see_no_secret() {
    let arch = Arch::new();
    let seen = arch.system.at("seen");
    let dump = |name: &str| format!("env | sed 's/^/{name} /' >> '{}'\n", seen.display());
    let real = |name: &str| Env::current().find(name).unwrap();
    for name in ["git", "cc", "c++"] {
        let script = format!("{}exec {} \"$@\"", dump(name), real(name).display());
        testkit::fake_tool(&arch.world.path().join("tools"), name, &script);
    }
    let cmake = arch.system.at("cmake");
    write(&cmake, &format!("#!/bin/sh\n{}exec {} \"$@\"\n", dump("cmake"), real("cmake").display()));
    arch.system.retire("cmake-4.1.0-1");
    arch.system.add(&Package { copies: &[("usr/bin/cmake", &cmake)], ..Package::new("cmake", "4.1.1-1", &[]) });
    arch.system.refresh();
    let (conf, prefix) = (arch.system.at("pacman.conf"), if is_root() { "" } else { "unshare -r --" });
    arch.system.script(
        "pacman",
        &format!("{}exec {prefix} /usr/bin/pacman --config '{}' \"$@\"", dump("pacman"), conf.display()),
    );
    let mut world = arch.world;
    let secrets = [
        ("HF_TOKEN", "hf_s3cr3tvalue"),
        ("OPENAI_API_KEY", "sk-s3cr3tvalue"),
        ("AWS_SECRET_ACCESS_KEY", "s3cr3tvalue"),
    ];
    for (name, value) in secrets {
        world.settings.env = world.settings.env.clone().with(name, value);
    }
    let change = json!({ "allow_package_installs": true, "allow_sudo": !is_root(), "secret_env": ["HF_TOKEN"] });
    let ensured = world.ensure(&world.pool(&change));
    let text = std::fs::read_to_string(&seen).unwrap();
    for name in ["pacman", "git", "cmake", "cc", "c++"] {
        let own = |line: &&str| line.starts_with(&format!("{name} "));
        assert!(
            text.lines().any(|line| line == format!("{name} LC_ALL=C")),
            "{name} was not run, or in another locale"
        );
        let told = text.lines().filter(own).find(|line| line.contains("s3cr3t") || line.contains("HF_TOKEN"));
        assert_eq!(told, None, "{name}");
    }
    assert!(crate::support::environ(ensured.pid().unwrap()).contains("HF_TOKEN=hf_s3cr3tvalue"), "the engine gets it");
}
