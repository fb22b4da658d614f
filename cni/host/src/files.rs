//! The file operations of the queue of deletes: durable writes below a lock.

use crate::{engine::answer, input::Deadline};
use alloc::{rc::Rc, string::String, vec::Vec};
use core::{cell::RefCell, mem::MaybeUninit};
use rquickjs::{Ctx, Function, Object, Result};
use rustix::{
    fd::OwnedFd,
    fs::{self, Access, FlockOperation, Mode, OFlags, RawDir},
    io::{self, Errno},
    thread::{Timespec, nanosleep},
};

/// How often a lock that somebody else holds is asked for: flock(2) itself knows no time limit.
const LOCK_PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };

pub fn install<'js>(ctx: &Ctx<'js>, host: &Object<'js>) -> Result<()> {
    host.set("exists", Function::new(ctx.clone(), |ctx: Ctx<'js>, path: String| answer(&ctx, exists(&path))))?;
    host.set(
        "makeDirectory",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, path: String| answer(&ctx, make_directory(&path))),
    )?;
    host.set(
        "listDirectory",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, path: String| answer(&ctx, list_directory(&path))),
    )?;
    host.set(
        "syncDirectory",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, path: String| answer(&ctx, sync_directory(&path))),
    )?;
    host.set(
        "writeFile",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, path: String, text: String| answer(&ctx, write_file(&path, &text))),
    )?;
    host.set(
        "rename",
        Function::new(ctx.clone(), |ctx: Ctx<'js>, from: String, to: String| answer(&ctx, fs::rename(&*from, &*to))),
    )?;
    host.set("remove", Function::new(ctx.clone(), |ctx: Ctx<'js>, path: String| answer(&ctx, fs::unlink(&*path))))?;

    let held: Rc<RefCell<Vec<OwnedFd>>> = Rc::default();
    let locks = held.clone();
    host.set(
        "lock",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, path: String, milliseconds: f64| {
            locks.borrow_mut().push(answer(&ctx, lock(&path, milliseconds))?);
            Ok::<_, rquickjs::Error>(())
        }),
    )?;
    host.set("unlock", Function::new(ctx.clone(), move || held.borrow_mut().clear()))
}

fn exists(path: &str) -> io::Result<bool> {
    match fs::access(path, Access::EXISTS) {
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(false),
        other => other.map(|()| true),
    }
}

/// With its parents; only root may look into what is made here.
fn make_directory(path: &str) -> io::Result<()> {
    let ends = path.match_indices('/').map(|(at, _)| at).filter(|&at| at > 0).chain([path.len()]);
    for end in ends {
        match fs::mkdir(&path[..end], Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

fn list_directory(path: &str) -> io::Result<Vec<String>> {
    let directory = open_directory(path)?;
    let mut buffer = [MaybeUninit::uninit(); 8192];
    let mut entries = RawDir::new(directory, &mut buffer);
    let mut names = Vec::new();
    while let Some(entry) = entries.next() {
        let name = String::from_utf8_lossy(entry?.file_name().to_bytes()).into_owned();
        if name != "." && name != ".." {
            names.push(name);
        }
    }
    Ok(names)
}

fn sync_directory(path: &str) -> io::Result<()> {
    fs::fsync(open_directory(path)?)
}

fn open_directory(path: &str) -> io::Result<OwnedFd> {
    fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

/// Replaces the file's content; it is on the disk when this returns.
fn write_file(path: &str, text: &str) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = fs::open(path, flags, Mode::RUSR | Mode::WUSR)?;
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match io::write(&file, rest) {
            Err(Errno::INTR) => {}
            other => rest = &rest[other?..],
        }
    }
    fs::fsync(&file)
}

/// Held until the descriptor is closed, by whatever end this process finds.
fn lock(path: &str, milliseconds: f64) -> io::Result<OwnedFd> {
    let deadline = Deadline::after(milliseconds);
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = fs::open(path, flags, Mode::RUSR | Mode::WUSR)?;
    loop {
        match fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::AGAIN | Errno::INTR) if deadline.left() > 0.0 => {
                let _ = nanosleep(&LOCK_PAUSE);
            }
            Err(Errno::AGAIN | Errno::INTR) => return Err(Errno::TIMEDOUT),
            other => return other.map(|()| file),
        }
    }
}
