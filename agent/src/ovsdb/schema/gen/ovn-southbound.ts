// Generated from ovn-sb.ovsschema, OVN_Southbound 20.27.0, by agent/scripts/update-ovsdb-schema.ts. Do not edit.
import { atom, database, ephemeral, map, optional, scalar, set } from "../define.js";
import type { Integer, Uuid } from "../types.js";

export interface SB_Global {
  readonly _uuid: Uuid;
  readonly nb_cfg: Integer;
  readonly external_ids: ReadonlyMap<string, string>;
  readonly connections: readonly Uuid[];
  readonly ssl: Uuid | undefined;
  readonly options: ReadonlyMap<string, string>;
  readonly ipsec: boolean;
}

export interface Chassis {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly hostname: string;
  readonly encaps: readonly Uuid[];
  readonly vtep_logical_switches: readonly string[];
  readonly nb_cfg: Integer;
  readonly external_ids: ReadonlyMap<string, string>;
  readonly other_config: ReadonlyMap<string, string>;
  readonly transport_zones: readonly string[];
}

export interface Chassis_Private {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly chassis: Uuid | undefined;
  readonly nb_cfg: Integer;
  readonly nb_cfg_timestamp: Integer;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Encap {
  readonly _uuid: Uuid;
  readonly type: "geneve" | "stt" | "vxlan" | (string & {});
  readonly options: ReadonlyMap<string, string>;
  readonly ip: string;
  readonly chassis_name: string;
}

export interface Address_Set {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly addresses: readonly string[];
}

export interface Port_Group {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly ports: readonly string[];
}

export interface Logical_Flow {
  readonly _uuid: Uuid;
  readonly logical_datapath: Uuid | undefined;
  readonly logical_dp_group: Uuid | undefined;
  readonly pipeline: "ingress" | "egress" | (string & {});
  readonly table_id: number;
  readonly priority: number;
  readonly match: string;
  readonly actions: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly controller_meter: string | undefined;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Logical_DP_Group {
  readonly _uuid: Uuid;
  readonly datapaths: readonly Uuid[];
}

export interface Multicast_Group {
  readonly _uuid: Uuid;
  readonly datapath: Uuid;
  readonly name: string;
  readonly tunnel_key: number;
  readonly ports: readonly Uuid[];
}

export interface Mirror {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly filter: "from-lport" | "to-lport" | (string & {});
  readonly sink: string;
  readonly type: "gre" | "erspan" | (string & {});
  readonly index: Integer;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Meter {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly unit: "kbps" | "pktps" | (string & {});
  readonly bands: readonly Uuid[];
}

export interface Meter_Band {
  readonly _uuid: Uuid;
  readonly action: "drop" | (string & {});
  readonly rate: number;
  readonly burst_size: number;
}

export interface Datapath_Binding {
  readonly _uuid: Uuid;
  readonly tunnel_key: number;
  readonly load_balancers: readonly Uuid[];
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Port_Binding {
  readonly _uuid: Uuid;
  readonly logical_port: string;
  readonly type: string;
  readonly gateway_chassis: readonly Uuid[];
  readonly ha_chassis_group: Uuid | undefined;
  readonly options: ReadonlyMap<string, string>;
  readonly datapath: Uuid;
  readonly tunnel_key: number;
  readonly parent_port: string | undefined;
  readonly tag: number | undefined;
  readonly virtual_parent: string | undefined;
  readonly chassis: Uuid | undefined;
  readonly additional_chassis: readonly Uuid[];
  readonly encap: Uuid | undefined;
  readonly additional_encap: readonly Uuid[];
  readonly mirror_rules: readonly Uuid[];
  readonly mac: readonly string[];
  readonly port_security: readonly string[];
  readonly nat_addresses: readonly string[];
  readonly up: boolean | undefined;
  readonly external_ids: ReadonlyMap<string, string>;
  readonly requested_chassis: Uuid | undefined;
  readonly requested_additional_chassis: readonly Uuid[];
}

export interface MAC_Binding {
  readonly _uuid: Uuid;
  readonly logical_port: string;
  readonly ip: string;
  readonly mac: string;
  readonly timestamp: Integer;
  readonly datapath: Uuid;
}

export interface DHCP_Options {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly code: number;
  readonly type:
    "bool" | "uint8" | "uint16" | "uint32" | "ipv4" | "static_routes" | "str" | "host_id" | "domains" | (string & {});
}

export interface DHCPv6_Options {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly code: number;
  readonly type: "ipv6" | "str" | "mac" | (string & {});
}

export interface Connection {
  readonly _uuid: Uuid;
  readonly target: string;
  readonly max_backoff: Integer | undefined;
  readonly inactivity_probe: Integer | undefined;
  readonly read_only: boolean;
  readonly role: string;
  readonly other_config: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
  readonly is_connected: boolean;
  readonly status: ReadonlyMap<string, string>;
}

export interface SSL {
  readonly _uuid: Uuid;
  readonly private_key: string;
  readonly certificate: string;
  readonly ca_cert: string;
  readonly bootstrap_ca_cert: boolean;
  readonly ssl_protocols: string;
  readonly ssl_ciphers: string;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface DNS {
  readonly _uuid: Uuid;
  readonly records: ReadonlyMap<string, string>;
  readonly datapaths: readonly Uuid[];
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface RBAC_Role {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly permissions: ReadonlyMap<string, Uuid>;
}

export interface RBAC_Permission {
  readonly _uuid: Uuid;
  readonly table: string;
  readonly authorization: readonly string[];
  readonly insert_delete: boolean;
  readonly update: readonly string[];
}

export interface Gateway_Chassis {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly chassis: Uuid | undefined;
  readonly priority: number;
  readonly external_ids: ReadonlyMap<string, string>;
  readonly options: ReadonlyMap<string, string>;
}

export interface HA_Chassis {
  readonly _uuid: Uuid;
  readonly chassis: Uuid | undefined;
  readonly priority: number;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface HA_Chassis_Group {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly ha_chassis: readonly Uuid[];
  readonly ref_chassis: readonly Uuid[];
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Controller_Event {
  readonly _uuid: Uuid;
  readonly event_type: "empty_lb_backends" | (string & {});
  readonly event_info: ReadonlyMap<string, string>;
  readonly chassis: Uuid | undefined;
  readonly seq_num: Integer;
}

export interface IP_Multicast {
  readonly _uuid: Uuid;
  readonly datapath: Uuid;
  readonly enabled: boolean | undefined;
  readonly querier: boolean | undefined;
  readonly eth_src: string;
  readonly ip4_src: string;
  readonly ip6_src: string;
  readonly table_size: Integer | undefined;
  readonly idle_timeout: Integer | undefined;
  readonly query_interval: Integer | undefined;
  readonly query_max_resp: Integer | undefined;
  readonly seq_no: Integer;
}

export interface IGMP_Group {
  readonly _uuid: Uuid;
  readonly address: string;
  readonly datapath: Uuid | undefined;
  readonly chassis: Uuid | undefined;
  readonly ports: readonly Uuid[];
}

export interface Service_Monitor {
  readonly _uuid: Uuid;
  readonly ip: string;
  readonly protocol: "tcp" | "udp" | (string & {}) | undefined;
  readonly port: number;
  readonly logical_port: string;
  readonly src_mac: string;
  readonly src_ip: string;
  readonly status: "online" | "offline" | "error" | (string & {}) | undefined;
  readonly options: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Load_Balancer {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly vips: ReadonlyMap<string, string>;
  readonly protocol: "tcp" | "udp" | "sctp" | (string & {}) | undefined;
  readonly datapaths: readonly Uuid[];
  readonly datapath_group: Uuid | undefined;
  readonly options: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface BFD {
  readonly _uuid: Uuid;
  readonly src_port: number;
  readonly disc: Integer;
  readonly logical_port: string;
  readonly dst_ip: string;
  readonly min_tx: Integer;
  readonly min_rx: Integer;
  readonly detect_mult: Integer;
  readonly status: "down" | "init" | "up" | "admin_down" | (string & {});
  readonly external_ids: ReadonlyMap<string, string>;
  readonly options: ReadonlyMap<string, string>;
}

export interface FDB {
  readonly _uuid: Uuid;
  readonly mac: string;
  readonly dp_key: number;
  readonly port_key: number;
}

export interface Static_MAC_Binding {
  readonly _uuid: Uuid;
  readonly logical_port: string;
  readonly ip: string;
  readonly mac: string;
  readonly override_dynamic_mac: boolean;
  readonly datapath: Uuid;
}

export interface Chassis_Template_Var {
  readonly _uuid: Uuid;
  readonly chassis: string;
  readonly variables: ReadonlyMap<string, string>;
}

/** Row types of OVN_Southbound by table. */
export interface OvnSouthbound {
  readonly SB_Global: SB_Global;
  readonly Chassis: Chassis;
  readonly Chassis_Private: Chassis_Private;
  readonly Encap: Encap;
  readonly Address_Set: Address_Set;
  readonly Port_Group: Port_Group;
  readonly Logical_Flow: Logical_Flow;
  readonly Logical_DP_Group: Logical_DP_Group;
  readonly Multicast_Group: Multicast_Group;
  readonly Mirror: Mirror;
  readonly Meter: Meter;
  readonly Meter_Band: Meter_Band;
  readonly Datapath_Binding: Datapath_Binding;
  readonly Port_Binding: Port_Binding;
  readonly MAC_Binding: MAC_Binding;
  readonly DHCP_Options: DHCP_Options;
  readonly DHCPv6_Options: DHCPv6_Options;
  readonly Connection: Connection;
  readonly SSL: SSL;
  readonly DNS: DNS;
  readonly RBAC_Role: RBAC_Role;
  readonly RBAC_Permission: RBAC_Permission;
  readonly Gateway_Chassis: Gateway_Chassis;
  readonly HA_Chassis: HA_Chassis;
  readonly HA_Chassis_Group: HA_Chassis_Group;
  readonly Controller_Event: Controller_Event;
  readonly IP_Multicast: IP_Multicast;
  readonly IGMP_Group: IGMP_Group;
  readonly Service_Monitor: Service_Monitor;
  readonly Load_Balancer: Load_Balancer;
  readonly BFD: BFD;
  readonly FDB: FDB;
  readonly Static_MAC_Binding: Static_MAC_Binding;
  readonly Chassis_Template_Var: Chassis_Template_Var;
}

/** OVN_Southbound, as of schema version 20.27.0. */
export const OVN_Southbound = database<OvnSouthbound>("OVN_Southbound", "20.27.0", {
  SB_Global: {
    root: true,
    maxRows: 1,
    columns: {
      nb_cfg: scalar(atom("integer")),
      external_ids: map(atom("string"), atom("string")),
      connections: set(atom("uuid", { refTable: "Connection", refType: "strong" })),
      ssl: optional(atom("uuid", { refTable: "SSL", refType: "strong" })),
      options: map(atom("string"), atom("string")),
      ipsec: scalar(atom("boolean")),
    },
  },
  Chassis: {
    indexes: [["name"]],
    root: true,
    columns: {
      name: scalar(atom("string")),
      hostname: scalar(atom("string")),
      encaps: set(atom("uuid", { refTable: "Encap", refType: "strong" }), 1),
      vtep_logical_switches: set(atom("string")),
      nb_cfg: scalar(atom("integer")),
      external_ids: map(atom("string"), atom("string")),
      other_config: map(atom("string"), atom("string")),
      transport_zones: set(atom("string")),
    },
  },
  Chassis_Private: {
    indexes: [["name"]],
    root: true,
    columns: {
      name: scalar(atom("string")),
      chassis: optional(atom("uuid", { refTable: "Chassis", refType: "weak" })),
      nb_cfg: scalar(atom("integer")),
      nb_cfg_timestamp: scalar(atom("integer")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Encap: {
    indexes: [["type", "ip"]],
    columns: {
      type: scalar(atom("string", { enum: ["geneve", "stt", "vxlan"] })),
      options: map(atom("string"), atom("string")),
      ip: scalar(atom("string")),
      chassis_name: scalar(atom("string")),
    },
  },
  Address_Set: {
    indexes: [["name"]],
    root: true,
    columns: {
      name: scalar(atom("string")),
      addresses: set(atom("string")),
    },
  },
  Port_Group: {
    indexes: [["name"]],
    root: true,
    columns: {
      name: scalar(atom("string")),
      ports: set(atom("string")),
    },
  },
  Logical_Flow: {
    root: true,
    columns: {
      logical_datapath: optional(atom("uuid", { refTable: "Datapath_Binding", refType: "strong" })),
      logical_dp_group: optional(atom("uuid", { refTable: "Logical_DP_Group", refType: "strong" })),
      pipeline: scalar(atom("string", { enum: ["ingress", "egress"] })),
      table_id: scalar(atom("integer", { min: 0, max: 32 })),
      priority: scalar(atom("integer", { min: 0, max: 65535 })),
      match: scalar(atom("string")),
      actions: scalar(atom("string")),
      tags: map(atom("string"), atom("string")),
      controller_meter: optional(atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Logical_DP_Group: {
    columns: {
      datapaths: set(atom("uuid", { refTable: "Datapath_Binding", refType: "weak" })),
    },
  },
  Multicast_Group: {
    indexes: [
      ["datapath", "tunnel_key"],
      ["datapath", "name"],
    ],
    root: true,
    columns: {
      datapath: scalar(atom("uuid", { refTable: "Datapath_Binding", refType: "strong" })),
      name: scalar(atom("string")),
      tunnel_key: scalar(atom("integer", { min: 32768, max: 65535 })),
      ports: set(atom("uuid", { refTable: "Port_Binding", refType: "weak" })),
    },
  },
  Mirror: {
    indexes: [["name"]],
    root: true,
    columns: {
      name: scalar(atom("string")),
      filter: scalar(atom("string", { enum: ["from-lport", "to-lport"] })),
      sink: scalar(atom("string")),
      type: scalar(atom("string", { enum: ["gre", "erspan"] })),
      index: scalar(atom("integer")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Meter: {
    indexes: [["name"]],
    root: true,
    columns: {
      name: scalar(atom("string")),
      unit: scalar(atom("string", { enum: ["kbps", "pktps"] })),
      bands: set(atom("uuid", { refTable: "Meter_Band", refType: "strong" }), 1),
    },
  },
  Meter_Band: {
    columns: {
      action: scalar(atom("string", { enum: ["drop"] })),
      rate: scalar(atom("integer", { min: 1, max: 4294967295 })),
      burst_size: scalar(atom("integer", { min: 0, max: 4294967295 })),
    },
  },
  Datapath_Binding: {
    indexes: [["tunnel_key"]],
    root: true,
    columns: {
      tunnel_key: scalar(atom("integer", { min: 1, max: 16777215 })),
      load_balancers: set(atom("uuid")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Port_Binding: {
    indexes: [["datapath", "tunnel_key"], ["logical_port"]],
    root: true,
    columns: {
      logical_port: scalar(atom("string")),
      type: scalar(atom("string")),
      gateway_chassis: set(atom("uuid", { refTable: "Gateway_Chassis", refType: "strong" })),
      ha_chassis_group: optional(atom("uuid", { refTable: "HA_Chassis_Group", refType: "strong" })),
      options: map(atom("string"), atom("string")),
      datapath: scalar(atom("uuid", { refTable: "Datapath_Binding", refType: "strong" })),
      tunnel_key: scalar(atom("integer", { min: 1, max: 32767 })),
      parent_port: optional(atom("string")),
      tag: optional(atom("integer", { min: 1, max: 4095 })),
      virtual_parent: optional(atom("string")),
      chassis: optional(atom("uuid", { refTable: "Chassis", refType: "weak" })),
      additional_chassis: set(atom("uuid", { refTable: "Chassis", refType: "weak" })),
      encap: optional(atom("uuid", { refTable: "Encap", refType: "weak" })),
      additional_encap: set(atom("uuid", { refTable: "Encap", refType: "weak" })),
      mirror_rules: set(atom("uuid", { refTable: "Mirror", refType: "weak" })),
      mac: set(atom("string")),
      port_security: set(atom("string")),
      nat_addresses: set(atom("string")),
      up: optional(atom("boolean")),
      external_ids: map(atom("string"), atom("string")),
      requested_chassis: optional(atom("uuid", { refTable: "Chassis", refType: "weak" })),
      requested_additional_chassis: set(atom("uuid", { refTable: "Chassis", refType: "weak" })),
    },
  },
  MAC_Binding: {
    indexes: [["logical_port", "ip"]],
    root: true,
    columns: {
      logical_port: scalar(atom("string")),
      ip: scalar(atom("string")),
      mac: scalar(atom("string")),
      timestamp: scalar(atom("integer")),
      datapath: scalar(atom("uuid", { refTable: "Datapath_Binding", refType: "strong" })),
    },
  },
  DHCP_Options: {
    root: true,
    columns: {
      name: scalar(atom("string")),
      code: scalar(atom("integer", { min: 0, max: 254 })),
      type: scalar(
        atom("string", {
          enum: ["bool", "uint8", "uint16", "uint32", "ipv4", "static_routes", "str", "host_id", "domains"],
        }),
      ),
    },
  },
  DHCPv6_Options: {
    root: true,
    columns: {
      name: scalar(atom("string")),
      code: scalar(atom("integer", { min: 0, max: 254 })),
      type: scalar(atom("string", { enum: ["ipv6", "str", "mac"] })),
    },
  },
  Connection: {
    indexes: [["target"]],
    columns: {
      target: scalar(atom("string")),
      max_backoff: optional(atom("integer", { min: 1000 })),
      inactivity_probe: optional(atom("integer")),
      read_only: scalar(atom("boolean")),
      role: scalar(atom("string")),
      other_config: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
      is_connected: ephemeral(scalar(atom("boolean"))),
      status: ephemeral(map(atom("string"), atom("string"))),
    },
  },
  SSL: {
    maxRows: 1,
    columns: {
      private_key: scalar(atom("string")),
      certificate: scalar(atom("string")),
      ca_cert: scalar(atom("string")),
      bootstrap_ca_cert: scalar(atom("boolean")),
      ssl_protocols: scalar(atom("string")),
      ssl_ciphers: scalar(atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  DNS: {
    root: true,
    columns: {
      records: map(atom("string"), atom("string")),
      datapaths: set(atom("uuid", { refTable: "Datapath_Binding", refType: "strong" }), 1),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  RBAC_Role: {
    root: true,
    columns: {
      name: scalar(atom("string")),
      permissions: map(atom("string"), atom("uuid", { refTable: "RBAC_Permission", refType: "weak" })),
    },
  },
  RBAC_Permission: {
    root: true,
    columns: {
      table: scalar(atom("string")),
      authorization: set(atom("string")),
      insert_delete: scalar(atom("boolean")),
      update: set(atom("string")),
    },
  },
  Gateway_Chassis: {
    indexes: [["name"]],
    columns: {
      name: scalar(atom("string")),
      chassis: optional(atom("uuid", { refTable: "Chassis", refType: "weak" })),
      priority: scalar(atom("integer", { min: 0, max: 32767 })),
      external_ids: map(atom("string"), atom("string")),
      options: map(atom("string"), atom("string")),
    },
  },
  HA_Chassis: {
    columns: {
      chassis: optional(atom("uuid", { refTable: "Chassis", refType: "weak" })),
      priority: scalar(atom("integer", { min: 0, max: 32767 })),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  HA_Chassis_Group: {
    indexes: [["name"]],
    root: true,
    columns: {
      name: scalar(atom("string")),
      ha_chassis: set(atom("uuid", { refTable: "HA_Chassis", refType: "strong" })),
      ref_chassis: set(atom("uuid", { refTable: "Chassis", refType: "weak" })),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Controller_Event: {
    root: true,
    columns: {
      event_type: scalar(atom("string", { enum: ["empty_lb_backends"] })),
      event_info: map(atom("string"), atom("string")),
      chassis: optional(atom("uuid", { refTable: "Chassis", refType: "weak" })),
      seq_num: scalar(atom("integer")),
    },
  },
  IP_Multicast: {
    indexes: [["datapath"]],
    root: true,
    columns: {
      datapath: scalar(atom("uuid", { refTable: "Datapath_Binding", refType: "weak" })),
      enabled: optional(atom("boolean")),
      querier: optional(atom("boolean")),
      eth_src: scalar(atom("string")),
      ip4_src: scalar(atom("string")),
      ip6_src: scalar(atom("string")),
      table_size: optional(atom("integer")),
      idle_timeout: optional(atom("integer")),
      query_interval: optional(atom("integer")),
      query_max_resp: optional(atom("integer")),
      seq_no: scalar(atom("integer")),
    },
  },
  IGMP_Group: {
    indexes: [["address", "datapath", "chassis"]],
    root: true,
    columns: {
      address: scalar(atom("string")),
      datapath: optional(atom("uuid", { refTable: "Datapath_Binding", refType: "weak" })),
      chassis: optional(atom("uuid", { refTable: "Chassis", refType: "weak" })),
      ports: set(atom("uuid", { refTable: "Port_Binding", refType: "weak" })),
    },
  },
  Service_Monitor: {
    indexes: [["logical_port", "ip", "port", "protocol"]],
    root: true,
    columns: {
      ip: scalar(atom("string")),
      protocol: optional(atom("string", { enum: ["tcp", "udp"] })),
      port: scalar(atom("integer", { min: 0, max: 65535 })),
      logical_port: scalar(atom("string")),
      src_mac: scalar(atom("string")),
      src_ip: scalar(atom("string")),
      status: optional(atom("string", { enum: ["online", "offline", "error"] })),
      options: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Load_Balancer: {
    root: true,
    columns: {
      name: scalar(atom("string")),
      vips: map(atom("string"), atom("string")),
      protocol: optional(atom("string", { enum: ["tcp", "udp", "sctp"] })),
      datapaths: set(atom("uuid", { refTable: "Datapath_Binding", refType: "strong" })),
      datapath_group: optional(atom("uuid", { refTable: "Logical_DP_Group", refType: "strong" })),
      options: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  BFD: {
    indexes: [["logical_port", "dst_ip", "src_port", "disc"]],
    root: true,
    columns: {
      src_port: scalar(atom("integer", { min: 49152, max: 65535 })),
      disc: scalar(atom("integer")),
      logical_port: scalar(atom("string")),
      dst_ip: scalar(atom("string")),
      min_tx: scalar(atom("integer")),
      min_rx: scalar(atom("integer")),
      detect_mult: scalar(atom("integer")),
      status: scalar(atom("string", { enum: ["down", "init", "up", "admin_down"] })),
      external_ids: map(atom("string"), atom("string")),
      options: map(atom("string"), atom("string")),
    },
  },
  FDB: {
    indexes: [["mac", "dp_key"]],
    root: true,
    columns: {
      mac: scalar(atom("string")),
      dp_key: scalar(atom("integer", { min: 1, max: 16777215 })),
      port_key: scalar(atom("integer", { min: 1, max: 16777215 })),
    },
  },
  Static_MAC_Binding: {
    indexes: [["logical_port", "ip"]],
    root: true,
    columns: {
      logical_port: scalar(atom("string")),
      ip: scalar(atom("string")),
      mac: scalar(atom("string")),
      override_dynamic_mac: scalar(atom("boolean")),
      datapath: scalar(atom("uuid", { refTable: "Datapath_Binding", refType: "strong" })),
    },
  },
  Chassis_Template_Var: {
    indexes: [["chassis"]],
    root: true,
    columns: {
      chassis: scalar(atom("string")),
      variables: map(atom("string"), atom("string")),
    },
  },
});
