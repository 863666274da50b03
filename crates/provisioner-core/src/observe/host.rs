//! What is the same for all pools of this host, found out once per call: which versions programs report, which GPUs
//! there are, which engines run.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use engine_store::{Entry, EntryKey, Store, StoreError};
use exec::SearchPath;
use flags::{Catalogue, Engine};
use gpu_detect::{GpuReport, Host, Wish, detect_with};
use preflight::{Distribution, Memo, Need, Report};
use spawner::Processes;

use crate::engine::command_line;
use crate::pool::layout;
use crate::port::neighbours::{Neighbour, engines, neighbours, reserved};
use crate::runtime::{Runtime, Seen};
use crate::supply::Documents;
use crate::{Reservation, Result, Settings};

/// One look at the host. Several pools that are planned with the same snapshot see the same host.
#[derive(Debug)]
pub struct HostSnapshot {
    settings: Settings,
    path: SearchPath,
    tools: Memo,
    reports: Mutex<Vec<(Vec<Need>, Report)>>,
    cuda: gpu_detect::Memo,
    gpus: Mutex<Vec<(Wish, Arc<GpuReport>)>>,
    distribution: OnceLock<Distribution>,
    /// What the pools that were planned with this snapshot are going to take, in their order.
    reserved: Mutex<Arc<Vec<Reservation>>>,
    memory_free: OnceLock<Option<u64>>,
    catalogues: Mutex<Vec<(Engine, Documents, Arc<Catalogue>)>>,
    moment: Option<Moment>,
}

/// An entry's place: the folder of its store, and its key.
type Place = (PathBuf, EntryKey);

/// What comes and goes, as it was when it was first looked at.
#[derive(Debug, Default)]
struct Moment {
    processes: Processes,
    engines: OnceLock<Vec<Neighbour>>,
    /// What stores hold, by their folder and the key.
    stored: Mutex<HashMap<Place, Option<Arc<Entry>>>>,
}

impl HostSnapshot {
    /// Nothing is looked at yet.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            path: SearchPath::of(&settings.env),
            tools: Memo::load(&memo_file(settings, "tools.json")),
            reports: Mutex::default(),
            cuda: gpu_detect::Memo::load(&memo_file(settings, "cuda.json")),
            gpus: Mutex::default(),
            distribution: OnceLock::new(),
            reserved: Mutex::new(Arc::new(settings.reserved.to_vec())),
            memory_free: OnceLock::new(),
            catalogues: Mutex::default(),
            moment: None,
            settings: settings.clone(),
        }
    }

    /// For many pools that are planned in one moment: processes are looked through and records are read once for all of them.
    pub(crate) fn of_moment(settings: &Settings) -> Self {
        Self { moment: Some(Moment::default()), ..Self::new(settings) }
    }

    /// Which of these tools are here. The same question is answered once.
    pub(crate) fn tools(&self, needs: &[Need]) -> Report {
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, report)) = reports.iter().find(|(of, _)| of == needs) {
            return report.clone();
        }
        let report = preflight::check_on(needs, &self.path, &self.settings.env, &self.tools);
        reports.push((needs.to_vec(), report.clone()));
        report
    }

    /// Bytes of memory that programs can get without swapping, where the system reports that.
    pub(crate) fn memory_free(&self) -> Option<u64> {
        *self.memory_free.get_or_init(|| host_memory::Memory::now().usable())
    }

    /// The flags that an engine with these documents takes; equal documents are read once.
    pub(crate) fn catalogue(&self, syntax: Engine, documents: &Documents) -> Arc<Catalogue> {
        let mut known = self.catalogues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((.., catalogue)) = known.iter().find(|(engine, of, _)| *engine == syntax && of == documents) {
            return Arc::clone(catalogue);
        }
        let catalogue = Arc::new(command_line::catalogue(syntax, documents));
        known.push((syntax, documents.clone(), Arc::clone(&catalogue)));
        catalogue
    }

    /// What lives of the engine of a pool.
    pub(crate) fn engine_of(&self, runtime: &dyn Runtime, pool: &str) -> Result<Seen> {
        match &self.moment {
            Some(moment) => runtime.observe_among(&self.settings.run_dir, pool, &moment.processes),
            None => runtime.observe(&self.settings.run_dir, pool),
        }
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

    /// The engines of other pools than `own`. They come and go while a pool is built: outside of one moment, this is read
    /// again each time.
    pub(crate) fn neighbours(&self, own: &str) -> Vec<Neighbour> {
        let others = |engine: &&Neighbour| engine.pool != own;
        let mut all = match &self.moment {
            Some(moment) => {
                let engines = moment.engines.get_or_init(|| engines(&self.settings.run_dir));
                engines.iter().filter(others).cloned().collect()
            }
            None => neighbours(&self.settings.run_dir, own),
        };
        all.extend(reserved(&self.reserved(), own));
        all
    }

    /// What the pools that were planned with this snapshot so far are going to take, in their order.
    pub(crate) fn reserved(&self) -> Arc<Vec<Reservation>> {
        Arc::clone(&self.reserved.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes in what a pool is going to take, for those that are planned after it.
    pub(crate) fn reserve(&self, reservation: Reservation) {
        Arc::make_mut(&mut self.reserved.lock().unwrap_or_else(PoisonError::into_inner)).push(reservation);
    }

    /// What a store holds under a key, or in place of it, as `find` finds it. Within one moment a build is looked up once.
    pub(crate) fn stored(
        &self,
        store: &Store,
        key: EntryKey,
        find: impl FnOnce() -> std::result::Result<Option<Entry>, StoreError>,
    ) -> std::result::Result<Option<Arc<Entry>>, StoreError> {
        let Some(moment) = &self.moment else { return Ok(find()?.map(Arc::new)) };
        let mut stored = moment.stored.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (store.layout().root().to_owned(), key);
        if let Some(known) = stored.get(&place) {
            return Ok(known.clone());
        }
        let found = find()?.map(Arc::new);
        stored.insert(place, found.clone());
        Ok(found)
    }

    /// Remembers what programs reported. A read-only cache folder only costs the questions each time.
    pub(crate) fn keep(&self) {
        if durable::private_dir(&layout::versioned(&self.settings.cache_dir)).is_err() {
            return;
        }
        self.tools
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
