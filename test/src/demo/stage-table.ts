import type { LoggedStage } from "../bed/index.js";

/** One call of the executable: what its pod is called, how long the whole call took, and the agent's stages. */
export interface TimedCall {
  readonly pod: string;
  readonly milliseconds: number;
  readonly stages: readonly LoggedStage[];
}

/** Headings and rows of the times of some calls, one column for each stage; milliseconds. */
export function stageTable(calls: readonly TimedCall[]): { headings: string[]; rows: string[][] } {
  const names = [...new Set(calls.flatMap(({ stages }) => stages.map(({ stage }) => stage)))];
  const columns = names.filter((name) => name !== "total");
  const cell = (call: TimedCall, name: string): string => {
    const found = call.stages.find(({ stage }) => stage === name);
    return found === undefined ? "" : (found.microseconds / 1000).toFixed(1);
  };
  return {
    headings: ["POD", ...columns, "agent in all", "whole call"],
    rows: calls.map((call) => [
      call.pod,
      ...columns.map((name) => cell(call, name)),
      cell(call, "total"),
      call.milliseconds.toFixed(1),
    ]),
  };
}
