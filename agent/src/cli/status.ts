import { readNodeStatus } from "./agent-client.js";
import { findSocket, parseOptions } from "./arguments.js";
import { type Command, EXIT } from "./command.js";
import { json } from "./format.js";
import { problemsOf } from "./problems.js";
import { statusText } from "./status-text.js";

export const status: Command = {
  name: "status",
  summary: "what the agent knows of this node: databases, pods, last errors",
  help: `Usage: k8shost status [--json] [--socket PATH]

The node's verdict first, then its databases with their lag, its pods with address, port and state, and the last errors
with the stage that failed.

  --json         everything, for programs
  --socket PATH  the agent's socket (default: the one in /etc/k8shost/agent.yaml, else /run/k8shost/agent.sock)

States of a pod's port:
  installed        traffic flows
  waiting          ovn-controller has not installed its flows yet
  link-down        an end of the veth is down, or gone from the sandbox
  no-logical-port  gone from the northbound database
  no-link          the host's end of the veth, or its port on the integration bridge, is gone

Exit code: 0 healthy (warnings included), 1 problems, 2 wrong arguments, 3 the agent does not answer.
`,
  async run(argv, { terminal, now, signal }) {
    const options = parseOptions(argv, { json: { type: "boolean" }, socket: { type: "string" } });
    const node = await readNodeStatus(await findSocket(options.socket), signal);
    const problems = problemsOf(node, now);
    terminal.write(options.json === true ? json({ problems, ...node }) : statusText(node, now, terminal));
    return problems.some(({ severity }) => severity === "fail") ? EXIT.problems : EXIT.healthy;
  },
};
