import type {
  AddRequest,
  AddResponse,
  CheckRequest,
  DelRequest,
  PodNetworkServer,
} from "@k8shost/proto/agent/v1/pod_network";
import type { AgentError } from "../errors.js";
import type { Attached, PodNetwork } from "../network/pod-network.js";
import type { AttachmentSpec } from "../network/attachment.js";
import { effectiveRoutes } from "../network/sandbox-plan.js";
import {
  type NodeDefaults,
  attachmentKey,
  attachmentSpec,
  expectedAttachment,
  podIdentity,
} from "./attachment-request.js";
import { refuseOwnNamespace } from "./own-namespace.js";
import { unary } from "./unary.js";

export interface PodNetworkRpcOptions {
  readonly network: PodNetwork;
  /** Resolves when every source was read once and the leftovers are swept; until then no verb acts. */
  readonly ready: (signal: AbortSignal) => Promise<void>;
  /** What the node adds to a request; known once ready. */
  readonly defaults: () => NodeDefaults;
  /** Resolvers in the result; empty: those that PrismNET names. */
  readonly dnsServers: readonly string[];
  /** Longest durations, in milliseconds. */
  readonly deadlines: { readonly add: number; readonly del: number; readonly check: number; readonly gc: number };
  /** What stops ADD from working now (CNI specification 1.1.0, STATUS). */
  readonly conditions: () => { readonly cniCode: number; readonly message: string }[];
  /** Told of the values of the CNI configuration that the agent has in its own. */
  readonly onConfiguration: (request: AddRequest) => void;
  readonly onEnd: (call: EndedCall) => void;
}

/** A call that was answered. */
export interface EndedCall {
  readonly verb: "ADD" | "DEL" | "CHECK" | "STATUS" | "GC";
  readonly seconds: number;
  readonly error: AgentError | undefined;
}

/** The five methods of k8shost.agent.v1.PodNetwork. */
export function podNetworkRpc(options: PodNetworkRpcOptions): PodNetworkServer {
  const { network, ready, deadlines } = options;
  const handler = <Request, Response>(
    verb: EndedCall["verb"],
    deadline: number,
    run: (request: Request, signal: AbortSignal) => Promise<Response>,
  ) => unary({ deadline, run, onEnd: (seconds, error) => options.onEnd({ verb, seconds, error }) });

  return {
    add: handler("ADD", deadlines.add, async (request: AddRequest, signal) => {
      options.onConfiguration(request);
      await ready(signal);
      const spec = attachmentSpec(request, options.defaults());
      await refuseOwnNamespace(spec.netns);
      const response = addResponse(spec, await network.add(spec, signal));
      return options.dnsServers.length === 0 ? response : { ...response, dnsServers: [...options.dnsServers] };
    }),
    del: handler("DEL", deadlines.del, async (request: DelRequest, signal) => {
      const key = attachmentKey(request.attachment);
      const pod = podIdentity(request.pod, true);
      await ready(signal);
      return { stages: await network.del(key, pod, signal) };
    }),
    check: handler("CHECK", deadlines.check, async (request: CheckRequest, signal) => {
      const expected = expectedAttachment(request);
      await ready(signal);
      await network.check(expected, signal);
      return {};
    }),
    status: handler("STATUS", deadlines.check, () => Promise.resolve({ conditions: options.conditions() })),
    gc: handler("GC", deadlines.gc, async (request, signal) => {
      const valid = request.valid.map(attachmentKey);
      await ready(signal);
      return { released: await network.gc(valid, signal) };
    }),
  };
}

function addResponse(spec: AttachmentSpec, { lease, hostLink, stages }: Attached): AddResponse {
  return {
    interfaces: [
      { name: hostLink, mac: "", mtu: spec.mtu, sandbox: "" },
      { name: spec.key.ifName, mac: lease.mac, mtu: spec.mtu, sandbox: spec.netns },
    ],
    ips: lease.addresses.map(({ address, gateway }) => ({ address, gateway, interface: 1 })),
    routes: effectiveRoutes(spec.routes, lease),
    dnsServers: [...lease.dnsServers],
    stages: [...stages],
  };
}
