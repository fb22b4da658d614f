import { fileURLToPath } from "node:url";

/**
 * Starts the agent as its package does: the bed's own way adds source maps, which cost memory and time. Replaces this process, so
 * that whoever supervises it keeps the process ID.
 */
if (process.execve === undefined) throw new Error("process.execve is missing: this needs Node 24 on Linux");
const program = fileURLToPath(import.meta.resolve("@k8shost/agent/main"));
process.execve(process.execPath, [process.execPath, program, ...process.argv.slice(2)], process.env);
