//! Lists every graphics card that the kernel knows, of any vendor: a diagnosis can say what is there instead.
//!
//! Cards are PCI devices of the display class, and those graphics devices that are on no PCI bus. All of it is
//! reading `sysfs`; nothing here says that a card is usable.

use std::fs;
use std::path::Path;

use super::bus_id::bus_order;
use super::card::{Card, Vendor};
use super::kfd;
use crate::fs::{entries, text};
use crate::host::Host;
use crate::source::Source;

/// PCI's base class of display controllers: 0x0300 VGA, 0x0302 3D, 0x0380 other.
const DISPLAY: &str = "0x03";
/// AMD's Instinct cards are of the class "processing accelerator".
const ACCELERATOR: &str = "0x12";

/// The cards in the order of their PCI addresses, then those without one.
pub(crate) fn detect(host: &Host) -> Vec<Card> {
    let mut cards: Vec<Card> = entries(&host.at("/sys/bus/pci/devices")).iter().filter_map(|path| pci(path)).collect();
    cards.sort_by_key(|card| bus_order_of(card.pci_bus_id.as_deref()));
    if cards.iter().any(|card| card.vendor == Vendor::Amd) {
        kfd::add(host, &mut cards);
    }
    let nodes = entries(&host.at("/sys/class/drm")).into_iter().filter(|path| is_card(path));
    cards.extend(nodes.filter_map(|node| platform(&node)));
    cards
}

fn pci(device: &Path) -> Option<Card> {
    let class = text(&device.join("class"))?;
    let vendor = text(&device.join("vendor"))?;
    let maker = maker(&vendor);
    let accelerator = maker == Vendor::Amd && class.starts_with(ACCELERATOR);
    if !class.starts_with(DISPLAY) && !accelerator {
        return None;
    }
    let model = text(&device.join("device")).unwrap_or_default();
    let plain = |number: &str| number.trim_start_matches("0x").to_owned();
    Some(Card {
        vendor: maker,
        pci_id: Some(format!("{}:{}", plain(&vendor), plain(&model))),
        pci_bus_id: device.file_name().map(|name| name.to_string_lossy().into_owned()),
        driver: driver(device),
        // amdgpu tells it here.
        memory_total_bytes: text(&device.join("mem_info_vram_total")).and_then(|bytes| bytes.parse().ok()),
        gfx: None,
        source: Source::File(device.into()),
    })
}

/// A graphics device that hangs on no PCI bus: boards with the GPU inside the processor.
fn platform(node: &Path) -> Option<Card> {
    let device = node.join("device");
    // A PCI device tells its class; those are listed already.
    if device.join("class").exists() || !device.exists() {
        return None;
    }
    let driver = driver(&device);
    let vendor = if driver.as_deref().is_some_and(|name| name.starts_with("tegra") || name == "nvgpu") {
        Vendor::Nvidia
    } else {
        Vendor::Other
    };
    let source = Source::File(device);
    Some(Card { vendor, pci_id: None, pci_bus_id: None, driver, memory_total_bytes: None, gfx: None, source })
}

fn maker(vendor: &str) -> Vendor {
    match vendor {
        "0x10de" => Vendor::Nvidia,
        "0x1002" => Vendor::Amd,
        "0x8086" => Vendor::Intel,
        _ => Vendor::Other,
    }
}

/// `card0`, and not a connector such as `card0-HDMI-A-1`.
fn is_card(path: &Path) -> bool {
    let number = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix("card"));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn driver(device: &Path) -> Option<String> {
    Some(fs::read_link(device.join("driver")).ok()?.file_name()?.to_string_lossy().into_owned())
}

fn bus_order_of(address: Option<&str>) -> (u32, u32, u32) {
    address.map_or((u32::MAX, 0, 0), bus_order)
}
