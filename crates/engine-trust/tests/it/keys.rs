//! Which texts are keys. The PEM files were made by `openssl genpkey`.

use std::process::Command;

use engine_trust::{KeyFault, PublicKey};

pub(crate) const ED25519: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";

/// The public key of a new pair, by openssl.
#[expect(clippy::disallowed_methods, reason = "a test of a crate that uses no other; openssl ends by itself")]
fn made(algorithm: &[&str]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("key.pem");
    let run = |args: &[&str]| {
        let done = Command::new("openssl").args(args).current_dir(dir.path()).output().unwrap();
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    run(&[&["genpkey"][..], algorithm, &["-out", key.to_str().unwrap()]].concat());
    run(&["pkey", "-in", key.to_str().unwrap(), "-pubout"])
}

const P256: [&str; 4] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];

#[test]
fn keys_of_openssl_are_read() {
    for (algorithm, name) in [(&["-algorithm", "ED25519"][..], "ed25519"), (&P256[..], "ecdsa-p256")] {
        let pem = made(algorithm);
        let key = PublicKey::from_pem(&pem).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(key.algorithm(), name);
        assert_eq!(PublicKey::from_pem(&pem.replace('\n', "\r\n")), Ok(key.clone()), "with Windows line ends");
        assert_ne!(key.fingerprint(), PublicKey::from_pem(ED25519).unwrap().fingerprint());
    }
    let known = PublicKey::from_pem(ED25519).unwrap().fingerprint();
    assert!(known.starts_with("sha256:") && known.len() == 71, "{known}");
}

#[test]
fn what_is_no_key_is_named() {
    let other_curve = made(&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]);
    let rsa = made(&["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]);
    let p256 = made(&P256);
    // One character of the point is another one: with luck half of such points are on the curve, all of these are not.
    let broken = p256.replacen("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE", "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAF", 1);
    assert_ne!(broken, p256);
    let weak = format!("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA{}=\n-----END PUBLIC KEY-----\n", "A".repeat(43));
    let weak_one = weak.replacen("AyEAAAAA", "AyEAAQAA", 1);
    for (text, expected) in [
        ("", KeyFault::NoPem),
        ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA me", KeyFault::NoPem),
        ("-----BEGIN RSA PUBLIC KEY-----\nAA==\n-----END RSA PUBLIC KEY-----", KeyFault::NoPem),
        (&format!("{ED25519}{ED25519}"), KeyFault::NoPem),
        ("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----", KeyFault::Private),
        ("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----", KeyFault::Certificate),
        ("-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----", KeyFault::NoKey),
        (&ED25519[..60], KeyFault::NoKey),
        (&other_curve, KeyFault::NoKey),
        (&rsa, KeyFault::NoKey),
        (&broken, KeyFault::NoKey),
        (&weak, KeyFault::Weak),
        (&weak_one, KeyFault::Weak),
    ] {
        assert_eq!(PublicKey::from_pem(text), Err(expected), "{text}");
        assert!(!expected.of("k").to_string().contains("BEGIN"));
    }
}
