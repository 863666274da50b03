//! What is asked.

use std::fmt;
use std::time::Instant;

use crate::Url;

/// A value that is sent and never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret with this value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    pub(crate) fn value(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// What is done with what an address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Read it.
    Get,
    /// Read what is known of it.
    Head,
    /// Replace it.
    Put,
    /// Hand something to it.
    Post,
    /// Change a part of it.
    Patch,
    /// Remove it.
    Delete,
}

impl Method {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether a redirect of it is followed: what changes something is not repeated elsewhere.
    pub(crate) fn follows(self) -> bool {
        matches!(self, Self::Get | Self::Head)
    }
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) authorization: Option<Secret>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) redirects: bool,
}

impl Request {
    /// A request with any method.
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: Vec::new(), authorization: None, deadline: None, redirects: true }
    }

    /// A request to read.
    pub fn get(url: Url) -> Self {
        Self::new(Method::Get, url)
    }

    /// Adds a header that is no secret; it is sent to every origin that a redirect leads to.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the value of `Authorization`; it is sent to the origin of the request alone.
    #[must_use]
    pub fn authorization(mut self, value: Secret) -> Self {
        self.authorization = Some(value);
        self
    }

    /// Sets when the exchange must be over, with its body.
    #[must_use]
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }
    /// Has a redirect returned as the answer instead of followed.
    #[must_use]
    pub fn no_redirects(mut self) -> Self {
        self.redirects = false;
        self
    }
}
