//! The image: its name, its tag, its platform, and whether it is in the local store.

use super::super::{CONTAINED, RUNNING, Rule};
use crate::pattern::said;

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "image::wrong_platform",
        phases: RUNNING,
        any: &[
            said("image with reference {image} was found but does not provide the specified platform ({platform})"),
            said(
                "image with reference {image} was found but does not match the specified platform: wanted {platform}, actual",
            ),
        ],
        cause: "the image `{image}` in the local store is of another platform than {platform}",
        remedy: "pull it again for this one: `--platform {platform}`, by the digest of that platform's manifest; where the tag has none, take \
                 another tag",
    },
    Rule {
        code: "image::wrong_platform",
        phases: RUNNING,
        any: &[
            said("no matching manifest for {platform} in the manifest list entries"),
            said("no match for platform in manifest{rest}"),
            said("no image found in manifest list for architecture {platform*}"),
            said("no image found in image index for architecture {platform*}"),
        ],
        cause: "the tag has no image for this platform[ ({platform})]",
        remedy: "take a tag that is published for it: `uname -m` names this host's CPU (x86_64 is amd64, aarch64 is arm64)",
    },
    Rule {
        code: "image::wrong_platform",
        phases: CONTAINED,
        any: &[said("exec {program=/}: exec format error")],
        cause: "`{program}` of the image is for another kind of CPU than this host's, whatever architecture the image's configuration names; \
                of a script, its first line is missing or names such a program",
        remedy: "take another tag or digest, and report it to the publisher; `uname -m` names this host's CPU",
    },
    Rule {
        code: "image::wrong_platform",
        phases: CONTAINED,
        any: &[said("exec format error"), said("Exec format error")],
        cause: "the image's program is for another kind of CPU than this host's",
        remedy: "`uname -m` names this host's CPU: pull the image for it, or take another tag or digest",
    },
    Rule {
        code: "image::not_found",
        phases: RUNNING,
        any: &[
            said("manifest for {image} not found: manifest unknown"),
            said("reading manifest {tag} in {repository}: manifest unknown"),
            said("failed to resolve reference \"{image}\": {same}: not found"),
            said("manifest unknown: {why*}"),
            said("from daemon: manifest unknown"),
        ],
        cause: "the registry has no such tag or digest[: `{image}`][: `{tag}` of `{repository}`]",
        remedy: "list the tags: `skopeo list-tags docker://REPOSITORY` or the publisher's page. Tags are renamed and taken away: take a \
                 numbered one, and pin its digest",
    },
    Rule {
        code: "image::not_found",
        phases: RUNNING,
        any: &[
            said("reading manifest {tag} in {repository}: name unknown"),
            said("repository name not known to registry"),
            said("name unknown: {why*}"),
        ],
        cause: "the registry has no such repository[: `{repository}`]",
        remedy: "correct the image's name: REGISTRY/OWNER/NAME:TAG",
    },
    Rule {
        code: "image::access_denied",
        phases: RUNNING,
        any: &[
            said("pull access denied for {image}, repository does not exist or may require"),
            said("reading manifest {tag} in {image}: requested access to the resource is denied"),
            said("reading manifest {tag} in {image}: errors: denied: requested access to the resource is denied"),
            said("denied: requested access to the resource is denied"),
        ],
        cause: "the registry does not give the image[ `{image}`]: there is no such repository, or it needs a login; the registry does not \
                report which",
        remedy: "check the name first (REGISTRY/OWNER/NAME:TAG), then log in: `podman login REGISTRY` (nvcr.io: the user is the literal \
                 $oauthtoken, the password an API key)",
    },
    Rule {
        code: "image::access_denied",
        phases: RUNNING,
        any: &[
            said("https://{registry}/v2/{repository}: unauthorized: {why*}"),
            said("reading manifest {tag} in {registry}/{repository}: unauthorized: {why*}"),
            said("unable to retrieve auth token: invalid username/password"),
            said("unauthorized: authentication required"),
            said("unauthorized: incorrect username or password"),
            said("no basic auth credentials"),
        ],
        cause: "the registry[ {registry}] requires a login for this image, or rejected the one that it got[: {why}]",
        remedy: "log in: `podman login REGISTRY` (nvcr.io: the user is the literal $oauthtoken, the password an API key), as the user that runs \
                 the containers",
    },
    Rule {
        code: "image::unqualified",
        phases: RUNNING,
        any: &[
            said("short-name \"{image}\" did not resolve to an alias"),
            said("short-name resolution enforced but cannot prompt"),
        ],
        cause: "the image's name[ `{image}`] has no registry in front, and none is configured to be searched",
        remedy: "write the whole name: docker.io/OWNER/NAME:TAG",
    },
    Rule {
        code: "image::not_local",
        phases: RUNNING,
        any: &[said("{image}: image not known"), said("No such image: {image}")],
        cause: "the image `{image}` is not in the local store: it was removed or pruned, or never pulled by this user",
        remedy: "pull it again; root and each user have stores of their own",
    },
];
