//! How an engine that others run shows what it is: data, and where in its documents the facts are.
//!
//! The rule: an engine is believed by what it says of itself in its own documents, never by its name, port or headers.

/// How an engine answers for itself over HTTP.
#[derive(Clone, Copy, Debug)]
pub struct RemoteProfile {
    /// The routes of the document that names its version, the newest first; the first that is there counts.
    pub version_routes: &'static [&'static str],
    /// Where in that document the version is, as a [JSON pointer](https://www.rfc-editor.org/rfc/rfc6901).
    pub version: &'static str,
    /// What the document must say besides.
    pub claims: &'static [Claim],
    /// Where its models are listed.
    pub models: ModelList,
    /// Statuses of its readiness route, beside 503, that mean that it still loads.
    pub loading: &'static [u16],
}

/// What a document must say, so that it is this engine's.
#[derive(Clone, Copy, Debug)]
pub enum Claim {
    /// A text at this pointer begins so.
    Begins(&'static str, &'static str),
    /// Something is at this pointer.
    Has(&'static str),
}

/// Where an engine's models are listed.
#[derive(Clone, Copy, Debug)]
pub enum ModelList {
    /// At this route, as [OpenAI's API](https://platform.openai.com/docs/api-reference/models/list) lists them, each owned by
    /// this name.
    OpenAi {
        /// The route.
        route: &'static str,
        /// What `owned_by` says.
        owner: &'static str,
        /// Whether a model that has no name of its own is called by its file.
        files: bool,
    },
    /// In the document that names its version, at this pointer: there is one.
    One(&'static str),
    /// At this route of [Triton's model repository extension](https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/protocol/extension_model_repository.html),
    /// which is asked for those that are ready.
    TritonIndex(&'static str),
}
