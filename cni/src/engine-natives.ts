/** The functions that the executable's host offers (host/src), as the one global object of theirs. */
export interface Natives {
  environment(name: string): string | undefined;
  readInput(limit: number, milliseconds: number): string;
  write(descriptor: number, text: string): void;
  exit(code: number): never;
  now(): number;
  encodeText(text: string): Uint8Array;
  decodeText(bytes: Uint8Array): string;
  connect(path: string, milliseconds: number): number;
  send(connection: number, bytes: Uint8Array, milliseconds: number): void;
  receive(connection: number, milliseconds: number): Uint8Array;
  exists(path: string): boolean;
  makeDirectory(path: string): void;
  listDirectory(path: string): string[];
  syncDirectory(path: string): void;
  writeFile(path: string, text: string): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  lock(path: string, milliseconds: number): void;
  unlock(): void;
}

export const natives = (globalThis as unknown as { readonly prismnetHost: Natives }).prismnetHost;

// The engine has no TextEncoder and no TextDecoder. The modules that use them are evaluated after this one.
Object.assign(globalThis, {
  TextEncoder: class {
    encode(text: string): Uint8Array {
      return natives.encodeText(text);
    }
  },
  TextDecoder: class {
    decode(bytes: Uint8Array): string {
      return natives.decodeText(bytes);
    }
  },
});
