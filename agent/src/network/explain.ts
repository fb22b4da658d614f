import { AgentError, type ErrorCode, type ErrorFields } from "../errors.js";
import { NetlinkError } from "../netlink/port.js";
import { Cancelled, InvalidValue, OvsdbError, ServerError } from "../ovsdb/errors.js";
import { type Stage, stageOf } from "./stages.js";

/** What failed in each stage, and what to look at: the sentence that an operator reads in `kubectl describe pod`. */
const STAGES: Record<Stage, { readonly what: string; readonly lookAt: string }> = {
  allocate: { what: "no address from PrismNET", lookAt: "the PrismNET server (k8shost doctor)" },
  link: { what: "the veth pair", lookAt: "the kernel's log (dmesg) and `ip -d link`" },
  address: { what: "addresses and routes in the sandbox", lookAt: "`ip -n NETNS address` and `ip -n NETNS route`" },
  northbound: { what: "the logical port", lookAt: "the northbound database (`ovn-nbctl show`, k8shost status)" },
  "ovs-port": { what: "the port on the integration bridge", lookAt: "the local OVS database (`ovs-vsctl show`)" },
  installed: {
    what: "ovn-controller did not install the port's flows",
    lookAt: "ovn-controller's log, `ovn-sbctl show` and k8shost status",
  },
  release: { what: "the address was not given back to PrismNET", lookAt: "the PrismNET server (k8shost doctor)" },
  total: { what: "the operation", lookAt: "the agent's log" },
};

/** The error as the caller sees it: stage first, then the cause, then what to look at. */
export function explain(error: unknown, fields: ErrorFields): AgentError {
  if (error instanceof AgentError && error.fields["stage"] !== undefined) return error;
  const stage = stageOf(error) ?? "total";
  const { what, lookAt } = STAGES[stage];
  const reason = error instanceof Error ? error.message : String(error);
  return new AgentError(codeOf(error, stage), `${stage}: ${what}: ${reason} (look at ${lookAt})`, {
    cause: error,
    fields: { ...fields, ...(error instanceof AgentError ? error.fields : {}), stage },
  });
}

function codeOf(error: unknown, stage: Stage): ErrorCode {
  if (error instanceof AgentError) return error.code;
  if (error instanceof Cancelled) return error.cause instanceof AgentError ? error.cause.code : "CANCELLED";
  if (error instanceof ServerError || error instanceof InvalidValue) return "DATABASE";
  if (error instanceof OvsdbError) return stage === "northbound" ? "NORTHBOUND_UNAVAILABLE" : "OVS_UNAVAILABLE";
  if (error instanceof NetlinkError) return error.unreachable === undefined ? "KERNEL" : "SANDBOX_GONE";
  return "INTERNAL";
}
