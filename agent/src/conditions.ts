import type { Synchronisation } from "./synchronise.js";

/** CNI specification 1.1.0, STATUS: the plugin is not available; existing containers keep their network. */
const NOT_AVAILABLE = 50;
/** …and existing containers may have limited connectivity. */
const LIMITED_CONNECTIVITY = 51;

export interface Condition {
  readonly cniCode: number;
  readonly message: string;
}

export interface ConditionSources {
  readonly synchronisation: Synchronisation;
  readonly northbound: { readonly connected: boolean; status(): { readonly remote: string; readonly error: string } };
  readonly ovs: { readonly connected: boolean; status(): { readonly remote: string; readonly error: string } };
  readonly addresses: { readonly reachable: boolean };
  readonly prismnetEndpoint: string;
}

/** What stops ADD from working now, each with what to look at. Empty: nothing does. */
export function conditions(sources: ConditionSources): Condition[] {
  const found: Condition[] = [];
  const add = (cniCode: number, message: string): void => void found.push({ cniCode, message });
  const away = (database: ConditionSources["ovs"]): string => {
    const { remote, error } = database.status();
    return `${remote}${error === "" ? "" : `: ${error}`}`;
  };
  // Without its local database the node's dataplane can't follow changes any more.
  if (!sources.ovs.connected) {
    add(
      LIMITED_CONNECTIVITY,
      `the local Open vSwitch database does not answer (${away(sources.ovs)}): is ovsdb-server running?`,
    );
  }
  if (!sources.northbound.connected) {
    add(NOT_AVAILABLE, `the OVN northbound database does not answer (${away(sources.northbound)})`);
  }
  if (!sources.addresses.reachable) {
    add(NOT_AVAILABLE, `PrismNET does not answer at ${sources.prismnetEndpoint}`);
  }
  const { waitingFor } = sources.synchronisation;
  if (waitingFor !== undefined) add(NOT_AVAILABLE, `the agent waits for ${waitingFor}`);
  return found;
}
