import { type Config, configSchema, DEFAULT_CONFIG_FILE } from "../config.js";
import { fieldsOf } from "../config/fields.js";
import { parseFlags } from "../config/flags.js";
import { loadConfig } from "../config/load.js";
import { AgentError } from "../errors.js";
import { type Command, EXIT, UsageError } from "./command.js";
import { runChecks } from "./doctor/check.js";
import { CHECKS } from "./doctor/checks.js";
import { LinuxMachine } from "./doctor/machine.js";
import { doctorPorts } from "./doctor/probes.js";
import { doctorText } from "./doctor/text.js";
import { json } from "./format.js";

export const doctor: Command = {
  name: "doctor",
  summary: "what this node lacks, and how to mend it; works without the agent too",
  help: `Usage: k8shost doctor [--json] [--config PATH] [AGENT FLAG...]

Looks at everything that pods' networks rest on: kernel, Open vSwitch, ovn-controller, the northbound database,
PrismNET, the agent and the CNI executable with its configuration. It changes nothing. Each problem comes with a remedy.
Run it as root.

  --json         every check, for programs
  --config PATH  the agent's configuration (default: ${DEFAULT_CONFIG_FILE} when it exists)

An agent that is configured by flags is looked at with the same flags (\`k8shost-agent --help\` lists them).

Exit code: 0 nothing is wrong (warnings included), 1 problems, 2 wrong arguments.
`,
  async run(argv, { terminal, signal }) {
    const wantsJson = argv.includes("--json");
    const { config, configProblem } = settings(argv.filter((word) => word !== "--json"));
    const machine = new LinuxMachine();
    const [results, facts] = await Promise.all([
      runChecks(CHECKS, doctorPorts({ config, configProblem, machine, signal }), signal),
      machine.facts().catch(() => undefined),
    ]);
    const healthy = results.every(({ finding }) => finding.state !== "fail");
    const node = config.nodeName;
    if (wantsJson) {
      const checks = results.map(({ id, title, finding }) => ({ id, title, ...finding }));
      terminal.write(json({ node, healthy, machine: facts, checks }));
    } else {
      terminal.write(doctorText({ node, machine: facts, results }, terminal));
    }
    return healthy ? EXIT.healthy : EXIT.problems;
  },
};

/** Enough to look at the node with when its own configuration cannot be read. */
const STAND_IN = ["--northbound.remotes", "unix:/nonexistent", "--prismnet.endpoint", "unix:/nonexistent"];

function settings(argv: readonly string[]): { config: Config; configProblem: string | undefined } {
  const { problems } = parseFlags(argv, fieldsOf(configSchema));
  if (problems.length > 0) throw new UsageError(problems.join("; "));
  try {
    return { config: loadConfig(argv).config, configProblem: undefined };
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return { config: loadConfig(STAND_IN, { defaultFile: "/nonexistent" }).config, configProblem: error.message };
  }
}
