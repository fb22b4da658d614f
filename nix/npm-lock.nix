# Our package-lock.json names no registry. This adds to every package where `registry` has it, which is what nixpkgs'
# importNpmLock fetches, checked against the lock file's own hashes.
{ registry, lock }:
let
  inherit (builtins) baseNameOf elemAt length mapAttrs split;

  # The part behind the last "node_modules/"; an alias says its real name itself.
  nameOf = place: entry: entry.name or (let parts = split "node_modules/" place; in elemAt parts (length parts - 1));
  fromRegistry = place: entry: builtins.match ".*node_modules/.*" place != null && !(entry.link or false) && entry ? integrity;
  locate = place: entry:
    let name = nameOf place entry; in
    if fromRegistry place entry
    then entry // { resolved = "${registry}/${name}/-/${baseNameOf name}-${entry.version}.tgz"; }
    else entry;
in
lock // { packages = mapAttrs locate lock.packages; }
