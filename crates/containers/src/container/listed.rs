//! Reads what podman's `ps` prints of containers that `inspect` cannot show.
//!
//! A removal that was killed between the storage and the database leaves a container that podman lists and can remove, and
//! that it cannot inspect ("container not known").

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Container, State};
use crate::ContainerError;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Row {
    id: String,
    #[serde(default)]
    names: Option<Vec<String>>,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
    #[serde(default)]
    image: String,
}

/// The containers of a list that have one of these names or ids, as containers that cannot be used any more.
pub(crate) fn damaged(printed: &[u8], wanted: &[&str]) -> Result<Vec<Container>, ContainerError> {
    let unreadable = |error: serde_json::Error| ContainerError::Unreadable { what: "ps", why: error.to_string() };
    let rows: Vec<Row> = serde_json::from_slice(printed).map_err(unreadable)?;
    let containers = rows.into_iter().map(|row| Container {
        name: row.names.unwrap_or_default().into_iter().next().unwrap_or_default(),
        id: row.id,
        state: State::Dead,
        labels: row.labels.unwrap_or_default(),
        image_digest: None,
        image: row.image,
        started_unix_s: None,
        memory_bytes: None,
        pids: None,
    });
    Ok(containers
        .filter(|found| wanted.contains(&found.id.as_str()) || wanted.contains(&found.name.as_str()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_for_is_taken() {
        let text = br#"[{"Id":"9b5e","Names":["dmg"],"Labels":{"x":"y"},"Image":"localhost/e:1","State":"created"},
            {"Id":"77","Names":null,"Labels":null}]"#;
        let found = damaged(text, &["dmg"]).unwrap();
        assert_eq!((found.len(), found[0].id.as_str(), found[0].state), (1, "9b5e", State::Dead));
        assert_eq!(damaged(text, &["77"]).unwrap().len(), 1);
        assert!(damaged(text, &["other"]).unwrap().is_empty());
        assert!(damaged(b"x", &[]).is_err());
    }
}
