import { parseJson } from "./config.js";
import { type Verb, readAttachment, readVerb } from "./environment.js";
import { CniError, cniCode, renderError, toCniError } from "./errors.js";
import { hasUnprintable } from "./fields.js";
import { type Host, errnoName, systemText } from "./host.js";
import { type Invocation, add, check, del, gc, status } from "./verbs.js";
import { type CniVersion, checkVerb, latestVersion, parseVersion, supportedVersions } from "./version.js";

/** Largest configuration, in bytes; a GC of ten thousand attachments fits. */
const INPUT_LIMIT = 1 << 20;
const INPUT_TIMEOUT = 10_000;
/** A person who types CNI_COMMAND=VERSION in a terminal gives no input, and no end of it either. */
const VERSION_INPUT_TIMEOUT = 500;

/** Answers one call of the container runtime; returns the exit code. Nothing is thrown. */
export async function main(host: Host): Promise<number> {
  // What an error answers with, until the configuration says which version it speaks.
  const spoken: { version: CniVersion; verb: string } = { version: latestVersion, verb: "" };
  try {
    const verb = readVerb(host);
    spoken.verb = verb;
    const output = verb === "VERSION" ? await answerVersion(host) : await answer(host, verb, spoken);
    if (output !== "") host.write(1, `${output}\n`);
    return 0;
  } catch (error) {
    report(host, toCniError(error), spoken);
    return 1;
  }
}

async function answer(host: Host, verb: Exclude<Verb, "VERSION">, spoken: { version: CniVersion }): Promise<string> {
  // Environment first, as the specification's own library does: what it says is wrong before anything is read.
  const parameters = verb === "ADD" || verb === "DEL" || verb === "CHECK" ? readAttachment(host, verb) : undefined;
  const config = parseJson(await readInput(host, INPUT_TIMEOUT));
  const version = parseVersion(config["cniVersion"]);
  spoken.version = version;
  checkVerb(verb, version);
  const invocation: Invocation = { host, config, version };
  if (verb === "STATUS") return status(invocation);
  if (parameters === undefined) return gc(invocation);
  if (verb === "ADD") return add(invocation, parameters);
  return verb === "DEL" ? del(invocation, parameters) : check(invocation, parameters);
}

/** "The value of cniVersion specified on input"; without any, the newest. */
async function answerVersion(host: Host): Promise<string> {
  let input = "";
  try {
    input = await readInput(host, VERSION_INPUT_TIMEOUT);
  } catch (error) {
    if (!(error instanceof CniError && error.code === cniCode.ioFailure)) throw error;
  }
  const asked: unknown = input.trim() === "" ? latestVersion : (parseJson(input)["cniVersion"] ?? latestVersion);
  if (typeof asked !== "string") parseVersion(asked);
  return JSON.stringify({ cniVersion: asked, supportedVersions });
}

async function readInput(host: Host, milliseconds: number): Promise<string> {
  try {
    return await host.readInput(INPUT_LIMIT, milliseconds);
  } catch (error) {
    if (errnoName(error) === "EILSEQ") {
      throw new CniError(cniCode.decodingFailure, "standard input is not JSON", "it is not valid UTF-8");
    }
    const limit = errnoName(error) === "EFBIG" ? `more than ${INPUT_LIMIT} bytes of configuration` : systemText(error);
    throw new CniError(cniCode.ioFailure, "cannot read the configuration from standard input", limit);
  }
}

/** The result for the runtime; the same in one line for whoever reads the node's log. */
function report(host: Host, error: CniError, { version, verb }: { version: CniVersion; verb: string }): void {
  const details = error.details === "" ? "" : `: ${error.details}`;
  const hint = verb === "" ? " (this is a CNI plugin: container runtimes call it)" : "";
  writeIfHeard(host, 1, `${renderError(error, version)}\n`);
  writeIfHeard(
    host,
    2,
    `prismnet ${verb || "?"}: code ${error.code}: ${oneLine(`${error.message}${details}`)}${hint}\n`,
  );
}

/** Where nobody reads any more, the exit code still tells. */
function writeIfHeard(host: Host, descriptor: 1 | 2, text: string): void {
  try {
    host.write(descriptor, text);
  } catch {
    return;
  }
}

function oneLine(text: string): string {
  let line = "";
  for (const character of text.toWellFormed()) line += hasUnprintable(character) ? " " : character;
  return line;
}
