//! A real registry on the loopback: Debian's `docker-registry`, with and without TLS and a log-in.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{need, write};

const PROGRAM: &str = "/usr/bin/docker-registry";

/// The user of a registry with a log-in.
pub const REGISTRY_USER: &str = "tester";
/// The password.
pub const REGISTRY_PASSWORD: &str = "hunter2";

/// The password's hash, by bcrypt with few rounds.
const HASH: &str = "$2b$05$abcdefghijklmnopqrstuuoXuKqgZXLiJqzfmMXDDhSFPIvxV7t8.";

/// How a registry is set up.
#[derive(Clone, Debug, Default)]
pub struct RegistrySetup {
    /// Certificate and key, as PEM files; without them it has no encryption.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Whether it wants a user and a password.
    pub login: bool,
}

/// A running registry; it ends when this is dropped.
#[derive(Debug)]
pub struct RealRegistry {
    /// Its host and port, as names of images begin with them.
    pub host: String,
    log: PathBuf,
    process: Child,
}

impl RealRegistry {
    /// Starts a registry that keeps its data below `dir`.
    pub fn start(dir: &Path, setup: &RegistrySetup) -> Self {
        need(Path::new(PROGRAM), "docker-registry");
        let port = {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
            listener.local_addr().expect("an address").port()
        };
        let (data, config, users) = (dir.join("data"), dir.join("config.yml"), dir.join("users"));
        let mut text = format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\n  delete:\n    enabled: true\n\
             http:\n  addr: 127.0.0.1:{port}\n",
            data.display()
        );
        if let Some((certificate, key)) = &setup.tls {
            text = format!("{text}  tls:\n    certificate: {}\n    key: {}\n", certificate.display(), key.display());
        }
        if setup.login {
            write(&users, &format!("{REGISTRY_USER}:{HASH}\n"));
            text = format!("{text}auth:\n  htpasswd:\n    realm: test\n    path: {}\n", users.display());
        }
        write(&config, &text);
        let log = dir.join("access.log");
        let file = std::fs::File::create(&log).expect("a set-up works");
        #[expect(clippy::disallowed_methods, reason = "`exec` ends what it runs; here the drop does")]
        let mut command = Command::new(PROGRAM);
        let errors = file.try_clone().expect("a set-up works");
        let process = command
            .args(["serve".as_ref(), config.as_os_str()])
            .env_clear()
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .spawn()
            .expect("a registry");
        let registry = Self { host: format!("127.0.0.1:{port}"), log, process };
        let begin = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(30), "no registry: {}", registry.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        registry
    }

    /// What it logged: each request in one line, as web servers do.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The requests so far, as method and path: `GET /v2/a/manifests/1`.
    pub fn asked(&self) -> Vec<String> {
        let log = self.log();
        let request = |line: &str| Some(line.split('"').nth(1)?.rsplit_once(' ')?.0.to_owned());
        log.lines().filter(|line| line.contains("HTTP/1.")).filter_map(request).collect()
    }
}

impl Drop for RealRegistry {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
