import { type AttachmentKey, keyText, parseKeyText } from "./attachment.js";

/**
 * The owner mark on a pod's host link: its alias (`ip link` shows it).
 *
 *   k8shost:<container>/<ifname>                       being set up: nobody was told that this attachment exists
 *   k8shost:<container>/<ifname> 10.244.1.5/24,...     the sandbox is configured
 *
 * The second form is written after the logical port is committed, so an agent without memory can tell an ADD that was
 * cut short from a pod that lives. The kernel allows 255 bytes.
 */
const PREFIX = "k8shost:";

export interface LinkMark {
  readonly key: AttachmentKey;
  /** With prefix length; empty while being set up. */
  readonly addresses: readonly string[];
}

export function linkMark(mark: LinkMark): string {
  const head = PREFIX + keyText(mark.key);
  return mark.addresses.length === 0 ? head : `${head} ${mark.addresses.join(",")}`;
}

/** Undefined when the alias is not ours. */
export function parseLinkMark(alias: string): LinkMark | undefined {
  if (!alias.startsWith(PREFIX)) return undefined;
  const [head = "", addresses = ""] = alias.slice(PREFIX.length).split(" ");
  const key = parseKeyText(head);
  return key === undefined ? undefined : { key, addresses: addresses === "" ? [] : addresses.split(",") };
}
