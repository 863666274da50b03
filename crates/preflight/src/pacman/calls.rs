//! The command lines that pacman is run with; there are no others.

use std::path::Path;
use std::time::Duration;

use exec::CommandSpec;

/// The longest a question may take.
const QUESTION: Duration = Duration::from_secs(30);
/// Hooks and scripts look for the system's programs, whatever the caller's own `PATH` is.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Which of these packages are not installed.
pub(crate) fn absent(pacman: &Path, packages: &[String]) -> CommandSpec {
    call(pacman, None, QUESTION).args(["-T", "--"]).args(packages)
}

/// Which installed packages are older than those in the databases.
pub(crate) fn upgradable(pacman: &Path) -> CommandSpec {
    call(pacman, None, QUESTION).args(["-Qu", "--color", "never"])
}

/// Installs packages. `sudo` is asked not to ask.
pub(crate) fn install(pacman: &Path, sudo: Option<&Path>, packages: &[String], deadline: Duration) -> CommandSpec {
    let options = ["-S", "--needed", "--noconfirm", "--noprogressbar", "--color", "never", "--"];
    call(pacman, sudo, deadline).args(options).args(packages)
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
        let options = "-S --needed --noconfirm --noprogressbar --color never -- git gcc";
        check(&install(pacman, None, git, hour), &format!("/usr/bin/pacman {options}"));
        let sudo = Some(Path::new("/usr/bin/sudo"));
        check(&install(pacman, sudo, git, hour), &format!("/usr/bin/sudo -n -- /usr/bin/pacman {options}"));
    }
}
