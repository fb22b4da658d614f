import type { OvsdbError } from "./errors.js";

/** What a client tells its log. */
export type ClientEvent =
  | { readonly event: "connecting"; readonly client: string; readonly remote: string }
  /** Connected and in sync. `resumed`: only what changed meanwhile was read. */
  | {
      readonly event: "synced";
      readonly client: string;
      readonly remote: string;
      readonly rows: number;
      readonly resumed: boolean;
    }
  | { readonly event: "disconnected"; readonly client: string; readonly remote: string; readonly error: OvsdbError }
  | { readonly event: "skipped"; readonly client: string; readonly remote: string; readonly reason: string }
  | { readonly event: "schema"; readonly client: string; readonly version: string; readonly missing: readonly string[] }
  | { readonly event: "listener-failed"; readonly client: string; readonly error: unknown };
