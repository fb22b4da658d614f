import { writeFileSync } from "node:fs";
import { configReference } from "./reference.js";

writeFileSync(new URL("../../CONFIG.md", import.meta.url), configReference());
