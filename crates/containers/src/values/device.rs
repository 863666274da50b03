//! The names of devices in CDI, the Container Device Interface.

use crate::values::{checked_text, only};

checked_text! {
    /// A device by its qualified CDI name, `vendor/class=device`, for example `nvidia.com/gpu=GPU-3b2f…` or
    /// `nvidia.com/gpu=0`. Grammar: <https://github.com/cncf-tags/container-device-interface/blob/main/SPEC.md#cdi-json-specification>.
    CdiName, "CDI device name", name
}

fn name(text: &str) -> Option<&'static str> {
    let parts = text.split_once('=').and_then(|(kind, device)| {
        let (vendor, class) = kind.split_once('/')?;
        Some((vendor, class, device))
    });
    let Some((vendor, class, device)) = parts else { return Some("a device is named `vendor/class=device`") };
    let starts = |part: &str, is: fn(&char) -> bool| part.chars().next().is_some_and(|c| is(&c));
    let ends = |part: &str| part.chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric());
    let word = |part: &str| starts(part, char::is_ascii_alphabetic) && ends(part) && only(part, "_-.");
    let fits = text.len() <= 256
        && word(vendor)
        && word(class)
        && starts(device, char::is_ascii_alphanumeric)
        && ends(device)
        && only(device, "_-.:");
    (!fits).then_some("vendor, class and device have letters, digits, `_`, `-`, `.` (a device also `:`) alone")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_checked() {
        for good in [
            "nvidia.com/gpu=all",
            "nvidia.com/gpu=0",
            "nvidia.com/gpu=0:1",
            "nvidia.com/gpu=GPU-4d1a0b5c-0000-1111-2222-333344445555",
            "nvidia.com/gpu=MIG-4d1a0b5c-0000-1111-2222-333344445555",
        ] {
            assert!(CdiName::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "all",
            "nvidia.com/gpu",
            "nvidia.com/gpu=",
            "=0",
            "/gpu=0",
            "nvidia.com=0",
            "nvidia.com/gpu=0,1",
            "nvidia.com/gpu=a b",
            "/dev/nvidia0=x",
            "nvidia.com/gpu=0\n",
            "--privileged/x=0",
        ] {
            assert!(CdiName::new(bad).is_err(), "{bad}");
        }
    }
}
