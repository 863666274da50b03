//! An Arch-like system in a folder: the real pacman with a configuration, databases and a root of its own, and a
//! repository of small packages beside it. Its `pacman` on `PATH` logs each call and then is the real one.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::{CommandSpec, Env, run};
use tempfile::TempDir;

use crate::files;

/// The system; it goes when this does.
#[derive(Debug)]
pub struct ArchRoot {
    dir: TempDir,
}

/// A package to build.
#[derive(Clone, Copy, Debug)]
pub struct Package<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its version and release, such as `1.2-1`.
    pub version: &'a str,
    /// Programs it has, each with what it prints: `usr/bin/git`, `git version 2.50.0`.
    pub programs: &'a [(&'a str, &'a str)],
    /// Files that it takes from this machine.
    pub copies: &'a [(&'a str, &'a Path)],
    /// What it says of other packages: `depend`, `conflict`.
    pub facts: &'a [(&'a str, &'a str)],
    /// How many seconds its installation sleeps.
    pub sleeps: u32,
}

impl Package<'_> {
    /// A package without dependencies.
    pub const fn new<'a>(name: &'a str, version: &'a str, programs: &'a [(&'a str, &'a str)]) -> Package<'a> {
        Package { name, version, programs, copies: &[], facts: &[], sleeps: 0 }
    }
}

impl ArchRoot {
    /// A system without packages or programs, whose repository holds git, CMake, Ninja and the compilers.
    #[expect(clippy::new_without_default, reason = "it builds packages")]
    pub fn new() -> Self {
        need(Path::new("/usr/bin/pacman"), "pacman-package-manager");
        let scratch = Self { dir: tempfile::tempdir().expect("a set-up works") };
        for folder in
            ["bin", "repo", "entries", "build", "root/etc", "root/usr/bin", "db/sync", "cache", "hooks", "gpg"]
        {
            fs::create_dir_all(scratch.at(folder)).expect("a set-up works");
        }
        write(&scratch.at("root/etc/os-release"), "NAME=\"Arch Linux\"\nID=arch\nBUILD_ID=rolling\n");
        scratch.configure("SigLevel = Never", &scratch.repository());
        scratch.wrap(if is_root() { "" } else { "unshare -r --" });
        scratch.add(&Package::new("git", "2.50.0-1", &[("usr/bin/git", "git version 2.50.0")]));
        scratch.add(&Package::new("cmake", "4.0.3-1", &[("usr/bin/cmake", "cmake version 4.0.3")]));
        scratch.add(&Package::new("ninja", "1.12.1-1", &[("usr/bin/ninja", "1.12.1")]));
        let compilers = [("usr/bin/cc", "cc (GCC) 15.1.1 20250425"), ("usr/bin/c++", "c++ (GCC) 15.1.1 20250425")];
        scratch.add(&Package::new("gcc", "15.1.1-1", &compilers));
        scratch.refresh();
        scratch
    }

    /// Writes pacman's configuration.
    pub fn configure(&self, options: &str, server: &str) {
        let w = self.dir.path().display();
        let text = format!(
            "[options]\nRootDir = {w}/root\nDBPath = {w}/db\nCacheDir = {w}/cache\nLogFile = {w}/pacman.log\nGPGDir = \
             {w}/gpg\nHookDir = {w}/hooks\nArchitecture = x86_64\n{options}\n[extra]\nServer = {server}\n"
        );
        write(&self.at("pacman.conf"), &text);
    }

    /// The address of its repository.
    pub fn repository(&self) -> String {
        format!("file://{}", self.at("repo").display())
    }

    /// Makes the `pacman` of this system: it runs the real one with this prefix.
    pub fn wrap(&self, prefix: &str) {
        let w = self.dir.path().display();
        let real = "/usr/bin/pacman";
        self.script("pacman", &format!("exec {prefix} {real} --config '{w}/pacman.conf' \"$@\""));
    }

    /// A program on `PATH` that logs its calls and its process.
    pub fn script(&self, name: &str, body: &str) {
        let w = self.dir.path().display();
        let text = format!("#!/bin/sh\necho \"{name} $*\" >>'{w}/log'\necho $$ >'{w}/pid'\n{body}\n");
        let path = self.at("bin").join(name);
        // A child writes it: a file that this process has open for writing could not be executed by another thread.
        shell(
            "printf %s \"$2\" >\"$1.new\" && chmod 755 \"$1.new\" && mv \"$1.new\" \"$1\"",
            &[&path, Path::new(&text)],
        );
    }

    /// Builds a package into the repository.
    pub fn add(&self, package: &Package<'_>) {
        let Package { name, version, programs, copies, facts, sleeps } = package;
        let build = self.at("build").join(name);
        fs::create_dir_all(&build).expect("a set-up works");
        let own: String = facts.iter().flat_map(|(key, value)| [*key, " = ", *value, "\n"]).collect();
        let info = format!(
            "pkgname = {name}\npkgbase = {name}\npkgver = {version}\npkgdesc = x\nurl = x\nbuilddate = 1\npackager = \
             x\nsize = 100\narch = x86_64\nlicense = x\n{own}"
        );
        write(&build.join(".PKGINFO"), &info);
        if *sleeps > 0 {
            write(&build.join(".INSTALL"), &format!("post_install() {{\n  sleep {sleeps}\n}}\n"));
            self.with_shell();
        }
        for (path, line) in *programs {
            fs::create_dir_all(build.join(path).parent().expect("a set-up works")).expect("a set-up works");
            write(&build.join(path), &format!("#!/bin/sh\necho '{line}'\n"));
        }
        for (path, from) in *copies {
            fs::create_dir_all(build.join(path).parent().expect("a set-up works")).expect("a set-up works");
            fs::copy(from, build.join(path)).expect("a set-up works");
        }
        let file = format!("{name}-{version}-x86_64.pkg.tar.gz");
        let target = self.at("repo").join(&file);
        shell(
            "cd \"$1\" && find . -type f -path './*/*' -exec chmod 755 {} + && tar -czf \"$2\" $(ls -A)",
            &[&build, &target],
        );
        let entry = self.at("entries").join(format!("{name}-{version}"));
        fs::create_dir_all(&entry).expect("a set-up works");
        let size = fs::metadata(&target).expect("a set-up works").len();
        let facts: String = facts.iter().flat_map(|(key, value)| ["%", *key, "S%\n", *value, "\n\n"]).collect();
        let sum = shell("sha256sum <\"$1\" | cut -d' ' -f1", &[&target]);
        let desc = format!(
            "%FILENAME%\n{file}\n\n%NAME%\n{name}\n\n%VERSION%\n{version}\n\n%CSIZE%\n{size}\n\n%ISIZE%\n100\n\n%SHA256SUM%\n{}\n\n%ARCH%\nx86_64\n\n{}",
            sum.trim(),
            facts.replace("depend", "DEPEND").replace("conflict", "CONFLICT")
        );
        write(&entry.join("desc"), &desc);
    }

    /// Takes a version of a package from the repository's list.
    pub fn retire(&self, entry: &str) {
        fs::remove_dir_all(self.at("entries").join(entry)).expect("a set-up works");
    }

    /// Does what `-Sy` does.
    pub fn refresh(&self) {
        shell("cd \"$1\" && tar -czf \"$2\" *", &[&self.at("entries"), &self.at("db/sync/extra.db")]);
    }

    /// Puts a shell and `sleep` into the root, where pacman runs the scripts of packages.
    fn with_shell(&self) {
        let script = "cd \"$1\" && for f in /bin/sh /bin/sleep; do for l in $f $(ldd $f | grep -o '/[^ ]*'); do mkdir -p \
                      .${l%/*} && cp -nL $l .$l; done; done";
        shell(script, &[&self.at("root")]);
        let _ = symlink("../../bin/sleep", self.at("root/usr/bin/sleep"));
    }

    /// An environment in which this system's programs are found, and no others.
    pub fn env(&self) -> Env {
        let path = std::env::join_paths([self.at("root/usr/bin"), self.at("bin")]).expect("a set-up works");
        Env::from_pairs([("PATH", path)])
    }

    /// The calls of the logging programs.
    pub fn calls(&self) -> Vec<String> {
        fs::read_to_string(self.at("log")).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// A path in its folder.
    pub fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }
}

/// Writes a file, in the folders that it needs.
pub fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a set-up works");
    files::write(path.into(), text.as_bytes());
}

/// Whether this process is root.
pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// Runs a line of shell with these arguments, and returns what it printed.
pub fn shell(script: &str, args: &[&Path]) -> String {
    let spec = CommandSpec::new("/bin/sh", Duration::from_mins(2))
        .args(["-c", script, "sh"])
        .args(args)
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    run(&spec).expect("a set-up works").require_success(&spec).expect("a set-up works").stdout_text().into_owned()
}

/// A program of this machine that cannot be replaced: installed where we may, otherwise named. Tests run side by side, so
/// one installs and the others wait.
pub fn need(program: &Path, debian_package: &str) {
    if program.exists() {
        return;
    }
    let line = format!("apt-get -o DPkg::Lock::Timeout=60 install -y --no-install-recommends {debian_package}");
    let apt = Env::from_pairs([("PATH", "/usr/bin")]).find("apt-get").filter(|_| is_root());
    let program = program.display();
    assert!(apt.is_some(), "these tests run the real {program}: install it (Debian, Ubuntu, as root: {line})");
    let lock = File::create(std::env::temp_dir().join("testkit-apt.lock")).expect("a set-up works");
    lock.lock().expect("a set-up works");
    if !Path::new(&program.to_string()).exists() {
        let quiet = "export DEBIAN_FRONTEND=noninteractive";
        shell(&format!("{quiet}; {line} || {{ apt-get update && {line}; }}"), &[]);
    }
}
