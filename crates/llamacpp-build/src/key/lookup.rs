//! Which entry of the store a build may use: its own, or one of the recipe before that proves to be the same.

use engine_store::{Entry, EntryKey, Manifest, Store, StoreError};

use crate::{Identity, Inputs};

impl Identity {
    /// The finished build, if the store has it: under the key of today, else an entry of recipe 1 whose manifest names every
    /// input and has the same. With `remember`, what was verified is remembered, and an entry that is handed out counts as
    /// used.
    ///
    /// # Errors
    ///
    /// Where the store cannot be read.
    pub fn find(&self, store: &Store, remember: bool) -> Result<Option<Entry>, StoreError> {
        let get = |key: &EntryKey| if remember { store.take(key) } else { store.lookup(key) };
        if let Some(entry) = get(&self.key())? {
            return Ok(Some(entry));
        }
        match self.proven(store)? {
            Some(key) => get(&key),
            None => Ok(None),
        }
    }

    /// The entry that recipe 1 made for this very request, whatever it proves: for an engine that runs from it.
    ///
    /// # Errors
    ///
    /// Where the store cannot be read.
    pub fn earlier(&self, store: &Store) -> Result<Option<Entry>, StoreError> {
        store.lookup(&self.earlier_key())
    }

    /// The key of an entry of recipe 1 that proves to be this build: the one of this request on this host, else any other.
    fn proven(&self, store: &Store) -> Result<Option<EntryKey>, StoreError> {
        let proves = |manifest: &Manifest| {
            Inputs::of(manifest).is_some_and(|stored| stored.recipe == 1 && self.inputs.is_proven_by(&stored))
        };
        if let Some(entry) = self.earlier(store)?.filter(|entry| proves(&entry.manifest)) {
            return Ok(Some(entry.manifest.key));
        }
        let manifests = store.list()?.into_iter().rev().filter_map(|stored| stored.manifest);
        Ok(manifests.into_iter().find(proves).map(|manifest| manifest.key))
    }
}
