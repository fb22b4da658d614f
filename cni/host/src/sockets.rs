//! Unix stream sockets, each call with a time limit.

use crate::{engine::answer, input::Deadline};
use alloc::{rc::Rc, string::String, vec::Vec};
use core::{cell::RefCell, time::Duration};
use rquickjs::{Ctx, Function, Object, Result, TypedArray};
use rustix::{
    event::PollFlags,
    fd::{AsFd, OwnedFd},
    io::{self, Errno},
    net::{self, AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags, SocketType, sockopt},
};

/// Index into this is what the script holds. A call opens two or three sockets; the end of the process closes them.
type Open = Rc<RefCell<Vec<OwnedFd>>>;

const CHUNK: usize = 64 << 10;

pub fn install<'js>(ctx: &Ctx<'js>, host: &Object<'js>) -> Result<()> {
    let open: Open = Rc::default();
    let table = open.clone();
    host.set(
        "connect",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, path: String, milliseconds: f64| {
            let socket = answer(&ctx, connect(&path, milliseconds))?;
            table.borrow_mut().push(socket);
            Ok::<_, rquickjs::Error>(table.borrow().len() - 1)
        }),
    )?;
    let table = open.clone();
    host.set(
        "send",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, index: usize, bytes: TypedArray<'js, u8>, milliseconds: f64| {
                let table = table.borrow();
                // SAFETY: the script does not run before the bytes are sent.
                let bytes = unsafe { bytes.as_bytes() }.unwrap_or_default();
                answer(&ctx, socket(&table, index).and_then(|socket| send(socket, bytes, milliseconds)))
            },
        ),
    )?;
    host.set(
        "receive",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, index: usize, milliseconds: f64| {
            let bytes = answer(&ctx, socket(&open.borrow(), index).and_then(|socket| receive(socket, milliseconds)))?;
            TypedArray::<u8>::new(ctx, bytes)
        }),
    )
}

fn socket(table: &[OwnedFd], index: usize) -> io::Result<&OwnedFd> {
    table.get(index).ok_or(Errno::BADF)
}

/// A full backlog makes the kernel wait here, for as long as SO_SNDTIMEO says; poll() knows nothing of that wait.
fn connect(path: &str, milliseconds: f64) -> io::Result<OwnedFd> {
    let socket = net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    let limit = Duration::from_secs_f64((milliseconds / 1e3).max(0.001));
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Send, Some(limit))?;
    match net::connect(&socket, &SocketAddrUnix::new(path)?) {
        Err(Errno::AGAIN) => Err(Errno::TIMEDOUT),
        other => other.map(|()| socket),
    }
}

fn send(socket: &OwnedFd, mut bytes: &[u8], milliseconds: f64) -> io::Result<()> {
    let deadline = Deadline::after(milliseconds);
    while !bytes.is_empty() {
        match net::send(socket, bytes, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => deadline.wait(socket.as_fd(), PollFlags::OUT)?,
            other => bytes = &bytes[other?..],
        }
    }
    Ok(())
}

/// What there is, at least one byte; none when the peer closed its side.
fn receive(socket: &OwnedFd, milliseconds: f64) -> io::Result<Vec<u8>> {
    let deadline = Deadline::after(milliseconds);
    let mut bytes = Vec::with_capacity(CHUNK);
    loop {
        deadline.wait(socket.as_fd(), PollFlags::IN)?;
        match net::recv(socket, rustix::buffer::spare_capacity(&mut bytes), RecvFlags::DONTWAIT) {
            Err(Errno::INTR | Errno::AGAIN) => {}
            other => return other.map(|_| bytes),
        }
    }
}
