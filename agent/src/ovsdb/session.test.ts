import { test } from "tap";
import { peer } from "./testing/peer.js";

test("requests are matched to replies in any order, notifications pass", async (t) => {
  const { session, next, send, notifications } = peer();
  const first = session.request("get_schema", '["db"]');
  const second = session.request("list_dbs", "[]");
  const one = await next();
  const two = await next();
  t.match(
    [one, two],
    [
      { method: "get_schema", params: ["db"] },
      { method: "list_dbs", params: [] },
    ],
  );
  send({ method: "update", params: ["m", {}], id: null });
  send({ id: two["id"], result: ["db"], error: null });
  send({ id: one["id"], result: null, error: { error: "unknown database", details: "no db" } });
  t.same(await second, ["db"]);
  await t.rejects(first, { name: "UnknownDatabase", details: "no db", message: "get_schema: unknown database: no db" });
  t.same(notifications, [["update", ["m", {}]]]);
});

test("echo works both ways, other requests are refused", async (t) => {
  const { session, next, send } = peer();
  send({ method: "echo", params: ["probe", 1], id: "echo" });
  t.same(await next(), { id: "echo", result: ["probe", 1], error: null });
  send({ method: "transact", params: [], id: 7 });
  t.same(await next(), { id: 7, result: null, error: { error: "unknown method" } });
  t.equal(session.roundTripUs, 0);
  session.echo();
  const { id, method } = await next();
  t.equal(method, "echo");
  send({ id, result: [], error: null });
  send({ method: "echo", params: [], id: "last" });
  await next();
  t.ok(session.roundTripUs > 0);
});

test("a silent server is probed, then given up", async (t) => {
  const { session, next, send, closed } = peer({ inactivityProbeMs: 40 });
  for (let i = 0; i < 3; i++) {
    const { id, method } = await next();
    t.equal(method, "echo", "probed");
    send({ id, result: [], error: null });
  }
  t.notOk(session.closed, "it answered");
  const waiting = session.request("transact", '["db"]');
  await t.rejects(waiting, { name: "ConnectionLost", message: /no answer to a probe within 40 ms/ });
  t.match(await closed, { message: /no answer to a probe/ });
  t.ok(session.closed);
});

test("a server that talks is not probed", async (t) => {
  const { session, next, send, notifications } = peer({ inactivityProbeMs: 200 });
  const timer = setInterval(() => send({ method: "update", params: [], id: null }), 20);
  t.teardown(() => clearInterval(timer));
  while (notifications.length < 30) await new Promise((resolve) => setTimeout(resolve, 20));
  session.call("marker", "[]", () => undefined);
  t.match(await next(), { method: "marker" }, "the first thing it hears from us");
});

test("whatever breaks the protocol ends the session and fails its requests", async (t) => {
  const cases: readonly (readonly [what: unknown, error: RegExp])[] = [
    ["garbage", /expected a JSON object/],
    ['{"id":}', /malformed JSON/],
    [{ id: 99, result: 1, error: null }, /a reply to no request: id 99/],
    [{ result: 1 }, /a reply to no request/],
    [{ method: "update", params: {}, id: null }, /update without params/],
    [{ text: "x".repeat(20_000) }, /longer than 10000 bytes/],
  ];
  for (const [what, error] of cases) {
    const { session, send, closed } = peer();
    const waiting = session.request("transact", '["db"]');
    send(what);
    await t.rejects(waiting, { message: error });
    t.match(await closed, { message: error });
    await t.rejects(session.request("late", "[]"), { message: error }, "and so do later ones");
  }
});

test("the end of the stream says where it came", async (t) => {
  const whole = peer();
  whole.stream.end();
  t.match(await whole.closed, { name: "ConnectionLost", message: "the server closed the connection" });
  const truncated = peer();
  truncated.send('{"id":1,"result":[');
  truncated.stream.end();
  t.match(await truncated.closed, { name: "ConnectionLost", message: /in the middle of a message/ });
});

test("replies and notifications of one chunk are handled in order, before any promise", (t) => {
  const { session, send } = peer({ onNotification: () => order.push("notification") });
  const order: string[] = [];
  session.call("a", "[]", () => {
    order.push("reply");
    void Promise.resolve().then(() => order.push("promise"));
  });
  send('{"id":1,"result":{},"error":null}{"method":"update","params":[],"id":null}');
  setImmediate(() => {
    setImmediate(() => {
      t.same(order, ["reply", "notification", "promise"]);
      t.end();
    });
  });
});
