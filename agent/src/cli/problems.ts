import type { GetNodeStatusResponse, Port } from "@k8shost/proto/agent/v1/node_status";
import type { PortState } from "../status/port-state.js";
import { count, span } from "./format.js";

/** Something that an operator should know first. "fail" is broken now; "warn" may become so. */
export interface Problem {
  readonly severity: "fail" | "warn";
  readonly what: string;
  readonly remedy: string;
}

/** Failures older than this are history. */
const RECENT_MS = 10 * 60_000;
const SLOW_LOOP_US = 100_000;
/** A database is silent for the probe's interval (5 s) at most, unless the connection hangs. */
const SILENT_MS = 15_000;

const PORT_REMEDIES: Record<Exclude<PortState, "installed">, Omit<Problem, "what">> = {
  "no-link": {
    severity: "fail",
    remedy:
      "The host's end of the veth or its port on the integration bridge is gone, and the pod has no network. Delete the pod so that it is made anew.",
  },
  "no-logical-port": {
    severity: "fail",
    remedy:
      "Somebody removed the port from the northbound database. Restart the agent to have it put back, or delete the pod.",
  },
  "link-down": {
    severity: "fail",
    remedy:
      "The pod's end of the veth is down or gone. Look at `ip -n NETNS link` in its sandbox; when its eth0 is missing, delete the pod.",
  },
  waiting: {
    severity: "warn",
    remedy:
      "ovn-controller has not installed its flows. Normal for less than a second; else look at ovn-controller's log and at `ovn-sbctl show`.",
  },
};

/** What is wrong, most urgent first. Empty: the node is healthy. */
export function problemsOf(node: GetNodeStatusResponse, now: number): Problem[] {
  const problems = [
    ...node.conditions.map((what): Problem => ({
      severity: "fail",
      what: `new pods get no network: ${what}`,
      remedy: "`k8shost doctor` checks each part and says how to mend it.",
    })),
    ...portProblems(node.ports),
    ...managementProblems(node),
    ...databaseProblems(node),
    ...delProblems(node),
    ...failureProblems(node, now),
    ...loopProblems(node),
    ...node.warnings.map((what): Problem => ({ severity: "warn", what, remedy: "" })),
  ];
  return [
    ...problems.filter(({ severity }) => severity === "fail"),
    ...problems.filter(({ severity }) => severity === "warn"),
  ];
}

export function portProblems(ports: readonly Port[]): Problem[] {
  return Object.entries(PORT_REMEDIES).flatMap(([state, problem]) => {
    const names = ports.filter((port) => port.state === state).map(({ namespace, pod }) => `${namespace}/${pod}`);
    if (names.length === 0) return [];
    const shown = names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
    return [{ ...problem, what: `${count(names.length, "pod")} ${state}: ${shown}` }];
  });
}

/** The northbound and the local database are among the conditions when they are down. */
function databaseProblems({ databases, chassis }: GetNodeStatusResponse): Problem[] {
  const hanging = databases
    .filter(({ connected, silentMs }) => connected && silentMs > SILENT_MS)
    .map(({ name, remote, silentMs }): Problem => ({
      severity: "warn",
      what: `the ${name} database has been silent for ${span(silentMs)} (${remote})`,
      remedy:
        "The connection hangs; the agent drops it by itself. If this repeats, look at the server's load and at the network between.",
    }));
  const southbound = databases.find(({ name }) => name === "southbound");
  if (southbound === undefined) return hanging;
  if (!southbound.connected) {
    const what = `the southbound database cannot be read (${southbound.remote}${southbound.error === "" ? "" : `: ${southbound.error}`})`;
    return [
      ...hanging,
      {
        severity: "warn",
        what,
        remedy: "The agent does without it, ovn-controller does not: `k8shost doctor` looks closer.",
      },
    ];
  }
  if (chassis !== "") return hanging;
  return [
    ...hanging,
    {
      severity: "fail",
      what: "ovn-controller has not registered this node in the southbound database: new pods never become ready",
      remedy: "See that it runs (`systemctl status ovn-controller`); `k8shost doctor` looks closer.",
    },
  ];
}

function managementProblems({ managementPort: port }: GetNodeStatusResponse): Problem[] {
  if (port === undefined || port.ready) return [];
  return [
    {
      severity: "warn",
      what: `the node's own port ${port.link} is not ready${port.error === "" ? "" : `: ${port.error}`}`,
      remedy:
        "Until it is, kubelet's probes, Services and egress do not work for the pods of this node. `k8shost doctor` looks closer.",
    },
  ];
}

function delProblems({ queuedDels }: GetNodeStatusResponse): Problem[] {
  if (queuedDels === 0) return [];
  return [
    {
      severity: "warn",
      what: `${count(queuedDels, "DEL")} from when the agent was down ${queuedDels === 1 ? "waits" : "wait"} for replay`,
      remedy:
        "The agent replays them by itself as soon as new pods get their network; until then their addresses stay taken.",
    },
  ];
}

function failureProblems({ failures }: GetNodeStatusResponse, now: number): Problem[] {
  const recent = failures.filter(({ atMs }) => now - Number(atMs) <= RECENT_MS);
  const [newest] = recent;
  if (newest === undefined) return [];
  return [
    {
      severity: "warn",
      what: `${count(recent.length, "operation")} failed in the last ${span(RECENT_MS)}, most recently ${newest.verb} at stage ${newest.stage} (${newest.code})`,
      remedy: "Their messages are below, each with what to look at.",
    },
  ];
}

function loopProblems({ eventLoopP99Us: p99 }: GetNodeStatusResponse): Problem[] {
  if (p99 < SLOW_LOOP_US) return [];
  return [
    {
      severity: "warn",
      what: `the agent's event loop was ${span(p99 / 1e3)} late (99th percentile)`,
      remedy: "The machine is short of processor time, or the agent does too much at once: look at its CPU use.",
    },
  ];
}
