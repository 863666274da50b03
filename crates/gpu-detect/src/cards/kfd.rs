//! What AMD's compute driver tells of its cards (<https://docs.kernel.org/gpu/amdgpu/driver-core.html>).

use std::path::Path;

use super::bus_id::bus_order;
use super::card::Card;
use crate::fs::{entries, text};
use crate::host::Host;

/// Adds architecture and memory to the cards that the driver lists; its nodes without SIMD units are processors.
pub(crate) fn add(host: &Host, cards: &mut [Card]) {
    for node in entries(&host.at("/sys/class/kfd/kfd/topology/nodes")) {
        let Some(properties) = text(&node.join("properties")) else { continue };
        let value = |name: &str| number(&properties, name);
        if value("simd_count").unwrap_or(0) == 0 {
            continue;
        }
        let location = value("location_id").unwrap_or(0);
        let place = (value("domain").unwrap_or(0), location >> 8, location >> 3 & 0x1f);
        let own = |card: &&mut Card| {
            let (domain, bus, device) = card.pci_bus_id.as_deref().map(bus_order).unwrap_or_default();
            (u64::from(domain), u64::from(bus), u64::from(device)) == place
        };
        if let Some(card) = cards.iter_mut().find(own) {
            card.gfx = value("gfx_target_version").and_then(gfx);
            card.memory_total_bytes = memory(&node).or(card.memory_total_bytes);
        }
    }
}

fn number(properties: &str, name: &str) -> Option<u64> {
    properties.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

/// 110003 is `gfx1103`, 90010 is `gfx90a`: the last part is a hexadecimal digit.
fn gfx(version: u64) -> Option<String> {
    (version > 0).then(|| format!("gfx{}{}{:x}", version / 10_000, version / 100 % 100, version % 100))
}

/// Heaps of type 1 and 2 are the card's own memory, public and private.
fn memory(node: &Path) -> Option<u64> {
    let banks = entries(&node.join("mem_banks")).into_iter().filter_map(|bank| text(&bank.join("properties")));
    let own = banks.filter(|bank| matches!(number(bank, "heap_type"), Some(1 | 2)));
    let sizes: Vec<u64> = own.filter_map(|bank| number(&bank, "size_in_bytes")).collect();
    (!sizes.is_empty()).then(|| sizes.iter().fold(0, |sum: u64, size| sum.saturating_add(*size)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn architectures() {
        assert_eq!(gfx(110_003).as_deref(), Some("gfx1103"));
        assert_eq!(gfx(90_010).as_deref(), Some("gfx90a"));
        assert_eq!(gfx(90_402).as_deref(), Some("gfx942"));
        assert_eq!(gfx(0), None);
    }
}
