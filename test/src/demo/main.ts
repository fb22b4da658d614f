#!/usr/bin/env node
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { changesByBed, createBed, lookAtMachine, sweepStaleBeds, type Bed } from "../bed/index.js";
import { removePods } from "./departure.js";
import { Narrator } from "./narrator.js";
import { connectPods, showAddTimes } from "./pods.js";
import { killAgent, pingEverybody } from "./traffic.js";
import { buildOverlay, startPrograms } from "./world.js";

/** Where the logs of a demo that failed are kept. */
const FAILURE_LOGS = fileURLToPath(new URL("../../../.cache/demo-failure", import.meta.url));

/** Plays the whole story. Returns what its pods left behind. */
async function play(bed: Bed, narrator: Narrator): Promise<string[]> {
  const overlay = await buildOverlay(bed, narrator);
  const world = { bed, ...overlay, ...(await startPrograms(overlay, narrator)) };
  const connected = await connectPods(world, narrator);
  await pingEverybody(world, connected.pods, narrator);
  await showAddTimes(connected.pods, narrator);
  narrator.chapter("What an operator sees: k8shost status, on node1");
  const { stdout, stderr } = await world.agents[0].console("status");
  narrator.say(
    ...`${stdout}${stderr}`
      .trimEnd()
      .split("\n")
      .map((line) => `   ${line}`),
  );
  await killAgent(world, connected.pods, narrator);
  return removePods(world, connected, narrator);
}

/** Exit code: 0 when every chapter went well and nothing is left, else 1. */
async function main(): Promise<number> {
  const narrator = new Narrator();
  const left: string[] = [...sweepStaleBeds().remains];
  const machine = await lookAtMachine();
  const bed = createBed();
  let failure: Error | undefined;
  try {
    left.push(...(await play(bed, narrator)));
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    rmSync(FAILURE_LOGS, { recursive: true, force: true });
    cpSync(bed.path("log"), FAILURE_LOGS, { recursive: true });
  }
  narrator.chapter("The nodes, the databases and their namespaces are taken down");
  left.push(...(await bed.close()), ...changesByBed(machine, await lookAtMachine()));
  if (failure !== undefined) {
    narrator.failed(failure.message);
    narrator.say(`   logs of all processes: ${FAILURE_LOGS}`);
  }
  narrator.say(
    "",
    left.length === 0 ? "left behind: nothing" : `left behind:\n${left.map((line) => `  ${line}`).join("\n")}`,
  );
  return failure === undefined && left.length === 0 ? 0 : 1;
}

process.exitCode = await main();
