/**
 * What the script needs of the machine. Two things offer it: the QuickJS host of the executable (engine-host.ts) and
 * Node (node-host.ts), for tests and where there is no Rust toolchain.
 *
 * Every failure is an Error whose `code` is the errno's name, as Node's own are. Times are in milliseconds.
 */
export interface Host {
  readonly files: Files;
  environment(name: string): string | undefined;
  /** All of standard input. EFBIG beyond `limit` bytes, EILSEQ when it is not UTF-8, ETIMEDOUT when its end does not come. */
  readInput(limit: number, milliseconds: number): Promise<string>;
  /** To standard output (1) or standard error (2). */
  write(descriptor: 1 | 2, text: string): void;
  /** Monotonic clock. */
  now(): number;
  /** Connects to a unix stream socket. */
  connect(path: string, milliseconds: number): Promise<Connection>;
}

export interface Connection {
  send(bytes: Uint8Array, milliseconds: number): Promise<void>;
  /** What there is, at least one byte; empty when the peer closed its side. */
  receive(milliseconds: number): Promise<Uint8Array>;
  close(): void;
}

/** Durable writes below a lock. Paths are absolute. */
export interface Files {
  exists(path: string): boolean;
  /** With its parents, for root alone. */
  makeDirectory(path: string): void;
  listDirectory(path: string): string[];
  syncDirectory(path: string): void;
  /** Replaces the content; it is on the disk when this returns. Never follows a symbolic link. */
  writeFile(path: string, text: string): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** flock(2), exclusive; the file is created. ETIMEDOUT when somebody else keeps it. */
  lock(path: string, milliseconds: number): Promise<void>;
  unlock(): void;
}

/** The errno's name; empty for an error that is none of the system's. */
export function errnoName(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

/** What the system said, for people: "no such file or directory (ENOENT)". */
export function systemText(error: unknown): string {
  const name = errnoName(error);
  const message = error instanceof Error ? error.message : String(error);
  return name === "" || message.includes(name) ? message : `${message} (${name})`;
}
