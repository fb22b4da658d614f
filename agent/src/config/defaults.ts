/** Apart from the schema, so that `k8shost status` starts without loading it. */
export const DEFAULT_CONFIG_FILE = "/etc/k8shost/agent.yaml";
export const DEFAULT_SOCKET = "/run/k8shost/agent.sock";
