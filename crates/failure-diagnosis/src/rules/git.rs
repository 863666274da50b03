//! What git says, of the sources themselves and of the parts of a build that CMake or a script fetches.

use super::{FETCHING, Rule};
use crate::Phase;
use crate::pattern::said;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "source::access_denied",
        phases: FETCHING,
        any: &[
            said("Authentication failed for '{url}'"),
            said("could not read Username for '{url}'"),
            said("could not read Password for '{url}'"),
            said("fatal: unable to access '{url}': The requested URL returned error: 401"),
            said("fatal: unable to access '{url}': The requested URL returned error: 403"),
            said("fatal: repository '{url}' not found"),
            said("Permission denied (publickey"),
            said("Host key verification failed"),
        ],
        cause: "the server does not let this user read the repository[ `{url}`], or it does not exist",
        remedy: "check the address, and that git reads it without a question: `GIT_TERMINAL_PROMPT=0 git ls-remote ADDRESS`; a private \
                 repository needs a token or key that works without a prompt (`ssh-add -l`), and its host in `~/.ssh/known_hosts`",
    },
    Rule {
        code: "build::certificate_refused",
        phases: FETCHING,
        any: &[
            said("fatal: unable to access '{url}': server certificate verification failed"),
            said("fatal: unable to access '{url}': SSL certificate problem: {why*}"),
            said("server certificate verification failed"),
            said("SSL certificate problem: {why*}"),
            said("SSL peer certificate or SSH remote key was not OK"),
            said("Problem with the SSL CA cert"),
            said("error setting certificate verify locations"),
        ],
        cause: "the certificate of the server[ `{url}`] is not trusted here[: {why}]",
        remedy: "look at the clock (`date`) and reinstall the certificates: `sudo apt install --reinstall ca-certificates`, \
                 `sudo pacman -S ca-certificates`, `sudo dnf reinstall ca-certificates`; a proxy that opens TLS has one of its own: \
                 put it into /usr/local/share/ca-certificates and run `sudo update-ca-certificates`, or set GIT_SSL_CAINFO to its file",
    },
    Rule {
        code: "source::ref_not_found",
        phases: FETCHING,
        any: &[
            said("Remote branch {reference} not found in upstream"),
            said("couldn't find remote ref {reference}"),
            said("upload-pack: not our ref {reference}"),
            said("pathspec '{reference}' did not match any file"),
            said("reference is not a tree: {reference}"),
            said("invalid reference: {reference}"),
            said("Did you fetch the submodule's commit? {reference}"),
            said("Server does not allow request for unadvertised object {reference}"),
            said("but it did not contain {reference}. Direct fetching of that commit failed"),
            said("ambiguous argument '{reference}': unknown revision"),
        ],
        cause: "the repository has no `{reference}`, or only a part of its history was fetched",
        remedy: "`git ls-remote ADDRESS` lists the branches and tags that there are; `git fetch --unshallow --tags` completes a clone \
                 that was cut short",
    },
    Rule {
        code: "source::locked",
        phases: FETCHING,
        any: &[
            said("Unable to create '{lock}': File exists"),
            said("cannot lock ref '{lock}': Unable to create"),
            said("could not lock config file {lock}: File exists"),
        ],
        cause: "another git works on the same repository, or one was ended in the middle: `{lock}`",
        remedy: "wait for it (`pgrep -a git`); when none runs, remove that file and start again",
    },
    Rule {
        code: "source::damaged",
        phases: FETCHING,
        any: &[
            said("loose object {object} (stored in {file}) is corrupt"),
            said("error: object file {file} is empty"),
            said("fatal: packed object {object} (stored in {file}) is corrupt"),
            said("error: inflate: data stream error"),
            said("fatal: unable to read tree {object}"),
            said("fatal: missing blob object '{object}'"),
            said("fatal: bad object {object}"),
        ],
        cause: "a git repository is damaged[: `{file}`][: it lacks {object}]",
        remedy: "fetch it anew into an empty folder; if it happens again, look at the disk: `dmesg | tail`",
    },
    Rule {
        code: "source::no_repository",
        phases: &[Phase::Fetch],
        any: &[
            said("fatal: '{url}' does not appear to be a git repository"),
            said("fatal: repository '{url}' does not exist"),
            said("fatal: '{url}' does not exist"),
        ],
        cause: "there is no git repository at `{url}`",
        remedy: "check `provisioning.source.repo`: an address, the absolute path of a repository or of a bundle (`git bundle verify FILE`)",
    },
    // In a build the part that is fetched may be left out; see `dependencies.rs`.
    Rule {
        code: "source::unreachable",
        phases: &[Phase::Fetch],
        any: &[
            said("Could not resolve host: {host}"),
            said("Could not resolve hostname {host*}: "),
            said("fatal: unable to access '{host}': {why*}"),
            said("ssh: connect to host {host} port"),
            said("error: RPC failed; {why*}"),
            said("The remote end hung up unexpectedly"),
            said("fatal: early EOF"),
            said("fatal: protocol error: {why*}"),
            said("Could not read from remote repository"),
            said("error: cannot run ssh: {why*}"),
        ],
        cause: "the repository's server cannot be reached, or hangs up[: {host}][: {why}]",
        remedy: "check the address and the network: `git ls-remote ADDRESS`; a proxy is taken from https_proxy; without a network, name \
                 a bundle or a local repository as `provisioning.source.repo`",
    },
];
