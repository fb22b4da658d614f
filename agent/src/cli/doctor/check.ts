import type { GetNodeStatusResponse } from "@k8shost/proto/agent/v1/node_status";
import type { Config } from "../../config.js";
import type { Machine } from "./machine.js";

/** What a check found. `detail` is a fact; `remedy` is what to do about it, a sentence or a command line. */
export type Finding =
  | { readonly state: "ok" | "skip"; readonly detail: string }
  | { readonly state: "warn" | "fail"; readonly detail: string; readonly remedy: string };

/**
 * One thing that a node needs. Checks are data: each names the few ports that it reads, so that a test gives it those
 * alone. A check that throws has found something: it fails with the error's message.
 */
export interface Check<Needs = DoctorPorts> {
  readonly id: string;
  readonly title: string;
  readonly run: (needs: Needs, signal: AbortSignal) => Promise<Finding>;
}

/** Everything that checks can ask. The functions answer the same question once, however many checks ask it. */
export interface DoctorPorts {
  /** The agent's configuration; defaults where it could not be read. */
  readonly config: Config;
  /** Why it could not; undefined when all is well. */
  readonly configProblem: string | undefined;
  readonly machine: Machine;
  /** The local Open vSwitch database. Rejects when it cannot be read. */
  readonly ovs: () => Promise<OvsFacts>;
  /** Row of the southbound database; undefined when there is none. Rejects when the database cannot be read. */
  readonly chassis: (name: string, remotes: readonly string[]) => Promise<ChassisFacts | undefined>;
  /** Rejects when the remote cannot be read. */
  readonly northbound: (remote: string) => Promise<{ readonly role: string }>;
  /** Asks PrismNET for this node's allocations, and returns their number. */
  readonly prismnet: () => Promise<number>;
  /** Rejects with AgentUnreachable. */
  readonly agent: () => Promise<GetNodeStatusResponse>;
}

export interface OvsFacts {
  readonly externalIds: ReadonlyMap<string, string>;
  readonly version: string;
  /** True when an ovs-vswitchd is there, which holds a lock in its database. */
  readonly switching: boolean;
  /** False while ovs-vswitchd has not applied the database's latest change. */
  readonly applied: boolean;
  readonly bridges: readonly { readonly name: string; readonly datapathType: string }[];
  /** Names of ports that are links of the host by themselves ("internal"). */
  readonly internalPorts: readonly string[];
}

export interface ChassisFacts {
  readonly hostname: string;
  readonly encapsulations: readonly { readonly type: string; readonly ip: string }[];
}

export const ok = (detail: string): Finding => ({ state: "ok", detail });
export const skip = (detail: string): Finding => ({ state: "skip", detail });
export const warn = (detail: string, remedy: string): Finding => ({ state: "warn", detail, remedy });
export const fail = (detail: string, remedy: string): Finding => ({ state: "fail", detail, remedy });

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export interface Result {
  readonly id: string;
  readonly title: string;
  readonly finding: Finding;
}

const CHECK_DEADLINE_MS = 15_000;

/** Runs all checks side by side, each with a deadline of its own; the results are in the order of the checks. */
export function runChecks(checks: readonly Check[], ports: DoctorPorts, signal: AbortSignal): Promise<Result[]> {
  return Promise.all(checks.map(async (check) => ({ ...named(check), finding: await runCheck(check, ports, signal) })));
}

function named({ id, title }: Check): { id: string; title: string } {
  return { id, title };
}

async function runCheck(check: Check, ports: DoctorPorts, signal: AbortSignal): Promise<Finding> {
  const deadline = AbortSignal.timeout(CHECK_DEADLINE_MS);
  const limit = AbortSignal.any([signal, deadline]);
  const expired = new Promise<Finding>((resolve) => {
    const give = (): void =>
      resolve(fail("no answer in time", "Try again; if it stays so, the machine or that service hangs."));
    if (limit.aborted) give();
    else limit.addEventListener("abort", give, { once: true });
  });
  const failed = (error: unknown): Finding =>
    fail(messageOf(error), "This check could not be made: mend what it names first.");
  return Promise.race([expired, check.run(ports, limit).catch(failed)]);
}
