//! Which certificate authorities are trusted: those of the host, and one that the caller adds.
//!
//! The rule: the operator's own list (`SSL_CERT_FILE`, else the system's) is used, so that a company's proxy works as it
//! does for every other program; Mozilla's list, compiled in, only where the host has none and none is added.

use std::path::{Path, PathBuf};

use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

use crate::HttpError;

/// Where distributions keep their list: Debian and Arch, Fedora, openSUSE, Alpine.
const SYSTEM: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// No list is larger, in bytes.
const LARGEST: u64 = 16 << 20;

/// The authorities, from the operator's list and an added file.
pub(crate) fn roots(list: Option<&Path>, added: Option<&Path>) -> Result<RootCerts, HttpError> {
    let system = || SYSTEM.iter().map(PathBuf::from).find(|path| path.is_file());
    let mut certificates = Vec::new();
    if let Some(path) = list.map(Path::to_owned).or_else(system) {
        read(&path, &mut certificates)?;
    }
    if let Some(path) = added {
        read(path, &mut certificates)?;
    }
    Ok(if certificates.is_empty() { RootCerts::WebPki } else { RootCerts::new_with_certs(&certificates) })
}

fn read(path: &Path, certificates: &mut Vec<Certificate<'static>>) -> Result<(), HttpError> {
    let bad = |why: String| HttpError::BadCa { path: path.to_owned(), why };
    let size = std::fs::metadata(path).map_err(|error| bad(error.to_string()))?.len();
    if size > LARGEST {
        return Err(bad(format!("it has {size} bytes")));
    }
    let pem = std::fs::read(path).map_err(|error| bad(error.to_string()))?;
    let before = certificates.len();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| bad(error.to_string()))? {
            certificates.push(certificate);
        }
    }
    if certificates.len() == before { Err(bad("it holds no certificate".into())) } else { Ok(()) }
}
