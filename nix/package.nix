# The agent, its command line, the CSI plugin and the static CNI executable. In an overlay:
#
#   k8shost = final.callPackage ./nix/package.nix { npmRegistry = "https://…"; };
#
# `npmRegistry` is any registry of npm packages: what it delivers is checked against the hashes in package-lock.json.
{ lib, buildNpmPackage, importNpmLock, nodejs_24, rustPlatform, cargo, rustc, musl, makeWrapper, npmRegistry }:
let
  root = lib.cleanSource ../.;
  lock = import ./npm-lock.nix { registry = npmRegistry; lock = lib.importJSON ../package-lock.json; };
in
buildNpmPackage {
  pname = "k8shost";
  version = (lib.importJSON ../package.json).version;
  src = root;
  nodejs = nodejs_24;

  npmDeps = importNpmLock { npmRoot = root; packageLock = lock; };
  npmConfigHook = importNpmLock.npmConfigHook;
  # Nothing needs an install script; those of the pinned Node and of esbuild would fetch.
  npmFlags = [ "--ignore-scripts" ];

  cargoRoot = "cni/host";
  cargoDeps = rustPlatform.importCargoLock { lockFile = ../cni/host/Cargo.lock; };
  nativeBuildInputs = [ rustPlatform.cargoSetupHook cargo rustc musl.dev makeWrapper ];

  buildPhase = ''
    runHook preBuild
    node node_modules/typescript/bin/tsc -b
    node cni/build.mjs --native
    runHook postBuild
  '';

  installPhase = ''
    runHook preInstall
    npm prune --omit=dev --ignore-scripts
    # The pinned Node: here nixpkgs' own runs everything.
    rm -rf node_modules/node-linux-* node_modules/.bin/node
    mkdir -p $out/bin $out/lib/k8shost
    cp -r package.json node_modules proto agent csi-node $out/lib/k8shost/
    # Links to workspaces that run on no node.
    find $out/lib/k8shost/node_modules -xtype l -delete
    install -m 0755 cni/dist/prismnet $out/bin/prismnet
    start() {
      makeWrapper ${nodejs_24}/bin/node $out/bin/$1 --add-flags "--enable-source-maps $out/lib/k8shost/$2"
    }
    start k8shost-agent agent/dist/main.js
    start k8shost agent/dist/cli/main.js
    start k8shost-csi-node csi-node/dist/main.js
    runHook postInstall
  '';

  meta = {
    description = "PlasmaCloud's Kubernetes node dataplane: pod networking on OVN";
    license = lib.licenses.asl20;
    platforms = [ "x86_64-linux" "aarch64-linux" ];
    mainProgram = "k8shost";
  };
}
