import { AgentUnreachable } from "../agent-client.js";
import { count } from "../format.js";
import { type Check, type DoctorPorts, fail, messageOf, ok, skip, warn } from "./check.js";

const UNKNOWN = skip("not known until the configuration is mended");

export const configuration: Check<Pick<DoctorPorts, "configProblem">> = {
  id: "configuration",
  title: "Agent's configuration",
  run: async ({ configProblem }) =>
    configProblem === undefined
      ? ok("valid")
      : fail(configProblem, "Every key is explained in agent/CONFIG.md and by `k8shost-agent --help`."),
};

export const northbound: Check<Pick<DoctorPorts, "config" | "configProblem" | "northbound">> = {
  id: "northbound",
  title: "Northbound database",
  run: async ({ config, configProblem, northbound: read }) => {
    if (configProblem !== undefined) return UNKNOWN;
    const answers = await Promise.all(
      config.northbound.remotes.map((remote) =>
        read(remote).then(
          ({ role }) => ({ remote, role, error: "" }),
          (error: unknown) => ({ remote, role: "", error: messageOf(error) }),
        ),
      ),
    );
    const bad = answers
      .filter(({ error }) => error !== "")
      .map(({ remote, error }) => (error.includes(remote) ? error : `${remote}: ${error}`));
    const good = answers.filter(({ error }) => error === "");
    const remedy =
      "See that ovsdb-server for OVN_Northbound runs there, listens on that port (`ovn-nbctl get-connection`) and is not filtered; with ssl: that northbound.tls fits.";
    if (good.length === 0) return fail(bad.join("; "), remedy);
    const alone = good.every(({ role }) => role === "follower");
    if (alone && config.northbound.leaderOnly) {
      return fail(
        `${[...good.map(({ remote }) => `${remote} is a follower`), ...bad].join("; ")}: nobody can write`,
        "List every member of the cluster in northbound.remotes; if the leader is missing, mend the cluster (`ovs-appctl cluster/status OVN_Northbound`).",
      );
    }
    const told = good.map(({ remote, role }) => `${remote} (${role})`).join(", ");
    return bad.length === 0 ? ok(told) : warn(`${told}; but ${bad.join("; ")}`, remedy);
  },
};

export const prismnet: Check<Pick<DoctorPorts, "config" | "configProblem" | "prismnet">> = {
  id: "prismnet",
  title: "PrismNET",
  run: async ({ config, configProblem, prismnet: ask }) => {
    if (configProblem !== undefined) return UNKNOWN;
    try {
      return ok(`${config.prismnet.endpoint}, ${count(await ask(), "allocation")} of this node`);
    } catch (error) {
      return fail(
        messageOf(error),
        `See that PrismNET runs at ${config.prismnet.endpoint} and is not filtered; UNAUTHENTICATED: that prismnet.tokenFile holds a valid token; certificate errors: that prismnet.tls.ca is PrismNET's.`,
      );
    }
  },
};

export const socket: Check<Pick<DoctorPorts, "config" | "machine">> = {
  id: "socket",
  title: "Agent's socket",
  run: async ({ config, machine }) => {
    const found = await machine.look(config.socket);
    if (found === undefined) return skip(`${config.socket} does not exist`);
    if (found.kind !== "socket")
      return fail(`${config.socket} is a ${found.kind}`, "Remove it and restart the agent, or set the key socket.");
    if (found.uid !== 0 || (found.mode & 0o077) !== 0) {
      return fail(
        `${config.socket} belongs to user ${found.uid} with mode ${found.mode.toString(8)}: others than root could rewire pods`,
        `\`chown root ${config.socket}; chmod 600 ${config.socket}\``,
      );
    }
    return ok(config.socket);
  },
};

export const agent: Check<Pick<DoctorPorts, "agent">> = {
  id: "agent",
  title: "Agent",
  run: async ({ agent: read }) => {
    try {
      const { version, conditions } = await read();
      if (conditions.length === 0) return ok(`version ${version}, ready`);
      return fail(
        `not ready: ${conditions.join("; ")}`,
        "The other checks say what to mend; the agent goes on by itself then.",
      );
    } catch (error) {
      if (error instanceof AgentUnreachable) return fail(error.message, error.remedy);
      throw error;
    }
  },
};

export const disk: Check<Pick<DoctorPorts, "config" | "machine">> = {
  id: "disk",
  title: "Disk",
  run: async ({ config, machine }) => {
    const free = await machine.freeBytes(config.stateDir);
    const detail = `${Math.round(free / 1e6)} MB free for ${config.stateDir}`;
    if (free >= 50e6) return ok(detail);
    return fail(
      detail,
      "DELs from when the agent is down are queued there, and are lost when it is full: free some space.",
    );
  },
};
