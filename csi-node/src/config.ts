import path from "node:path";

export interface Config {
  /** Absolute path of the socket on which kubelet and the sidecars call us. */
  readonly socket: string;
  /** Absolute path of the agent's socket. */
  readonly agentSocket: string;
}

/** Where the agent serves unless it is told otherwise (agent/src/config.ts). */
const defaultAgentSocket = "/run/k8shost/agent.sock";

/**
 * Configuration from the environment: CSI_ENDPOINT, as the CSI specification asks for ("unix:///csi/csi.sock",
 * "unix:/csi/csi.sock" or the bare path), and K8SHOST_AGENT_SOCKET.
 *
 * @throws Error that names the variable and what it should hold.
 */
export function configFrom(environment: Readonly<Record<string, string | undefined>>): Config {
  const endpoint = environment["CSI_ENDPOINT"];
  if (endpoint === undefined || endpoint === "") {
    throw new Error("CSI_ENDPOINT is not set: give it the socket to serve, for example unix:///csi/csi.sock");
  }
  return {
    socket: absolute("CSI_ENDPOINT", endpoint.replace(/^unix:(\/\/)?/, "")),
    agentSocket: absolute("K8SHOST_AGENT_SOCKET", environment["K8SHOST_AGENT_SOCKET"] ?? defaultAgentSocket),
  };
}

function absolute(variable: string, value: string): string {
  if (path.isAbsolute(value) && !value.includes("\0")) return value;
  throw new Error(`${variable} must name a unix socket by an absolute path, not "${value}"`);
}
