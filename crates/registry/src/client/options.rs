//! What holds for every exchange with a registry.

/// How a registry is asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// Limits in time, proxies, authorities and the cancel token. Its `plain` is replaced by `plain_http`.
    pub http: http::Options,
    /// Whether the registry is asked without encryption; a registry on this host is where it has none.
    pub plain_http: bool,
    /// How often a request that only reads is repeated after a failure that may pass.
    pub retries: u32,
    /// How many bytes of a blob are sent with one request.
    pub chunk_bytes: u64,
}

impl Default for Options {
    /// https only, two repetitions, chunks of 8 MiB.
    fn default() -> Self {
        Self { http: http::Options::default(), plain_http: false, retries: 2, chunk_bytes: 8 << 20 }
    }
}
