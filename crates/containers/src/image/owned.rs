//! Images that this crate pulled: marked by a tag, listed and removed by it.
//!
//! A pull that is killed between its end and the mark leaves an image that counts as the user's own: it is never removed
//! by mistake, only kept.

use std::time::Duration;

use exec::Exit;

use super::{Image, inspect};
use crate::program::{Meaning, meaning};
use crate::{ContainerError, ImageRef, Program};

/// The name of all marks; each has the digest of its image as its tag.
const MARK: &str = "localhost/engine-provisioner/pulled";
/// How long the removal of an image may take.
const DEADLINE: Duration = Duration::from_mins(5);

/// An image that this crate pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedImage {
    /// What it is.
    pub image: Image,
    mark: String,
    reference: Option<String>,
}

/// What became of an image that was to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Gone,
    /// Others have given it a name, too: it is no longer ours, and stays.
    Kept,
}

/// The mark of an image: docker and podman allow 128 characters in a tag.
fn mark_of(image: &ImageRef) -> String {
    format!("{MARK}:sha256-{}", image.digest().hex())
}

pub(super) fn mark(program: &Program, image: &ImageRef) -> Result<(), ContainerError> {
    let name = image.to_string();
    let command = program.command(["tag", &name, &mark_of(image)], DEADLINE);
    program.perform(&name, &command).map(drop)
}

/// All images that this crate pulled and that are still there.
///
/// # Errors
///
/// Why the runtime gave no answer.
pub fn owned_images(program: &Program) -> Result<Vec<OwnedImage>, ContainerError> {
    let filter = format!("reference={MARK}");
    let format = "{{.Repository}}:{{.Tag}}";
    let command = program.command(["images", "--filter", &filter, "--format", format], DEADLINE);
    let output = program.perform(MARK, &command)?;
    let mut found = Vec::new();
    for mark in marks(&output.stdout_text()) {
        // One that was removed meanwhile is left out.
        let Some(image) = inspect(program, &mark)? else { continue };
        let digest = mark.rsplit_once(":sha256-").map(|(_, hex)| format!("@sha256:{hex}")).unwrap_or_default();
        let reference = image.digests.iter().find(|name| name.ends_with(&digest) && !name.starts_with(MARK)).cloned();
        found.push(OwnedImage { image, mark, reference });
    }
    Ok(found)
}

/// The marks in a list of names; the filter of the runtime may also match others.
fn marks(printed: &str) -> Vec<String> {
    let is_mark = |name: &str| {
        name.strip_prefix(MARK).and_then(|rest| rest.strip_prefix(":sha256-")).is_some_and(|hex| hex.len() == 64)
    };
    let mut marks: Vec<_> = printed.lines().map(str::trim).filter(|name| is_mark(name)).map(str::to_owned).collect();
    marks.sort_unstable();
    marks.dedup();
    marks
}

/// Removes an image that this crate pulled, unless a container uses it or others have named it.
///
/// # Errors
///
/// [`ContainerError::ImageInUse`], or why it could not be removed.
pub fn remove_image(program: &Program, owned: &OwnedImage) -> Result<Removed, ContainerError> {
    let Some(now) = inspect(program, &owned.mark)? else { return Ok(Removed::Gone) };
    if now.tags.iter().any(|tag| !tag.starts_with(MARK)) {
        untag(program, &owned.mark)?;
        return Ok(Removed::Kept);
    }
    // By id, so that every name of it goes at once, and only where no container uses it. The mark goes with it or stays.
    let names: Vec<&str> = owned.reference.as_deref().into_iter().chain([owned.mark.as_str()]).collect();
    let in_use = users(program, &now.id)?;
    if in_use {
        return Err(ContainerError::ImageInUse { image: names.first().copied().unwrap_or_default().to_owned() });
    }
    untag(program, &owned.mark)?;
    if inspect(program, &now.id)?.is_some() {
        let command = program.command(["rmi", now.id.as_str()], DEADLINE);
        let output = exec::run(&command)?;
        let gone = || meaning(&String::from_utf8_lossy(&output.stderr)) == Meaning::NoImage;
        if output.exit != Exit::Code(0) && !gone() {
            return Err(program.failure(&now.id, &command, &output));
        }
    }
    Ok(Removed::Gone)
}

/// Whether a container, also one that does not run, is made of the image.
fn users(program: &Program, id: &str) -> Result<bool, ContainerError> {
    let filter = format!("ancestor={id}");
    let command = program.command(["ps", "--all", "--quiet", "--filter", &filter], DEADLINE);
    Ok(!program.perform(id, &command)?.stdout.is_empty())
}

/// Removes a name; the image goes with its last one.
fn untag(program: &Program, name: &str) -> Result<(), ContainerError> {
    program.perform(name, &program.command(["rmi", name], DEADLINE)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marks_are_listed() {
        let hex = "4d8cc3e1436c8d09d264fb92cdb439fc4fbb3f2b1e0eebd509a9816f00807feb";
        let image = ImageRef::new(&format!("ghcr.io/a/b@sha256:{hex}")).unwrap();
        let mark = mark_of(&image);
        assert_eq!(mark, format!("localhost/engine-provisioner/pulled:sha256-{hex}"));
        let printed = format!("{mark}\nlocalhost/engine-provisioner/pulled:1\nghcr.io/a/b:<none>\n{mark}\n\n");
        assert_eq!(marks(&printed), [mark]);
    }
}
