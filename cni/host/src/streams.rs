//! The three streams that the container runtime gives us.

use rustix::{fd::BorrowedFd, stdio};

pub fn input() -> BorrowedFd<'static> {
    // SAFETY: nothing in this process closes it.
    unsafe { stdio::stdin() }
}

pub fn output() -> BorrowedFd<'static> {
    // SAFETY: as above.
    unsafe { stdio::stdout() }
}

pub fn errors() -> BorrowedFd<'static> {
    // SAFETY: as above.
    unsafe { stdio::stderr() }
}
