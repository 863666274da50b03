//! The version of the C library that programs are linked with here.

/// Such as `glibc 2.36`.
#[expect(unsafe_code, reason = "the version is only told by a C function")]
pub(crate) fn libc_version() -> String {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: `gnu_get_libc_version` takes nothing and returns a pointer to a constant, NUL-terminated string that
        // lives as long as the program (test `is_told`). <https://man7.org/linux/man-pages/man3/gnu_get_libc_version.3.html>
        let version = unsafe { std::ffi::CStr::from_ptr(gnu_get_libc_version()) };
        format!("glibc {}", version.to_string_lossy())
    }
    #[cfg(not(target_env = "gnu"))]
    "unknown".into()
}

#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "declares the C function")]
// SAFETY: the signature is the one of <gnu/libc-version.h>.
unsafe extern "C" {
    fn gnu_get_libc_version() -> *const std::ffi::c_char;
}

#[cfg(all(test, target_env = "gnu"))]
mod tests {
    #[test]
    fn is_told() {
        assert!(super::libc_version().starts_with("glibc 2."));
    }
}
