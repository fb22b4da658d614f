import type { Attachment, Pod } from "@k8shost/proto/agent/v1/pod_network";

/**
 * A delete that waits on disk for the agent: one file per attachment. Pure, so that the agent can read what the
 * executable writes; DESIGN.md says who may touch the directory when.
 */
export interface QueuedDelete {
  readonly attachment: Attachment;
  /** Empty where the runtime did not say. */
  readonly pod: Pod;
  readonly netns: string;
  readonly network: string;
}

/** The directory holds no more entries than this; the executable refuses further ones. */
export const QUEUE_LIMIT = 256;
/** flock(2) on it before anything in the directory is changed or acted upon. Never removed. */
export const LOCK_FILE = "lock";

const VERSION = 1;
const SUFFIX = ".json";
/** All that an entry's name is made of, besides what is escaped: no name begins with a dot or contains a slash. */
const UNESCAPED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

/**
 * "CONTAINER:IFNAME.json". Neither half can contain a colon, so no two attachments share a name. The bytes of an
 * interface's name that are no letters, digits, "_", "." or "-" are written as %XX.
 */
export function entryName({ containerId, ifName }: Attachment): string {
  return `${containerId}:${escaped(ifName)}${SUFFIX}`;
}

function escaped(ifName: string): string {
  let text = "";
  for (const byte of new TextEncoder().encode(ifName)) {
    const character = String.fromCharCode(byte);
    text += UNESCAPED.includes(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return text;
}

/** False for the lock, for a file that is still being written, and for anything that isn't ours. */
export function isEntryName(name: string): boolean {
  return name.endsWith(SUFFIX) && name.includes(":");
}

export function encodeEntry({ attachment, pod, netns, network }: QueuedDelete): string {
  const { containerId, ifName } = attachment;
  const { namespace, name, uid } = pod;
  return `${JSON.stringify({ version: VERSION, attachment: { containerId, ifName }, pod: { namespace, name, uid }, netns, network })}\n`;
}

/**
 * The entry in a file of this name. Undefined when the file is not an entry of this version, or not the one that its name
 * promises: leave it alone and tell the operator.
 */
export function decodeEntry(name: string, text: string): QueuedDelete | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (field(value, "version") !== VERSION) return undefined;
  const attachment = texts(field(value, "attachment"), ["containerId", "ifName"]);
  const pod = texts(field(value, "pod"), ["namespace", "name", "uid"]);
  const rest = texts(value, ["netns", "network"]);
  if (attachment === undefined || pod === undefined || rest === undefined) return undefined;
  return entryName(attachment) === name ? { attachment, pod, ...rest } : undefined;
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

/** The keys' values, when all of them are texts. */
function texts<Key extends string>(value: unknown, keys: readonly Key[]): Record<Key, string> | undefined {
  const found = keys.map((key) => [key, field(value, key)] as const);
  if (!found.every(([, text]) => typeof text === "string")) return undefined;
  return Object.fromEntries(found) as Record<Key, string>;
}
