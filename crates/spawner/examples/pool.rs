//! The engine of one pool, by hand: `pool RUN_ROOT POOL ensure PROGRAM [ARGUMENT]...`, or `status`, `stop`, `logs`. Its log
//! is tended by this program too, which starts itself once more for that: `pool tend FOLDER LIMIT`.
//!
//! `cargo run -p spawner --example pool -- /tmp/run demo ensure /bin/sleep 60`
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use spawner::{
    Lifetime, PoolDir, SpawnError, StartRequest, Status, Tender, follow, restore_tender, start, status, stop,
    tend_engine, vitals, watch,
};

/// How many bytes a log may hold.
const LOG_LIMIT: u64 = 4 << 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args_os().skip(1);
    let mut next = || args.next().ok_or("usage: pool RUN_ROOT POOL VERB [PROGRAM [ARGUMENT]...]");
    let (root, pool, verb) = (next()?, next()?, next()?);
    if root == "tend" {
        return Ok(tend_engine(Path::new(&pool), verb.to_string_lossy().parse()?)?);
    }
    let (pool, verb) = (pool.to_string_lossy(), verb.to_string_lossy());
    let dir = PoolDir::open(Path::new(&root), &pool)?;
    match verb.as_ref() {
        "ensure" | "tied" => {
            let mut request = StartRequest::new(next()?, args.collect::<Vec<OsString>>());
            let port = request.args.iter().skip_while(|arg| *arg != "--port").nth(1);
            request.port = port.and_then(|port| port.to_str()?.parse().ok()).unwrap_or(0);
            request.early_exit = Duration::from_millis(20);
            request.log_limit = LOG_LIMIT;
            let tender = Tender { program: std::env::current_exe()?, args: vec!["tend".into()] };
            request.tender = Some(tender.clone());
            let guard = dir.lock("ensure", Duration::from_secs(30))?;
            if verb == "tied" {
                request.lifetime = Lifetime::Tied;
                let engine = start(&guard, &request)?;
                println!("{}", engine.record.pid);
                println!("{:?}", watch(&engine.record)?.map(|watch| watch.wait(Duration::MAX)));
                return Ok(());
            }
            let pid = match start(&guard, &request) {
                Ok(engine) => engine.record.pid,
                Err(SpawnError::AlreadyRunning { pid, .. }) => {
                    if let Status::Running { record, .. } = status(&dir)? {
                        restore_tender(&guard, &record, &tender, LOG_LIMIT)?;
                    }
                    pid
                }
                Err(error) => return Err(error.into()),
            };
            println!("{pid}");
        }
        "stop" => println!("{:?}", stop(&dir.lock("stop", Duration::from_secs(30))?, Duration::from_secs(2))?),
        "status" => match status(&dir)? {
            Status::Running { record, uptime } => println!("{record:?}\n{uptime:?} {:?}", vitals(&record)?),
            other => println!("{other:?}"),
        },
        "logs" => {
            for line in follow(&dir, 20)? {
                println!("{}", line?);
            }
        }
        other => return Err(format!("no such verb: {other}").into()),
    }
    Ok(())
}
