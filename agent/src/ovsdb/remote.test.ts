import { createServer, type AddressInfo, type Server } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "tap";
import { openRemote, parseRemotes, type Remote } from "./remote.js";
import { removeFolder, temporaryFolder } from "./testing/process.js";

const never = new AbortController().signal;

test("remotes are parsed", (t) => {
  const parsed = parseRemotes([
    "unix:/run/ovn/ovnnb_db.sock",
    "tcp:10.0.0.1:6641, ssl:[fd00::1]:6641",
    "tcp:nb.example",
    "tcp:[fe80::1%eth0]:1",
  ]);
  t.same(parsed, [
    { kind: "unix", text: "unix:/run/ovn/ovnnb_db.sock", path: "/run/ovn/ovnnb_db.sock" },
    { kind: "tcp", text: "tcp:10.0.0.1:6641", host: "10.0.0.1", port: 6641 },
    { kind: "ssl", text: "ssl:[fd00::1]:6641", host: "fd00::1", port: 6641 },
    { kind: "tcp", text: "tcp:nb.example", host: "nb.example", port: 6640 },
    { kind: "tcp", text: "tcp:[fe80::1%eth0]:1", host: "fe80::1%eth0", port: 1 },
  ]);
  const wrong = [
    "",
    "unix:",
    "/run/x.sock",
    "punix:/x",
    "ptcp:6641",
    "tcp:",
    "tcp:::1:6641",
    "tcp:[zz]:1",
    "tcp:h:0",
    "tcp:h:65536",
    "tcp:h:1:2",
  ];
  for (const text of wrong)
    t.throws(() => parseRemotes([text]), { name: "TypeError", message: /expected unix:PATH/ }, text);
  t.throws(() => parseRemotes([]), { message: /at least one/ });
  t.end();
});

test("streams open over unix sockets, IPv4 and IPv6", async (t) => {
  const folder = await temporaryFolder();
  t.teardown(() => removeFolder(folder));
  const listen = async (...where: readonly [string] | readonly [number, string]): Promise<Server> => {
    const server = createServer((socket) => socket.end());
    if (typeof where[0] === "string") server.listen(where[0]);
    else server.listen(where[0], where[1]);
    await once(server, "listening");
    t.teardown(() => server.close());
    return server;
  };
  const path = join(folder, "sock");
  await listen(path);
  const v4 = ((await listen(0, "127.0.0.1")).address() as AddressInfo).port;
  const v6 = ((await listen(0, "::1")).address() as AddressInfo).port;
  for (const text of [`unix:${path}`, `tcp:127.0.0.1:${v4}`, `tcp:[::1]:${v6}`]) {
    const socket = await openRemote(parseRemotes([text])[0] as Remote, {
      tls: undefined,
      timeoutMs: 30_000,
      signal: never,
    });
    t.notOk(socket.connecting, text);
    socket.destroy();
  }
});

test("a remote that can't be reached says why", async (t) => {
  const folder = await temporaryFolder();
  t.teardown(() => removeFolder(folder));
  const silent = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.resume();
  });
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const open = (
    text: string,
    options: { timeoutMs?: number; signal?: AbortSignal; caFile?: string } = {},
  ): Promise<unknown> => {
    const { timeoutMs = 30_000, signal = never, caFile } = options;
    const tls = caFile === undefined ? undefined : { caFile };
    return openRemote(parseRemotes([text])[0] as Remote, { tls, timeoutMs, signal });
  };
  await t.rejects(open(`unix:${folder}/none`), { name: "ConnectionLost", message: /none.*ENOENT/ });
  await t.rejects(open(`ssl:127.0.0.1:${port}`), { name: "ConnectionLost", message: /needs tls\.caFile/ });
  await t.rejects(open(`ssl:127.0.0.1:${port}`, { caFile: join(folder, "ca") }), {
    message: /tls\.caFile can't be read: .*ENOENT/,
  });
  const caFile = join(import.meta.dirname, "remote.test.js");
  await t.rejects(open(`ssl:127.0.0.1:${port}`, { timeoutMs: 50, caFile }), { message: /no connection within 50 ms/ });
  const controller = new AbortController();
  const opening = open(`ssl:127.0.0.1:${port}`, { signal: controller.signal, caFile });
  controller.abort(new Error("enough"));
  await t.rejects(opening, { name: "Cancelled", cause: { message: "enough" } });
  await t.rejects(open("unix:/x", { signal: AbortSignal.abort() }), { name: "Cancelled" });
  silent.close();
  await once(silent, "close");
  await t.rejects(open(`tcp:127.0.0.1:${port}`), { name: "ConnectionLost", message: /ECONNREFUSED/ });
});
