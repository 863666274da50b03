//! An engine that fetches its model itself: the errors of huggingface_hub and of the hub,
//! <https://huggingface.co/docs/huggingface_hub/package_reference/utilities#errors>.

use super::super::{FETCHING_OR_RUNNING, Rule};
use crate::pattern::{logged, said};

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "engine::model_access",
        phases: FETCHING_OR_RUNNING,
        any: &[
            said("Access to model {model} is restricted and you are not in the authorized list"),
            said("Your request to access model {model} is awaiting a review"),
            said("awaiting a review from the repo authors"),
        ],
        cause: "the hub has not approved this account for the model[ `{model}`]",
        remedy: "ask for access on the model's page (https://huggingface.co/OWNER/NAME) with the account of the token, and wait for the approval; \
                 another token does not help",
    },
    Rule {
        code: "engine::model_access",
        phases: FETCHING_OR_RUNNING,
        any: &[
            said("401 Client Error: Unauthorized for url: {url}"),
            said("401 Client Error"),
            said("GatedRepoError: {why*}"),
            said("Cannot access gated repo for url {url}"),
            said("You are trying to access a gated repo"),
            said("Access to model {model} is restricted. You must"),
            said("403 Client Error: Forbidden for url: {url}"),
            said("403 Client Error"),
            said("403 Forbidden: {why*}"),
        ],
        cause: "the hub does not give the model to this engine[: {url}]: it is gated or private, and the token is missing or may not read it",
        remedy: "accept the licence on the model's page, and give the engine a token that may read it: HF_TOKEN in `provisioning.secret_env`",
    },
    Rule {
        code: "engine::hub_unreachable",
        phases: FETCHING_OR_RUNNING,
        any: &[
            said("LocalEntryNotFoundError"),
            said("We couldn't connect to 'https://huggingface.co' to load"),
            said("Couldn't reach 'https://huggingface.co"),
            said("OfflineModeIsEnabled"),
            said("Cannot reach https://huggingface.co"),
            said("HTTPSConnectionPool(host='huggingface.co'"),
            said("NameResolutionError"),
        ],
        cause: "the model is not on this host, and the hub cannot be reached from it (or HF_HUB_OFFLINE forbids that)",
        remedy: "let the host reach https://huggingface.co (a proxy is taken from https_proxy), or fetch the model beforehand with `hf download` and \
                 name its folder",
    },
    Rule {
        code: "engine::model_name",
        phases: FETCHING_OR_RUNNING,
        any: &[
            said("404 Client Error: Not Found for url: {url}"),
            said("RepositoryNotFoundError: {why*}"),
            said("RevisionNotFoundError: {why*}"),
            said("EntryNotFoundError: {why*}"),
            said("{model} is not a local folder and is not a valid model identifier"),
            said("Repo id must be in the form 'repo_name' or 'namespace/repo_name': '{model}'"),
            said("404 Client Error"),
        ],
        cause: "the hub has no such model, file or revision[: {url}][: `{model}`]; a private one looks the same without a token",
        remedy: "correct the name (OWNER/NAME, and the file in it); for a private model give the engine HF_TOKEN in `provisioning.secret_env`; a \
                 folder must exist where the engine runs",
    },
    Rule {
        code: "engine::hub_limit",
        phases: FETCHING_OR_RUNNING,
        any: &[said("429 Client Error: Too Many Requests"), said("429 Client Error"), said("toomanyrequests: {why*}")],
        cause: "the hub or registry refuses for now: too many requests from this address or account",
        remedy: "wait some minutes, and log in (HF_TOKEN): signed-in clients may ask more often",
    },
    Rule {
        code: "engine::hub_client",
        phases: FETCHING_OR_RUNNING,
        any: &[logged("'huggingface-cli' is deprecated and no longer works. Use 'hf' instead")],
        cause: "the `huggingface-cli` that is found first is a stub that does nothing any more",
        remedy: "use `hf`: `pip install -U huggingface_hub` brings it, and it must be on PATH",
    },
];
