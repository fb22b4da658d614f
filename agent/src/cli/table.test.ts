import { test } from "tap";
import { bytes, count, json, latency, span } from "./format.js";
import { table } from "./table.js";
import { problemParagraph, wrap } from "./terminal.js";

const COLUMNS = [
  { title: "POD", shrinkTo: 6 },
  { title: "ROWS", align: "right" },
  { title: "CONTAINER", shrinkTo: 5 },
] as const;
const ROWS = [
  ["web-0", "7", "0123456789abcdef"],
  ["a-much-longer-name", "1024", ""],
];

test("no terminal: aligned, and every text whole", (t) => {
  t.equal(
    table(COLUMNS, ROWS, { columns: undefined, colour: false }),
    `
POD                 ROWS  CONTAINER
web-0                  7  0123456789abcdef
a-much-longer-name  1024  -
`.slice(1),
  );
  t.end();
});

test("a terminal: the last columns that may shrink do so first", (t) => {
  t.equal(
    table(COLUMNS, ROWS, { columns: 36, colour: false }),
    `
POD                 ROWS  CONTAINER
web-0                  7  012345678…
a-much-longer-name  1024  -
`.slice(1),
  );
  t.equal(
    table(COLUMNS, ROWS, { columns: 20, colour: false }),
    `
POD      ROWS  CONT…
web-0       7  0123…
a-much…  1024  -
`.slice(1),
  );
  t.end();
});

test("colour, and nothing that paints by itself", (t) => {
  const text = table([{ title: "A" }, { title: "B" }], [[{ text: "x\u001b[31m\u202e\n", tone: "fail" }, "y"]], {
    columns: undefined,
    colour: true,
  });
  t.equal(
    text,
    "\u001b[2mA                  \u001b[22m  \u001b[2mB\u001b[22m\n\u001b[31mx\\u001b[31m\\u202e\\n\u001b[39m  y\n",
  );
  t.end();
});

test("lines are broken at spaces, never inside a command", (t) => {
  t.strictSame(wrap("one two three", 8), ["one two", "three"]);
  t.strictSame(wrap("run `systemctl start x` now", 10), ["run", "`systemctl start x`", "now"]);
  t.strictSame(wrap("  kept indentation", 8), ["  kept", "  indentation"]);
  t.strictSame(wrap("an `unclosed tick", 6), ["an", "`unclosed", "tick"]);
  t.equal(
    problemParagraph({ severity: "warn", what: "first\n  second", remedy: "" }, { columns: 80, colour: false }),
    "  WARN  first\n          second\n",
  );
  t.end();
});

test("numbers for people", (t) => {
  t.strictSame([0.4, 450, 1_000, 12_345, 125_000, 3_600_000, 280_000_000].map(span), [
    ...["0ms", "450ms", "1s", "12s", "2m 5s", "1h", "3d 5h"],
  ]);
  t.strictSame([310, 4_560, 12_345, 999_999, 1_240_000].map(latency), [
    "0.31 ms",
    "4.6 ms",
    "12 ms",
    "1000 ms",
    "1.2 s",
  ]);
  t.strictSame([83_400_000, 1_520_000_000].map(bytes), ["83 MB", "1.5 GB"]);
  t.strictSame([count(1, "pod"), count(0, "pod")], ["1 pod", "0 pods"]);
  t.equal(json({ at: 5n }), '{\n  "at": 5\n}\n');
  t.end();
});
