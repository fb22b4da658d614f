// First: it gives the engine what the other modules take for granted.
import { natives } from "./engine-natives.js";
import type { Connection, Host } from "./host.js";
import { main } from "./main.js";

/** Entry of the executable. The host's functions block; to the script they look like Node's. */
const host: Host = {
  files: { ...natives, lock: async (path, milliseconds) => natives.lock(path, milliseconds) },
  environment: (name) => natives.environment(name),
  readInput: async (limit, milliseconds) => natives.readInput(limit, milliseconds),
  write: (descriptor, text) => natives.write(descriptor, text),
  now: () => natives.now(),
  connect: async (path, milliseconds) => connection(natives.connect(path, milliseconds)),
};

function connection(index: number): Connection {
  return {
    send: async (bytes, milliseconds) => natives.send(index, bytes, milliseconds),
    receive: async (milliseconds) => natives.receive(index, milliseconds),
    // The end of the process closes it. To do so earlier wakes the agent, which then takes a processor from us.
    close: () => {},
  };
}

void main(host).then((code) => natives.exit(code));
