// Generated from ovn-nb.ovsschema, OVN_Northbound 7.0.0, by agent/scripts/update-ovsdb-schema.ts. Do not edit.
import { atom, database, ephemeral, later, map, optional, scalar, set } from "../define.js";
import type { Integer, Uuid } from "../types.js";

export interface NB_Global {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly nb_cfg: Integer;
  readonly nb_cfg_timestamp: Integer;
  readonly sb_cfg: Integer;
  readonly sb_cfg_timestamp: Integer;
  readonly hv_cfg: Integer;
  readonly hv_cfg_timestamp: Integer;
  readonly external_ids: ReadonlyMap<string, string>;
  readonly connections: readonly Uuid[];
  readonly ssl: Uuid | undefined;
  readonly options: ReadonlyMap<string, string>;
  readonly ipsec: boolean;
}

export interface Copp {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly meters: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Logical_Switch {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly ports: readonly Uuid[];
  readonly acls: readonly Uuid[];
  readonly qos_rules: readonly Uuid[];
  readonly load_balancer: readonly Uuid[];
  readonly load_balancer_group: readonly Uuid[];
  readonly dns_records: readonly Uuid[];
  readonly copp: Uuid | undefined;
  readonly other_config: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
  readonly forwarding_groups: readonly Uuid[];
}

export interface Logical_Switch_Port {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
  readonly parent_name: string | undefined;
  readonly tag_request: number | undefined;
  readonly tag: number | undefined;
  readonly addresses: readonly string[];
  readonly dynamic_addresses: string | undefined;
  readonly port_security: readonly string[];
  readonly up: boolean | undefined;
  readonly enabled: boolean | undefined;
  readonly dhcpv4_options: Uuid | undefined;
  readonly dhcpv6_options: Uuid | undefined;
  readonly mirror_rules: readonly Uuid[];
  readonly ha_chassis_group: Uuid | undefined;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Forwarding_Group {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly vip: string;
  readonly vmac: string;
  readonly liveness: boolean;
  readonly external_ids: ReadonlyMap<string, string>;
  readonly child_port: readonly string[];
}

export interface Address_Set {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly addresses: readonly string[];
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Port_Group {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly ports: readonly Uuid[];
  readonly acls: readonly Uuid[];
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Load_Balancer {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly vips: ReadonlyMap<string, string>;
  readonly protocol: "tcp" | "udp" | "sctp" | (string & {}) | undefined;
  readonly health_check: readonly Uuid[];
  readonly ip_port_mappings: ReadonlyMap<string, string>;
  readonly selection_fields: readonly (
    "eth_src" | "eth_dst" | "ip_src" | "ip_dst" | "tp_src" | "tp_dst" | (string & {})
  )[];
  readonly options: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Load_Balancer_Group {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly load_balancer: readonly Uuid[];
}

export interface Load_Balancer_Health_Check {
  readonly _uuid: Uuid;
  readonly vip: string;
  readonly options: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface ACL {
  readonly _uuid: Uuid;
  readonly name: string | undefined;
  readonly priority: number;
  readonly direction: "from-lport" | "to-lport" | (string & {});
  readonly match: string;
  readonly action: "allow" | "allow-related" | "allow-stateless" | "drop" | "reject" | (string & {});
  readonly log: boolean;
  readonly severity: "alert" | "warning" | "notice" | "info" | "debug" | (string & {}) | undefined;
  readonly meter: string | undefined;
  readonly label: number;
  readonly options: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
  /** Of later releases: undefined where the server's schema lacks it. */
  readonly tier: number | undefined;
}

export interface QoS {
  readonly _uuid: Uuid;
  readonly priority: number;
  readonly direction: "from-lport" | "to-lport" | (string & {});
  readonly match: string;
  readonly action: ReadonlyMap<"dscp" | (string & {}), number>;
  readonly bandwidth: ReadonlyMap<"rate" | "burst" | (string & {}), number>;
  readonly external_ids: ReadonlyMap<string, string>;
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
  readonly fair: boolean | undefined;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Meter_Band {
  readonly _uuid: Uuid;
  readonly action: "drop" | (string & {});
  readonly rate: number;
  readonly burst_size: number;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Logical_Router {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly ports: readonly Uuid[];
  readonly static_routes: readonly Uuid[];
  readonly policies: readonly Uuid[];
  readonly enabled: boolean | undefined;
  readonly nat: readonly Uuid[];
  readonly load_balancer: readonly Uuid[];
  readonly load_balancer_group: readonly Uuid[];
  readonly copp: Uuid | undefined;
  readonly options: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Logical_Router_Port {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly gateway_chassis: readonly Uuid[];
  readonly ha_chassis_group: Uuid | undefined;
  readonly options: ReadonlyMap<string, string>;
  readonly networks: readonly string[];
  readonly mac: string;
  readonly peer: string | undefined;
  readonly enabled: boolean | undefined;
  readonly ipv6_ra_configs: ReadonlyMap<string, string>;
  readonly ipv6_prefix: readonly string[];
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Logical_Router_Static_Route {
  readonly _uuid: Uuid;
  readonly route_table: string;
  readonly ip_prefix: string;
  readonly policy: "src-ip" | "dst-ip" | (string & {}) | undefined;
  readonly nexthop: string;
  readonly output_port: string | undefined;
  readonly bfd: Uuid | undefined;
  readonly options: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Logical_Router_Policy {
  readonly _uuid: Uuid;
  readonly priority: number;
  readonly match: string;
  readonly action: "allow" | "drop" | "reroute" | (string & {});
  readonly nexthop: string | undefined;
  readonly nexthops: readonly string[];
  readonly options: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface NAT {
  readonly _uuid: Uuid;
  readonly external_ip: string;
  readonly external_mac: string | undefined;
  readonly external_port_range: string;
  readonly logical_ip: string;
  readonly logical_port: string | undefined;
  readonly type: "dnat" | "snat" | "dnat_and_snat" | (string & {});
  readonly allowed_ext_ips: Uuid | undefined;
  readonly exempted_ext_ips: Uuid | undefined;
  readonly gateway_port: Uuid | undefined;
  readonly options: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface DHCP_Options {
  readonly _uuid: Uuid;
  readonly cidr: string;
  readonly options: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface Connection {
  readonly _uuid: Uuid;
  readonly target: string;
  readonly max_backoff: Integer | undefined;
  readonly inactivity_probe: Integer | undefined;
  readonly other_config: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
  readonly is_connected: boolean;
  readonly status: ReadonlyMap<string, string>;
}

export interface DNS {
  readonly _uuid: Uuid;
  readonly records: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
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

export interface Gateway_Chassis {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly chassis_name: string;
  readonly priority: number;
  readonly external_ids: ReadonlyMap<string, string>;
  readonly options: ReadonlyMap<string, string>;
}

export interface HA_Chassis {
  readonly _uuid: Uuid;
  readonly chassis_name: string;
  readonly priority: number;
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface HA_Chassis_Group {
  readonly _uuid: Uuid;
  readonly name: string;
  readonly ha_chassis: readonly Uuid[];
  readonly external_ids: ReadonlyMap<string, string>;
}

export interface BFD {
  readonly _uuid: Uuid;
  readonly logical_port: string;
  readonly dst_ip: string;
  readonly min_tx: Integer | undefined;
  readonly min_rx: Integer | undefined;
  readonly detect_mult: Integer | undefined;
  readonly status: "down" | "init" | "up" | "admin_down" | (string & {}) | undefined;
  readonly external_ids: ReadonlyMap<string, string>;
  readonly options: ReadonlyMap<string, string>;
}

export interface Static_MAC_Binding {
  readonly _uuid: Uuid;
  readonly logical_port: string;
  readonly ip: string;
  readonly mac: string;
  readonly override_dynamic_mac: boolean;
}

export interface Chassis_Template_Var {
  readonly _uuid: Uuid;
  readonly chassis: string;
  readonly variables: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
}

/** Row types of OVN_Northbound by table. */
export interface OvnNorthbound {
  readonly NB_Global: NB_Global;
  readonly Copp: Copp;
  readonly Logical_Switch: Logical_Switch;
  readonly Logical_Switch_Port: Logical_Switch_Port;
  readonly Forwarding_Group: Forwarding_Group;
  readonly Address_Set: Address_Set;
  readonly Port_Group: Port_Group;
  readonly Load_Balancer: Load_Balancer;
  readonly Load_Balancer_Group: Load_Balancer_Group;
  readonly Load_Balancer_Health_Check: Load_Balancer_Health_Check;
  readonly ACL: ACL;
  readonly QoS: QoS;
  readonly Mirror: Mirror;
  readonly Meter: Meter;
  readonly Meter_Band: Meter_Band;
  readonly Logical_Router: Logical_Router;
  readonly Logical_Router_Port: Logical_Router_Port;
  readonly Logical_Router_Static_Route: Logical_Router_Static_Route;
  readonly Logical_Router_Policy: Logical_Router_Policy;
  readonly NAT: NAT;
  readonly DHCP_Options: DHCP_Options;
  readonly Connection: Connection;
  readonly DNS: DNS;
  readonly SSL: SSL;
  readonly Gateway_Chassis: Gateway_Chassis;
  readonly HA_Chassis: HA_Chassis;
  readonly HA_Chassis_Group: HA_Chassis_Group;
  readonly BFD: BFD;
  readonly Static_MAC_Binding: Static_MAC_Binding;
  readonly Chassis_Template_Var: Chassis_Template_Var;
}

/** OVN_Northbound, as of schema version 7.0.0. */
export const OVN_Northbound = database<OvnNorthbound>("OVN_Northbound", "7.0.0", {
  NB_Global: {
    root: true,
    maxRows: 1,
    columns: {
      name: scalar(atom("string")),
      nb_cfg: scalar(atom("integer")),
      nb_cfg_timestamp: scalar(atom("integer")),
      sb_cfg: scalar(atom("integer")),
      sb_cfg_timestamp: scalar(atom("integer")),
      hv_cfg: scalar(atom("integer")),
      hv_cfg_timestamp: scalar(atom("integer")),
      external_ids: map(atom("string"), atom("string")),
      connections: set(atom("uuid", { refTable: "Connection", refType: "strong" })),
      ssl: optional(atom("uuid", { refTable: "SSL", refType: "strong" })),
      options: map(atom("string"), atom("string")),
      ipsec: scalar(atom("boolean")),
    },
  },
  Copp: {
    indexes: [["name"]],
    root: true,
    columns: {
      name: scalar(atom("string")),
      meters: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Logical_Switch: {
    root: true,
    columns: {
      name: scalar(atom("string")),
      ports: set(atom("uuid", { refTable: "Logical_Switch_Port", refType: "strong" })),
      acls: set(atom("uuid", { refTable: "ACL", refType: "strong" })),
      qos_rules: set(atom("uuid", { refTable: "QoS", refType: "strong" })),
      load_balancer: set(atom("uuid", { refTable: "Load_Balancer", refType: "weak" })),
      load_balancer_group: set(atom("uuid", { refTable: "Load_Balancer_Group", refType: "strong" })),
      dns_records: set(atom("uuid", { refTable: "DNS", refType: "weak" })),
      copp: optional(atom("uuid", { refTable: "Copp", refType: "weak" })),
      other_config: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
      forwarding_groups: set(atom("uuid", { refTable: "Forwarding_Group", refType: "strong" })),
    },
  },
  Logical_Switch_Port: {
    indexes: [["name"]],
    columns: {
      name: scalar(atom("string")),
      type: scalar(atom("string")),
      options: map(atom("string"), atom("string")),
      parent_name: optional(atom("string")),
      tag_request: optional(atom("integer", { min: 0, max: 4095 })),
      tag: optional(atom("integer", { min: 1, max: 4095 })),
      addresses: set(atom("string")),
      dynamic_addresses: optional(atom("string")),
      port_security: set(atom("string")),
      up: optional(atom("boolean")),
      enabled: optional(atom("boolean")),
      dhcpv4_options: optional(atom("uuid", { refTable: "DHCP_Options", refType: "weak" })),
      dhcpv6_options: optional(atom("uuid", { refTable: "DHCP_Options", refType: "weak" })),
      mirror_rules: set(atom("uuid", { refTable: "Mirror", refType: "weak" })),
      ha_chassis_group: optional(atom("uuid", { refTable: "HA_Chassis_Group", refType: "strong" })),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Forwarding_Group: {
    columns: {
      name: scalar(atom("string")),
      vip: scalar(atom("string")),
      vmac: scalar(atom("string")),
      liveness: scalar(atom("boolean")),
      external_ids: map(atom("string"), atom("string")),
      child_port: set(atom("string"), 1),
    },
  },
  Address_Set: {
    indexes: [["name"]],
    root: true,
    columns: {
      name: scalar(atom("string")),
      addresses: set(atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Port_Group: {
    indexes: [["name"]],
    root: true,
    columns: {
      name: scalar(atom("string")),
      ports: set(atom("uuid", { refTable: "Logical_Switch_Port", refType: "weak" })),
      acls: set(atom("uuid", { refTable: "ACL", refType: "strong" })),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Load_Balancer: {
    root: true,
    columns: {
      name: scalar(atom("string")),
      vips: map(atom("string"), atom("string")),
      protocol: optional(atom("string", { enum: ["tcp", "udp", "sctp"] })),
      health_check: set(atom("uuid", { refTable: "Load_Balancer_Health_Check", refType: "strong" })),
      ip_port_mappings: map(atom("string"), atom("string")),
      selection_fields: set(atom("string", { enum: ["eth_src", "eth_dst", "ip_src", "ip_dst", "tp_src", "tp_dst"] })),
      options: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Load_Balancer_Group: {
    indexes: [["name"]],
    root: true,
    columns: {
      name: scalar(atom("string")),
      load_balancer: set(atom("uuid", { refTable: "Load_Balancer", refType: "weak" })),
    },
  },
  Load_Balancer_Health_Check: {
    columns: {
      vip: scalar(atom("string")),
      options: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  ACL: {
    columns: {
      name: optional(atom("string", { maxLength: 63 })),
      priority: scalar(atom("integer", { min: 0, max: 32767 })),
      direction: scalar(atom("string", { enum: ["from-lport", "to-lport"] })),
      match: scalar(atom("string")),
      action: scalar(atom("string", { enum: ["allow", "allow-related", "allow-stateless", "drop", "reject"] })),
      log: scalar(atom("boolean")),
      severity: optional(atom("string", { enum: ["alert", "warning", "notice", "info", "debug"] })),
      meter: optional(atom("string")),
      label: scalar(atom("integer", { min: 0, max: 4294967295 })),
      options: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
      tier: later(scalar(atom("integer", { min: 0, max: 3 }))),
    },
  },
  QoS: {
    columns: {
      priority: scalar(atom("integer", { min: 0, max: 32767 })),
      direction: scalar(atom("string", { enum: ["from-lport", "to-lport"] })),
      match: scalar(atom("string")),
      action: map(atom("string", { enum: ["dscp"] }), atom("integer", { min: 0, max: 63 })),
      bandwidth: map(atom("string", { enum: ["rate", "burst"] }), atom("integer", { min: 1, max: 4294967295 })),
      external_ids: map(atom("string"), atom("string")),
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
      fair: optional(atom("boolean")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Meter_Band: {
    columns: {
      action: scalar(atom("string", { enum: ["drop"] })),
      rate: scalar(atom("integer", { min: 1, max: 4294967295 })),
      burst_size: scalar(atom("integer", { min: 0, max: 4294967295 })),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Logical_Router: {
    root: true,
    columns: {
      name: scalar(atom("string")),
      ports: set(atom("uuid", { refTable: "Logical_Router_Port", refType: "strong" })),
      static_routes: set(atom("uuid", { refTable: "Logical_Router_Static_Route", refType: "strong" })),
      policies: set(atom("uuid", { refTable: "Logical_Router_Policy", refType: "strong" })),
      enabled: optional(atom("boolean")),
      nat: set(atom("uuid", { refTable: "NAT", refType: "strong" })),
      load_balancer: set(atom("uuid", { refTable: "Load_Balancer", refType: "weak" })),
      load_balancer_group: set(atom("uuid", { refTable: "Load_Balancer_Group", refType: "strong" })),
      copp: optional(atom("uuid", { refTable: "Copp", refType: "weak" })),
      options: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Logical_Router_Port: {
    indexes: [["name"]],
    columns: {
      name: scalar(atom("string")),
      gateway_chassis: set(atom("uuid", { refTable: "Gateway_Chassis", refType: "strong" })),
      ha_chassis_group: optional(atom("uuid", { refTable: "HA_Chassis_Group", refType: "strong" })),
      options: map(atom("string"), atom("string")),
      networks: set(atom("string"), 1),
      mac: scalar(atom("string")),
      peer: optional(atom("string")),
      enabled: optional(atom("boolean")),
      ipv6_ra_configs: map(atom("string"), atom("string")),
      ipv6_prefix: set(atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Logical_Router_Static_Route: {
    columns: {
      route_table: scalar(atom("string")),
      ip_prefix: scalar(atom("string")),
      policy: optional(atom("string", { enum: ["src-ip", "dst-ip"] })),
      nexthop: scalar(atom("string")),
      output_port: optional(atom("string")),
      bfd: optional(atom("uuid", { refTable: "BFD", refType: "weak" })),
      options: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Logical_Router_Policy: {
    columns: {
      priority: scalar(atom("integer", { min: 0, max: 32767 })),
      match: scalar(atom("string")),
      action: scalar(atom("string", { enum: ["allow", "drop", "reroute"] })),
      nexthop: optional(atom("string")),
      nexthops: set(atom("string")),
      options: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  NAT: {
    columns: {
      external_ip: scalar(atom("string")),
      external_mac: optional(atom("string")),
      external_port_range: scalar(atom("string")),
      logical_ip: scalar(atom("string")),
      logical_port: optional(atom("string")),
      type: scalar(atom("string", { enum: ["dnat", "snat", "dnat_and_snat"] })),
      allowed_ext_ips: optional(atom("uuid", { refTable: "Address_Set", refType: "strong" })),
      exempted_ext_ips: optional(atom("uuid", { refTable: "Address_Set", refType: "strong" })),
      gateway_port: optional(atom("uuid", { refTable: "Logical_Router_Port", refType: "weak" })),
      options: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  DHCP_Options: {
    root: true,
    columns: {
      cidr: scalar(atom("string")),
      options: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Connection: {
    indexes: [["target"]],
    columns: {
      target: scalar(atom("string")),
      max_backoff: optional(atom("integer", { min: 1000 })),
      inactivity_probe: optional(atom("integer")),
      other_config: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
      is_connected: ephemeral(scalar(atom("boolean"))),
      status: ephemeral(map(atom("string"), atom("string"))),
    },
  },
  DNS: {
    root: true,
    columns: {
      records: map(atom("string"), atom("string")),
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
      ssl_protocols: scalar(atom("string")),
      ssl_ciphers: scalar(atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
  Gateway_Chassis: {
    indexes: [["name"]],
    columns: {
      name: scalar(atom("string")),
      chassis_name: scalar(atom("string")),
      priority: scalar(atom("integer", { min: 0, max: 32767 })),
      external_ids: map(atom("string"), atom("string")),
      options: map(atom("string"), atom("string")),
    },
  },
  HA_Chassis: {
    columns: {
      chassis_name: scalar(atom("string")),
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
      external_ids: map(atom("string"), atom("string")),
    },
  },
  BFD: {
    indexes: [["logical_port", "dst_ip"]],
    root: true,
    columns: {
      logical_port: scalar(atom("string")),
      dst_ip: scalar(atom("string")),
      min_tx: optional(atom("integer", { min: 1 })),
      min_rx: optional(atom("integer")),
      detect_mult: optional(atom("integer", { min: 1 })),
      status: optional(atom("string", { enum: ["down", "init", "up", "admin_down"] })),
      external_ids: map(atom("string"), atom("string")),
      options: map(atom("string"), atom("string")),
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
    },
  },
  Chassis_Template_Var: {
    indexes: [["chassis"]],
    root: true,
    columns: {
      chassis: scalar(atom("string")),
      variables: map(atom("string"), atom("string")),
      external_ids: map(atom("string"), atom("string")),
    },
  },
});
