//! Graphics cards of any maker, as the kernel knows them.

mod bus_id;
mod card;
mod detect;
mod kfd;
mod pci_address;
mod vulkan;

pub(crate) use bus_id::bus_order;
pub use card::{Card, Vendor};
pub(crate) use detect::detect;
pub use pci_address::PciAddress;
pub(crate) use vulkan::drivers as vulkan_drivers;
