//! Trouble that the real pacman meets: servers, packages, hooks and folders that fail, each told by its cause.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use preflight::{InstallError, InstallPolicy, Memo, PreflightError, Tool, Trouble, distribution, provide};
use testkit::{ArchRoot, Package, shell, write};

#[track_caller]
fn check(system: &ArchRoot, tool: Tool, expected: Trouble) -> InstallError {
    let policy = InstallPolicy { allowed: true, root: true, lock_wait: Duration::ZERO, ..InstallPolicy::forbidden() };
    let root = distribution(&system.at("root"));
    let outcome = provide(&[tool], &system.env(), &Memo::default(), &root, &policy, &mut |_| ());
    let Err(PreflightError::Install(error)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(error.trouble, expected, "{error}\n{}", error.transcript);
    *error
}

/// A web server that answers every question with these bytes; its address.
fn server(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut question = [0; 4096];
            if stream.read(&mut question).is_ok() {
                stream.write_all(&answer).ok();
            }
        }
    });
    format!("http://{address}/repo")
}

fn http(status: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// F74: what servers answer.
#[test]
fn servers() {
    let system = ArchRoot::new();
    let size = usize::try_from(fs::metadata(system.at("repo/git-2.50.0-1-x86_64.pkg.tar.gz")).unwrap().len()).unwrap();
    for (answer, expected) in [
        (http("404 Not Found", b""), Trouble::StaleDatabase),
        (http("410 Gone", b""), Trouble::StaleDatabase),
        (http("503 Service Unavailable", b""), Trouble::MirrorUnreachable),
        (http("403 Forbidden", b""), Trouble::MirrorUnreachable),
        (Vec::new(), Trouble::MirrorUnreachable),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nxx".to_vec(), Trouble::MirrorUnreachable),
        // A captive portal's page, and another file of the same length.
        (http("200 OK", b"<html>log in</html>"), Trouble::CorruptPackage),
        (http("200 OK", &vec![b'x'; size]), Trouble::CorruptPackage),
    ] {
        system.configure("SigLevel = Never", &server(answer.clone()));
        let shown = String::from_utf8_lossy(&answer).chars().take(30).collect::<String>();
        let error = check(&system, Tool::Git, expected);
        assert!(!error.detail.is_empty(), "{shown}");
        shell("rm -rf \"$1\"/*", &[&system.at("cache")]);
    }
}

/// F74: what is wrong with packages, signatures, databases and folders.
#[test]
fn packages_and_folders() {
    let system = ArchRoot::new();
    let file = |name: &str| system.at("repo").join(format!("{name}-x86_64.pkg.tar.gz"));
    // A file that was only half copied to the mirror, one that is longer than the database says, and one that is no package.
    shell("truncate -s 100 \"$1\"", &[&file("git-2.50.0-1")]);
    check(&system, Tool::Git, Trouble::CorruptPackage);
    shell("truncate -s +5000 \"$1\"", &[&file("ninja-1.12.1-1")]);
    check(&system, Tool::Ninja, Trouble::StaleDatabase);
    system.configure("SigLevel = Required DatabaseNever", &system.repository());
    write(&system.at("repo/cmake-4.0.3-1-x86_64.pkg.tar.gz.sig"), "no signature");
    check(&system, Tool::Cmake, Trouble::Signature);
    system.configure("SigLevel = Never", &system.repository());
    system.add(&Package { facts: &[("depend", "isl")], ..Package::new("gcc", "16.1-1", &[("usr/bin/cc", "cc 16.1")]) });
    system.retire("gcc-15.1.1-1");
    system.refresh();
    check(&system, Tool::Cc, Trouble::Dependency);
    system.configure("SigLevel = Never\nIgnorePkg = isl\nNoSuchOption = 1\nSigLevel = Perhaps", &system.repository());
    check(&system, Tool::Cmake, Trouble::Config);
    fs::remove_dir_all(system.at("db")).unwrap();
    system.configure("SigLevel = Never", &system.repository());
    check(&system, Tool::Cmake, Trouble::Config);
}

/// A hook that fails before the transaction stops it.
#[test]
fn hooks() {
    let system = ArchRoot::new();
    let hook = "[Trigger]\nOperation = Install\nType = Package\nTarget = *\n[Action]\nWhen = PreTransaction\nExec = \
                /nonexistent\nAbortOnFail\n";
    write(&system.at("hooks/a.hook"), hook);
    check(&system, Tool::Git, Trouble::Hook);
    write(&system.at("hooks/a.hook"), &hook.replace("Exec", "Exce"));
    check(&system, Tool::Git, Trouble::Hook);
    assert!(!system.at("root/usr/bin/git").exists() && !system.at("db/db.lck").exists());
}

/// F74: a cache that is full while a package is fetched into it, in a mount namespace of pacman's own.
#[test]
fn a_full_cache() {
    let system = ArchRoot::new();
    let large = system.at("large");
    shell("head -c 200000 /dev/urandom >\"$1\"", &[&large]);
    system.add(&Package { copies: &[("usr/bin/make", &large)], ..Package::new("make", "4.4-1", &[]) });
    system.refresh();
    let map_root = if testkit::is_root() { "" } else { "r" };
    let mount = format!("mount -t tmpfs -o size=16k none \"{}\"", system.at("cache").display());
    system.wrap(&format!("unshare -{map_root}m -- sh -c '{mount} && exec \"$@\"' sh"));
    check(&system, Tool::Make, Trouble::NoSpace);
}
