import { closest } from "fastest-levenshtein";
import { printable } from "../printable.js";
import { AgentUnreachable } from "./agent-client.js";
import { type Command, type CommandContext, EXIT, type ExitCode, UsageError } from "./command.js";
import { doctor } from "./doctor.js";
import { ports } from "./ports.js";
import { status } from "./status.js";
import { paint } from "./terminal.js";

const COMMANDS: readonly Command[] = [status, ports, doctor];

const HELP = `Usage: k8shost COMMAND [OPTION...]

The node dataplane of Kubernetes on PlasmaCloud, seen from its node.

${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(8)}${summary}`).join("\n")}

\`k8shost COMMAND --help\` says more.
`;

/** The whole of `k8shost`, except the process around it. Never throws. */
export async function runCli(argv: readonly string[], context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    terminal.write(HELP);
    return name === undefined ? EXIT.usage : EXIT.healthy;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) {
    const nearest = closest(
      name,
      COMMANDS.map((one) => one.name),
    );
    terminal.writeError(
      `k8shost: no command "${printable(name)}"; did you mean ${nearest}? \`k8shost --help\` lists them all.\n`,
    );
    return EXIT.usage;
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    terminal.write(command.help);
    return EXIT.healthy;
  }
  try {
    return await command.run(rest, context);
  } catch (error) {
    return explain(error, command, context);
  }
}

function explain(error: unknown, { name }: Command, { terminal }: CommandContext): ExitCode {
  if (error instanceof UsageError) {
    terminal.writeError(`k8shost ${name}: ${printable(error.message)} (\`k8shost ${name} --help\`)\n`);
    return EXIT.usage;
  }
  if (error instanceof AgentUnreachable) {
    terminal.writeError(`${paint(terminal, "fail", printable(error.message))}\n${error.remedy}\n`);
    return EXIT.unreachable;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.writeError(`k8shost ${name}: this is a bug, please report it: ${text}\n`);
  return EXIT.problems;
}
