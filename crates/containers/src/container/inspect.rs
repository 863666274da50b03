//! Reads what `container inspect` prints.
//!
//! The rule: the fields that podman and docker have in common are read alike; what only one prints is optional.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::time::unix_seconds;
use super::{Container, Ended, State};
use crate::{ContainerError, Digest};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    id: String,
    name: String,
    state: StateDocument,
    config: Config,
    #[serde(default)]
    image_digest: String,
    #[serde(default)]
    host_config: HostConfig,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StateDocument {
    status: String,
    #[serde(default)]
    pid: i32,
    #[serde(default)]
    exit_code: i32,
    #[serde(default, rename = "OOMKilled")]
    oom_killed: bool,
    #[serde(default)]
    started_at: String,
    #[serde(default)]
    finished_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    #[serde(default)]
    image: String,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HostConfig {
    #[serde(default)]
    memory: i64,
    #[serde(default)]
    pids_limit: Option<i64>,
}

/// The containers that `container inspect` printed.
pub(crate) fn parse(printed: &[u8]) -> Result<Vec<Container>, ContainerError> {
    let unreadable = |why: String| ContainerError::Unreadable { what: "container inspect", why };
    let documents: Vec<Document> = serde_json::from_slice(printed).map_err(|error| unreadable(error.to_string()))?;
    documents.into_iter().map(|document| container(document).map_err(unreadable)).collect()
}

fn container(document: Document) -> Result<Container, String> {
    let Document { id, name, state, config, image_digest, host_config } = document;
    if id.len() != 64 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(format!("`{}` is not the id of a container", id.escape_debug()));
    }
    let by_name = config.image.split_once('@').map(|(_, digest)| digest);
    let digest = Digest::new(image_digest).ok().or_else(|| Digest::new(by_name?).ok());
    let positive = |value: i64| u64::try_from(value).ok().filter(|value| *value > 0);
    Ok(Container {
        id,
        // docker prints it with a slash.
        name: name.trim_start_matches('/').to_owned(),
        started_unix_s: unix_seconds(&state.started_at),
        state: state_of(&state)?,
        labels: config.labels.unwrap_or_default(),
        image_digest: digest,
        image: config.image,
        memory_bytes: positive(host_config.memory),
        pids: host_config.pids_limit.and_then(positive),
    })
}

/// podman: <https://github.com/containers/podman/blob/v4.3.1/libpod/define/containerstate.go>; docker:
/// <https://docs.docker.com/reference/api/engine/version/v1.50/#tag/Container/operation/ContainerInspect>.
fn state_of(state: &StateDocument) -> Result<State, String> {
    let pid = (state.pid > 0).then_some(state.pid);
    let ended = Ended { code: Some(state.exit_code), oom_killed: state.oom_killed };
    Ok(match (state.status.as_str(), pid) {
        // podman resets what ran before a reboot: it was started, and how it exited is not known.
        ("created" | "configured" | "initialized", None) if unix_seconds(&state.started_at).is_some() => {
            State::Exited(Ended::default())
        }
        // The OCI runtime has made it; podman writes `running` after the process was let go.
        ("initialized", pid @ Some(_)) => State::Starting { pid },
        ("created" | "configured" | "initialized", _) => State::Created,
        ("running" | "restarting", Some(pid)) => State::Running { pid },
        ("paused", Some(pid)) => State::Paused { pid },
        ("stopping", pid) => State::Stopping { pid },
        ("exited" | "stopped", _) if unix_seconds(&state.finished_at).is_none() => {
            State::Exited(Ended { code: None, ..ended })
        }
        ("exited" | "stopped", _) => State::Exited(ended),
        ("removing", _) => State::Removing,
        ("dead" | "unknown", _) => State::Dead,
        (status, _) => {
            return Err(format!("a container is `{}` and its process is {}", status.escape_debug(), state.pid));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "2979b4cdc87ad4bf9fcf626e92533f0ab9aa87f5b37f32bccc4f924adbae9b60";
    const HEX: &str = "24ebdfa61ecbb0be119073111da01d78e59c8942c1a627bfb3724cceada427b5";

    fn read(state: &str, rest: &str) -> Result<Container, ContainerError> {
        let text = format!(
            r#"[{{"Id":"{ID}","Name":"/x","State":{state},"Config":{{"Image":"localhost/e@sha256:{HEX}","Labels":null}}{rest}}}]"#
        );
        parse(text.as_bytes()).map(|mut containers| containers.remove(0))
    }

    #[track_caller]
    fn check(state: &str, expected: State) {
        assert_eq!(read(state, "").unwrap().state, expected, "{state}");
    }

    #[test]
    fn states_are_typed() {
        let (started, finished) = (r#""StartedAt":"2026-11-28T10:35:54.4Z""#, r#""FinishedAt":"2026-11-28T10:35:57Z""#);
        check(r#"{"Status":"created","Pid":0,"StartedAt":"0001-01-01T00:00:00Z"}"#, State::Created);
        check(r#"{"Status":"initialized","Pid":7}"#, State::Starting { pid: Some(7) });
        check(&format!(r#"{{"Status":"running","Pid":7,{started}}}"#), State::Running { pid: 7 });
        check(&format!(r#"{{"Status":"paused","Pid":7,{started}}}"#), State::Paused { pid: 7 });
        check(&format!(r#"{{"Status":"stopping","Pid":0,{started}}}"#), State::Stopping { pid: None });
        let exited = |code, oom_killed| State::Exited(Ended { code, oom_killed });
        check(&format!(r#"{{"Status":"exited","ExitCode":3,{finished}}}"#), exited(Some(3), false));
        check(&format!(r#"{{"Status":"exited","ExitCode":137,"OOMKilled":true,{finished}}}"#), exited(Some(137), true));
        check(r#"{"Status":"exited","ExitCode":0}"#, exited(None, false));
        check(&format!(r#"{{"Status":"created",{started}}}"#), exited(None, false));
        check(r#"{"Status":"removing"}"#, State::Removing);
        check(r#"{"Status":"dead"}"#, State::Dead);
    }

    #[test]
    fn a_signal_is_told_from_a_status() {
        let exit = |code| Ended { code, oom_killed: false }.exit();
        assert_eq!(exit(Some(3)), exec::Exit::Code(3));
        assert_eq!(exit(Some(137)), exec::Exit::Signal(9));
        assert_eq!(exit(Some(255)), exec::Exit::Code(255));
        assert_eq!(exit(None), exec::Exit::Unknown);
    }

    #[test]
    fn what_contradicts_itself_is_unreadable() {
        for state in [r#"{"Status":"running","Pid":0}"#, r#"{"Status":"flying"}"#, r"{}"] {
            assert!(matches!(read(state, ""), Err(ContainerError::Unreadable { .. })), "{state}");
        }
        assert!(parse(b"{}").is_err());
        assert!(parse(b"[").is_err());
        assert!(parse(b"[]").unwrap().is_empty());
        assert!(parse(br#"[{"Id":"../x","Name":"x","State":{"Status":"created"},"Config":{}}]"#).is_err());
    }

    #[test]
    fn the_digest_is_podmans_or_that_of_the_name() {
        let created = r#"{"Status":"created"}"#;
        let digest = |rest: &str| read(created, rest).unwrap().image_digest.map(|digest| digest.to_string());
        assert_eq!(digest(""), Some(format!("sha256:{HEX}")));
        let other = format!("sha256:{}", "0".repeat(64));
        assert_eq!(digest(&format!(r#","ImageDigest":"{other}""#)), Some(other));
        let container = read(created, r#","HostConfig":{"Memory":67108864,"PidsLimit":-1}"#).unwrap();
        assert_eq!((container.name.as_str(), container.memory_bytes, container.pids), ("x", Some(64 << 20), None));
    }
}
