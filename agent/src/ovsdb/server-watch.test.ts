import { test } from "tap";
import { type SeenIndexes, ServerWatch } from "./cluster.js";
import { peer } from "./testing/peer.js";

const row = "0f0e0d0c-0000-4000-8000-000000000001";
const cluster = "0f0e0d0c-0000-4000-8000-00000000000c";

interface State {
  readonly model?: string;
  readonly connected?: boolean;
  readonly leader?: boolean;
  readonly index?: number;
}

/** A watch that has read `state`, and the means to change it; undefined is a server without our database. */
async function watching(state: State | undefined, leaderOnly: boolean, seen: SeenIndexes = new Map()) {
  const watch = new ServerWatch("db", leaderOnly, seen);
  const { session, next, send } = peer({ onNotification: (method, params) => watch.notification(method, params) });
  const started = new Promise<Error | undefined>((resolve) => watch.start(session, resolve));
  const { id, method, params } = await next();
  const { index, ...rest } = state ?? {};
  const wire = { name: "db", cid: ["uuid", cluster], ...(index === undefined ? {} : { index }), ...rest };
  const rows = state === undefined ? {} : { Database: { [row]: { initial: wire } } };
  send({ id, result: [false, cluster, rows], error: null });
  const error = await started;
  const change = async (difference: State): Promise<void> => {
    send({
      method: "update3",
      params: ["_Server", cluster, { Database: { [row]: { modify: difference } } }],
      id: null,
    });
    send({ method: "echo", params: [], id: "read" });
    await next();
  };
  return { watch, error, method, params, change };
}

test("which servers are used", async (t) => {
  const clustered = { model: "clustered", connected: true };
  const cases: readonly (readonly [State | undefined, boolean, RegExp | undefined, string])[] = [
    [{ model: "standalone", connected: true, leader: true }, true, undefined, "standalone"],
    [{ ...clustered, leader: true }, true, undefined, "leader"],
    [{ ...clustered, leader: false }, true, /not the cluster's leader/, "follower"],
    [{ ...clustered, leader: false }, false, undefined, "follower"],
    [{ model: "clustered", connected: false, leader: false }, false, /not connected to its cluster/, "follower"],
    [{ model: "relay", connected: true }, true, /a relay/, "relay"],
    [{ model: "relay", connected: true }, false, undefined, "relay"],
    [{ model: "relay", connected: false }, false, /not connected/, "relay"],
    [undefined, true, /serves no database db/, "unknown"],
  ];
  for (const [state, leaderOnly, refusal, role] of cases) {
    const { watch, error } = await watching(state, leaderOnly);
    t.equal(error, undefined);
    t.equal(watch.role, role);
    if (refusal === undefined) t.equal(watch.refusal(), undefined, JSON.stringify(state));
    else t.match(watch.refusal(), refusal);
  }
});

test("a leader that loses its leadership", async (t) => {
  const { watch, change } = await watching({ model: "clustered", connected: true, leader: true }, true);
  t.equal(watch.refusal(), undefined);
  await change({ leader: false });
  t.match(watch.refusal(), /not the cluster's leader/);
});

test("a follower with older data than was read before is refused", async (t) => {
  const seen: SeenIndexes = new Map();
  const state = { model: "clustered", connected: true, leader: false };
  const ahead = await watching({ ...state, index: 10 }, false, seen);
  t.equal(ahead.watch.refusal(), undefined);
  await ahead.change({ index: 20 });
  t.equal(ahead.watch.refusal(), undefined);
  const behind = await watching({ ...state, index: 15 }, false, seen);
  t.match(behind.watch.refusal(), /older than what was read before/);
  await behind.change({ index: 20 });
  t.equal(behind.watch.refusal(), undefined, "it caught up");
});

test("the log index, which moves with every commit, is read only by those who need it", async (t) => {
  const columns = async (leaderOnly: boolean): Promise<string> =>
    JSON.stringify((await watching({}, leaderOnly)).params);
  t.notMatch(await columns(true), /"index"/);
  t.match(await columns(false), /"index"/);
});

test("a server without the _Server database counts as standalone", async (t) => {
  const watch = new ServerWatch("db", true, new Map());
  const { session, next, send } = peer();
  const started = new Promise<Error | undefined>((resolve) => watch.start(session, resolve));
  const { id } = await next();
  send({ id, result: null, error: { error: "unknown database" } });
  t.equal(await started, undefined);
  t.same([watch.role, watch.refusal()], ["standalone", undefined]);
});
