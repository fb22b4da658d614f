# What the NixOS modules make of settings. Evaluates to the names of the cases that do not hold: [ ] is good.
let
  inherit (import ./stand-in.nix) evaluate;
  pkgs = { k3s = "/k3s"; k8shost = "/k8shost"; nftables = "/nftables"; cni-plugins = "/cni-plugins"; };
  with_ = evaluate ../modules/k8shost.nix pkgs;
  fails = settings: !(builtins.tryEval (builtins.deepSeq (with_ settings) true)).success;
  command = settings: (with_ settings).systemd.services.k8shost.serviceConfig.ExecStart;
  json = text: builtins.fromJSON text;

  off = with_ { };
  server = with_ { enable = true; prismnet.enable = true; };
  tuned = with_ {
    enable = true;
    networking.clusterCIDR = "10.0.0.0/14";
    prismnet = {
      enable = true;
      endpoint = "p:1";
      ovnNorthbound = "ssl:n:1";
      agentSettings = { network.mtu = 1400; prismnet.tokenFile = "/t"; };
    };
  };
  worker = { enable = true; mode = "agent"; serverUrl = "https://s:6443"; tokenFile = "/run/token"; };

  lock = builtins.fromJSON (builtins.readFile ../../package-lock.json);
  located = (import ../npm-lock.nix { registry = "https://r"; inherit lock; }).packages;
  unlocated = builtins.filter
    (place: builtins.match ".*node_modules/.*" place != null && !(located.${place} ? resolved))
    (builtins.attrNames located);
  urlOf = place: builtins.replaceStrings [ located.${place}.version ] [ "V" ] located.${place}.resolved;

  cases = {
    "off means nothing is set" = builtins.attrNames off == [ "failedAssertions" ];
    "defaults are those of the specification" = command { enable = true; } ==
      "/k3s/bin/k3s server --data-dir=/var/lib/k8shost --disable=servicelb,traefik --flannel-backend=none "
      + "--disable-network-policy --cluster-domain=cluster.local --service-cidr=10.96.0.0/12 --cluster-cidr=10.244.0.0/16";
    "without prismnet there is no agent" = !((with_ { enable = true; }).systemd.services ? k8shost-agent);
    "the first server of an etcd cluster" = builtins.match ".* --cluster-init .*" (command { enable = true; datastore = "etcd"; clusterInit = true; }) != null;
    "a further server joins" = builtins.match ".* --server=https://s:6443 .*" (command { enable = true; datastore = "etcd"; serverUrl = "https://s:6443"; }) != null;
    "a worker joins" = command worker == "/k3s/bin/k3s agent --data-dir=/var/lib/k8shost --token-file=/run/token --server=https://s:6443";
    "a worker is not waited for" = (with_ worker).systemd.services.k8shost.serviceConfig.Type == "exec";
    "nothing to complain of" = server.failedAssertions == [ ] && (with_ worker).failedAssertions == [ ];
    "etcd needs to know its cluster" = builtins.length (with_ { enable = true; datastore = "etcd"; }).failedAssertions == 1;
    "a worker needs a server and a token" = builtins.length (with_ { enable = true; mode = "agent"; serverUrl = "x"; }).failedAssertions == 1;
    "prismnet and flannel exclude each other" = builtins.length (with_ { enable = true; prismnet.enable = true; disableComponents = [ "traefik" ]; }).failedAssertions == 1;
    "the agent's configuration" = json server.environment.etc."k8shost/agent.yaml".text == {
      northbound.remotes = [ "tcp:prismnet-server:6641" ];
      southbound.remotes = [ "tcp:prismnet-server:6642" ];
      prismnet.endpoint = "prismnet-server:5000";
      network = { clusterCIDR = [ "10.244.0.0/16" ]; serviceCIDR = [ "10.96.0.0/12" ]; };
    };
    "the agent's configuration, with further keys" = json tuned.environment.etc."k8shost/agent.yaml".text == {
      northbound.remotes = [ "ssl:n:1" ];
      southbound.remotes = [ "tcp:prismnet-server:6642" ];
      prismnet = { endpoint = "p:1"; tokenFile = "/t"; };
      network = { clusterCIDR = [ "10.0.0.0/14" ]; serviceCIDR = [ "10.96.0.0/12" ]; mtu = 1400; };
    };
    "the network configuration" = json tuned.environment.etc."cni/net.d/10-prismnet.conflist".text == {
      cniVersion = "1.0.0";
      name = "prismnet";
      plugins = [
        {
          type = "prismnet";
          ipam = { type = "prismnet-ipam"; subnet = "10.0.0.0/14"; };
          ovn = { northbound = "ssl:n:1"; southbound = "tcp:prismnet-server:6642"; encapType = "geneve"; };
          prismnetEndpoint = "p:1";
        }
        { type = "portmap"; capabilities.portMappings = true; }
      ];
    };
    "the executable is where runtimes look" =
      builtins.elem "L+ /opt/cni/bin/prismnet - - - - /k8shost/bin/prismnet" server.systemd.tmpfiles.rules;
    "every npm package is located" = unlocated == [ ];
    "packages with and without scope" = urlOf "node_modules/koffi" == "https://r/koffi/-/koffi-V.tgz"
      && urlOf "node_modules/@grpc/grpc-js" == "https://r/@grpc/grpc-js/-/grpc-js-V.tgz"
      && located."node_modules/@k8shost/proto" == lock.packages."node_modules/@k8shost/proto";
    "an unknown option is refused" = fails { enable = true; clusterCidr = "10.0.0.0/8"; };
    "a wrong type is refused" = fails { enable = true; mode = "master"; } && fails { enable = "yes"; };
  };
in
builtins.filter (name: !cases.${name}) (builtins.attrNames cases)
