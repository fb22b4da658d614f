//! Errors: those that the script gets to see, and the last resort when there is no script to answer.

use crate::streams;
use alloc::format;
use core::ffi::c_int;
use rquickjs::{Ctx, Error, Exception};
use rustix::io::Errno;

/// Answers the runtime when the engine itself failed: never silence (CNI specification, section 5, "Error").
pub fn report(reason: &str) -> c_int {
    let answer = format!(
        "{{\"cniVersion\":\"1.1.0\",\"code\":999,\"msg\":\"the CNI executable failed\",\"details\":\"{}\"}}\n",
        reason.escape_default()
    );
    let _ = rustix::io::write(streams::output(), answer.as_bytes());
    let _ = rustix::io::write(streams::errors(), answer.as_bytes());
    1
}

/// Throws what Node's own `fs` and `net` would: an Error whose `code` is the errno's name.
pub fn raise(ctx: &Ctx<'_>, errno: Errno) -> Error {
    let (code, text) = describe(errno);
    let message = if text.is_empty() { format!("errno {}", errno.raw_os_error()) } else { text.into() };
    let exception = match Exception::from_message(ctx.clone(), &message) {
        Ok(exception) => exception,
        Err(error) => return error,
    };
    match exception.as_object().set("code", code) {
        Ok(()) => exception.throw(),
        Err(error) => error,
    }
}

fn describe(errno: Errno) -> (&'static str, &'static str) {
    match errno {
        Errno::ACCESS => ("EACCES", "permission denied"),
        Errno::AGAIN => ("EAGAIN", "resource temporarily unavailable"),
        Errno::BADF => ("EBADF", "bad file descriptor"),
        Errno::CONNREFUSED => ("ECONNREFUSED", "connection refused"),
        Errno::CONNRESET => ("ECONNRESET", "connection reset by peer"),
        Errno::DQUOT => ("EDQUOT", "disk quota exceeded"),
        Errno::EXIST => ("EEXIST", "file exists"),
        Errno::FBIG => ("EFBIG", "too large"),
        Errno::ILSEQ => ("EILSEQ", "not valid UTF-8"),
        Errno::INVAL => ("EINVAL", "invalid argument"),
        Errno::IO => ("EIO", "input/output error"),
        Errno::ISDIR => ("EISDIR", "is a directory"),
        Errno::LOOP => ("ELOOP", "too many levels of symbolic links"),
        Errno::MFILE => ("EMFILE", "too many open files"),
        Errno::NAMETOOLONG => ("ENAMETOOLONG", "file name too long"),
        Errno::NFILE => ("ENFILE", "too many open files in system"),
        Errno::NOENT => ("ENOENT", "no such file or directory"),
        Errno::NOSPC => ("ENOSPC", "no space left on device"),
        Errno::NOTDIR => ("ENOTDIR", "not a directory"),
        Errno::NOTSOCK => ("ENOTSOCK", "not a socket"),
        Errno::PERM => ("EPERM", "operation not permitted"),
        Errno::PIPE => ("EPIPE", "broken pipe"),
        Errno::PROTOTYPE => ("EPROTOTYPE", "not a stream socket"),
        Errno::ROFS => ("EROFS", "read-only file system"),
        Errno::TIMEDOUT => ("ETIMEDOUT", "timed out"),
        _ => ("EUNKNOWN", ""),
    }
}
