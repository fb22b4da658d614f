import { rows } from "./stack.js";

export interface Audit {
  /** What is wrong with the ledger; empty when it is sound. */
  readonly problems: readonly string[];
  /** Holders' keys and their addresses. */
  readonly held: ReadonlyMap<string, string>;
  readonly tombstones: number;
  readonly subnets: readonly string[];
}

/**
 * Reads the whole ledger with OVSDB's own tool and checks what must always be true: no address twice, no holder twice,
 * every address in use has its holder's key in the same row and the other way round, every address lies in its block.
 */
export async function audit(remote: string): Promise<Audit> {
  const problems: string[] = [];
  const held = new Map<string, string>();
  const seen = new Set<string>();
  const subnets: string[] = [];
  let tombstones = 0;
  for (const row of await rows(remote, "Address_Set")) {
    const entries = row["external_ids"] as Record<string, string>;
    if (entries["k8shost/owner"] !== "prismnet-block") continue;
    const name = String(row["name"]);
    subnets.push(entries["k8shost/subnets"] ?? "");
    const isKey = (key: string) => /^(pod|node)\/|^egress$/.test(key);
    const keys = new Set(Object.keys(entries).filter(isKey));
    for (const [key, text] of Object.entries(entries)) {
      if (key.startsWith("k8shost/") || isKey(key)) continue;
      if (seen.has(key)) problems.push(`${key} is in two blocks`);
      seen.add(key);
      if (text.startsWith("freed ")) {
        tombstones += 1;
        continue;
      }
      const [kind = "", id = ""] = text.split(" ");
      const holder = kind === "egress" ? kind : `${kind}/${id}`;
      if (held.has(holder)) problems.push(`${holder} holds ${String(held.get(holder))} and ${key}`);
      held.set(holder, key);
      if (!keys.delete(holder)) problems.push(`${key} in ${name} is held by ${holder}, which has no key there`);
    }
    for (const key of keys) problems.push(`${name} has the key ${key} of nobody's address`);
  }
  if (new Set(subnets).size !== subnets.length) problems.push(`blocks overlap: ${subnets.join(", ")}`);
  return { problems, held, tombstones, subnets };
}
