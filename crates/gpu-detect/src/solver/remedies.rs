//! The remedies of the solver, with the names of packages in each family.
//!
//! NVIDIA's repositories carry `cuda-toolkit-12-9` and its parts for Debian, Ubuntu, Fedora, RHEL and openSUSE
//! (<https://docs.nvidia.com/cuda/cuda-installation-guide-linux/>); nixpkgs has a set for each release
//! (`cudaPackages_12_9`); conda-forge names parts alike and takes the release from `cuda-version`.

use super::forward::Forward;
use super::remedy::Remedy;
use crate::family::Family;
use crate::toolkit::releases::{Releases, dotted};

/// A toolkit that fits, beside the others.
pub(crate) fn toolkit(fits: Releases) -> Remedy {
    if fits.is_empty() {
        return Remedy::words(
            "no CUDA release fits GPUs, driver and C library at once: change one of them, for example by building in a \
             container with an older system",
        );
    }
    let range = match fits.last {
        Some(last) if last == fits.first => format!("CUDA {}", dotted(last)),
        Some(last) => format!("CUDA {} to {}", dotted(fits.first), dotted(last)),
        None => format!("CUDA {} or newer", dotted(fits.first)),
    };
    install(format!("install {range} and point `CUDA_HOME` at it"), fits.last)
}

/// A whole toolkit: of one release, or the newest there is.
fn install(change: String, release: Option<(u32, u32)>) -> Remedy {
    let dashed = release.map(|(major, minor)| format!("-{major}-{minor}")).unwrap_or_default();
    let package = || vec![format!("cuda-toolkit{dashed}")];
    let remedy = Remedy::words(change).by_installing([
        // Arch carries the newest release only.
        (Family::Arch, if release.is_none() { vec!["cuda".into()] } else { Vec::new() }),
        (Family::Debian, package()),
        (Family::Fedora, package()),
        (Family::Suse, package()),
        (Family::Nixos, vec![format!("{}.cudatoolkit", nix_set(release))]),
        (Family::Conda, [vec!["cuda-toolkit".to_owned()], conda_version(release)].concat()),
    ]);
    if release.is_none() { remedy.or_software("nvcc") } else { remedy }
}

fn nix_set(release: Option<(u32, u32)>) -> String {
    release.map_or_else(|| "cudaPackages".into(), |(major, minor)| format!("cudaPackages_{major}_{minor}"))
}

fn conda_version(release: Option<(u32, u32)>) -> Vec<String> {
    release.map(|release| format!("cuda-version={}", dotted(release))).into_iter().collect()
}

/// A newer driver, a newer library on top of it where that works, or an older toolkit.
pub(crate) fn driver_or_toolkit(needed: Option<&str>, fits: Releases, forward: &Forward) -> Remedy {
    let driver = needed
        .map_or_else(|| "update the NVIDIA driver".into(), |v| format!("update the NVIDIA driver to {v} or newer"));
    let way = match forward {
        Forward::Missing { release: (major, minor), folder } => format!(
            ", or keep it and install NVIDIA's package `cuda-compat-{major}-{minor}`, which brings `{}`",
            folder.join("libcuda.so.1").display()
        ),
        Forward::Installed(_) | Forward::NotFor(_) | Forward::Unknown => String::new(),
    };
    let not = match forward {
        Forward::NotFor(gpu) => format!(" (`cuda-compat` is for data-centre GPUs alone, and {gpu} is none)"),
        Forward::Installed(_) | Forward::Missing { .. } | Forward::Unknown => String::new(),
    };
    if fits.is_empty() {
        return Remedy::words(format!("{driver}{way}{not}"));
    }
    let other = toolkit(fits);
    Remedy { change: format!("{driver}{way}, or {}{not}", other.change), ..other }
}

/// The parts that a toolkit lacks, of its own release.
pub(crate) fn parts(missing: &[String], version: Option<(u32, u32)>) -> Remedy {
    let Some(release) = version else {
        return install(
            "install a whole CUDA toolkit, and point `CUDA_HOME` at the folder that holds `bin/nvcc`".into(),
            None,
        );
    };
    // The part, its name for Debian, for RPM systems, in nixpkgs and in conda-forge.
    let known = [
        ("`nvcc`", ["cuda-nvcc", "cuda-nvcc", "cuda_nvcc", "cuda-nvcc"]),
        ("cuda_runtime.h", ["cuda-cudart-dev", "cuda-cudart-devel", "cuda_cudart", "cuda-cudart-dev"]),
        ("libcudart", ["cuda-cudart-dev", "cuda-cudart-devel", "cuda_cudart", "cuda-cudart-dev"]),
        ("libcublas", ["libcublas-dev", "libcublas-devel", "libcublas", "libcublas-dev"]),
        ("libcuda ", ["cuda-driver-dev", "cuda-driver-devel", "cuda_cudart", "cuda-driver-dev"]),
    ];
    let packages = |column: usize, decorate: &dyn Fn(&str) -> String| {
        let mut names: Vec<String> = Vec::new();
        for (part, columns) in &known {
            let name = columns.get(column).map(|name| decorate(name)).unwrap_or_default();
            if missing.iter().any(|missing| missing.starts_with(part)) && !names.contains(&name) {
                names.push(name);
            }
        }
        names
    };
    let dashed = |name: &str| format!("{name}-{}-{}", release.0, release.1);
    let nix = |name: &str| format!("{}.{name}", nix_set(version));
    let conda = packages(3, &str::to_owned);
    let conda = if conda.is_empty() { conda } else { [conda, conda_version(version)].concat() };
    let change = format!("install its missing parts, all of CUDA {}", dotted(release));
    let mut remedy = Remedy::words(change).by_installing([
        (Family::Debian, packages(0, &dashed)),
        (Family::Fedora, packages(1, &dashed)),
        (Family::Suse, packages(1, &dashed)),
        (Family::Nixos, packages(2, &nix)),
        (Family::Conda, conda),
    ]);
    // Arch's package is whole: it is installed a second time, which `--needed` would not do.
    remedy.commands.insert(Family::Arch, "pacman -S cuda".into());
    remedy
}

/// Compiler and headers of one release.
pub(crate) fn one_release(release: (u32, u32)) -> Remedy {
    install("take compiler and headers from one release".into(), Some(release))
}

pub(crate) fn reinstall() -> Remedy {
    Remedy::words("run its `nvcc --list-gpu-code` yourself; if that fails too, reinstall the toolkit")
}

pub(crate) fn overruled(by: &str, root: &str) -> Remedy {
    Remedy::words(format!("unset or correct {by}, for example to `{root}`"))
}

/// A g++ that nvcc accepts, beside the others.
pub(crate) fn host_compiler(gcc: Option<u32>) -> Remedy {
    let one = |name: String| vec![name];
    let Some(major) = gcc else {
        return Remedy::words("install g++")
            .by_installing([
                (Family::Arch, one("gcc".into())),
                (Family::Debian, one("g++".into())),
                (Family::Fedora, one("gcc-c++".into())),
                (Family::Suse, one("gcc-c++".into())),
                (Family::Nixos, one("gcc".into())),
                (Family::Conda, one("gxx".into())),
            ])
            .or_software("cxx");
    };
    let change = format!("install g++ {major} beside the others; as `g++-{major}` on `PATH` it is found");
    Remedy::words(change).by_installing([
        (Family::Arch, one(format!("gcc{major}"))),
        (Family::Debian, one(format!("g++-{major}"))),
        (Family::Fedora, one(format!("gcc{major}-c++"))),
        (Family::Suse, one(format!("gcc{major}-c++"))),
        (Family::Nixos, one(format!("gcc{major}"))),
        (Family::Conda, one(format!("gxx={major}"))),
    ])
}
