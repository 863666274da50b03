//! Log-ins: what a registry asks for, and the credentials that this user has for it.

pub(crate) mod challenge;
pub(crate) mod credentials;
pub(crate) mod files;
pub(crate) mod helper;
pub(crate) mod token;
