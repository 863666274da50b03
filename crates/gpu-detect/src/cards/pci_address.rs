//! A PCI address, in whichever of its spellings: NVML prints `00000000:65:00.0`, CUDA and the kernel `0000:65:00.0`.

/// The address of one PCI function. Two spellings of one address are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PciAddress {
    domain: u32,
    bus: u8,
    device: u8,
    function: u8,
}

impl PciAddress {
    /// Parses `DOMAIN:BUS:DEVICE.FUNCTION`, all of it hexadecimal; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let (domain, bus, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let (device, function) = rest.split_once('.')?;
        let hex = |text: &str, digits: std::ops::RangeInclusive<usize>| {
            let plain = digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            plain.then(|| u32::from_str_radix(text, 16).ok()).flatten()
        };
        let byte = |text: &str, digits: usize| u8::try_from(hex(text, digits..=digits)?).ok();
        let address = Self {
            domain: hex(domain, 4..=8)?,
            bus: byte(bus, 2)?,
            device: byte(device, 2)?,
            function: byte(function, 1)?,
        };
        parts.next().is_none().then_some(address)
    }

    /// Every address in a text, in its order.
    pub fn all_in(text: &str) -> impl Iterator<Item = Self> + '_ {
        text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, ':' | '.')))
            .filter_map(|word| Self::parse(word.trim_matches([':', '.'])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_address_are_equal() {
        let address = PciAddress::parse("00000000:C1:00.0");
        assert!(address.is_some());
        assert_eq!(PciAddress::parse("0000:c1:00.0"), address);
        assert_ne!(PciAddress::parse("0001:c1:00.0"), address);
        for other in ["", "c1:00.0", "0000:c1:00", "0000:c1:00.0:1", "0000:xx:00.0", "12:34:56.789", "+000:c1:00.0"] {
            assert_eq!(PciAddress::parse(other), None, "{other}");
        }
    }

    #[test]
    fn addresses_are_found_in_lines() {
        let found = |text| PciAddress::all_in(text).collect::<Vec<_>>();
        let one = PciAddress::parse("0000:41:00.0").unwrap();
        assert_eq!(found("CUDA0 (NVIDIA H100) (0000:41:00.0) - 80553 MiB free"), [one]);
        assert_eq!(found("virtual devices: 0000:41:00.0-v1, [00000000:41:00.0]."), [one, one]);
        assert_eq!(found("NVIDIA H100 (unknown id) at 10:26:53.123"), []);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,60}") {
            PciAddress::all_in(&text).for_each(drop);
        }
    }
}
