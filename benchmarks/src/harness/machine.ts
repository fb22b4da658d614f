import { execa } from "execa";
import { cpu, mem, osInfo } from "systeminformation";

/** Where figures were taken: without it they mean nothing. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly kernel: string;
  readonly node: string;
  readonly virtual: boolean;
  /** `ovs-vswitchd --version` and `ovn-controller --version`, first lines; absent where not installed. */
  readonly openVSwitch?: string;
  readonly ovn?: string;
}

/** The source that was measured. */
export interface Revision {
  readonly commit: string;
  /** Files of the tree differed from the commit. */
  readonly modified: boolean;
}

export async function describeMachine(): Promise<Machine> {
  const [processor, memory, system, openVSwitch, ovn] = await Promise.all([
    cpu(),
    mem(),
    osInfo(),
    versionOf("ovs-vswitchd"),
    versionOf("ovn-controller"),
  ]);
  return {
    processor: `${processor.manufacturer} ${processor.brand}`.trim(),
    cores: processor.cores,
    memoryGiB: Math.round(memory.total / 2 ** 30),
    system: `${system.distro} ${system.release}`,
    kernel: system.kernel,
    node: process.version,
    virtual: processor.virtualization || processor.flags.includes("hypervisor"),
    ...(openVSwitch === undefined ? {} : { openVSwitch }),
    ...(ovn === undefined ? {} : { ovn }),
  };
}

export async function describeRevision(): Promise<Revision> {
  const [commit, changes] = await Promise.all([
    execa("git", ["rev-parse", "HEAD"], { reject: false, timeout: 10_000 }),
    execa("git", ["status", "--porcelain", "--untracked-files=no"], { reject: false, timeout: 10_000 }),
  ]);
  return { commit: commit.exitCode === 0 ? commit.stdout : "unknown", modified: changes.stdout !== "" };
}

async function versionOf(daemon: string): Promise<string | undefined> {
  const { exitCode, stdout } = await execa(daemon, ["--version"], { reject: false, timeout: 10_000 });
  return exitCode === 0 ? stdout.split("\n")[0] : undefined;
}
