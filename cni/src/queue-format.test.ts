import t from "tap";
import { type QueuedDelete, decodeEntry, encodeEntry, entryName, isEntryName } from "./queue-format.js";

const entry: QueuedDelete = {
  attachment: { containerId: "4f9c", ifName: "eth0" },
  pod: { namespace: "shop", name: "web", uid: "3b1f" },
  netns: "/var/run/netns/x",
  network: "prismnet",
};

t.test("an entry is read as it was written", async (t) => {
  t.equal(entryName(entry.attachment), "4f9c:eth0.json");
  t.same(decodeEntry("4f9c:eth0.json", encodeEntry(entry)), entry);
});

t.test("the format on disk", async (t) => {
  // A change here needs another version: agents and executables of two releases share the directory.
  t.equal(
    encodeEntry(entry),
    '{"version":1,"attachment":{"containerId":"4f9c","ifName":"eth0"},' +
      '"pod":{"namespace":"shop","name":"web","uid":"3b1f"},"netns":"/var/run/netns/x","network":"prismnet"}\n',
  );
});

t.test("no two attachments share a name, and no name leaves the directory", async (t) => {
  const names = ["eth0", "eth0.json", "a%", "a%25", "é", "*", "a b".replace(" ", "_"), "..json", "-"].map((ifName) =>
    entryName({ containerId: "c", ifName }),
  );
  t.equal(new Set(names).size, names.length);
  for (const name of names) t.match(name, /^c:[A-Za-z0-9_.%-]+\.json$/);
  t.ok(entryName({ containerId: "c".repeat(128), ifName: "\u{10ffff}".repeat(3) }).length <= 255);
});

t.test("what is no entry", async (t) => {
  t.ok(isEntryName("4f9c:eth0.json"));
  for (const name of ["lock", "incoming", "notes.json", "4f9c:eth0.json~", ".", ".."]) t.notOk(isEntryName(name), name);
  const text = encodeEntry(entry);
  t.equal(decodeEntry("other:eth0.json", text), undefined, "under another's name");
  for (const wrong of [
    "",
    "{",
    "null",
    "[]",
    '"x"',
    text.replace("1", "2"),
    text.replace('"4f9c"', "7"),
    text.slice(0, 40),
  ]) {
    t.equal(decodeEntry("4f9c:eth0.json", wrong), undefined, wrong);
  }
});
