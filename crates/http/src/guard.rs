//! Ends a wait for the server when it has lasted too long, or when the caller cancels.
//!
//! The connection is waited for in short slices below TLS, so that a slice that ends has consumed nothing.

use std::fmt;
use std::time::{Duration, Instant};

use cancel::Cancel;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport, time};
use ureq::{Error, Timeout};

/// How soon a cancelled wait ends.
const SLICE: Duration = Duration::from_millis(100);

/// The words of the error that a silent server ends in.
#[derive(Debug)]
pub(crate) struct Silent;

impl fmt::Display for Silent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("silent")
    }
}

impl std::error::Error for Silent {}

/// Guards each connection that is made.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    pub(crate) silence: Duration,
    pub(crate) cancel: Cancel,
}

impl<In: Transport> Connector<In> for Guard {
    type Out = Guarded<In>;

    fn connect(&self, _: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Guarded<In>>, Error> {
        Ok(chained.map(|inner| Guarded { inner, guard: self.clone() }))
    }
}

/// A connection whose waits are guarded.
#[derive(Debug)]
pub(crate) struct Guarded<T> {
    inner: T,
    guard: Guard,
}

impl<T: Transport> Transport for Guarded<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, mut timeout: NextTimeout) -> Result<(), Error> {
        // What was written in part cannot be written again: one wait.
        let until = Duration::min(*timeout.after, self.guard.silence);
        let own = until < *timeout.after;
        timeout.after = time::Duration::Exact(until);
        match self.inner.transmit_output(amount, timeout) {
            Err(Error::Timeout(_)) if own => Err(Error::Other(Box::new(Silent))),
            sent => sent,
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let (begin, limit) = (Instant::now(), *timeout.after);
        loop {
            if self.guard.cancel.is_cancelled() {
                return Err(Error::Other(Box::new(cancel::Cancelled)));
            }
            let waited = begin.elapsed();
            if waited >= limit {
                return Err(Error::Timeout(timeout.reason));
            }
            let Some(quiet) = self.guard.silence.checked_sub(waited).filter(|left| !left.is_zero()) else {
                return Err(Error::Other(Box::new(Silent)));
            };
            let mut slice = timeout;
            slice.after = time::Duration::Exact(SLICE.min(quiet).min(limit.saturating_sub(waited)));
            match self.inner.await_input(slice) {
                Err(Error::Timeout(reason)) if reason == timeout.reason || reason == Timeout::PerRead => {}
                arrived => return arrived,
            }
        }
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}
