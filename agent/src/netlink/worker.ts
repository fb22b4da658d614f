/**
 * The kernel thread: answers calls one after the other, each synchronously; a deletion's long part runs in the
 * background. The entry point of a worker_thread.
 *
 * Whatever is thrown here and is no NetlinkError (a lost namespace, a lost answer, bytes that are no netlink) is left uncaught on purpose:
 * it ends this thread, and thread.ts starts another one.
 */
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { FailedRequest, Kernel } from "./kernel.js";
import { closeAll } from "./libc.js";
import { NetlinkError } from "./port.js";
import { type Call, type FromThread, type Results, type ToThread, toFailure } from "./protocol.js";

if (parentPort === null) throw new Error("worker.js runs as a worker thread only");
const port = parentPort;
const waiting = new Map<number, Call>();
let closing = false;

// Descriptors belong to the process: they would outlive the thread, and with them a pod's namespace.
process.once("exit", closeAll);

const kernel = start();
if (kernel !== undefined) {
  port.on("message", (message: ToThread) => {
    accept(message);
    work(kernel);
  });
  post({ type: "ready" });
}

function start(): Kernel | undefined {
  try {
    return new Kernel(String(workerData));
  } catch (error) {
    if (!(error instanceof NetlinkError)) throw error;
    post({ type: "unusable", failure: toFailure(error) });
    return undefined;
  }
}

function accept(message: ToThread): void {
  if (message.type === "call") waiting.set(message.id, message.call);
  else if (message.type === "close") closing = true;
  else if (waiting.delete(message.id)) post({ type: "cancelled", id: message.id });
}

function work(using: Kernel): void {
  for (;;) {
    // A cancellation may have come for what waits: read it before the next call is started, not after all of them.
    for (let more = receiveMessageOnPort(port); more !== undefined; more = receiveMessageOnPort(port)) {
      accept(more.message as ToThread);
    }
    const next = waiting.entries().next();
    if (next.done === true) break;
    const [id, call] = next.value;
    waiting.delete(id);
    if (call.op === "delete-links") void erase(using, id, call.names);
    else post(answer(using, id, call));
  }
  if (closing) {
    using.close();
    port.close();
  }
}

function answer(using: Kernel, id: number, call: Exclude<Call, { op: "delete-links" }>): FromThread {
  try {
    return { type: "result", id, value: run(using, call) };
  } catch (error) {
    return toAnswer(id, error);
  }
}

function run(using: Kernel, call: Exclude<Call, { op: "delete-links" }>): Results[Call["op"]] {
  switch (call.op) {
    case "execute":
      using.execute(call.netns, call.requests);
      return undefined;
    case "links":
      return using.links(call.netns, call.name);
    case "addresses":
      return using.addresses(call.netns, call.link);
    case "routes":
      return using.routes(call.netns, call.link);
    case "netns-exists":
      return using.netnsExists(call.netns);
  }
}

async function erase(using: Kernel, id: number, names: readonly string[]): Promise<void> {
  try {
    const undeleted = await using.deleteLinks(names);
    post({ type: "result", id, value: undeleted.map(({ name, reason }) => ({ name, failure: toFailure(reason) })) });
  } catch (error) {
    post(toAnswer(id, error));
  }
}

function toAnswer(id: number, error: unknown): FromThread {
  if (error instanceof FailedRequest) return { type: "failure", id, failure: toFailure(error.reason, error.index) };
  if (error instanceof NetlinkError) return { type: "failure", id, failure: toFailure(error) };
  throw error;
}

function post(message: FromThread): void {
  port.postMessage(message);
}
