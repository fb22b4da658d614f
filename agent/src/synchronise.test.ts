import { pino } from "pino";
import t from "tap";
import { AgentError } from "./errors.js";
import { Synchronisation } from "./synchronise.js";

const log = pino({ level: "silent" });

t.test("the gate opens after every step, in order", async (t) => {
  const ran: string[] = [];
  const step = (what: string) => ({ what, run: async () => void ran.push(what) });
  const gate = new Synchronisation([step("one"), step("two")], log);
  gate.start();
  await gate.opened(new AbortController().signal);
  t.same(ran, ["one", "two"]);
  t.equal(gate.waitingFor, undefined);
  await gate.stop();
});

t.test("a step that fails is repeated; meanwhile callers learn what is awaited", async (t) => {
  let away = true;
  const run = async () => {
    if (away) throw new Error("connection refused");
  };
  const gate = new Synchronisation([{ what: "the database", run }], log);
  gate.start();
  const caller = new AbortController();
  const refused = t.rejects(gate.opened(caller.signal), {
    code: "DEADLINE",
    message: /too late: the agent waits for the database \(connection refused\)/,
  });
  await new Promise((resolve) => setImmediate(resolve));
  caller.abort(new AgentError("DEADLINE", "too late"));
  await refused;
  away = false;
  await gate.opened(new AbortController().signal);
  t.ok(gate.done);
  await gate.stop();
});

t.test("stopping refuses those who wait", async (t) => {
  const never = (signal: AbortSignal) =>
    new Promise<void>((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
  const gate = new Synchronisation([{ what: "the database", run: never }], log);
  gate.start();
  const refused = t.rejects(gate.opened(new AbortController().signal), { code: "SHUTTING_DOWN" });
  await gate.stop();
  await refused;
});
