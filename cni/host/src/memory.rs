//! Memory for a process that answers one call and ends: an arena that only grows. Only its last block is ever reused; the
//! engine has free lists of its own for small blocks, and asks here for pages of them.
//!
//! The C library's allocator asks the kernel for a page at a time; with it, start-up takes twice as long. The arena is
//! address space until it is touched, and its end is the limit on what hostile input can make this process take.

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    ptr,
};
use rquickjs::allocator::Allocator;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous};

const ARENA: usize = 256 << 20;
/// What every call touches: asked for at once it costs half of what the single page faults would.
const TOUCHED: usize = 448 << 10;
/// Each block is preceded by its size; blocks lie so that what follows is aligned to `ALIGNMENT`.
const HEADER: usize = 8;
const ALIGNMENT: usize = 16;

struct Arena {
    next: usize,
    end: usize,
}

impl Arena {
    /// Rounded so that the block after this one is aligned too: 8, 24, 40… bytes follow the header.
    fn rounded(size: usize) -> usize {
        ((size + HEADER).next_multiple_of(ALIGNMENT)) - HEADER
    }

    fn map(&mut self) -> bool {
        // SAFETY: a new mapping, wherever the kernel finds room.
        let mapping = unsafe {
            mmap_anonymous(
                ptr::null_mut(),
                ARENA,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE | MapFlags::NORESERVE,
            )
        };
        let Ok(start) = mapping else { return false };
        // SAFETY: fills pages of our own mapping with zeros. Kernels before 5.14 refuse; then the faults come one by one.
        let _ = unsafe { madvise(start, TOUCHED, Advice::LinuxPopulateWrite) };
        self.next = start as usize + ALIGNMENT;
        self.end = start as usize + ARENA;
        true
    }

    unsafe fn allocate(&mut self, size: usize) -> *mut u8 {
        if size > ARENA || (self.end == 0 && !self.map()) {
            return ptr::null_mut();
        }
        let size = Self::rounded(size);
        let block = self.next;
        if size + HEADER > self.end - block {
            return ptr::null_mut();
        }
        self.next = block + size + HEADER;
        // SAFETY: the header's word lies in the arena, in front of the block.
        unsafe { *((block - HEADER) as *mut usize) = size };
        block as *mut u8
    }

    unsafe fn release(&mut self, block: *mut u8) {
        // SAFETY: callers hand in what `allocate` returned.
        let size = unsafe { size_of_block(block) };
        if block as usize + size + HEADER == self.next {
            self.next = block as usize;
        }
    }

    unsafe fn resize(&mut self, block: *mut u8, size: usize) -> *mut u8 {
        // SAFETY: callers hand in what `allocate` returned; the copy stays within both blocks.
        unsafe {
            let before = size_of_block(block);
            if size <= before {
                return block;
            }
            let is_last = block as usize + before + HEADER == self.next;
            let rounded = Self::rounded(size.min(ARENA));
            if is_last && rounded + HEADER <= self.end - block as usize {
                self.next = block as usize + rounded + HEADER;
                *block.sub(HEADER).cast() = rounded;
                return block;
            }
            let moved = self.allocate(size);
            if !moved.is_null() {
                ptr::copy_nonoverlapping(block, moved, before);
                self.release(block);
            }
            moved
        }
    }
}

unsafe fn size_of_block(block: *mut u8) -> usize {
    // SAFETY: `allocate` wrote it there.
    unsafe { *block.sub(HEADER).cast() }
}

struct Shared(UnsafeCell<Arena>);

// SAFETY: this process has one thread.
unsafe impl Sync for Shared {}

#[global_allocator]
static SHARED: Shared = Shared(UnsafeCell::new(Arena { next: 0, end: 0 }));

// SAFETY: blocks are disjoint and aligned to 16 bytes; nothing here asks for more, and what does gets nothing.
unsafe impl GlobalAlloc for Shared {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > ALIGNMENT {
            return ptr::null_mut();
        }
        unsafe { (*self.0.get()).allocate(layout.size()) }
    }

    unsafe fn dealloc(&self, block: *mut u8, _layout: Layout) {
        unsafe { (*self.0.get()).release(block) }
    }

    unsafe fn realloc(&self, block: *mut u8, _layout: Layout, size: usize) -> *mut u8 {
        unsafe { (*self.0.get()).resize(block, size) }
    }
}

/// The same arena, for the engine.
pub struct EngineMemory;

// SAFETY: as above; null is answered with null.
unsafe impl Allocator for EngineMemory {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        unsafe { (*SHARED.0.get()).allocate(size) }
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        let Some(bytes) = count.checked_mul(size) else { return ptr::null_mut() };
        let block = self.alloc(bytes);
        if !block.is_null() {
            unsafe { ptr::write_bytes(block, 0, bytes) };
        }
        block
    }

    unsafe fn dealloc(&mut self, block: *mut u8) {
        if !block.is_null() {
            unsafe { (*SHARED.0.get()).release(block) }
        }
    }

    unsafe fn realloc(&mut self, block: *mut u8, size: usize) -> *mut u8 {
        if block.is_null() {
            return self.alloc(size);
        }
        unsafe { (*SHARED.0.get()).resize(block, size) }
    }

    unsafe fn usable_size(block: *mut u8) -> usize {
        if block.is_null() { 0 } else { unsafe { size_of_block(block) } }
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    crate::failure::report("a panic in the host");
    // SAFETY: ends the process without running anything else.
    unsafe { libc::_exit(1) }
}

/// What the compiled standard crates and the C library name in their unwind tables. With `panic = "abort"` nothing
/// unwinds, so nothing ever calls them; without Rust's runtime nobody else defines them.
mod unwinding {
    #[unsafe(no_mangle)]
    extern "C" fn rust_eh_personality() {}

    #[unsafe(no_mangle)]
    extern "C" fn __gcc_personality_v0() {}

    #[unsafe(no_mangle)]
    extern "C" fn _Unwind_Resume() {
        // SAFETY: ends the process.
        unsafe { libc::abort() }
    }
}
