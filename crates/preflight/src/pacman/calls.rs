//! The command lines that pacman is run with; there are no others.

use std::path::Path;
use std::time::Duration;

use exec::{CommandSpec, Env};

/// The longest a question may take.
const QUESTION: Duration = Duration::from_secs(30);
/// Hooks and scripts look for the system's programs, whatever the caller's own `PATH` is.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What of the caller's environment reaches a download.
const PROXIES: [&str; 8] =
    ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "all_proxy", "https_proxy", "http_proxy", "no_proxy"];

/// Which of these packages are not installed.
pub(crate) fn absent(pacman: &Path, packages: &[String]) -> CommandSpec {
    call(pacman, None, QUESTION).args(["-T", "--"]).args(packages)
}

/// Which installed packages are older than those in the databases.
pub(crate) fn upgradable(pacman: &Path) -> CommandSpec {
    call(pacman, None, QUESTION).args(["-Qu", "--color", "never"])
}

/// The version of an installed package.
pub(crate) fn installed(pacman: &Path, name: &str) -> CommandSpec {
    call(pacman, None, QUESTION).args(["-Q", "--color", "never", "--", name])
}

/// The paths of an installed package, one a line.
pub(crate) fn files(pacman: &Path, name: &str) -> CommandSpec {
    call(pacman, None, QUESTION).args(["-Qlq", "--color", "never", "--", name])
}

/// What the databases know of a package. `target` is its name, or its repository and name.
pub(crate) fn offered(pacman: &Path, target: &str) -> CommandSpec {
    call(pacman, None, QUESTION).args(["-Si", "--color", "never", "--", target])
}

/// Installs packages. `sudo` is asked not to ask; whether it passes proxies on is for its own configuration.
pub(crate) fn install(
    pacman: &Path,
    sudo: Option<&Path>,
    packages: &[String],
    deadline: Duration,
    env: &Env,
) -> CommandSpec {
    let options = ["-S", "--needed", "--noconfirm", "--noprogressbar", "--color", "never", "--"];
    call(pacman, sudo, deadline).inherit(env, &PROXIES).args(options).args(packages)
}

fn call(pacman: &Path, sudo: Option<&Path>, deadline: Duration) -> CommandSpec {
    let spec = match sudo {
        Some(sudo) => CommandSpec::new(sudo, deadline).args(["-n", "--"]).arg(pacman),
        None => CommandSpec::new(pacman, deadline),
    };
    spec.env("PATH", PATH)
}

#[cfg(test)]
mod tests {
    use exec::Redactor;

    use super::*;

    #[track_caller]
    fn check(spec: &CommandSpec, expected: &str) {
        assert_eq!(spec.argv(&Redactor::new()).join(" "), expected);
        assert!(spec.env.get(std::ffi::OsStr::new("LC_ALL")).is_some_and(|locale| locale == "C"));
    }

    /// EP-50: never `-Sy`, `-Syu`, `--overwrite` or a prompt.
    #[test]
    fn all_command_lines() {
        let (pacman, git) = (Path::new("/usr/bin/pacman"), &["git".to_owned(), "gcc".to_owned()]);
        let hour = Duration::from_hours(1);
        check(&absent(pacman, git), "/usr/bin/pacman -T -- git gcc");
        check(&upgradable(pacman), "/usr/bin/pacman -Qu --color never");
        check(&installed(pacman, "x"), "/usr/bin/pacman -Q --color never -- x");
        check(&files(pacman, "x"), "/usr/bin/pacman -Qlq --color never -- x");
        check(&offered(pacman, "extra/x"), "/usr/bin/pacman -Si --color never -- extra/x");
        let options = "-S --needed --noconfirm --noprogressbar --color never -- git gcc";
        let env =
            Env::from_pairs([("https_proxy", "http://p:1"), ("HF_TOKEN", "x"), ("LC_ALL", "de_DE"), ("PATH", "/x")]);
        check(&install(pacman, None, git, hour, &env), &format!("/usr/bin/pacman {options}"));
        let sudo = Some(Path::new("/usr/bin/sudo"));
        let spec = install(pacman, sudo, git, hour, &env);
        check(&spec, &format!("/usr/bin/sudo -n -- /usr/bin/pacman {options}"));
        let has = |name: &str| spec.env.get(std::ffi::OsStr::new(name)).and_then(|value| value.to_str());
        assert_eq!((has("https_proxy"), has("HF_TOKEN"), has("PATH")), (Some("http://p:1"), None, Some(PATH)), "F62");
    }
}
