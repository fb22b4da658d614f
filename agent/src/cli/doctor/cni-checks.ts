import { count } from "../format.js";
import { type Check, type DoctorPorts, fail, ok, warn } from "./check.js";

export const PLUGIN = "prismnet";

export const executable: Check<Pick<DoctorPorts, "config" | "machine">> = {
  id: "cni-executable",
  title: "CNI executable",
  run: async ({ config, machine }, signal) => {
    const path = `${config.cni.binDir}/${PLUGIN}`;
    const install = `Install it there, or set cni.binDir to the runtime's directory (k3s: /var/lib/rancher/k3s/data/current/bin).`;
    const found = await machine.look(path);
    if (found === undefined) return fail(`${path} does not exist`, install);
    if (found.kind !== "file" || (found.mode & 0o111) === 0)
      return fail(`${path} cannot be executed`, `\`chmod 755 ${path}\``);
    const { code, stdout, stderr } = await machine.program(
      "env",
      ["CNI_COMMAND=VERSION", path],
      signal,
      '{"cniVersion":"1.1.0"}',
    );
    const versions = code === 0 ? versionsOf(stdout) : undefined;
    if (versions === undefined) {
      return fail(
        `${path} does not answer VERSION: ${stderr || stdout || `exit code ${code ?? "none"}`}`,
        "It is damaged or made for another machine: install it again.",
      );
    }
    return ok(`${path}, CNI ${versions.join(", ")}`);
  },
};

export const networkConfiguration: Check<Pick<DoctorPorts, "config" | "machine">> = {
  id: "cni-configuration",
  title: "CNI configuration",
  run: async ({ config, machine }) => {
    const { confDir, binDir } = config.cni;
    const names = ((await machine.list(confDir)) ?? []).filter((name) => /\.(conf|conflist|json)$/.test(name));
    const files = await Promise.all(
      names.map(async (name) => ({ name, types: pluginTypes((await machine.readText(`${confDir}/${name}`)) ?? "") })),
    );
    const ours = files.find(({ types }) => types?.includes(PLUGIN));
    const broken = files.find(({ types }) => types === undefined);
    if (ours === undefined) {
      if (broken !== undefined)
        return fail(
          `${confDir}/${broken.name} is not valid JSON of a CNI network`,
          "Mend it: `jq . FILE` shows where.",
        );
      return fail(
        `no network of type ${PLUGIN} in ${confDir}${names.length === 0 ? "" : ` (${names.join(", ")})`}`,
        `Install ${confDir}/10-prismnet.conflist, or set cni.confDir to the runtime's directory (k3s: /var/lib/rancher/k3s/agent/etc/cni/net.d).`,
      );
    }
    const [first] = files;
    if (first !== undefined && first !== ours) {
      return fail(
        `${first.name} comes before ${ours.name}: the runtime takes the first one`,
        `Remove ${confDir}/${first.name}, or give ${ours.name} a name that sorts before it.`,
      );
    }
    const missing = await missingPlugins(machine, binDir, ours.types ?? []);
    if (missing.length > 0) {
      return fail(
        `${ours.name} chains ${missing.join(", ")}, which ${missing.length === 1 ? "is" : "are"} not in ${binDir}`,
        "Install the standard plugins: `apt-get install containernetworking-plugins`, and link them there.",
      );
    }
    return ok(`${confDir}/${ours.name}: ${(ours.types ?? []).join(", ")}`);
  },
};

/** The executable queues no more than this. */
const QUEUE_LIMIT = 256;

export const queue: Check<Pick<DoctorPorts, "config" | "machine" | "agent">> = {
  id: "queued-dels",
  title: "Queued DELs",
  run: async ({ config, machine, agent }) => {
    const directory = `${config.stateDir}/cni-queue`;
    const waiting = ((await machine.list(directory)) ?? []).filter((name) => name.endsWith(".json")).length;
    if (waiting === 0) return ok("none");
    const detail = `${count(waiting, "DEL")} in ${directory}`;
    const running = await agent().then(
      () => true,
      () => false,
    );
    if (waiting >= QUEUE_LIMIT)
      return fail(`${detail}: the queue is full, pods cannot be deleted any more`, "Start the agent; it replays them.");
    if (!running) return warn(detail, "The agent replays them when it starts; until then their addresses stay taken.");
    return warn(
      detail,
      "The agent tries them again and again: `k8shost status` shows what fails. A file there that is no DEL is named in its warnings.",
    );
  },
};

async function missingPlugins(
  machine: DoctorPorts["machine"],
  binDir: string,
  types: readonly string[],
): Promise<string[]> {
  const found = await Promise.all(types.map((type) => machine.look(`${binDir}/${type}`)));
  return types.filter((type, at) => type !== PLUGIN && found[at] === undefined);
}

/** Undefined when the text is no CNI network. */
function pluginTypes(text: string): string[] | undefined {
  try {
    const network = JSON.parse(text) as { type?: unknown; plugins?: unknown } | null;
    if (typeof network?.type === "string") return [network.type];
    const plugins: unknown = network?.plugins;
    if (!Array.isArray(plugins)) return undefined;
    return plugins.map((plugin: unknown) => String((plugin as { type?: unknown } | null)?.type));
  } catch {
    return undefined;
  }
}

function versionsOf(text: string): string[] | undefined {
  try {
    const { supportedVersions } = JSON.parse(text) as { supportedVersions?: unknown };
    return Array.isArray(supportedVersions) ? supportedVersions.map(String) : undefined;
  } catch {
    return undefined;
  }
}
