import type {
  AddRequest,
  AddResponse,
  Attachment,
  CheckRequest,
  CheckResponse,
  Condition,
  DelRequest,
  DelResponse,
  GcRequest,
  GcResponse,
  Interface,
  IpConfig,
  Pod,
  Route,
  StatusRequest,
  StatusResponse,
} from "@k8shost/proto/agent/v1/pod_network";
import { type Schema, message, messages, text, texts, uint32 } from "./protobuf.js";

/** The messages and methods of proto/agent/v1/pod_network.proto, as tables. */

export const attachment: Schema<Attachment> = { containerId: text(1), ifName: text(2) };
export const pod: Schema<Pod> = { namespace: text(1), name: text(2), uid: text(3) };
export const route: Schema<Route> = { destination: text(1), gateway: text(2) };
export const networkInterface: Schema<Interface> = { name: text(1), mac: text(2), mtu: uint32(3), sandbox: text(4) };
export const ipConfig: Schema<IpConfig> = { address: text(1), gateway: text(2), interface: uint32(3) };
export const condition: Schema<Condition> = { cniCode: uint32(1), message: text(2) };

export const addRequest: Schema<AddRequest> = {
  attachment: message(1, attachment),
  pod: message(2, pod),
  netns: text(3),
  network: text(4),
  mtu: uint32(5),
  staticAddresses: texts(6),
  rangeStart: text(7),
  rangeEnd: text(8),
  subnet: text(9),
  routes: messages(10, route),
  ovnNorthbound: text(11),
  ovnSouthbound: text(12),
  ovnEncapType: text(13),
  prismnetEndpoint: text(14),
};

/** Without the stages' times, which only the agent's own tools show: decoding skips them. */
export type AddAnswer = Omit<AddResponse, "stages">;

export const addResponse: Schema<AddAnswer> = {
  interfaces: messages(1, networkInterface),
  ips: messages(2, ipConfig),
  routes: messages(3, route),
  dnsServers: texts(4),
};

export const delRequest: Schema<DelRequest> = {
  attachment: message(1, attachment),
  pod: message(2, pod),
  netns: text(3),
};
export const delResponse: Schema<Omit<DelResponse, "stages">> = {};

export const checkRequest: Schema<CheckRequest> = {
  attachment: message(1, attachment),
  pod: message(2, pod),
  netns: text(3),
  ips: messages(4, ipConfig),
  routes: messages(5, route),
  interfaces: messages(6, networkInterface),
};
export const checkResponse: Schema<CheckResponse> = {};

export const statusRequest: Schema<StatusRequest> = {};
export const statusResponse: Schema<StatusResponse> = { conditions: messages(1, condition) };

export const gcRequest: Schema<GcRequest> = { valid: messages(1, attachment), network: text(2) };
export const gcResponse: Schema<GcResponse> = { released: messages(1, attachment) };

export interface Method<Request, Response> {
  readonly path: string;
  readonly request: Schema<Request>;
  readonly response: Schema<Response>;
}

const SERVICE = "/k8shost.agent.v1.PodNetwork";

export const methods = {
  add: { path: `${SERVICE}/Add`, request: addRequest, response: addResponse },
  del: { path: `${SERVICE}/Del`, request: delRequest, response: delResponse },
  check: { path: `${SERVICE}/Check`, request: checkRequest, response: checkResponse },
  status: { path: `${SERVICE}/Status`, request: statusRequest, response: statusResponse },
  gc: { path: `${SERVICE}/Gc`, request: gcRequest, response: gcResponse },
} as const;
