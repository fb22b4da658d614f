/** Who may import whom. `npm run check` runs it over the sources; each rule's comment is shown when it is broken. */
export default {
  forbidden: [
    {
      name: "no-cycles",
      comment: "Modules that import each other can only be understood together.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "entrypoints-import-proto-only",
      comment: "cni and csi-node run where the agent's code has no place: the contract is all they share with it.",
      severity: "error",
      from: { path: "^(cni|csi-node)/src/" },
      to: { path: "^(agent|controllers|benchmarks|test)/" },
    },
    {
      name: "agent-imports-proto-only",
      comment: "The agent stands below everything else.",
      severity: "error",
      from: { path: "^agent/src/" },
      to: { path: "^(cni|csi-node|controllers|benchmarks|test)/" },
    },
    {
      name: "packages-by-name",
      comment: "Another package is imported by its name, through its exports.",
      severity: "error",
      from: { path: "^([^/]+)/src/" },
      to: {
        path: "^(proto|agent|cni|csi-node|controllers|benchmarks|test)/",
        pathNot: "^$1/",
        dependencyTypes: ["local"],
      },
    },
    {
      name: "controllers-on-top",
      comment: "Nothing imports controllers, except tests and benchmarks.",
      severity: "error",
      from: { path: "^(proto|agent|cni|csi-node)/src/" },
      to: { path: "^controllers/" },
    },
    {
      name: "proto-imports-nothing-of-ours",
      comment: "proto holds contracts and generated code only.",
      severity: "error",
      from: { path: "^proto/src/" },
      to: { path: "^(agent|cni|csi-node|controllers|benchmarks|test)/" },
    },
    {
      name: "plans-are-pure",
      comment:
        "A plan computes steps from values: no Node, no packages, no effects. tsconfig.pure.json proves the rest.",
      severity: "error",
      from: { path: "-plan\\.ts$" },
      to: { dependencyTypes: ["core", "npm", "npm-dev", "npm-no-pkg"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "tests-are-leaves",
      comment: "No module imports a test.",
      severity: "error",
      from: {},
      to: { path: "\\.test\\.ts$" },
    },
    {
      name: "fakes-are-for-tests",
      comment: "Code that runs on a node imports no fakes and no test beds.",
      severity: "error",
      from: { path: "^(agent|cni|csi-node|controllers)/src/", pathNot: "(\\.test\\.ts$|/testing/|/fake\\.ts$)" },
      to: { path: "(/testing/|/fake\\.ts$)" },
    },
    {
      name: "resolvable",
      comment: "What is imported must exist.",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // Other packages are reached through their exports, that is, in dist.
    doNotFollow: { path: "(^|/)(node_modules|dist)/" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
      extensions: [".ts", ".js", ".mjs", ".json"],
    },
  },
};
