import type { Database, GetNodeStatusResponse, Port } from "@k8shost/proto/agent/v1/node_status";
import { PORT_STATES } from "../status/port-state.js";
import { printable } from "../printable.js";
import type { Terminal } from "./command.js";
import { count, latency, bytes, span } from "./format.js";
import { type Problem, problemsOf } from "./problems.js";
import { type Cell, table } from "./table.js";
import { paint, problemParagraph, type Tone, wrap } from "./terminal.js";

type Look = Pick<Terminal, "columns" | "colour">;

/** Failures shown; --json has all that the agent keeps. */
const SHOWN_FAILURES = 10;
const DEFAULT_WIDTH = 100;

/** `k8shost status` for people: the verdict first, then what it rests on. */
export function statusText(node: GetNodeStatusResponse, now: number, look: Look): string {
  const problems = problemsOf(node, now);
  const sections = [
    verdict(node, problems, look) + problemsText(problems, look),
    factsText(node, now),
    databasesText(node.databases, look),
    node.ports.length === 0 ? "No pods.\n" : portsTable(node.ports, look),
    failuresText(node, now, look),
  ];
  return sections.filter((section) => section !== "").join("\n");
}

function verdict(node: GetNodeStatusResponse, problems: readonly Problem[], look: Look): string {
  const failed = problems.filter(({ severity }) => severity === "fail").length;
  const warned = problems.length - failed;
  const name = printable(node.node);
  if (failed > 0) {
    const also = warned === 0 ? "" : `, ${count(warned, "warning")}`;
    return `${paint(look, "fail", `${name}: ${count(failed, "problem")}${also}.`)}\n`;
  }
  const pods = node.ports.length === 0 ? "no pods" : `${count(node.ports.length, "pod")} connected`;
  if (warned > 0) return `${paint(look, "warn", `${name} works (${pods}), with ${count(warned, "warning")}.`)}\n`;
  return `${paint(look, "ok", `${name} is healthy: ${pods}.`)}\n`;
}

export function problemsText(problems: readonly Problem[], look: Look): string {
  return problems.map((problem) => problemParagraph(problem, look)).join("");
}

function factsText(node: GetNodeStatusResponse, now: number): string {
  const facts: [string, string][] = [
    [
      "Chassis",
      node.chassis === "" ? "not known: not registered, or the southbound database cannot be read" : node.chassis,
    ],
    [
      "Datapath",
      node.datapath === "" ? "not known yet" : `${DATAPATHS[node.datapath] ?? node.datapath}, pod MTU ${node.mtu}`,
    ],
    ["Node's port", managementText(node)],
    [
      "Agent",
      `${node.version}, up ${span(now - Number(node.startedAtMs))}, ${bytes(Number(node.residentBytes))}, ` +
        `event loop ${latency(node.eventLoopP99Us)} late (p99), ${node.swept ? "leftovers swept" : "leftovers not swept yet"}`,
    ],
  ];
  return facts.map(([name, text]) => `${name.padEnd(12)}${printable(text)}\n`).join("");
}

const DATAPATHS: Readonly<Record<string, string>> = { system: "kernel (system)", netdev: "userspace (netdev)" };

function managementText({ managementPort: port }: GetNodeStatusResponse): string {
  if (port === undefined) return "none";
  return [port.link, ...port.addresses, port.ready ? "ready" : "not ready"].join(" ");
}

function databasesText(databases: readonly Database[], look: Look): string {
  const columns = [
    { title: "DATABASE" },
    { title: "STATE" },
    { title: "ROLE" },
    { title: "ROUND TRIP", align: "right" },
    { title: "SILENT", align: "right" },
    { title: "ROWS", align: "right" },
    { title: "QUEUED", align: "right" },
    { title: "RECONNECTS", align: "right" },
    { title: "REMOTE", shrinkTo: 16 },
  ] as const;
  const rows = databases.map((database) => [
    database.name,
    state(database.connected ? "connected" : "down", database.connected ? "ok" : "fail"),
    database.connected ? database.role : "",
    database.connected && database.roundTripUs > 0 ? latency(database.roundTripUs) : "",
    database.connected ? span(database.silentMs) : "",
    String(database.rows),
    String(database.queuedTransactions),
    String(database.reconnects),
    database.remote,
  ]);
  return table(columns, rows, look);
}

/** Pods with what contradicts a working network first. */
export function portsTable(ports: readonly Port[], look: Look): string {
  const columns = [
    { title: "NAMESPACE", shrinkTo: 12 },
    { title: "POD", shrinkTo: 20 },
    { title: "ADDRESS" },
    { title: "STATE" },
    { title: "LINK" },
    { title: "LOGICAL PORT", shrinkTo: 12 },
    { title: "CONTAINER", shrinkTo: 12 },
  ];
  return table(columns, bySeverity(ports).map(portRow), look);
}

export function bySeverity(ports: readonly Port[]): Port[] {
  const rank = (port: Port): number => PORT_STATES.findIndex((name) => name === port.state);
  return ports.toSorted((a, b) => rank(a) - rank(b));
}

function portRow(port: Port): (string | Cell)[] {
  const tone = port.state === "installed" ? "ok" : port.state === "waiting" ? "warn" : "fail";
  return [
    port.namespace,
    port.pod,
    port.addresses.join(","),
    state(port.state, tone),
    port.hostLink,
    port.logicalPort,
    port.containerId,
  ];
}

function state(text: string, tone: Tone): Cell {
  return { text, tone };
}

function failuresText({ failures }: GetNodeStatusResponse, now: number, look: Look): string {
  if (failures.length === 0) return "";
  const shown = failures.slice(0, SHOWN_FAILURES);
  const older = failures.length - shown.length;
  const head = `Last failures${older === 0 ? "" : ` (${older} older ones: --json)`}\n`;
  const width = Math.max(40, (look.columns ?? DEFAULT_WIDTH) - 8);
  const texts = shown.map((failure) => {
    const pod = failure.pod === "" ? failure.containerId : `${failure.namespace}/${failure.pod}`;
    const title = `${span(now - Number(failure.atMs))} ago  ${failure.verb} ${pod}  stage ${failure.stage}  ${failure.code}`;
    return [`  ${printable(title)}`, ...wrap(printable(failure.message), width).map((line) => `        ${line}`)];
  });
  return (
    head +
    texts
      .flat()
      .map((line) => `${line}\n`)
      .join("")
  );
}
