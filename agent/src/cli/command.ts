/** Exit codes of `k8shost`; scripts rely on them. */
export const EXIT = { healthy: 0, problems: 1, usage: 2, unreachable: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Where a command writes, and for whom. */
export interface Terminal {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Columns to fit into; undefined when the output is not a terminal: then nothing is ever shortened. */
  readonly columns: number | undefined;
  readonly colour: boolean;
}

export interface CommandContext {
  readonly terminal: Terminal;
  /** Unix time in milliseconds. */
  readonly now: number;
  readonly signal: AbortSignal;
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The whole text of `k8shost NAME --help`. */
  readonly help: string;
  /** Throws UsageError for arguments that it does not know. */
  readonly run: (argv: readonly string[], context: CommandContext) => Promise<ExitCode>;
}

/** The command line is wrong; its message says what and the caller adds where to read more. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
