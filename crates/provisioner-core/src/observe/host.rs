//! What is the same for all pools of this host, found out once per call: which versions programs report, which GPUs
//! there are, which engines run.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use gpu_detect::{GpuReport, Host, Wish, detect_with};
use preflight::{Distribution, Memo, Need, Report};

use crate::pool::layout;
use crate::port::neighbours::{Neighbour, neighbours, reserved};
use crate::{Reservation, Settings};

/// One look at the host. Several pools that are planned with the same snapshot see the same host.
#[derive(Debug)]
pub struct HostSnapshot {
    settings: Settings,
    tools: Mutex<Memo>,
    cuda: gpu_detect::Memo,
    gpus: Mutex<Vec<(Wish, Arc<GpuReport>)>>,
    distribution: OnceLock<Distribution>,
    /// What the pools that were planned with this snapshot are going to take, in their order.
    reserved: Mutex<Vec<Reservation>>,
}

impl HostSnapshot {
    /// Nothing is looked at yet.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            tools: Mutex::new(Memo::load(&memo_file(settings, "tools.json"))),
            cuda: gpu_detect::Memo::load(&memo_file(settings, "cuda.json")),
            gpus: Mutex::default(),
            distribution: OnceLock::new(),
            reserved: Mutex::new(settings.reserved.to_vec()),
            settings: settings.clone(),
        }
    }

    /// Which of these tools are here.
    pub(crate) fn tools(&self, needs: &[Need]) -> Report {
        let memo = self.tools.lock().unwrap_or_else(PoisonError::into_inner);
        preflight::check(needs, &self.settings.env, &memo)
    }

    /// What system this is.
    pub(crate) fn distribution(&self) -> &Distribution {
        self.distribution.get_or_init(|| preflight::distribution(&self.settings.system_root))
    }

    /// GPUs, driver and toolkits, looked at with what a pool's definitions name.
    pub(crate) fn gpus(&self, wish: &Wish) -> Arc<GpuReport> {
        let mut known = self.gpus.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, report)) = known.iter().find(|(of, _)| of == wish) {
            return Arc::clone(report);
        }
        let report = Arc::new(detect_with(&self.gpu_host(wish), &self.cuda));
        known.push((wish.clone(), Arc::clone(&report)));
        report
    }

    /// Where GPUs and toolkits are looked for.
    pub(crate) fn gpu_host(&self, wish: &Wish) -> Host {
        let host = Host::current(self.settings.env.clone()).with_root(&self.settings.system_root);
        Host { probe: self.settings.probe(), ..host.with_wish(wish.clone()) }
    }

    /// The engines of other pools than `own`. They come and go while a pool is built: this is read again each time.
    pub(crate) fn neighbours(&self, own: &str) -> Vec<Neighbour> {
        let mut all = neighbours(&self.settings.run_dir, own);
        all.extend(reserved(&self.reserved(), own));
        all
    }

    /// What the pools that were planned with this snapshot so far are going to take, in their order.
    pub(crate) fn reserved(&self) -> Vec<Reservation> {
        self.reserved.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes in what a pool is going to take, for those that are planned after it.
    pub(crate) fn reserve(&self, reservation: Reservation) {
        self.reserved.lock().unwrap_or_else(PoisonError::into_inner).push(reservation);
    }

    /// Remembers what programs reported. A read-only cache folder only costs the questions each time.
    pub(crate) fn keep(&self) {
        if durable::private_dir(&layout::versioned(&self.settings.cache_dir)).is_err() {
            return;
        }
        let tools = self.tools.lock().unwrap_or_else(PoisonError::into_inner);
        tools
            .save_if_changed(&memo_file(&self.settings, "tools.json"))
            .unwrap_or_else(|error| tracing::debug!(%error, "versions of tools are not remembered"));
        self.cuda
            .save_if_changed(&memo_file(&self.settings, "cuda.json"))
            .unwrap_or_else(|error| tracing::debug!(%error, "CUDA toolkits are not remembered"));
    }
}

/// What programs reported is believed until they change.
fn memo_file(settings: &Settings, name: &str) -> PathBuf {
    layout::versioned(&settings.cache_dir).join(name)
}
