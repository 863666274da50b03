//! A graphics card of any vendor, as plain data.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::source::Source;

/// One graphics card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Who made its chip.
    pub vendor: Vendor,
    /// Maker and model as PCI numbers, such as `1002:744c`.
    pub pci_id: Option<String>,
    /// Its PCI address, such as `0000:03:00.0`.
    pub pci_bus_id: Option<String>,
    /// The kernel driver that holds it; `None` means that it has no driver.
    pub driver: Option<String>,
    /// Its memory in bytes, where its driver tells.
    pub memory_total_bytes: Option<u64>,
    /// AMD's name of its architecture, such as `gfx1100`.
    pub gfx: Option<String>,
    /// Where this was read.
    pub source: Source,
}

/// Who made a card's chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vendor {
    /// NVIDIA.
    Nvidia,
    /// AMD.
    Amd,
    /// Intel.
    Intel,
    /// Another vendor: a server's management chip, a virtual machine's display, an Arm board's GPU.
    Other,
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nvidia => "NVIDIA",
            Self::Amd => "AMD",
            Self::Intel => "Intel",
            Self::Other => "another maker's",
        })
    }
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} card", self.vendor)?;
        for part in [&self.pci_id, &self.gfx].into_iter().flatten() {
            write!(f, " {part}")?;
        }
        if let Some(address) = &self.pci_bus_id {
            write!(f, " at {address}")?;
        }
        match &self.driver {
            Some(driver) => write!(f, " (driven by `{driver}`)"),
            None => f.write_str(" (no driver holds it)"),
        }
    }
}
