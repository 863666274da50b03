//! PCI addresses as numbers, to sort and compare by.

/// `00000000:65:00.0` as numbers to sort by; an address that is none comes last.
pub(crate) fn bus_order(address: &str) -> (u32, u32, u32) {
    let mut parts = address.split([':', '.']).map(|part| u32::from_str_radix(part, 16).unwrap_or(u32::MAX));
    let mut next = || parts.next().unwrap_or(u32::MAX);
    (next(), next(), next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn domain_bus_and_device() {
        assert_eq!(bus_order("00000001:C1:02.0"), (1, 0xc1, 2));
        assert!(bus_order("0000:03:00.0") < bus_order("none"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,60}") {
            bus_order(&text);
        }
    }
}
