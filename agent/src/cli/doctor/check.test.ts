import { test } from "tap";
import { type Check, type DoctorPorts, runChecks } from "./check.js";

test("a check that throws, and one that never ends, are findings", async (t) => {
  const throwing: Check = { id: "a", title: "A", run: () => Promise.reject(new Error("EIO")) };
  const hanging: Check = { id: "b", title: "B", run: () => new Promise(() => undefined) };
  const controller = new AbortController();
  const results = runChecks([throwing, hanging], {} as DoctorPorts, controller.signal);
  setImmediate(() => controller.abort());
  t.strictSame(
    (await results).map(({ id, finding }) => [id, finding.state, finding.detail]),
    [
      ["a", "fail", "EIO"],
      ["b", "fail", "no answer in time"],
    ],
  );
});
