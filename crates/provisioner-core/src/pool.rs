//! What a pool wants, and the settings that are the same for all pools.

pub(crate) mod build_slots;
pub(crate) mod desired;
#[cfg(feature = "containers")]
mod image;
pub(crate) mod layout;
pub(crate) mod locks;
pub(crate) mod lower;
pub(crate) mod origin;
pub(crate) mod pin_error;
mod pin_lock;
pub(crate) mod pins;
pub(crate) mod reservation;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod secret_file;
pub(crate) mod settings;
#[cfg(feature = "finished")]
pub(crate) mod trust;
