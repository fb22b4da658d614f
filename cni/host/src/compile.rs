//! Build step: reads the JavaScript bundle from standard input, writes it as bytecode of this very engine to standard
//! output. Linked like the executable itself, so that the engine is built once and both sides agree on it.

#![no_std]
#![no_main]

extern crate alloc;

#[allow(dead_code)]
mod failure;
mod memory;
mod streams;

use alloc::{format, string::String, vec::Vec};
use core::{
    ffi::{c_char, c_int},
    slice,
};
use rquickjs::{Context, Ctx, Runtime, qjs};
use rustix::io::{self, Errno};

#[unsafe(no_mangle)]
extern "C" fn main(_argc: c_int, _argv: *const *const c_char) -> c_int {
    match run() {
        Ok(()) => 0,
        Err(reason) => failure::report(&reason),
    }
}

fn run() -> Result<(), String> {
    let source = read_all().map_err(|errno| format!("reading the bundle: {errno}"))?;
    let runtime = Runtime::new_with_alloc(memory::EngineMemory).map_err(|error| format!("{error}"))?;
    let context = Context::full(&runtime).map_err(|error| format!("{error}"))?;
    let bytecode = context.with(|ctx| compile(&ctx, source))?;
    let mut rest = &bytecode[..];
    while !rest.is_empty() {
        rest = &rest[io::write(streams::output(), rest).map_err(|errno| format!("writing the bytecode: {errno}"))?..];
    }
    Ok(())
}

fn compile(ctx: &Ctx<'_>, mut source: Vec<u8>) -> Result<Vec<u8>, String> {
    let length = source.len();
    source.push(0);
    let flags = qjs::JS_EVAL_TYPE_GLOBAL | qjs::JS_EVAL_FLAG_STRICT | qjs::JS_EVAL_FLAG_COMPILE_ONLY;
    let stripped = qjs::JS_WRITE_OBJ_BYTECODE | qjs::JS_WRITE_OBJ_STRIP_SOURCE | qjs::JS_WRITE_OBJ_STRIP_DEBUG;
    let context = ctx.as_raw().as_ptr();

    // SAFETY: `source` ends with a NUL and outlives the call, as JS_Eval asks; what JS_WriteObject returns is `size` bytes
    // that are copied before they are freed.
    unsafe {
        let function = qjs::JS_Eval(context, source.as_ptr().cast(), length as _, c"prismnet".as_ptr(), flags as i32);
        if qjs::JS_IsException(function) {
            return Err(format!("the bundle does not compile: {:?}", ctx.catch()));
        }
        let mut size = 0;
        let bytes = qjs::JS_WriteObject(context, &mut size, function, stripped as i32);
        qjs::JS_FreeValue(context, function);
        if bytes.is_null() {
            return Err(String::from("the engine cannot write the bundle as bytecode"));
        }
        let copy = slice::from_raw_parts(bytes, size as usize).to_vec();
        qjs::js_free(context, bytes.cast());
        Ok(copy)
    }
}

fn read_all() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        bytes.reserve(64 << 10);
        match io::read(streams::input(), rustix::buffer::spare_capacity(&mut bytes)) {
            Ok(0) => return Ok(bytes),
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}
