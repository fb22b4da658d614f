// Generated from vswitch.ovsschema, Open_vSwitch 8.3.1, by agent/scripts/update-ovsdb-schema.ts. Do not edit.
import { atom, database, ephemeral, immutable, map, optional, scalar, set } from "../define.js";
import type { Integer, Uuid } from "../types.js";

export interface Open_vSwitch {
  readonly _uuid: Uuid;
  readonly datapaths: ReadonlyMap<string, Uuid>;
  readonly bridges: readonly Uuid[];
  readonly manager_options: readonly Uuid[];
  readonly ssl: Uuid | undefined;
  readonly other_config: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
  readonly next_cfg: Integer;
  readonly cur_cfg: Integer;
  readonly statistics: ReadonlyMap<string, string>;
  readonly ovs_version: string | undefined;
  readonly db_version: string | undefined;
  readonly system_type: string | undefined;
  readonly system_version: string | undefined;
  readonly datapath_types: readonly string[];
  readonly iface_types: readonly string[];
  readonly dpdk_initialized: boolean;
  readonly dpdk_version: string | undefined;
}

export interface Bridge {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly datapath_type: string;
  readonly datapath_version: string;
  readonly datapath_id: string | undefined;
  readonly stp_enable: boolean;
  readonly rstp_enable: boolean;
  readonly mcast_snooping_enable: boolean;
  readonly ports: readonly Uuid[];
  readonly mirrors: readonly Uuid[];
  readonly netflow: Uuid | undefined;
  readonly sflow: Uuid | undefined;
  readonly ipfix: Uuid | undefined;
  readonly controller: readonly Uuid[];
  readonly protocols: readonly (
    "OpenFlow10" | "OpenFlow11" | "OpenFlow12" | "OpenFlow13" | "OpenFlow14" | "OpenFlow15" | (string & {})
  )[];
  readonly fail_mode: "standalone" | "secure" | (string & {}) | undefined;
  readonly status: ReadonlyMap<string, string>;
  readonly rstp_status: ReadonlyMap<string, string>;
  readonly other_config: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
  readonly flood_vlans: readonly number[];
  readonly flow_tables: ReadonlyMap<number, Uuid>;
  readonly auto_attach: Uuid | undefined;
}

export interface Port {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly interfaces: readonly Uuid[];
  readonly trunks: readonly number[];
  readonly cvlans: readonly number[];
  readonly tag: number | undefined;
  readonly vlan_mode:
    "trunk" | "access" | "native-tagged" | "native-untagged" | "dot1q-tunnel" | (string & {}) | undefined;
  readonly qos: Uuid | undefined;
  readonly mac: string | undefined;
  readonly bond_mode: "balance-tcp" | "balance-slb" | "active-backup" | (string & {}) | undefined;
  readonly lacp: "active" | "passive" | "off" | (string & {}) | undefined;
  readonly bond_updelay: Integer;
  readonly bond_downdelay: Integer;
  readonly bond_active_slave: string | undefined;
  readonly bond_fake_iface: boolean;
  readonly fake_bridge: boolean;
  readonly status: ReadonlyMap<string, string>;
  readonly rstp_status: ReadonlyMap<string, string>;
  readonly rstp_statistics: ReadonlyMap<string, Integer>;
  readonly statistics: ReadonlyMap<string, Integer>;
  readonly protected: boolean;
  readonly other_config: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Interface {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
  readonly ingress_policing_rate: Integer;
  readonly ingress_policing_burst: Integer;
  readonly ingress_policing_kpkts_rate: Integer;
  readonly ingress_policing_kpkts_burst: Integer;
  readonly mac_in_use: string | undefined;
  readonly mac: string | undefined;
  readonly ifindex: number | undefined;
  readonly external_ids: ReadonlyMap<string, string>;
  readonly ofport: Integer | undefined;
  readonly ofport_request: number | undefined;
  readonly bfd: ReadonlyMap<string, string>;
  readonly bfd_status: ReadonlyMap<string, string>;
  readonly cfm_mpid: Integer | undefined;
  readonly cfm_remote_mpids: readonly Integer[];
  readonly cfm_flap_count: Integer | undefined;
  readonly cfm_fault: boolean | undefined;
  readonly cfm_fault_status: readonly string[];
  readonly cfm_remote_opstate: "up" | "down" | (string & {}) | undefined;
  readonly cfm_health: number | undefined;
  readonly lacp_current: boolean | undefined;
  readonly lldp: ReadonlyMap<string, string>;
  readonly other_config: ReadonlyMap<string, string>;
  readonly statistics: ReadonlyMap<string, Integer>;
  readonly status: ReadonlyMap<string, string>;
  readonly admin_state: "up" | "down" | (string & {}) | undefined;
  readonly link_state: "up" | "down" | (string & {}) | undefined;
  readonly link_resets: Integer | undefined;
  readonly link_speed: Integer | undefined;
  readonly duplex: "half" | "full" | (string & {}) | undefined;
  readonly mtu: Integer | undefined;
  readonly mtu_request: Integer | undefined;
  readonly error: string | undefined;
}

export interface Flow_Table {
  readonly _uuid: Uuid;
  readonly name: string | undefined;
  readonly flow_limit: Integer | undefined;
  readonly overflow_policy: "refuse" | "evict" | (string & {}) | undefined;
  readonly groups: readonly string[];
  readonly prefixes: readonly string[];
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface QoS {
  readonly _uuid: Uuid;
  readonly type: string;
  readonly queues: ReadonlyMap<number, Uuid>;
  readonly other_config: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Queue {
  readonly _uuid: Uuid;
  readonly dscp: number | undefined;
  readonly other_config: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Mirror {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly select_all: boolean;
  readonly select_src_port: readonly Uuid[];
  readonly select_dst_port: readonly Uuid[];
  readonly select_vlan: readonly number[];
  readonly output_port: Uuid | undefined;
  readonly output_vlan: number | undefined;
  readonly snaplen: number | undefined;
  readonly statistics: ReadonlyMap<string, Integer>;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface NetFlow {
  readonly _uuid: Uuid;
  readonly targets: readonly string[];
  readonly engine_type: number | undefined;
  readonly engine_id: number | undefined;
  readonly add_id_to_interface: boolean;
  readonly active_timeout: Integer;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface sFlow {
  readonly _uuid: Uuid;
  readonly targets: readonly string[];
  readonly sampling: Integer | undefined;
  readonly polling: Integer | undefined;
  readonly header: Integer | undefined;
  readonly agent: string | undefined;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface IPFIX {
  readonly _uuid: Uuid;
  readonly targets: readonly string[];
  readonly sampling: number | undefined;
  readonly obs_domain_id: number | undefined;
  readonly obs_point_id: number | undefined;
  readonly cache_active_timeout: number | undefined;
  readonly cache_max_flows: number | undefined;
  readonly other_config: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Flow_Sample_Collector_Set {
  readonly _uuid: Uuid;
  readonly id: number;
  readonly bridge: Uuid;
  readonly ipfix: Uuid | undefined;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Controller {
  readonly _uuid: Uuid;
  readonly type: "primary" | "service" | (string & {}) | undefined;
  readonly target: string;
  readonly max_backoff: Integer | undefined;
  readonly inactivity_probe: Integer | undefined;
  readonly connection_mode: "in-band" | "out-of-band" | (string & {}) | undefined;
  readonly local_ip: string | undefined;
  readonly local_netmask: string | undefined;
  readonly local_gateway: string | undefined;
  readonly enable_async_messages: boolean | undefined;
  readonly controller_queue_size: number | undefined;
  readonly controller_rate_limit: Integer | undefined;
  readonly controller_burst_limit: Integer | undefined;
  readonly other_config: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
  readonly is_connected: boolean;
  readonly role: "other" | "master" | "slave" | (string & {}) | undefined;
  readonly status: ReadonlyMap<string, string>;
}

export interface Manager {
  readonly _uuid: Uuid;
  readonly target: string;
  readonly max_backoff: Integer | undefined;
  readonly inactivity_probe: Integer | undefined;
  readonly connection_mode: "in-band" | "out-of-band" | (string & {}) | undefined;
  readonly other_config: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
  readonly is_connected: boolean;
  readonly status: ReadonlyMap<string, string>;
}

export interface Datapath {
  readonly _uuid: Uuid;
  readonly datapath_version: string;
  readonly ct_zones: ReadonlyMap<number, Uuid>;
  readonly capabilities: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface CT_Zone {
  readonly _uuid: Uuid;
  readonly timeout_policy: Uuid | undefined;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface CT_Timeout_Policy {
  readonly _uuid: Uuid;
  readonly timeouts: ReadonlyMap<
    | "tcp_syn_sent"
    | "tcp_syn_recv"
    | "tcp_established"
    | "tcp_fin_wait"
    | "tcp_close_wait"
    | "tcp_last_ack"
    | "tcp_time_wait"
    | "tcp_close"
    | "tcp_syn_sent2"
    | "tcp_retransmit"
    | "tcp_unack"
    | "udp_first"
    | "udp_single"
    | "udp_multiple"
    | "icmp_first"
    | "icmp_reply"
    | (string & {}),
    number
  >;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface SSL {
  readonly _uuid: Uuid;
  readonly private_key: string;
  readonly certificate: string;
  readonly ca_cert: string;
  readonly bootstrap_ca_cert: boolean;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface AutoAttach {
  readonly _uuid: Uuid;
  readonly system_name: string;
  readonly system_description: string;
  readonly mappings: ReadonlyMap<number, number>;
}

/** Row types of Open_vSwitch by table. */
export interface OpenVswitch {
  readonly Open_vSwitch: Open_vSwitch;
  readonly Bridge: Bridge;
  readonly Port: Port;
  readonly Interface: Interface;
  readonly Flow_Table: Flow_Table;
  readonly QoS: QoS;
  readonly Queue: Queue;
  readonly Mirror: Mirror;
  readonly NetFlow: NetFlow;
  readonly sFlow: sFlow;
  readonly IPFIX: IPFIX;
  readonly Flow_Sample_Collector_Set: Flow_Sample_Collector_Set;
  readonly Controller: Controller;
  readonly Manager: Manager;
  readonly Datapath: Datapath;
  readonly CT_Zone: CT_Zone;
  readonly CT_Timeout_Policy: CT_Timeout_Policy;
  readonly SSL: SSL;
  readonly AutoAttach: AutoAttach;
}

/** Open_vSwitch, as of schema version 8.3.1. */
export const Open_vSwitch = database<OpenVswitch>("Open_vSwitch", "8.3.1", {
  Open_vSwitch: {
    root: true,
    maxRows: 1,
    columns: {
      datapaths: map(atom("string"), atom("uuid", { refTable: "Datapath", refType: "strong" })),
      bridges: set(atom("uuid", { refTable: "Bridge", refType: "strong" })),
      manager_options: set(atom("uuid", { refTable: "Manager", refType: "strong" })),
      ssl: optional(atom("uuid", { refTable: "SSL", refType: "strong" })),
      other_config: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
      next_cfg: scalar(atom("integer")),
      cur_cfg: scalar(atom("integer")),
      statistics: ephemeral(map(atom("string"), atom("string"))),
      ovs_version: optional(atom("string")),
      db_version: optional(atom("string")),
      system_type: optional(atom("string")),
      system_version: optional(atom("string")),
      datapath_types: set(atom("string")),
      iface_types: set(atom("string")),
      dpdk_initialized: scalar(atom("boolean")),
      dpdk_version: optional(atom("string")),
    },
  },
  Bridge: {
    indexes: [["name"]],
    columns: {
      name: immutable(scalar(atom("string"))),
      datapath_type: scalar(atom("string")),
      datapath_version: scalar(atom("string")),
      datapath_id: ephemeral(optional(atom("string"))),
      stp_enable: scalar(atom("boolean")),
      rstp_enable: scalar(atom("boolean")),
      mcast_snooping_enable: scalar(atom("boolean")),
      ports: set(atom("uuid", { refTable: "Port", refType: "strong" })),
      mirrors: set(atom("uuid", { refTable: "Mirror", refType: "strong" })),
      netflow: optional(atom("uuid", { refTable: "NetFlow", refType: "strong" })),
      sflow: optional(atom("uuid", { refTable: "sFlow", refType: "strong" })),
      ipfix: optional(atom("uuid", { refTable: "IPFIX", refType: "strong" })),
      controller: set(atom("uuid", { refTable: "Controller", refType: "strong" })),
      protocols: set(
        atom("string", { enum: ["OpenFlow10", "OpenFlow11", "OpenFlow12", "OpenFlow13", "OpenFlow14", "OpenFlow15"] }),
      ),
      fail_mode: optional(atom("string", { enum: ["standalone", "secure"] })),
      status: ephemeral(map(atom("string"), atom("string"))),
      rstp_status: ephemeral(map(atom("string"), atom("string"))),
      other_config: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
      flood_vlans: set(atom("integer", { min: 0, max: 4095 }), 0, 4096),
      flow_tables: map(
        atom("integer", { min: 0, max: 254 }),
        atom("uuid", { refTable: "Flow_Table", refType: "strong" }),
      ),
      auto_attach: optional(atom("uuid", { refTable: "AutoAttach", refType: "strong" })),
    },
  },
  Port: {
    indexes: [["name"]],
    columns: {
      name: immutable(scalar(atom("string"))),
      interfaces: set(atom("uuid", { refTable: "Interface", refType: "strong" }), 1),
      trunks: set(atom("integer", { min: 0, max: 4095 }), 0, 4096),
      cvlans: set(atom("integer", { min: 0, max: 4095 }), 0, 4096),
      tag: optional(atom("integer", { min: 0, max: 4095 })),
      vlan_mode: optional(
        atom("string", { enum: ["trunk", "access", "native-tagged", "native-untagged", "dot1q-tunnel"] }),
      ),
      qos: optional(atom("uuid", { refTable: "QoS", refType: "strong" })),
      mac: optional(atom("string")),
      bond_mode: optional(atom("string", { enum: ["balance-tcp", "balance-slb", "active-backup"] })),
      lacp: optional(atom("string", { enum: ["active", "passive", "off"] })),
      bond_updelay: scalar(atom("integer")),
      bond_downdelay: scalar(atom("integer")),
      bond_active_slave: optional(atom("string")),
      bond_fake_iface: scalar(atom("boolean")),
      fake_bridge: scalar(atom("boolean")),
      status: ephemeral(map(atom("string"), atom("string"))),
      rstp_status: ephemeral(map(atom("string"), atom("string"))),
      rstp_statistics: ephemeral(map(atom("string"), atom("integer"))),
      statistics: ephemeral(map(atom("string"), atom("integer"))),
      protected: scalar(atom("boolean")),
      other_config: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Interface: {
    indexes: [["name"]],
    columns: {
      name: immutable(scalar(atom("string"))),
      type: scalar(atom("string")),
      options: map(atom("string"), atom("string")),
      ingress_policing_rate: scalar(atom("integer", { min: 0 })),
      ingress_policing_burst: scalar(atom("integer", { min: 0 })),
      ingress_policing_kpkts_rate: scalar(atom("integer", { min: 0 })),
      ingress_policing_kpkts_burst: scalar(atom("integer", { min: 0 })),
      mac_in_use: ephemeral(optional(atom("string"))),
      mac: optional(atom("string")),
      ifindex: ephemeral(optional(atom("integer", { min: 0, max: 4294967295 }))),
      external_ids: map(atom("string"), atom("string")),
      ofport: optional(atom("integer")),
      ofport_request: optional(atom("integer", { min: 1, max: 65279 })),
      bfd: map(atom("string"), atom("string")),
      bfd_status: ephemeral(map(atom("string"), atom("string"))),
      cfm_mpid: optional(atom("integer")),
      cfm_remote_mpids: ephemeral(set(atom("integer"))),
      cfm_flap_count: optional(atom("integer")),
      cfm_fault: ephemeral(optional(atom("boolean"))),
      cfm_fault_status: ephemeral(set(atom("string"))),
      cfm_remote_opstate: ephemeral(optional(atom("string", { enum: ["up", "down"] }))),
      cfm_health: ephemeral(optional(atom("integer", { min: 0, max: 100 }))),
      lacp_current: ephemeral(optional(atom("boolean"))),
      lldp: map(atom("string"), atom("string")),
      other_config: map(atom("string"), atom("string")),
      statistics: ephemeral(map(atom("string"), atom("integer"))),
      status: ephemeral(map(atom("string"), atom("string"))),
      admin_state: ephemeral(optional(atom("string", { enum: ["up", "down"] }))),
      link_state: ephemeral(optional(atom("string", { enum: ["up", "down"] }))),
      link_resets: ephemeral(optional(atom("integer"))),
      link_speed: ephemeral(optional(atom("integer"))),
      duplex: ephemeral(optional(atom("string", { enum: ["half", "full"] }))),
      mtu: ephemeral(optional(atom("integer"))),
      mtu_request: optional(atom("integer", { min: 1 })),
      error: optional(atom("string")),
    },
  },
  Flow_Table: {
    columns: {
      name: optional(atom("string")),
      flow_limit: optional(atom("integer", { min: 0 })),
      overflow_policy: optional(atom("string", { enum: ["refuse", "evict"] })),
      groups: set(atom("string")),
      prefixes: set(atom("string"), 0, 3),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  QoS: {
    root: true,
    columns: {
      type: scalar(atom("string")),
      queues: map(atom("integer", { min: 0, max: 4294967295 }), atom("uuid", { refTable: "Queue", refType: "strong" })),
      other_config: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Queue: {
    root: true,
    columns: {
      dscp: optional(atom("integer", { min: 0, max: 63 })),
      other_config: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Mirror: {
    columns: {
      name: scalar(atom("string")),
      select_all: scalar(atom("boolean")),
      select_src_port: set(atom("uuid", { refTable: "Port", refType: "weak" })),
      select_dst_port: set(atom("uuid", { refTable: "Port", refType: "weak" })),
      select_vlan: set(atom("integer", { min: 0, max: 4095 }), 0, 4096),
      output_port: optional(atom("uuid", { refTable: "Port", refType: "weak" })),
      output_vlan: optional(atom("integer", { min: 1, max: 4095 })),
      snaplen: optional(atom("integer", { min: 14, max: 65535 })),
      statistics: ephemeral(map(atom("string"), atom("integer"))),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  NetFlow: {
    columns: {
      targets: set(atom("string"), 1),
      engine_type: optional(atom("integer", { min: 0, max: 255 })),
      engine_id: optional(atom("integer", { min: 0, max: 255 })),
      add_id_to_interface: scalar(atom("boolean")),
      active_timeout: scalar(atom("integer", { min: -1 })),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  sFlow: {
    columns: {
      targets: set(atom("string"), 1),
      sampling: optional(atom("integer")),
      polling: optional(atom("integer")),
      header: optional(atom("integer")),
      agent: optional(atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  IPFIX: {
    columns: {
      targets: set(atom("string")),
      sampling: optional(atom("integer", { min: 1, max: 4294967295 })),
      obs_domain_id: optional(atom("integer", { min: 0, max: 4294967295 })),
      obs_point_id: optional(atom("integer", { min: 0, max: 4294967295 })),
      cache_active_timeout: optional(atom("integer", { min: 0, max: 4200 })),
      cache_max_flows: optional(atom("integer", { min: 0, max: 4294967295 })),
      other_config: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Flow_Sample_Collector_Set: {
    indexes: [["id", "bridge"]],
    root: true,
    columns: {
      id: scalar(atom("integer", { min: 0, max: 4294967295 })),
      bridge: scalar(atom("uuid", { refTable: "Bridge", refType: "strong" })),
      ipfix: optional(atom("uuid", { refTable: "IPFIX", refType: "strong" })),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Controller: {
    columns: {
      type: optional(atom("string", { enum: ["primary", "service"] })),
      target: scalar(atom("string")),
      max_backoff: optional(atom("integer", { min: 1000 })),
      inactivity_probe: optional(atom("integer")),
      connection_mode: optional(atom("string", { enum: ["in-band", "out-of-band"] })),
      local_ip: optional(atom("string")),
      local_netmask: optional(atom("string")),
      local_gateway: optional(atom("string")),
      enable_async_messages: optional(atom("boolean")),
      controller_queue_size: optional(atom("integer", { min: 1, max: 512 })),
      controller_rate_limit: optional(atom("integer", { min: 100 })),
      controller_burst_limit: optional(atom("integer", { min: 25 })),
      other_config: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
      is_connected: ephemeral(scalar(atom("boolean"))),
      role: ephemeral(optional(atom("string", { enum: ["other", "master", "slave"] }))),
      status: ephemeral(map(atom("string"), atom("string"))),
    },
  },
  Manager: {
    indexes: [["target"]],
    columns: {
      target: scalar(atom("string")),
      max_backoff: optional(atom("integer", { min: 1000 })),
      inactivity_probe: optional(atom("integer")),
      connection_mode: optional(atom("string", { enum: ["in-band", "out-of-band"] })),
      other_config: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
      is_connected: ephemeral(scalar(atom("boolean"))),
      status: ephemeral(map(atom("string"), atom("string"))),
    },
  },
  Datapath: {
    columns: {
      datapath_version: scalar(atom("string")),
      ct_zones: map(atom("integer", { min: 0, max: 65535 }), atom("uuid", { refTable: "CT_Zone", refType: "strong" })),
      capabilities: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  CT_Zone: {
    columns: {
      timeout_policy: optional(atom("uuid", { refTable: "CT_Timeout_Policy", refType: "strong" })),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  CT_Timeout_Policy: {
    columns: {
      timeouts: map(
        atom("string", {
          enum: [
            "tcp_syn_sent",
            "tcp_syn_recv",
            "tcp_established",
            "tcp_fin_wait",
            "tcp_close_wait",
            "tcp_last_ack",
            "tcp_time_wait",
            "tcp_close",
            "tcp_syn_sent2",
            "tcp_retransmit",
            "tcp_unack",
            "udp_first",
            "udp_single",
            "udp_multiple",
            "icmp_first",
            "icmp_reply",
          ],
        }),
        atom("integer", { min: 0, max: 4294967295 }),
      ),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  SSL: {
    maxRows: 1,
    columns: {
      private_key: scalar(atom("string")),
      certificate: scalar(atom("string")),
      ca_cert: scalar(atom("string")),
      bootstrap_ca_cert: scalar(atom("boolean")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  AutoAttach: {
    columns: {
      system_name: scalar(atom("string")),
      system_description: scalar(atom("string")),
      mappings: map(atom("integer", { min: 0, max: 16777215 }), atom("integer", { min: 0, max: 4095 })),
    },
  },
});
