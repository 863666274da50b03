//! What podman and docker report of themselves and of the host (`info`).

use std::path::PathBuf;

use exec::Exit;
use serde::Deserialize;

use crate::{ContainerError, Kind, Program};

/// What decides how containers run on this host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Info {
    /// Whether containers run in a user namespace of an ordinary user.
    pub rootless: bool,
    /// The driver of the store: `overlay`, `vfs`, `btrfs`, …
    pub graph_driver: String,
    /// The configured driver, where podman ignores it because the store has another one.
    pub overridden_driver: Option<String>,
    /// The folder of images and containers.
    pub graph_root: PathBuf,
    /// The folder of what is forgotten at a reboot; podman's alone.
    pub run_root: Option<PathBuf>,
    /// Where layers are staged while they are pulled; podman's alone.
    pub staging: Option<PathBuf>,
    /// The version of control groups: 1 or 2.
    pub cgroup_version: u8,
    /// The controllers that containers can be given.
    pub controllers: Vec<String>,
    /// The program that starts the processes: `crun`, `runc`, …
    pub oci_runtime: String,
    /// Whether SELinux is enforced for containers.
    pub selinux: bool,
    /// The helper that connects a rootless network: its path, where podman found one.
    pub network_helper: Option<PathBuf>,
    /// The machine, such as `amd64`.
    pub architecture: String,
}

#[derive(Deserialize)]
struct PodmanInfo {
    host: PodmanHost,
    store: PodmanStore,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodmanHost {
    #[serde(default)]
    arch: String,
    #[serde(default)]
    cgroup_version: String,
    #[serde(default)]
    cgroup_controllers: Option<Vec<String>>,
    #[serde(default)]
    oci_runtime: PodmanRuntime,
    #[serde(default)]
    security: PodmanSecurity,
    #[serde(default)]
    slirp4netns: PodmanHelper,
    #[serde(default)]
    pasta: PodmanHelper,
}

#[derive(Default, Deserialize)]
struct PodmanRuntime {
    #[serde(default)]
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodmanSecurity {
    #[serde(default)]
    rootless: bool,
    #[serde(default)]
    selinux_enabled: bool,
}

#[derive(Default, Deserialize)]
struct PodmanHelper {
    #[serde(default)]
    executable: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodmanStore {
    graph_driver_name: String,
    graph_root: PathBuf,
    #[serde(default)]
    run_root: PathBuf,
    #[serde(default)]
    image_copy_tmp_dir: PathBuf,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerInfo {
    #[serde(default)]
    driver: String,
    #[serde(default)]
    docker_root_dir: PathBuf,
    #[serde(default)]
    cgroup_version: String,
    #[serde(default)]
    memory_limit: bool,
    #[serde(default)]
    pids_limit: bool,
    #[serde(default)]
    default_runtime: String,
    #[serde(default)]
    security_options: Option<Vec<String>>,
    #[serde(default)]
    architecture: String,
}

/// Asks the program for what it knows of itself and the host.
///
/// # Errors
///
/// [`ContainerError::NoDaemon`], [`ContainerError::Failed`] with what was printed, or [`ContainerError::Unreadable`].
pub fn info(program: &Program) -> Result<Info, ContainerError> {
    let format = match program.kind() {
        Kind::Podman => "json",
        Kind::Docker => "{{json .}}",
    };
    let command = program.command(["info", "--format", format], std::time::Duration::from_mins(1));
    let output = exec::run(&command)?;
    // docker prints an empty document and exits with 0 where its daemon is not there; only standard error shows it.
    let no_daemon =
        program.kind() == Kind::Docker && String::from_utf8_lossy(&output.stderr).contains("Cannot connect");
    if output.exit != Exit::Code(0) || no_daemon {
        return Err(program.failure(program.kind().name(), &command, &output));
    }
    let info = parse(program.kind(), &output.stdout)?;
    Ok(Info { overridden_driver: overridden_driver(&String::from_utf8_lossy(&output.stderr)), ..info })
}

/// `User-selected graph driver "vfs" overwritten by graph driver "overlay" from database`, its quotes escaped in a log line.
fn overridden_driver(stderr: &str) -> Option<String> {
    let (_, rest) = stderr.split_once("User-selected graph driver ")?;
    let (configured, _) = rest.split_once(" overwritten by graph driver")?;
    Some(configured.trim_matches(['\\', '"']).to_owned())
}

pub(super) fn parse(kind: Kind, printed: &[u8]) -> Result<Info, ContainerError> {
    let unreadable = |error: serde_json::Error| ContainerError::Unreadable { what: "info", why: error.to_string() };
    match kind {
        Kind::Podman => Ok(podman(serde_json::from_slice(printed).map_err(unreadable)?)),
        Kind::Docker => Ok(docker(serde_json::from_slice(printed).map_err(unreadable)?)),
    }
}

fn podman(PodmanInfo { host, store }: PodmanInfo) -> Info {
    let path = |path: PathBuf| (!path.as_os_str().is_empty()).then_some(path);
    let helpers = [host.pasta.executable, host.slirp4netns.executable];
    Info {
        rootless: host.security.rootless,
        graph_driver: store.graph_driver_name,
        overridden_driver: None,
        graph_root: store.graph_root,
        run_root: path(store.run_root),
        staging: path(store.image_copy_tmp_dir),
        cgroup_version: version(&host.cgroup_version),
        controllers: host.cgroup_controllers.unwrap_or_default(),
        oci_runtime: host.oci_runtime.name,
        selinux: host.security.selinux_enabled,
        network_helper: helpers.into_iter().find(|helper| !helper.is_empty()).map(PathBuf::from),
        architecture: host.arch,
    }
}

fn docker(info: DockerInfo) -> Info {
    let options = info.security_options.unwrap_or_default();
    let has = |name: &str| options.iter().any(|option| option.split(',').any(|word| word == format!("name={name}")));
    let controllers = [("memory", info.memory_limit), ("pids", info.pids_limit)];
    Info {
        rootless: has("rootless"),
        graph_driver: info.driver,
        overridden_driver: None,
        graph_root: info.docker_root_dir,
        run_root: None,
        staging: None,
        cgroup_version: version(&info.cgroup_version),
        controllers: controllers.into_iter().filter(|(_, has)| *has).map(|(name, _)| name.to_owned()).collect(),
        oci_runtime: info.default_runtime,
        selinux: has("selinux"),
        network_helper: None,
        architecture: match info.architecture.as_str() {
            "x86_64" => "amd64".to_owned(),
            "aarch64" => "arm64".to_owned(),
            other => other.to_owned(),
        },
    }
}

/// `v1`, `v2`, `1` or `2`.
fn version(text: &str) -> u8 {
    if text.ends_with('2') { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shortened from podman 4.3.1 on Debian 12, as an ordinary user.
    const ROOTLESS: &str = r#"{"host":{"arch":"amd64","cgroupVersion":"v1","cgroupControllers":[],"cgroupManager":"cgroupfs",
        "ociRuntime":{"name":"runc"},"security":{"rootless":true,"selinuxEnabled":false},
        "slirp4netns":{"executable":"/usr/bin/slirp4netns"}},
        "store":{"graphDriverName":"vfs","graphRoot":"/home/u/.local/share/containers/storage",
        "runRoot":"/run/user/1001/containers","imageCopyTmpDir":"/var/tmp"}}"#;

    #[test]
    fn podman_is_read() {
        let info = parse(Kind::Podman, ROOTLESS.as_bytes()).unwrap();
        assert!(info.rootless && !info.selinux && info.controllers.is_empty());
        assert_eq!((info.cgroup_version, info.graph_driver.as_str(), info.oci_runtime.as_str()), (1, "vfs", "runc"));
        assert_eq!(info.network_helper, Some("/usr/bin/slirp4netns".into()));
        assert_eq!(info.staging, Some("/var/tmp".into()));
        assert!(parse(Kind::Podman, b"{}").is_err());
    }

    #[test]
    fn a_driver_that_is_ignored_is_found() {
        let log = r#"time="x" level=error msg="User-selected graph driver \"vfs\" overwritten by graph driver \"overlay\" from database - delete libpod local files to resolve.""#;
        assert_eq!(overridden_driver(log).as_deref(), Some("vfs"));
        let terminal =
            r#"ERRO[0000] User-selected graph driver "overlay" overwritten by graph driver "vfs" from database"#;
        assert_eq!(overridden_driver(terminal).as_deref(), Some("overlay"));
        assert_eq!(overridden_driver("level=warning"), None);
    }

    #[test]
    fn docker_is_read() {
        let text = r#"{"Driver":"overlay2","DockerRootDir":"/var/lib/docker","CgroupVersion":"2","MemoryLimit":true,
            "PidsLimit":true,"DefaultRuntime":"runc","SecurityOptions":["name=seccomp,profile=builtin","name=rootless"],
            "Architecture":"x86_64"}"#;
        let info = parse(Kind::Docker, text.as_bytes()).unwrap();
        assert!(info.rootless && !info.selinux);
        assert_eq!(info.controllers, ["memory", "pids"]);
        assert_eq!((info.cgroup_version, info.architecture.as_str()), (2, "amd64"));
    }
}
