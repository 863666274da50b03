//! Relative paths of a configuration are meant from the folder of its file.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{Config, ModelRef, PoolConfig};

/// Makes every path of the configuration absolute, from `folder`, which is absolute.
pub(crate) fn against(config: &mut Config, folder: &Path) -> io::Result<()> {
    config.pools.iter_mut().flat_map(paths).try_for_each(|path| {
        *path = std::path::absolute(folder.join(&*path))?;
        Ok(())
    })
}

/// The paths a pool names on this host.
fn paths(pool: &mut PoolConfig) -> impl Iterator<Item = &mut PathBuf> {
    let provisioning = &mut pool.provisioning;
    let model = match &mut provisioning.model.model_ref {
        Some(ModelRef::File(path)) => Some(path),
        _ => None,
    };
    let source = provisioning.source.as_mut();
    let binary = provisioning.binary.as_mut();
    let secrets = provisioning.secret_file.values_mut();
    let external = provisioning.external.as_mut();
    let (program, authorities) =
        external.map_or((None, None), |external| (external.path.as_mut(), external.ca_file.as_mut()));
    [
        model,
        provisioning.model.cache_dir.as_mut(),
        source.and_then(|source| source.build.cache_dir.as_mut()),
        binary.and_then(|binary| binary.install_dir.as_mut()),
        program,
        authorities,
    ]
    .into_iter()
    .flatten()
    .chain(secrets)
}
