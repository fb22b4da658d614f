import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { type Socket, createServer } from "node:net";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import type { Test } from "tap";
import { LOCK_FILE, QUEUE_LIMIT, decodeEntry, entryName } from "../queue-format.js";
import { FakeAgent, Refusal } from "./fake-agent.js";
import type { Run } from "./run.js";
import { CONTAINER, NETNS, callVerb, parsed } from "./runtime.js";

const silence = { exitCode: 0, output: "", errors: "" };
const attachment = { containerId: CONTAINER, ifName: "eth0" };
const NAME = entryName(attachment);

/** DEL while the agent is away, and everything that may meet such a delete later. */
export async function queueTests(t: Test, run: Run): Promise<void> {
  /** An agent that is away, with a state directory of its own. */
  const absentAgent = async (t: Test): Promise<FakeAgent> => {
    const agent = await FakeAgent.create();
    t.teardown(() => agent.remove());
    return agent;
  };
  const queued = async (agent: FakeAgent): Promise<string[]> =>
    (await readdir(queueOf(agent))).filter((name) => name !== LOCK_FILE).sort();

  await t.test("the delete is on disk, for root alone, and says everything", async (t) => {
    const agent = await absentAgent(t);
    t.same(await callVerb(run, agent, "DEL"), silence);
    t.same(await queued(agent), [NAME]);
    t.same(decodeEntry(NAME, await readFile(join(queueOf(agent), NAME), "utf8")), {
      attachment,
      pod: { namespace: "shop", name: "web-7d4b9c6f5-x2x9z", uid: "3b1f8a52-0c0e-4f0e-8f3a-0d9f6a3c5b11" },
      netns: NETNS,
      network: "prismnet",
    });
    t.equal((await stat(queueOf(agent))).mode & 0o777, 0o700);
    t.equal((await stat(join(queueOf(agent), NAME))).mode & 0o777, 0o600);
    t.same(await callVerb(run, agent, "DEL"), silence, "twice");
    t.same(await queued(agent), [NAME]);
  });

  await t.test("a socket that nobody listens on any more is as good as none", async (t) => {
    const agent = await absentAgent(t);
    // What a crash leaves behind: the path exists, a connection is refused.
    const script = `require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
    await once(spawn(process.execPath, ["-e", script, agent.socket]), "close");
    t.ok((await stat(agent.socket)).isSocket());
    t.same(await callVerb(run, agent, "DEL"), silence);
    t.same(await queued(agent), [NAME]);
  });

  await t.test("an agent that dies under the call is asked again, then the delete is queued", async (t) => {
    const agent = await absentAgent(t);
    await agent.start();
    agent.answers.del = async () => {
      await agent.die();
      return new Promise<void>(() => {});
    };
    t.same(await callVerb(run, agent, "DEL"), silence);
    t.same(await queued(agent), [NAME]);
  });

  await t.test("an agent that hangs up on every call is an error to repeat", async (t) => {
    const agent = await absentAgent(t);
    let calls = 0;
    const server = createServer((socket: Socket) => {
      calls++;
      socket.once("data", () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(agent.socket, resolve));
    t.teardown(() => server.close());
    t.match(parsed(await callVerb(run, agent, "DEL")), { code: 11, msg: /went away/ });
    t.equal(calls, 2);
  });

  await t.test("the agent starts while we wait for the lock: it is asked, nothing is queued", async (t) => {
    const agent = await absentAgent(t);
    await mkdir(queueOf(agent), { recursive: true });
    // The agent's side of the protocol, with flock(1): it holds the lock while it begins to listen.
    const holder = spawn("flock", [join(queueOf(agent), LOCK_FILE), "sh", "-c", "echo locked; read line"]);
    await once(holder.stdout, "data");
    const outcome = callVerb(run, agent, "DEL");
    await new Promise((resolve) => setTimeout(resolve, 500));
    await agent.start();
    holder.stdin.end("\n");
    t.same(await outcome, silence);
    t.same(await queued(agent), []);
    t.equal(agent.asked.length, 1);
  });

  await t.test("ADD settles a queued delete of its attachment before anything else", async (t) => {
    const agent = await absentAgent(t);
    await callVerb(run, agent, "DEL");
    await agent.start();
    t.equal((await callVerb(run, agent, "ADD")).exitCode, 0);
    t.same(
      agent.asked.map(({ verb }) => verb),
      ["del", "add"],
    );
    t.same(await queued(agent), []);
  });

  await t.test("ADD fails while the queued delete cannot be carried out, and the delete stays", async (t) => {
    const agent = await absentAgent(t);
    await callVerb(run, agent, "DEL");
    await agent.start();
    agent.answers.del = () => {
      throw new Refusal("OVS_UNAVAILABLE", "11", status.UNAVAILABLE, "ovs-port: no answer");
    };
    t.match(parsed(await callVerb(run, agent, "ADD")), { code: 11, msg: "OVS_UNAVAILABLE" });
    t.same(
      agent.asked.map(({ verb }) => verb),
      ["del"],
    );
    t.same(await queued(agent), [NAME]);
  });

  await t.test("ADD of another interface or container leaves the delete alone", async (t) => {
    const agent = await absentAgent(t);
    await callVerb(run, agent, "DEL");
    await agent.start();
    t.equal((await callVerb(run, agent, "ADD", { environment: { CNI_IFNAME: "eth1" } })).exitCode, 0);
    t.same(await queued(agent), [NAME]);
  });

  await t.test("names that no file may have become names that it may", async (t) => {
    const agent = await absentAgent(t);
    const odd = { CNI_IFNAME: "a%é*", CNI_CONTAINERID: "a.-_" };
    t.same(await callVerb(run, agent, "DEL", { environment: odd }), silence);
    t.same(await queued(agent), ["a.-_:a%25%C3%A9%2A.json"]);
  });

  await t.test("the queue is bounded, and says so", async (t) => {
    const agent = await absentAgent(t);
    await callVerb(run, agent, "DEL");
    for (let i = 1; i < QUEUE_LIMIT; i++) {
      await writeFile(join(queueOf(agent), entryName({ containerId: `c${i}`, ifName: "eth0" })), "{}");
    }
    const full = await callVerb(run, agent, "DEL", { environment: { CNI_CONTAINERID: "one-too-many" } });
    t.match(parsed(full), { code: 11, details: /^256 deletes wait/ });
    t.same(await callVerb(run, agent, "DEL"), silence, "an entry that is there may be written again");
    t.equal((await queued(agent)).length, QUEUE_LIMIT);
  });

  await t.test("a delete that cannot be written is an error, not a success", async (t) => {
    const agent = await absentAgent(t);
    const file = join(agent.directory, "file");
    await writeFile(file, "");
    t.match(parsed(await callVerb(run, agent, "DEL", { config: { stateDir: file } })), {
      code: 5,
      details: /ENOTDIR|EEXIST/,
    });
    await mkdir(join(queueOf(agent), "incoming"), { recursive: true });
    t.match(parsed(await callVerb(run, agent, "DEL")), { code: 5, details: /EISDIR/ });
  });

  await t.test("STATUS says that the agent is away and what waits for it", async (t) => {
    const agent = await absentAgent(t);
    const status = async () => parsed(await callVerb(run, agent, "STATUS", { version: "1.1.0" }));
    t.match(await status(), { code: 50, msg: "the agent cannot be reached", details: /ENOENT/ });
    await callVerb(run, agent, "DEL");
    t.match(await status(), { code: 50, details: /; 1 delete waits for the agent in .*cni-queue$/ });
    await callVerb(run, agent, "DEL", { environment: { CNI_IFNAME: "eth1" } });
    t.match(await status(), { code: 50, details: /; 2 deletes wait for the agent in/ });
  });

  await t.test("twenty deletes at once are twenty entries", async (t) => {
    const agent = await absentAgent(t);
    const names = Array.from({ length: 20 }, (_, i) => `pod-${i}`);
    const outcomes = await Promise.all(
      names.map((name) => callVerb(run, agent, "DEL", { environment: { CNI_CONTAINERID: name } })),
    );
    for (const outcome of outcomes) t.same(outcome, silence);
    t.same(await queued(agent), names.map((name) => `${name}:eth0.json`).sort());
  });
}

function queueOf(agent: FakeAgent): string {
  return join(agent.stateDirectory, "cni-queue");
}
