import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { get } from "node:http";
import type { Answer, Launch, Launched, Order } from "./launcher.js";

/**
 * The process behind `Launcher`: small, so that its forks are cheap, and inside the network namespace that its children
 * belong into, so that no nsenter stands between.
 */
process.on("message", (order: Order) => {
  void obey(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ id: order.id, error: String(error) } satisfies Answer),
  );
});
process.on("disconnect", () => process.exit(0));

async function obey(order: Order): Promise<Answer> {
  if (order.url !== undefined) return { id: order.id, body: await fetchText(order.url) };
  const start = performance.now();
  return { id: order.id, launched: await Promise.all(order.launches.map((one) => launch(one, start))) };
}

/** `start` is the beginning of the whole batch: the last of fifty has waited for its forty-nine neighbours' forks. */
function launch({ file, env, input }: Launch, start: number): Promise<Launched> {
  const stdin = openSync(input, "r");
  let child: ChildProcess;
  try {
    child = spawn(file, [], { env, stdio: [stdin, "pipe", "ignore"] });
  } finally {
    closeSync(stdin);
  }
  return new Promise((resolve, reject) => {
    let stdout = "";
    child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ milliseconds: performance.now() - start, exitCode: code ?? -1, stdout });
    });
  });
}

function fetchText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => {
        resolve(text);
      });
    }).on("error", reject);
  });
}
