//! Reads a host's facts. Nothing is written; podman and docker are asked for `info` alone.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use exec::Env;

use super::{Cgroups, Helper, HostFacts, IdRanges, Namespaces, RuntimeDir, UserFacts, info};
use crate::{ContainerError, Kind, Program};

/// The facts of this host for containers of `kind` by the caller's user, with the environment `env`. That the program is
/// missing, or fails, is a fact, too.
pub fn host_facts(kind: Kind, env: &Env) -> HostFacts {
    let (program, broken) = match Program::locate(kind, env) {
        Ok(program) => (Some(program), None),
        Err(ContainerError::NotInstalled { .. }) => (None, None),
        // A settings file that podman cannot read fails even `--version`.
        Err(error) => (None, Some(Err(error.to_string()))),
    };
    let uid = rustix::process::geteuid().as_raw();
    let user = user(uid, env);
    let namespaces = (uid != 0).then(|| namespaces(&user, env));
    let info = program.as_ref().map(|program| info(program).map_err(|error| error.to_string())).or(broken);
    HostFacts {
        program: program.as_ref().map_or(kind, Program::kind),
        version: program.as_ref().map(Program::version),
        info,
        namespaces,
        cgroups: cgroups(uid),
        user,
        has_tun: fs::File::options().read(true).write(true).open("/dev/net/tun").is_ok(),
        first_port: number(&text("/proc/sys/net/ipv4/ip_unprivileged_port_start"))
            .and_then(|n| n.try_into().ok())
            .unwrap_or(1024),
    }
}

fn user(uid: u32, env: &Env) -> UserFacts {
    let passwd = text("/etc/passwd");
    let is_user = |fields: &Vec<&str>| fields.get(2).and_then(|field| field.parse().ok()) == Some(uid);
    let entry = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(is_user);
    let field = |at: usize| entry.as_ref().and_then(|fields| fields.get(at)).map(|field| (*field).to_owned());
    let home = env.get("HOME").map(PathBuf::from).or_else(|| field(5).map(PathBuf::from));
    UserFacts {
        name: field(0).or_else(|| env.get_str("USER").map(str::to_owned)).unwrap_or_else(|| uid.to_string()),
        uid,
        home_is_writable: home.as_deref().is_some_and(durable::is_writable),
        home,
        runtime_dir: runtime_dir(uid, env.get("XDG_RUNTIME_DIR").map(Path::new)),
    }
}

fn runtime_dir(uid: u32, path: Option<&Path>) -> RuntimeDir {
    let Some(path) = path else { return RuntimeDir::Unset };
    let why = match fs::metadata(path) {
        Err(_) => "does not exist",
        Ok(found) if !found.is_dir() => "is not a folder",
        Ok(found) if found.uid() != uid => "belongs to another user",
        Ok(_) if !durable::is_writable(path) => "cannot be written to",
        Ok(_) => return RuntimeDir::Usable(path.to_owned()),
    };
    RuntimeDir::Unusable { path: path.to_owned(), why }
}

fn namespaces(user: &UserFacts, env: &Env) -> Namespaces {
    let nsswitch = text("/etc/nsswitch.conf");
    let ranges = |file: &str| IdRanges::parse(&text(file), &user.name, user.uid, &nsswitch);
    Namespaces {
        subuid: ranges("/etc/subuid"),
        subgid: ranges("/etc/subgid"),
        newuidmap: helper(env.find("newuidmap")),
        newgidmap: helper(env.find("newgidmap")),
        max_user_namespaces: number(&text("/proc/sys/user/max_user_namespaces")),
        unprivileged_userns_clone: number(&text("/proc/sys/kernel/unprivileged_userns_clone")).map(|n| n != 0),
        apparmor_restricts: number(&text("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")) == Some(1),
    }
}

/// setuid, or the attribute with file capabilities: <https://man7.org/linux/man-pages/man7/capabilities.7.html>.
fn helper(path: Option<PathBuf>) -> Helper {
    let Some(path) = path else { return Helper::Missing };
    let setuid = fs::metadata(&path).is_ok_and(|found| found.permissions().mode() & 0o4000 != 0 && found.uid() == 0);
    let mut value = [0; 64];
    let capable = rustix::fs::getxattr(&path, "security.capability", &mut value).is_ok_and(|bytes| bytes > 0);
    if setuid || capable { Helper::Privileged } else { Helper::Plain(path) }
}

/// The controllers of the user's own slice of systemd: <https://systemd.io/CGROUP_DELEGATION/>.
fn cgroups(uid: u32) -> Cgroups {
    let root = Path::new("/sys/fs/cgroup");
    let unified = root.join("cgroup.controllers").exists();
    let slice = format!("user.slice/user-{uid}.slice/user@{uid}.service/cgroup.controllers");
    let delegated: BTreeSet<String> =
        fs::read_to_string(root.join(slice)).unwrap_or_default().split_whitespace().map(str::to_owned).collect();
    Cgroups { unified, delegated }
}

/// A small file; empty where it cannot be read.
fn text(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_dir_is_the_users_own() {
        let dir = tempfile::tempdir().unwrap();
        let me = rustix::process::geteuid().as_raw();
        assert_eq!(runtime_dir(me, None), RuntimeDir::Unset);
        assert_eq!(runtime_dir(me, Some(dir.path())), RuntimeDir::Usable(dir.path().to_owned()));
        let why = |uid, path: &Path| match runtime_dir(uid, Some(path)) {
            RuntimeDir::Unusable { why, .. } => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(why(me + 1, dir.path()), "belongs to another user");
        assert_eq!(why(me, &dir.path().join("x")), "does not exist");
        assert_eq!(why(me, Path::new("/dev/null")), "is not a folder");
    }

    #[test]
    fn a_helper_without_privilege_is_told_from_one_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("newuidmap");
        fs::File::create(&path).unwrap();
        assert_eq!(helper(Some(path.clone())), Helper::Plain(path.clone()));
        assert_eq!(helper(None), Helper::Missing);
        if testkit::is_root() {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o4755)).unwrap();
            assert_eq!(helper(Some(path)), Helper::Privileged);
        }
    }
}
