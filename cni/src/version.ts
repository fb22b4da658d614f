import { CniError, cniCode, shown } from "./errors.js";
import type { Verb } from "./environment.js";

/** Versions of the CNI specification whose configurations and results we understand. */
export const supportedVersions = ["0.3.1", "0.4.0", "1.0.0", "1.1.0"] as const;
export type CniVersion = (typeof supportedVersions)[number];

export const latestVersion: CniVersion = "1.1.0";

/** Verbs that came later than 0.3.1. */
const FIRST_VERSION: Partial<Record<Verb, CniVersion>> = { CHECK: "0.4.0", STATUS: "1.1.0", GC: "1.1.0" };

export function isAtLeast(version: CniVersion, other: CniVersion): boolean {
  return supportedVersions.indexOf(version) >= supportedVersions.indexOf(other);
}

/** The value of "cniVersion". A configuration without one is of 0.1.0, says the specification's own library. */
export function parseVersion(value: unknown): CniVersion {
  if (value !== undefined && (typeof value !== "string" || !/^\d{1,5}(\.\d{1,5}){2}$/.test(value))) {
    throw new CniError(
      cniCode.decodingFailure,
      "cniVersion cannot be decoded",
      `cniVersion is ${shown(value)}: ${remedy()}`,
    );
  }
  const version = supportedVersions.find((supported) => supported === value);
  if (version === undefined) {
    const found = value === undefined ? "cniVersion is absent, which means 0.1.0" : `cniVersion is ${shown(value)}`;
    throw new CniError(cniCode.incompatibleVersion, "incompatible CNI version", `${found}: ${remedy()}`);
  }
  return version;
}

export function checkVerb(verb: Verb, version: CniVersion): void {
  const first = FIRST_VERSION[verb];
  if (first === undefined || isAtLeast(version, first)) return;
  const details = `${verb} exists since ${first} of the specification: raise cniVersion from ${version}`;
  throw new CniError(cniCode.incompatibleVersion, `cniVersion ${version} has no ${verb}`, details);
}

function remedy(): string {
  return `write one of ${supportedVersions.join(", ")}`;
}
