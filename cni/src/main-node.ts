import { main } from "./main.js";
import { nodeHost } from "./node-host.js";

/** Entry where there is no Rust toolchain: the same script under Node. */
process.exit(await main(nodeHost()));
