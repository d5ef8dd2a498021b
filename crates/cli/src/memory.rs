//! Secrets in memory: wiped when they are let go, and never written to the disk by a crash.

use std::alloc::System;

use zeroizing_alloc::ZeroAlloc;

/// Everything that is freed is wiped: what a library copied on its way, too.
#[global_allocator]
static WIPES: ZeroAlloc<System> = ZeroAlloc(System);

/// A crash leaves no image of the memory behind.
pub fn keep_off_the_disk() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit { current: Some(0), maximum: Some(0) };
        if let Err(error) = setrlimit(Resource::Core, none) {
            tracing::warn!(%error, "core dumps could not be turned off");
        }
    }
}
