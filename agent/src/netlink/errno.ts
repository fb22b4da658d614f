import { constants } from "node:os";

const names = new Map<number, string>();
for (const [name, number] of Object.entries(constants.errno)) {
  // Two names for one number: the one that the kernel's own sources use.
  if (name !== "EWOULDBLOCK" && name !== "ENOTSUP") names.set(number, name);
}

/** 17 → "EEXIST"; a number that this system has no name for becomes "errno 17". */
export function errnoName(number: number): string {
  return names.get(number) ?? `errno ${number}`;
}
