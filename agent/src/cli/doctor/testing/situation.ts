import { type Config, configSchema } from "../../../config.js";
import { load } from "../../../config/load.js";
import { AgentUnreachable } from "../../agent-client.js";
import { type Check, type DoctorPorts, type OvsFacts, runChecks } from "../check.js";
import { CHECKS } from "../checks.js";
import type { FileFacts, Machine, MachineLink, ProgramResult } from "../machine.js";

/** A machine that lives in this object; paths and command lines that are not named are not there. */
export interface Fixture {
  readonly uid?: number;
  readonly files?: Readonly<Record<string, string>>;
  readonly looks?: Readonly<Record<string, FileFacts>>;
  /** By command line; undefined: not installed. */
  readonly programs?: Readonly<Record<string, Partial<ProgramResult>>>;
  readonly links?: readonly MachineLink[];
  readonly freeBytes?: number;
}

function machineOf({ uid = 0, files = {}, looks = {}, programs = {}, links = [], freeBytes = 1e9 }: Fixture): Machine {
  return {
    uid,
    ovnRunDirectory: "/var/run/ovn",
    readText: (path) => Promise.resolve(files[path]),
    list: (path) => {
      const names = Object.keys(files).filter((file) => file.startsWith(`${path}/`));
      return Promise.resolve(names.length === 0 ? undefined : names.map((name) => name.slice(path.length + 1)).sort());
    },
    look: (path) => Promise.resolve(looks[path]),
    freeBytes: () => Promise.resolve(freeBytes),
    program: (file, args) => {
      const result = programs[[file, ...args].join(" ")];
      return Promise.resolve({ code: result === undefined ? undefined : 0, stdout: "", stderr: "", ...result });
    },
    links: () => Promise.resolve([...links]),
    facts: () => Promise.reject(new Error("not asked")),
  };
}

export const EXTERNAL_IDS = {
  "system-id": "worker-1",
  "ovn-remote": "tcp:sb:6642",
  "ovn-encap-type": "geneve",
  "ovn-encap-ip": "192.0.2.1",
};

function ovsFacts(
  externalIds: Readonly<Record<string, string>> = EXTERNAL_IDS,
  changes: Partial<OvsFacts> = {},
): OvsFacts {
  return {
    externalIds: new Map(Object.entries(externalIds)),
    version: "3.1.0",
    switching: true,
    applied: true,
    bridges: [{ name: "br-int", datapathType: "netdev" }],
    internalPorts: ["br-phys"],
    ...changes,
  };
}

export function config(...flags: readonly string[]): Config {
  const required = [
    "--northbound.remotes",
    "tcp:nb:6641",
    "--prismnet.endpoint",
    "prismnet:5000",
    "--node-name",
    "worker-1",
  ];
  return load(configSchema, [...required, ...flags], "/nonexistent").config;
}

const away =
  <T>(message: string) =>
  (): Promise<T> =>
    Promise.reject(new Error(message));
const noAgent = (): Promise<never> =>
  Promise.reject(
    new AgentUnreachable("/run/k8shost/agent.sock", { why: "gone", remedy: "Start it." }, { cause: undefined }),
  );

export interface Situation extends Partial<Omit<DoctorPorts, "machine">> {
  readonly machine?: Fixture;
}

/** Name of a check, "state: detail" that it should find, and where. */
export type Case = readonly [id: string, expected: string, situation: Situation];

/** "state: detail" of one check. */
export async function found(id: string, { machine = {}, ...ports }: Situation): Promise<string> {
  const check = CHECKS.filter((one: Check) => one.id === id);
  const situation: DoctorPorts = {
    config: config(),
    configProblem: undefined,
    ovs: away("no database"),
    chassis: away("no southbound"),
    northbound: away("no northbound"),
    prismnet: away("no PrismNET"),
    agent: noAgent,
    ...ports,
    machine: machineOf(machine),
  };
  const [result] = await runChecks(check, situation, new AbortController().signal);
  return `${result?.finding.state ?? "none"}: ${result?.finding.detail ?? ""}`;
}

export const withOvs = (externalIds?: Readonly<Record<string, string>>, changes?: Partial<OvsFacts>) => ({
  ovs: () => Promise.resolve(ovsFacts(externalIds, changes)),
});
