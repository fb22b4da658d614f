//! The CNI executable: QuickJS, the bytecode of `cni/src`, and the few system calls that it needs.
//!
//! No Rust runtime underneath (`no_std`, `no_main`): its start costs more than the whole engine's, and its backtrace
//! machinery is half the executable. Nothing is freed and nothing collected: the process answers one call and ends.

#![no_std]
#![no_main]

extern crate alloc;

mod engine;
mod failure;
mod files;
mod input;
mod memory;
mod sockets;
mod streams;

use core::ffi::{c_char, c_int};

#[unsafe(no_mangle)]
extern "C" fn main(_argc: c_int, _argv: *const *const c_char) -> c_int {
    let reason = engine::run();
    failure::report(&reason)
}
