import { configSchema, DEFAULT_CONFIG_FILE } from "../config.js";
import { type Field, fieldsOf } from "./fields.js";

/** agent/CONFIG.md, made from the schema. A test compares the two; write-reference.js brings the file up to date. */
export function configReference(): string {
  const rows = fieldsOf(configSchema).map((field) =>
    [code(field.name), defaultText(field), field.form.replaceAll("|", "\\|"), field.doc].join(" | "),
  );
  return `# Configuration of the agent

<!-- Made from agent/src/config.ts by \`node agent/dist/config/write-reference.js\`. -->

\`k8shost-agent\` reads ${code(DEFAULT_CONFIG_FILE)} (YAML, so JSON too), or the file that \`--config PATH\` names, and flags on top
of it. Each key is a flag of the same name in kebab-case: \`network.clusterCIDR\` is \`--network.cluster-cidr\`. A list's flag may
be repeated or hold commas; a boolean's may be written \`--no-...\`. A key that is not in this table is refused.

The smallest file that works:

\`\`\`yaml
northbound:
  remotes: tcp:prismnet-server:6641
prismnet:
  endpoint: prismnet-server:5000
\`\`\`

| key | default | form | what it does |
| --- | --- | --- | --- |
${rows.map((row) => `| ${row} |`).join("\n")}
`;
}

/** Text of `k8shost-agent --help`. */
export function configUsage(): string {
  const fields = fieldsOf(configSchema);
  const width = Math.max(...fields.map(({ flagName }) => flagName.length)) + 4;
  const lines = fields.map((field) =>
    `  ${`--${field.flagName}`.padEnd(width)}${field.doc} ${usageDefault(field)}`.trimEnd(),
  );
  return [
    "Usage: k8shost-agent [--config PATH] [FLAG...]",
    "       k8shost-agent decommission [--config PATH] [FLAG...]",
    "",
    "The node's dataplane: serves the CNI executable and operators on a unix socket.",
    "decommission takes a drained node, whose agent is stopped, out of the pod network: its own ports, address and NAT.",
    "",
    `  ${"--config".padEnd(width)}Configuration file [${DEFAULT_CONFIG_FILE}, when it exists]`,
    ...lines,
    "",
    "Exit codes: 0 done, 1 failed, 2 bad configuration.",
    "",
  ].join("\n");
}

function usageDefault(field: Field): string {
  if (field.required) return "(required)";
  const text = field.fallbackText ?? plainDefault(field.fallback);
  return text === "" ? "" : `[${text}]`;
}

function defaultText(field: Field): string {
  if (field.required) return "**required**";
  if (field.fallbackText !== undefined) return field.fallbackText;
  const text = plainDefault(field.fallback);
  return text === "" ? "none" : code(text);
}

function plainDefault(value: unknown): string {
  if (value === undefined) return "";
  return Array.isArray(value) ? value.join(",") : String(value);
}

function code(text: string): string {
  return `\`${text}\``;
}
