//! Starts the engine, gives it the host's functions, runs the script to its end.

use crate::{failure, files, input, memory::EngineMemory, sockets};
use alloc::{format, string::String};
use rquickjs::{Context, Ctx, Error, Object, Result, Runtime, Value, context::intrinsic, qjs};

static BYTECODE: &[u8] = include_bytes!(env!("PRISMNET_BYTECODE"));

/// Only what `cni/src` uses: each further intrinsic is more to set up at every start, and more to link.
type Intrinsics = (intrinsic::RegExp, intrinsic::Json, intrinsic::TypedArrays, intrinsic::Promise);

/// Hostile input can ask for no more than this; a call needs about 1 MB.
const MEMORY_LIMIT: usize = 256 << 20;
const STACK_LIMIT: usize = 1 << 20;

/// Runs the script, which ends the process itself. To return is a failure; its reason is returned.
pub fn run() -> String {
    match start() {
        Ok(reason) => reason,
        Err(error) => format!("{error}"),
    }
}

fn start() -> Result<String> {
    let runtime = Runtime::new_with_alloc(EngineMemory)?;
    runtime.set_gc_threshold(usize::MAX);
    runtime.set_memory_limit(MEMORY_LIMIT);
    runtime.set_max_stack_size(STACK_LIMIT);
    let context = Context::custom::<Intrinsics>(&runtime)?;
    let reason = context.with(|ctx| {
        let host = Object::new(ctx.clone())?;
        input::install(&ctx, &host)?;
        sockets::install(&ctx, &host)?;
        files::install(&ctx, &host)?;
        ctx.globals().set("prismnetHost", host)?;
        Ok::<_, Error>(evaluate(&ctx))
    })?;
    core::mem::forget(context);
    core::mem::forget(runtime);
    Ok(reason)
}

fn evaluate(ctx: &Ctx<'_>) -> String {
    // SAFETY: the bytes are the bytecode that prismnet-compile wrote with this same engine; JS_EvalFunction takes the function over.
    let outcome = unsafe {
        let context = ctx.as_raw().as_ptr();
        let function =
            qjs::JS_ReadObject(context, BYTECODE.as_ptr(), BYTECODE.len() as _, qjs::JS_READ_OBJ_BYTECODE as i32);
        if qjs::JS_IsException(function) {
            function
        } else {
            // One reference more than is ever given back: at its end the script would free every function that it has.
            qjs::JS_EvalFunction(context, qjs::JS_DupValue(context, function))
        }
    };
    // SAFETY: reads the tag of a value that the engine just returned.
    if unsafe { qjs::JS_IsException(outcome) } {
        return describe(ctx.catch());
    }
    while ctx.execute_pending_job() {}
    String::from("the script ended without an answer")
}

fn describe(thrown: Value<'_>) -> String {
    match thrown.as_exception() {
        Some(exception) => exception.message().unwrap_or_default(),
        None => String::from("the script threw something that is not an Error"),
    }
}

/// A name for what every host function returns.
pub type Answer<T> = core::result::Result<T, Error>;

/// Turns a system call's error into a JavaScript exception.
pub fn answer<T>(ctx: &Ctx<'_>, outcome: rustix::io::Result<T>) -> Answer<T> {
    outcome.map_err(|errno| failure::raise(ctx, errno))
}
