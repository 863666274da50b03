//! The images of the local store.
//!
//! The rule: only images that this crate pulled are listed and removed by it; a tag in the store marks them.

mod owned;
mod pull;
mod room;

use std::collections::BTreeMap;

use exec::Exit;
use serde::Deserialize;

pub use owned::{OwnedImage, Removed, owned_images, remove_image};
pub use pull::{Progress, Pull, pull};
pub use room::check_room;

use crate::program::{Meaning, meaning};
use crate::{ContainerError, ImageRef, Program, User};

/// What the local store has of an image: the parts of its configuration that decide how it is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The id: the digest of its configuration, without the algorithm.
    pub id: String,
    /// Names with a digest under which it is known.
    pub digests: Vec<String>,
    /// Names with a tag under which it is known.
    pub tags: Vec<String>,
    /// The machine that it is for, in the words of OCI, such as `amd64`.
    pub architecture: String,
    /// The operating system that it is for.
    pub os: String,
    /// The bytes that its layers use.
    pub size_bytes: u64,
    /// Its entry point; empty where it has none.
    pub entrypoint: Vec<String>,
    /// Its command; empty where it has none.
    pub cmd: Vec<String>,
    /// Its user; `None` for root.
    pub user: Option<User>,
    /// Its variables, as `NAME=VALUE`.
    pub env: Vec<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The ports that it names, such as `8000/tcp`.
    pub exposed_ports: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    id: String,
    #[serde(default)]
    repo_digests: Option<Vec<String>>,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    os: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    config: Option<Config>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    #[serde(default)]
    entrypoint: Option<Vec<String>>,
    #[serde(default)]
    cmd: Option<Vec<String>>,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    env: Option<Vec<String>>,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
    #[serde(default)]
    exposed_ports: Option<BTreeMap<String, serde_json::Value>>,
}

/// The image with this digest in the local store; `None` where it is not there. Asks no network.
///
/// # Errors
///
/// Why the runtime gave no answer.
pub fn image(program: &Program, image: &ImageRef) -> Result<Option<Image>, ContainerError> {
    inspect(program, &image.to_string())
}

fn inspect(program: &Program, name: &str) -> Result<Option<Image>, ContainerError> {
    let command = program.command(["image", "inspect", name], std::time::Duration::from_secs(30));
    let output = exec::run(&command)?;
    if output.exit == Exit::Code(0) {
        return parse(&output.stdout);
    }
    match meaning(&String::from_utf8_lossy(&output.stderr)) {
        Meaning::NoImage | Meaning::NoContainer => Ok(None),
        _ => Err(program.failure(name, &command, &output)),
    }
}

fn parse(printed: &[u8]) -> Result<Option<Image>, ContainerError> {
    let unreadable = |why: String| ContainerError::Unreadable { what: "image inspect", why };
    let documents: Vec<Document> = serde_json::from_slice(printed).map_err(|error| unreadable(error.to_string()))?;
    let Some(document) = documents.into_iter().next() else { return Ok(None) };
    let config = document.config.unwrap_or_default();
    let user = config.user.filter(|user| !user.is_empty()).map(|user| User::new(&user)).transpose()?;
    Ok(Some(Image {
        id: document.id.trim_start_matches("sha256:").to_owned(),
        digests: document.repo_digests.unwrap_or_default(),
        tags: document.repo_tags.unwrap_or_default(),
        architecture: document.architecture,
        os: document.os,
        size_bytes: document.size,
        entrypoint: config.entrypoint.unwrap_or_default(),
        cmd: config.cmd.unwrap_or_default(),
        user,
        env: config.env.unwrap_or_default(),
        labels: config.labels.unwrap_or_default(),
        exposed_ports: config.exposed_ports.unwrap_or_default().into_keys().collect(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_of_podman_and_docker_are_read() {
        let text = r#"[{"Id":"sha256:d090","RepoTags":null,"RepoDigests":["localhost/e@sha256:24"],"Architecture":"amd64",
            "Os":"linux","Size":769112,"Labels":null,"Config":{"Entrypoint":["/s"],"User":"2000:0","ExposedPorts":{"8000/tcp":{}},
            "Labels":{"a":"b"},"Env":["PATH=/usr/bin"]}}]"#;
        let image = parse(text.as_bytes()).unwrap().unwrap();
        assert_eq!((image.id.as_str(), image.size_bytes, image.architecture.as_str()), ("d090", 769_112, "amd64"));
        assert_eq!(
            (image.entrypoint, image.cmd, image.exposed_ports),
            (vec!["/s".to_owned()], vec![], vec!["8000/tcp".to_owned()])
        );
        assert_eq!(image.user.and_then(|user| user.uid()), Some(2000));
        assert_eq!(parse(br#"[{"Id":"d0","Config":null}]"#).unwrap().unwrap().user, None);
        assert!(parse(b"[]").unwrap().is_none());
        assert!(parse(b"x").is_err());
    }
}
