import t from "tap";
import { addTests } from "./testing/add-tests.js";
import { hostileTests } from "./testing/hostile-tests.js";
import { queueTests } from "./testing/queue-tests.js";
import { runScript } from "./testing/run.js";
import { verbTests } from "./testing/verb-tests.js";

// The script on Node, against a real gRPC server on a unix socket. executable.test.ts does the same with the executable.
t.test("ADD", (t) => addTests(t, runScript));
t.test("the other verbs", (t) => verbTests(t, runScript));
t.test("hostile input", (t) => hostileTests(t, runScript));
t.test("queue of deletes", (t) => queueTests(t, runScript));
