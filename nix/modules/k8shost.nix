# PlasmaCloud's Kubernetes on NixOS: k3s without the parts that PlasmaCloud replaces, and what replaces them.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption mkEnableOption mkIf types;
  cfg = config.services.k8shost;
  isServer = cfg.mode == "server";
  replacesFlannel = lib.elem "flannel" cfg.disableComponents;

  # k3s knows flannel as a backend, not as a component: it is switched off by name elsewhere.
  disabled = lib.filter (name: name != "flannel") cfg.disableComponents;

  clusterFlags =
    if cfg.datastore == "sqlite" then [ ]
    else if cfg.clusterInit then [ "--cluster-init" ]
    else [ "--server=${cfg.serverUrl}" ];

  serverFlags =
    clusterFlags
    ++ lib.optional (disabled != [ ]) "--disable=${lib.concatStringsSep "," disabled}"
    ++ lib.optionals replacesFlannel [ "--flannel-backend=none" "--disable-network-policy" ]
    ++ [
      "--cluster-domain=${cfg.networking.clusterDomain}"
      "--service-cidr=${cfg.networking.serviceCIDR}"
      "--cluster-cidr=${cfg.networking.clusterCIDR}"
    ];

  flags =
    [ "--data-dir=/var/lib/k8shost" ]
    ++ lib.optional (cfg.tokenFile != null) "--token-file=${cfg.tokenFile}"
    ++ (if isServer then serverFlags else [ "--server=${cfg.serverUrl}" ])
    ++ cfg.extraFlags;
in
{
  imports = [ ./k8shost/cni.nix ];

  options.services.k8shost = {
    enable = mkEnableOption "PlasmaCloud K8s Hosting Service";

    package = mkOption {
      type = types.package;
      default = pkgs.k8shost;
      defaultText = lib.literalExpression "pkgs.k8shost";
      description = "The agent and its executables: nix/package.nix, as an overlay calls it.";
    };

    mode = mkOption {
      type = types.enum [ "server" "agent" ];
      default = "server";
      description = "Run as server (control plane) or agent (worker).";
    };

    datastore = mkOption {
      type = types.enum [ "sqlite" "etcd" ];
      default = "sqlite";
      description = "Datastore backend: sqlite for a single server, etcd for several.";
    };

    clusterInit = mkOption {
      type = types.bool;
      default = false;
      description = "With etcd: the first server of a cluster. The others join it at serverUrl.";
    };

    serverUrl = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "https://k8s-api-lb.internal:6443";
      description = "Server to join: for workers, and for servers that are not the first of an etcd cluster.";
    };

    tokenFile = mkOption {
      type = types.nullOr types.path;
      default = null;
      description = "File with the cluster's join token.";
    };

    disableComponents = mkOption {
      type = types.listOf types.str;
      default = [ "servicelb" "traefik" "flannel" ];
      description = "k3s components to disable.";
    };

    extraFlags = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [ "--tls-san=k8s-api.example.com" ];
      description = "Further flags of k3s.";
    };

    networking = {
      serviceCIDR = mkOption {
        type = types.str;
        default = "10.96.0.0/12";
        description = "CIDR for service ClusterIPs.";
      };
      clusterCIDR = mkOption {
        type = types.str;
        default = "10.244.0.0/16";
        description = "CIDR for pod IPs.";
      };
      clusterDomain = mkOption {
        type = types.str;
        default = "cluster.local";
        description = "Cluster DNS domain.";
      };
    };
  };

  config = mkIf cfg.enable {
    assertions = [
      {
        assertion = isServer || cfg.serverUrl != null;
        message = ''services.k8shost: mode "agent" needs serverUrl, the server to join.'';
      }
      {
        assertion = isServer || cfg.tokenFile != null;
        message = ''services.k8shost: mode "agent" needs tokenFile, the cluster's join token.'';
      }
      {
        assertion = !(isServer && cfg.datastore == "etcd") || cfg.clusterInit || cfg.serverUrl != null;
        message = ''services.k8shost: datastore "etcd" needs clusterInit (first server) or serverUrl (all others).'';
      }
      {
        assertion = !cfg.prismnet.enable || replacesFlannel;
        message = ''services.k8shost: prismnet replaces flannel: keep "flannel" in disableComponents.'';
      }
    ];

    environment.systemPackages = [ pkgs.k3s ];

    systemd.services.k8shost = {
      description = "PlasmaCloud K8s Hosting Service (k3s)";
      after = [ "network-online.target" ];
      wants = [ "network-online.target" ];
      wantedBy = [ "multi-user.target" ];
      serviceConfig = {
        # A worker does not tell systemd when it is ready.
        Type = if isServer then "notify" else "exec";
        ExecStart = lib.concatStringsSep " " ([ "${pkgs.k3s}/bin/k3s" cfg.mode ] ++ flags);
        # Pods outlive a restart of k3s.
        KillMode = "process";
        Delegate = "yes";
        LimitNOFILE = 1048576;
        LimitNPROC = "infinity";
        LimitCORE = "infinity";
        TasksMax = "infinity";
        Restart = "always";
        RestartSec = "5s";
      };
    };
  };
}
