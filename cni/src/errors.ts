/** Error codes of CNI specification 1.1.0, section 5 ("Error"), and those of ours, which begin at 100. */
export const cniCode = {
  incompatibleVersion: 1,
  unsupportedField: 2,
  unknownContainer: 3,
  invalidEnvironment: 4,
  ioFailure: 5,
  decodingFailure: 6,
  invalidConfig: 7,
  tryAgainLater: 11,
  notAvailable: 50,
  limitedConnectivity: 51,
  /** The agent's answer is none of pod_network.proto's. 100 to 102 are the agent's own (agent/src/errors.ts). */
  agentProtocol: 110,
  internal: 999,
} as const;

/** The one error that reaches the container runtime. `message` characterises it, `details` says what to look at. */
export class CniError extends Error {
  override readonly name = "CniError";
  readonly code: number;
  readonly details: string;

  constructor(code: number, message: string, details = "") {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** An error of the configuration on standard input: names the key, shows the value, says what to write instead. */
export function invalidConfig(key: string, value: unknown, remedy: string): CniError {
  return new CniError(cniCode.invalidConfig, "invalid network configuration", `${key} is ${shown(value)}: ${remedy}`);
}

/** Code 2: the specification wants the key and the value in the message. */
export function unsupportedField(key: string, value: unknown, remedy: string): CniError {
  return new CniError(cniCode.unsupportedField, `unsupported field ${key} with value ${shown(value)}`, remedy);
}

/** A value as the user wrote it, cut where it gets long. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "absent";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** The error as a CNI result, in the shape that every supported version has. */
export function renderError(error: CniError, cniVersion: string): string {
  const details = error.details === "" ? {} : { details: error.details };
  return JSON.stringify({ cniVersion, code: error.code, msg: error.message, ...details });
}

export function toCniError(error: unknown): CniError {
  if (error instanceof CniError) return error;
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new CniError(cniCode.internal, "the CNI executable failed", message);
}
