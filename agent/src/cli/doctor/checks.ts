import type { Check } from "./check.js";
import { executable, networkConfiguration, queue } from "./cni-checks.js";
import * as kernel from "./kernel-checks.js";
import * as openvswitch from "./openvswitch-checks.js";
import * as services from "./service-checks.js";

/** In the order in which they are shown: from the ground up. */
export const CHECKS: readonly Check[] = [
  services.configuration,
  kernel.privileges,
  kernel.namespaces,
  kernel.veth,
  kernel.datapath,
  kernel.encapsulation,
  openvswitch.database,
  openvswitch.vswitchd,
  openvswitch.identity,
  openvswitch.bridge,
  openvswitch.tunnelAddress,
  openvswitch.mtu,
  openvswitch.controller,
  openvswitch.chassis,
  services.northbound,
  services.prismnet,
  services.socket,
  services.agent,
  executable,
  networkConfiguration,
  queue,
  services.disk,
  kernel.forwarding,
  kernel.reversePath,
  kernel.nftables,
  kernel.clock,
];
