import { fieldsOf } from "@k8shost/agent/config/fields";
import { configSchema, DEFAULT_CONFIG_FILE } from "./config.js";

/** Text of `k8shost-prismnet --help`. */
export function usage(): string {
  const fields = fieldsOf(configSchema);
  const width = Math.max(...fields.map(({ flagName }) => flagName.length)) + 4;
  const line = (flag: string, doc: string, fallback: string) =>
    `  ${`--${flag}`.padEnd(width)}${doc}${fallback === "" ? "" : ` [${fallback}]`}`;
  return [
    "Usage: k8shost-prismnet [--config PATH] [FLAG...]",
    "",
    "PrismNET's address management for pods, with an OVN northbound database as its only store.",
    "",
    line("config", "Configuration file.", `${DEFAULT_CONFIG_FILE}, when it exists`),
    ...fields.map(({ flagName, doc, fallback }) => line(flagName, doc, defaultText(fallback))),
    "",
  ].join("\n");
}

function defaultText(value: unknown): string {
  if (Array.isArray(value)) return value.join(",");
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}
