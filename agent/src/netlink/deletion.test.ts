import { test } from "tap";
import { type Message, readText, readU32, type Request } from "./codec.js";
import { deleteTogether, type DeletionSocket } from "./deletion.js";
import type { LinkRow } from "./link.js";
import { NetlinkError } from "./port.js";

const DELLINK = 17;
const IFNAME = 3;
const GROUP = 27;

function row(index: number, name: string, kind = "veth"): LinkRow {
  return { index, name, kind, mac: "", mtu: 1500, up: true, alias: "", peerIndex: 0, peerNetnsId: -1, group: 0 };
}

/** A kernel with links and groups, that tells what was deleted and how. */
class FakeSocket implements DeletionSocket {
  readonly deleted: string[] = [];
  links: LinkRow[];
  /** What somebody else does between the moves and the list of the group. */
  beforeDump: (group: number) => void = () => {};
  refuseGroup = "";

  constructor(...links: LinkRow[]) {
    this.links = links;
  }

  get<T>(request: Request, _parse: (message: Message) => readonly T[]): T[] {
    const name = nameIn(request);
    const found = this.links.filter((link) => link.name === name);
    if (found.length === 0) throw new NetlinkError("ENODEV", "ENODEV");
    return found as T[];
  }

  dump<T>(_request: Request, _parse: (message: Message) => readonly T[]): T[] {
    this.beforeDump(Math.max(...this.links.map(({ group }) => group)));
    return this.links as T[];
  }

  request(request: Request): void {
    const index = new DataView(request.header.buffer).getInt32(4, true);
    const group = groupIn(request);
    this.links = this.links.map((link) => (link.index === index ? { ...link, group } : link));
  }

  async requestInBackground(request: Request): Promise<void> {
    if (request.type !== DELLINK) throw new Error("only deletions take long");
    const name = nameIn(request);
    const group = groupIn(request);
    const doomed = this.links.filter((link) => (name === "" ? link.group === group : link.name === name));
    if (name === "" && this.refuseGroup !== "") throw new NetlinkError(this.refuseGroup, this.refuseGroup);
    if (doomed.length === 0) throw new NetlinkError("ENODEV", "ENODEV");
    if (doomed.some(({ kind }) => kind === "")) throw new NetlinkError("EOPNOTSUPP", "EOPNOTSUPP");
    this.deleted.push(`${name === "" ? "together" : "alone"}: ${doomed.map((link) => link.name).join(" ")}`);
    this.links = this.links.filter((link) => !doomed.includes(link));
  }
}

function attributesOf(request: Request) {
  return new Map(request.attributes.map(({ type, value }) => [type, value as Uint8Array]));
}

function nameIn(request: Request): string {
  return readText(attributesOf(request).get(IFNAME));
}

function groupIn(request: Request): number {
  return readU32(attributesOf(request).get(GROUP));
}

test("several links go together, one alone, those that are gone are done", async (t) => {
  const socket = new FakeSocket(row(1, "lo", ""), row(2, "a"), row(3, "b"), row(4, "c"), row(5, "other"));
  t.strictSame(await deleteTogether(socket, ["a", "gone", "b"]), []);
  t.strictSame(await deleteTogether(socket, ["c"]), []);
  t.strictSame(await deleteTogether(socket, ["c"]), []);
  t.strictSame(await deleteTogether(socket, []), []);
  t.strictSame(socket.deleted, ["together: a b", "alone: c"]);
  t.strictSame(
    socket.links.map(({ name }) => name),
    ["lo", "other"],
  );
});

test("a stranger in the group: nothing is deleted by group", async (t) => {
  const socket = new FakeSocket(row(2, "a"), row(3, "b"), row(9, "stranger"));
  socket.beforeDump = (group) => {
    socket.links = socket.links.map((link) => (link.name === "stranger" ? { ...link, group } : link));
  };
  t.strictSame(await deleteTogether(socket, ["a", "b"]), []);
  t.strictSame(socket.deleted, ["alone: a", "alone: b"]);
  t.strictSame(
    socket.links.map(({ name }) => name),
    ["stranger"],
  );
});

test("a link that got another name under way is a stranger", async (t) => {
  const socket = new FakeSocket(row(2, "a"), row(3, "b"));
  socket.beforeDump = () => {
    socket.links = socket.links.map((link) => (link.name === "a" ? { ...link, name: "renamed" } : link));
  };
  t.strictSame(await deleteTogether(socket, ["a", "b"]), []);
  t.strictSame(
    socket.links.map(({ name }) => name),
    ["renamed"],
  );
});

test("what can't be deleted is told, and does not save the others", async (t) => {
  const socket = new FakeSocket(row(1, "lo", ""), row(2, "a"), row(3, "b"));
  t.match(await deleteTogether(socket, ["lo", "a", "b"]), [{ name: "lo", reason: { errno: "EOPNOTSUPP" } }]);
  t.strictSame(socket.deleted, ["together: a b"]);
});

test("a group that the kernel refuses is deleted one by one; one that vanished is done", async (t) => {
  const refused = new FakeSocket(row(2, "a"), row(3, "b"));
  refused.refuseGroup = "EOPNOTSUPP";
  t.strictSame(await deleteTogether(refused, ["a", "b"]), []);
  t.strictSame(refused.deleted, ["alone: a", "alone: b"]);
  const vanished = new FakeSocket(row(2, "a"), row(3, "b"));
  vanished.beforeDump = () => (vanished.links = []);
  t.strictSame(await deleteTogether(vanished, ["a", "b"]), []);
  t.strictSame(vanished.deleted, []);
});

test("the group is a fresh one each time and never the default", async (t) => {
  const groups = new Set<number>();
  for (let round = 0; round < 20; round++) {
    const socket = new FakeSocket(row(2, "a"), row(3, "b"));
    socket.beforeDump = (group) => groups.add(group);
    await deleteTogether(socket, ["a", "b"]);
  }
  t.equal(groups.size, 20);
  t.notOk(groups.has(0));
});
