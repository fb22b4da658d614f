import type { Port } from "@k8shost/proto/agent/v1/node_status";
import { readNodeStatus } from "./agent-client.js";
import { findSocket, parseOptions } from "./arguments.js";
import { type Command, EXIT, type Terminal } from "./command.js";
import { count, json } from "./format.js";
import { portProblems } from "./problems.js";
import { portsTable, problemsText } from "./status-text.js";

export const ports: Command = {
  name: "ports",
  summary: "the pods of this node with address, link and state",
  help: `Usage: k8shost ports [-n NAMESPACE] [--json] [--socket PATH]

The pods of this node; those without a working network first, with what to do about them.

  -n, --namespace NAMESPACE  only this namespace's
  --json                     everything, for programs
  --socket PATH              the agent's socket (default: the one in /etc/k8shost/agent.yaml, else /run/k8shost/agent.sock)

Exit code: 0 every pod has its network, 1 some have not, 2 wrong arguments, 3 the agent does not answer.
`,
  async run(argv, { terminal, signal }) {
    const options = parseOptions(argv, {
      json: { type: "boolean" },
      namespace: { type: "string", short: "n" },
      socket: { type: "string" },
    });
    const node = await readNodeStatus(await findSocket(options.socket), signal);
    const shown = node.ports.filter(
      ({ namespace }) => options.namespace === undefined || namespace === options.namespace,
    );
    const problems = portProblems(shown);
    terminal.write(
      options.json === true ? json({ problems, ports: shown }) : portsText(shown, options.namespace, terminal),
    );
    return problems.some(({ severity }) => severity === "fail") ? EXIT.problems : EXIT.healthy;
  },
};

export function portsText(
  shown: readonly Port[],
  namespace: string | undefined,
  look: Pick<Terminal, "columns" | "colour">,
) {
  if (shown.length === 0)
    return namespace === undefined ? "No pods on this node.\n" : `No pods of namespace ${namespace} on this node.\n`;
  const problems = problemsText(portProblems(shown), look);
  const table = portsTable(shown, look);
  const well = shown.filter(({ state }) => state === "installed").length;
  const verdict = well === shown.length ? "all connected" : `${well} connected`;
  return `${count(shown.length, "pod")}, ${verdict}.\n${problems}\n${table}`;
}
