//! An archive of 500 MB over https beside `curl` and `tar` by hand, the memory that it takes, and a second pool with the same one.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use exec::{CommandSpec, Env};

use super::{median, shown};
use crate::cli::Cli;
use crate::demo::fetch;
use crate::failure::{Failure, Result};
use crate::pool::Pool;
use crate::{figures, packages, proc};

/// How often each is done, in turn.
const ROUNDS: usize = 3;
/// How often a second pool is prepared.
const POOLS: usize = 20;
/// What the archive is compressed from, in bytes: letters and digits, which `gzip` makes a quarter smaller.
const BYTES: &str = "660M";

/// What the archive is served by. It sends files of its folder.
const SERVER: &str = "\
import functools, http.server, ssl, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + '/leaf.pem', sys.argv[1] + '/leaf.key')
server.socket = context.wrap_socket(server.socket, server_side=True)
open(sys.argv[1] + '/port', 'w').write(str(server.server_port))
server.serve_forever()
";

/// An authority of its own, and a certificate of the loopback.
const CERTIFICATES: &str = "key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2' \
    && openssl req -x509 $key -keyout ca.key -out ca.pem -subj /CN=bench \
    && openssl req -x509 $key -CA ca.pem -CAkey ca.key -keyout leaf.key -out leaf.pem -subj /CN=localhost \
       -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=IP:127.0.0.1";

/// Programs that it needs.
const TOOLS: &[packages::Tool] = &[
    ("curl", "curl"),
    ("openssl", "openssl"),
    ("python3", "python3"),
    ("time", "time"),
    ("tar", "tar"),
    ("gzip", "gzip"),
];

/// Measures, and returns the text.
pub(super) fn measure(env: &Env, cli: &Cli, scratch: &Path) -> Result<String> {
    packages::ensure(env, TOOLS)?;
    let folder = scratch.join("served");
    fs::create_dir_all(&folder)?;
    let pool = super::tiny(scratch);
    let archive = archive(env, cli, scratch, (&folder, &pool))?;
    let size = fs::metadata(&archive)?.len();
    proc::capture(&shell(env, &format!("cd '{}' && {CERTIFICATES}", folder.display()))?)?;
    let server = Server::start(env, &folder)?;
    let url = format!("https://127.0.0.1:{}/engine.tar.gz", server.port);
    let ask = Asked {
        env,
        cli,
        scratch,
        pool: &pool,
        url: &url,
        sum: fetch::digest(&archive)?,
        authority: &folder.join("ca.pem"),
    };

    let (mut ours, mut by_hand, mut checked, mut memory) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for round in 1..=ROUNDS {
        by_hand.push(ask.by_hand(round, "tar -xzf -", "true")?);
        let (took, kilobytes) = ask.ours(round)?;
        ours.push(took);
        memory = memory.max(kilobytes);
        // What is done beside it here: the archive is hashed before it is unpacked, and what was unpacked survives a loss of power.
        checked.push(ask.by_hand(round, "cat >archive", "sha256sum archive && tar -xzf archive && sync -f .")?);
    }
    let second = ask.second_pools()?;
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    let (ours, by_hand, checked, second) = (median(ours), median(by_hand), median(checked), median(second));
    let ratio = |other: Duration| ours.as_secs_f64() / other.as_secs_f64().max(f64::MIN_POSITIVE);
    Ok(format!(
        "# Archives\n\n{} Load at the end {load}; medians of {ROUNDS}, in turn.\n\nAn archive of {} MB over https from this host \
         (`cargo xtask bench archive`): fetched, hashed, unpacked, judged, asked for its version, hashed file by file, published.\n\n\
         | what | ours | by hand | ratio | goal |\n| --- | ---: | ---: | ---: | ---: |\n\
         | `prepare`, beside `curl \\| tar -xz` | {} | {} | {:.2} | 1.10 |\n\
         | `prepare`, beside `curl`, `sha256sum`, `tar -xz`, `sync` | {} | {} | {:.2} | - |\n\
         | memory of `prepare`, most at once | {:.1} MB | - | - | 32 MB |\n\
         | `prepare` of another pool with the same archive, median of {POOLS}, server gone | {} | - | - | 20 ms |\n",
        figures::machine(),
        size / 1_000_000,
        shown(ours),
        shown(by_hand),
        ratio(by_hand),
        shown(ours),
        shown(checked),
        ratio(checked),
        f64::from(memory) / 1000.0,
        shown(second),
    ))
}

/// A server of the small project beside as many bytes as make 500 MB of archive.
fn archive(env: &Env, cli: &Cli, scratch: &Path, (served, pool): (&Path, &Pool)) -> Result<PathBuf> {
    let home = scratch.join("built");
    let cli = cli.clone().contained(&home)?;
    let file = pool.write(&home)?;
    let (_, prepared) = cli.ask(&["prepare", "--json"], &file)?;
    let program = crate::cli::first_text(&prepared, "binary_path");
    let program = program.ok_or_else(|| Failure::new(format!("nothing was built: {prepared}")))?;
    let folder = scratch.join("content/bin");
    fs::create_dir_all(&folder)?;
    fs::copy(&program, folder.join("llama-server"))?;
    let archive = served.join("engine.tar.gz");
    let script = format!(
        "cd '{}' && base64 -w0 /dev/urandom | head -c {BYTES} >bin/data && tar -cf - bin | gzip -1 >'{}'",
        folder.parent().unwrap_or(&folder).display(),
        archive.display()
    );
    proc::capture(&shell(env, &script)?)?;
    Ok(archive)
}

fn shell(env: &Env, script: &str) -> Result<CommandSpec> {
    Ok(proc::command(env, proc::find(env, "sh")?, Duration::from_mins(15)).args(["-c", script]))
}

/// What is asked for.
struct Asked<'a> {
    env: &'a Env,
    cli: &'a Cli,
    scratch: &'a Path,
    pool: &'a Pool,
    url: &'a str,
    sum: String,
    authority: &'a Path,
}

impl Asked<'_> {
    fn pool(&self, home: &Path, id: &str) -> Result<PathBuf> {
        let pool = Pool { id: id.into(), ..self.pool.clone() };
        let section =
            format!("[pools.provisioning.binary]\nurl = \"{}\"\nchecksum = \"sha256:{}\"\n", self.url, self.sum);
        pool.write_finished(home, "mode = \"binary\"\nallow_binary_downloads = true", &section)
    }

    /// `prepare` with a cache of its own; how long it took, and its memory in kilobytes.
    fn ours(&self, round: usize) -> Result<(Duration, u32)> {
        let home = self.scratch.join("ours");
        fs::remove_dir_all(&home).ok();
        let cli = self.cli.clone().contained(&home)?;
        let file = self.pool(&home, &format!("first-{round}"))?;
        let inner = cli.command(&["prepare", "--json"], &file).env("SSL_CERT_FILE", self.authority);
        let report = self.scratch.join("memory");
        let mut spec = inner.clone();
        spec.program = proc::find(self.env, "time")?;
        spec.args = ["-f", "%M", "-o"].map(Into::into).into();
        let spec = spec.arg(&report).arg(&inner.program).args(&inner.args);
        let begin = Instant::now();
        proc::capture(&spec)?;
        let took = begin.elapsed();
        let kilobytes = fs::read_to_string(&report)?.trim().parse::<u32>();
        Ok((took, kilobytes.map_err(|error| Failure::new(format!("`time` wrote no number: {error}")))?))
    }

    /// `curl` into `into`, then `then`, in a folder of their own.
    fn by_hand(&self, round: usize, into: &str, then: &str) -> Result<Duration> {
        let folder = self.scratch.join(format!("hand-{round}"));
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder)?;
        let (authority, url) = (self.authority.display(), self.url);
        let script =
            format!("cd '{}' && curl -fsS --cacert '{authority}' '{url}' | {into} && {then}", folder.display());
        let begin = Instant::now();
        proc::capture(&shell(self.env, &script)?)?;
        let took = begin.elapsed();
        fs::remove_dir_all(&folder)?;
        Ok(took)
    }

    /// Further pools with the archive that is in the store. No proxy and no authority is set, so that no server could be asked.
    fn second_pools(&self) -> Result<Vec<Duration>> {
        let home = self.scratch.join("ours");
        let cli = self.cli.clone().contained(&home)?;
        let one = |number: usize| {
            let file = self.pool(&home, &format!("second-{number}"))?;
            let spec = cli.command(&["prepare", "--json"], &file);
            let begin = Instant::now();
            proc::capture(&spec)?;
            Ok(begin.elapsed())
        };
        (0..POOLS).map(one).collect()
    }
}

/// A running web server; it ends when this is dropped.
struct Server {
    child: std::process::Child,
    port: u16,
}

impl Server {
    #[expect(clippy::disallowed_methods, reason = "`exec` waits for what it runs; this one runs beside")]
    fn start(env: &Env, folder: &Path) -> Result<Self> {
        let mut command = std::process::Command::new(proc::find(env, "python3")?);
        command.arg("-c").arg(SERVER).arg(folder).stdin(std::process::Stdio::null());
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let mut server = Self { child: command.spawn()?, port: 0 };
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(20) {
            if let Ok(port) = fs::read_to_string(folder.join("port")).unwrap_or_default().parse() {
                server.port = port;
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(Failure::new("the web server did not start"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
