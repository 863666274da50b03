//! The reader against the running kernel, and against kernel files that a mount namespace replaces.
#![expect(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

mod groups;
mod support;

/// The real kernel reports the machine's memory.
#[test]
fn this_machine() {
    let memory = host_memory::Memory::now();
    assert!(memory.total > Some(1 << 20), "{memory:?}");
    assert!(memory.available > Some(0) && memory.available <= memory.total, "{memory:?}");
    assert!(memory.usable() <= memory.ceiling(), "{memory:?}");
}
