# Pod networking on OVN: the agent as a service, and what the container runtime finds of it: the CNI executable and the
# network configuration. Open vSwitch is switched on; ovn-controller, for which nixpkgs has no module, is the site's own.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption mkEnableOption mkIf types;
  root = config.services.k8shost;
  cfg = root.prismnet;

  # Keys as in agent/CONFIG.md.
  agentConfig = lib.recursiveUpdate
    {
      northbound.remotes = [ cfg.ovnNorthbound ];
      southbound.remotes = [ cfg.ovnSouthbound ];
      prismnet.endpoint = cfg.endpoint;
      network = {
        clusterCIDR = [ root.networking.clusterCIDR ];
        serviceCIDR = [ root.networking.serviceCIDR ];
      };
    }
    cfg.agentSettings;

  network = {
    cniVersion = "1.0.0";
    name = "prismnet";
    plugins = [
      {
        type = "prismnet";
        ipam = {
          type = "prismnet-ipam";
          subnet = root.networking.clusterCIDR;
        };
        ovn = {
          northbound = cfg.ovnNorthbound;
          southbound = cfg.ovnSouthbound;
          encapType = "geneve";
        };
        prismnetEndpoint = cfg.endpoint;
      }
      {
        type = "portmap";
        capabilities.portMappings = true;
      }
    ];
  };
in
{
  options.services.k8shost.prismnet = {
    enable = mkEnableOption "pod networking by PrismNET";

    endpoint = mkOption {
      type = types.str;
      default = "prismnet-server:5000";
      description = "PrismNET's gRPC address.";
    };

    ovnNorthbound = mkOption {
      type = types.str;
      default = "tcp:prismnet-server:6641";
      description = "OVN northbound database.";
    };

    ovnSouthbound = mkOption {
      type = types.str;
      default = "tcp:prismnet-server:6642";
      description = "OVN southbound database.";
    };

    agentSettings = mkOption {
      type = types.attrs;
      default = { };
      example = { network.mtu = 1400; };
      description = "Further keys of the agent's configuration (agent/CONFIG.md); they win over what this module sets.";
    };
  };

  config = mkIf (root.enable && cfg.enable) {
    virtualisation.vswitch.enable = true;

    # JSON is YAML.
    environment.etc."k8shost/agent.yaml".text = builtins.toJSON agentConfig;
    environment.etc."cni/net.d/10-prismnet.conflist".text = builtins.toJSON network;
    environment.systemPackages = [ root.package ];

    # Container runtimes look in /opt/cni/bin. A link, so that an upgrade of the package is one of the executable.
    systemd.tmpfiles.rules =
      [ "d /opt/cni/bin 0755 root root -" ]
      ++ map (name: "L+ /opt/cni/bin/${name} - - - - ${pkgs.cni-plugins}/bin/${name}") [ "loopback" "portmap" ]
      ++ [ "L+ /opt/cni/bin/prismnet - - - - ${root.package}/bin/prismnet" ];

    systemd.services.k8shost-agent = {
      description = "PlasmaCloud node agent (pod networking on OVN)";
      after = [ "network-online.target" "ovsdb.service" "ovs-vswitchd.service" ];
      wants = [ "network-online.target" "ovsdb.service" "ovs-vswitchd.service" ];
      # Pods need it, but k3s may start first: kubelet asks the CNI executable for its status and waits.
      before = [ "k8shost.service" ];
      wantedBy = [ "multi-user.target" ];
      path = [ pkgs.nftables ];
      restartTriggers = [ config.environment.etc."k8shost/agent.yaml".text ];
      serviceConfig = {
        ExecStart = "${root.package}/bin/k8shost-agent --config /etc/k8shost/agent.yaml";
        # Pods keep their network while the agent is away: nothing of theirs is a process of the agent.
        Restart = "always";
        RestartSec = "1s";
        StateDirectory = "k8shost";
        RuntimeDirectory = "k8shost";
        RuntimeDirectoryMode = "0700";
        RuntimeDirectoryPreserve = "restart";
        LimitNOFILE = 65536;
      };
    };
  };
}
