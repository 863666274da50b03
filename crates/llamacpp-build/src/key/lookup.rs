//! Which entry of the store a build may use: its own, or one of the recipe before that proves to be the same.

use engine_store::{Entry, EntryKey, Manifest, Recipe, Store, StoreError};

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
        let proves = |manifest: &Manifest| {
            manifest.recipe == Recipe::LLAMACPP_SOURCE_1
                && Inputs::of(manifest).is_some_and(|stored| self.inputs().is_proven_by(&stored))
        };
        // The one that recipe 1 made for this request on this host comes first.
        if let Some(entry) = store.lookup_wanted(&self.earlier_key(), &proves, remember)? {
            return Ok(Some(entry));
        }
        match store.manifests()?.into_iter().find(proves) {
            Some(manifest) => get(&manifest.key),
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
}
