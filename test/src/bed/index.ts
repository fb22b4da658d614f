export { createBed, type Bed } from "./bed.js";
export { attempt, inNetns, ipBatch, netnsPath, run, type Outcome, type RunOptions } from "./command.js";
export { startCentral, type Central, type CentralOptions } from "./central.js";
export type { Certificates, KeyPair } from "./certificates.js";
export { Daemon, type DaemonSpec } from "./daemon.js";
export type { Database, DatabaseMember } from "./database.js";
export { BedNode, detectDatapath, settings, startNode, type Datapath, type NodeOptions } from "./node.js";
export { createPodNetns, PodNetns } from "./pod.js";
export { plugRawPort, unplugRawPort, waitInstalled, type RawPort } from "./raw-port.js";
export { sweepStaleBeds, type SweepReport } from "./stale.js";
export type { OutsideHost, Underlay } from "./underlay.js";
export { START_DEADLINE_MS, waitUntil } from "./wait.js";
export {
  countKind,
  INVENTORY_KINDS,
  leftAfterSettling,
  leftBehind,
  takeInventory,
  type Inventory,
} from "./inventory.js";
export type { FlowReport } from "./traffic/flow-report.js";
export {
  ping,
  pingUntilAnswered,
  startEcho,
  startFlow,
  type Endpoint,
  type Flow,
  type FlowOptions,
  type PingResult,
} from "./traffic/flow.js";
export { BedAgent, startAgent, type AgentOptions, type LoggedStage } from "./agent.js";
export {
  addPod,
  addressesOf,
  callCni,
  CNI_EXECUTABLE,
  createPod,
  deletePod,
  networkConfiguration,
  podCall,
  type CniAnswer,
  type CniCall,
  type CniResult,
  type CniVerb,
  type Pod,
} from "./cni.js";
export { BED_NETWORKS, BedPrismnet, startPrismnet, type PrismnetOptions } from "./prismnet.js";
export type { Settings } from "./settings-file.js";
export { changesByBed, lookAtMachine } from "./machine.js";
