//! Environment, standard streams, clock, text.

use crate::{
    engine::{Answer, answer},
    streams,
};
use alloc::{ffi::CString, string::String, vec::Vec};
use core::ffi::CStr;
use rquickjs::{Ctx, Function, Object, Result, String as JsString, TypedArray};
use rustix::{
    event::{PollFd, PollFlags, Timespec},
    fd::{AsFd, BorrowedFd},
    io::{self, Errno},
    time::{ClockId, clock_gettime},
};

pub fn install<'js>(ctx: &Ctx<'js>, host: &Object<'js>) -> Result<()> {
    host.set("environment", Function::new(ctx.clone(), environment))?;
    host.set("readInput", Function::new(ctx.clone(), read_input))?;
    host.set("write", Function::new(ctx.clone(), write))?;
    host.set("exit", Function::new(ctx.clone(), exit))?;
    host.set("now", Function::new(ctx.clone(), now))?;
    host.set("encodeText", Function::new(ctx.clone(), encode_text))?;
    host.set("decodeText", Function::new(ctx.clone(), decode_text))
}

/// Bytes that are no UTF-8 become U+FFFD, which no check of the script's accepts.
fn environment(name: String) -> Option<String> {
    let name = CString::new(name).ok()?;
    // SAFETY: nothing in this single-threaded process writes the environment.
    let value = unsafe { libc::getenv(name.as_ptr()) };
    if value.is_null() {
        return None;
    }
    // SAFETY: getenv returns a string that ends with a NUL.
    Some(String::from_utf8_lossy(unsafe { CStr::from_ptr(value) }.to_bytes()).into_owned())
}

/// All of standard input. EFBIG beyond `limit` bytes, EILSEQ when it isn't UTF-8, ETIMEDOUT when its end doesn't come.
fn read_input(ctx: Ctx<'_>, limit: usize, milliseconds: f64) -> Answer<String> {
    let deadline = Deadline::after(milliseconds);
    let mut bytes = Vec::with_capacity(4096);
    loop {
        answer(&ctx, deadline.wait(streams::input(), PollFlags::IN))?;
        bytes.reserve(4096);
        let read = match io::read(streams::input(), rustix::buffer::spare_capacity(&mut bytes)) {
            Err(Errno::INTR | Errno::AGAIN) => continue,
            other => answer(&ctx, other)?,
        };
        if read == 0 {
            return answer(&ctx, String::from_utf8(bytes).map_err(|_| Errno::ILSEQ));
        }
        if bytes.len() > limit {
            return answer(&ctx, Err(Errno::FBIG));
        }
    }
}

fn write<'js>(ctx: Ctx<'js>, descriptor: i32, text: JsString<'js>) -> Answer<()> {
    let text = encode(text)?;
    let stream = if descriptor == 1 { streams::output() } else { streams::errors() };
    let mut rest = &text[..];
    while !rest.is_empty() {
        match io::write(stream, rest) {
            Err(Errno::INTR) => {}
            other => rest = &rest[answer(&ctx, other)?..],
        }
    }
    Ok(())
}

fn exit(code: i32) {
    // SAFETY: ends the process; nothing is buffered.
    unsafe { libc::_exit(code) }
}

/// Milliseconds of the monotonic clock.
pub fn now() -> f64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

fn encode_text<'js>(ctx: Ctx<'js>, text: JsString<'js>) -> Result<TypedArray<'js, u8>> {
    TypedArray::new(ctx, encode(text)?)
}

fn encode(text: JsString<'_>) -> Result<Vec<u8>> {
    Ok(text.to_string()?.into_bytes())
}

fn decode_text(bytes: TypedArray<'_, u8>) -> String {
    // SAFETY: the copy is made before the script can run again and touch the buffer.
    String::from_utf8_lossy(unsafe { bytes.as_bytes() }.unwrap_or_default()).into_owned()
}

/// A moment on the monotonic clock until which something may be waited for.
pub struct Deadline(f64);

impl Deadline {
    pub fn after(milliseconds: f64) -> Self {
        Self(now() + milliseconds)
    }

    pub fn left(&self) -> f64 {
        (self.0 - now()).max(0.0)
    }

    /// Returns when the descriptor is ready; ETIMEDOUT when it is not in time.
    pub fn wait(&self, descriptor: BorrowedFd<'_>, flags: PollFlags) -> io::Result<()> {
        loop {
            let left = self.left();
            let timeout = Timespec { tv_sec: (left / 1e3) as i64, tv_nsec: ((left % 1e3) * 1e6) as i64 };
            let mut polled = [PollFd::from_borrowed_fd(descriptor.as_fd(), flags)];
            match rustix::event::poll(&mut polled, Some(&timeout)) {
                Err(Errno::INTR) => {}
                Ok(0) => return Err(Errno::TIMEDOUT),
                other => return other.map(|_| ()),
            }
        }
    }
}
