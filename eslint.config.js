import eslint from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const generated = ["**/gen/**"];
const unclearNames = "(utils?|helpers?|common|managers?|misc|shared)";

/** One rule of our own: a file is named in kebab-case by its concept. */
const fileNames = {
  rules: {
    concept: {
      meta: { type: "suggestion", schema: [] },
      create(context) {
        const [name = "", ...suffixes] = context.filename.split("/").at(-1).split(".");
        return {
          Program(node) {
            if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) {
              context.report({ node, message: `name the file in kebab-case, not "${name}"` });
            }
            if (new RegExp(`(^|-)${unclearNames}($|-)`).test(name) && suffixes.length > 0) {
              context.report({ node, message: `name the file by what it is about: "${name}" could hold anything` });
            }
          },
        };
      },
    },
  },
};

export default defineConfig(
  { ignores: ["**/node_modules/**", "**/dist/**", "**/target/**", ".cache/**", "test/setup/*.d.ts", ...generated] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["**/*.ts"],
    extends: [eslint.configs.recommended, tseslint.configs.recommendedTypeChecked],
    plugins: { files: fileNames },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "files/concept": "error",
      "max-lines": ["error", { max: 300, skipBlankLines: false, skipComments: false }],
      "no-restricted-exports": [
        "error",
        { restrictDefaultExports: { direct: true, named: true, defaultFrom: true, namedFrom: true } },
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "TSEnumDeclaration", message: "Use a union of literals, or an object `as const`." },
        { selector: "TSParameterProperty", message: "Declare the field and assign it." },
      ],
      "@typescript-eslint/naming-convention": [
        "error",
        { selector: "typeLike", format: ["PascalCase"] },
        { selector: "interface", format: ["PascalCase"], custom: { regex: "^I[A-Z]", match: false } },
      ],
      // Promises: none is lost, none is passed where its rejection would be, and stack traces stay whole.
      "@typescript-eslint/no-floating-promises": [
        "error",
        // tap waits for its subtests itself.
        { allowForKnownSafePromises: [{ from: "package", package: "@tapjs/core", name: "PromiseWithSubtest" }] },
      ],
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/return-await": ["error", "error-handling-correctness-only"],
      "@typescript-eslint/prefer-promise-reject-errors": "error",
      "@typescript-eslint/only-throw-error": "error",
      // An async function without await is how a port that happens to be synchronous keeps its contract.
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", caughtErrorsIgnorePattern: "^_" },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      eqeqeq: "error",
      // Off: ports are interfaces with methods, and it takes each for a method that needs its `this`.
      "@typescript-eslint/unbound-method": "off",
      // Off: what was thrown is made a text wherever it may be anything.
      "@typescript-eslint/no-base-to-string": "off",
    },
  },
  {
    files: ["**/*.test.ts"],
    rules: { "no-loss-of-precision": "off" },
  },
  {
    files: ["**/*.{js,mjs}"],
    extends: [eslint.configs.recommended],
    languageOptions: { globals: { process: "readonly", Buffer: "readonly", console: "readonly" } },
  },
);
