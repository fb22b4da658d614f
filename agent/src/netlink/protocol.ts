/** What the main thread and a kernel thread say to each other. */
import { type Link, type LinkAddress, type LinkRequest, type LinkRoute, NetlinkError, type NetnsPath } from "./port.js";

export type Call =
  | { readonly op: "execute"; readonly netns: NetnsPath; readonly requests: readonly LinkRequest[] }
  | { readonly op: "links"; readonly netns: NetnsPath; readonly name: string | undefined }
  | { readonly op: "addresses"; readonly netns: NetnsPath; readonly link: string }
  | { readonly op: "routes"; readonly netns: NetnsPath; readonly link: string }
  | { readonly op: "netns-exists"; readonly netns: NetnsPath }
  | { readonly op: "delete-links"; readonly names: readonly string[] };

export interface Results {
  execute: undefined;
  links: Link[];
  addresses: LinkAddress[];
  routes: LinkRoute[];
  "netns-exists": boolean;
  "delete-links": { readonly name: string; readonly failure: Failure }[];
}

export type ToThread =
  | { readonly type: "call"; readonly id: number; readonly call: Call }
  /** Drops the call if it has not been started. */
  | { readonly type: "cancel"; readonly id: number }
  /** Ends the thread behind the calls that it has. */
  | { readonly type: "close" };

export type FromThread =
  | { readonly type: "ready" }
  /** The thread could not set itself up, and ends. */
  | { readonly type: "unusable"; readonly failure: Failure }
  | { readonly type: "result"; readonly id: number; readonly value: Results[Call["op"]] }
  | { readonly type: "failure"; readonly id: number; readonly failure: Failure }
  | { readonly type: "cancelled"; readonly id: number };

/** A NetlinkError on its way between threads, which keep no classes. */
export interface Failure {
  readonly message: string;
  readonly errno: string;
  readonly detail: string;
  /** Place of the request in its list. */
  readonly index: number | undefined;
  readonly unreachable: NetnsPath | undefined;
}

export function toFailure(error: NetlinkError, index?: number): Failure {
  const { message, errno, detail, unreachable } = error;
  return { message, errno, detail, index, unreachable };
}

export function fromFailure(failure: Failure, message = failure.message, request?: LinkRequest): NetlinkError {
  return new NetlinkError(message, failure.errno, failure.detail, request, failure.unreachable);
}
