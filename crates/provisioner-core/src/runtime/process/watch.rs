//! An engine's process, watched by its pidfd.

use std::time::Duration;

use exec::Exit;
use spawner::{PoolDir, Watch};

use super::instance;
use crate::Result;
use crate::runtime::{Watched, Watching};

pub(super) fn running(dir: &PoolDir) -> Result<Option<Watching>> {
    let watch = spawner::running(dir)?;
    Ok(watch.map(|watch| Watching { instance: instance(watch.record(), dir), watch: Box::new(watch) }))
}

impl Watched for Watch {
    fn wait(&self, timeout: Duration) -> Result<Option<Exit>> {
        Ok(Self::wait(self, timeout)?)
    }

    fn uptime(&self) -> Duration {
        Self::uptime(self)
    }
}
