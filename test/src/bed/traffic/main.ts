// One end of a flow, run inside a pod's network namespace; flow.ts starts it and reads its lines.
//   main.js echo PORT                          answers UDP and TCP packets with themselves
//   main.js send udp|tcp ADDRESS PORT EVERY    sends numbered packets every EVERY ms until SIGTERM, prints a FlowReport
import { createSocket } from "node:dgram";
import { connect, createServer } from "node:net";
import { FlowLedger } from "./flow-report.js";

/** Every packet is its number, eight bytes: enough to recognise it, whatever TCP does to its borders. */
const PACKET = 8;
/** How long a sender waits for the last answers, in milliseconds. */
const LAST_ANSWERS = 3_000;

const [mode, ...rest] = process.argv.slice(2);
if (mode === "echo") echo(Number(rest[0]));
else if (mode === "send") send(rest[0] === "tcp" ? "tcp" : "udp", rest[1] ?? "", Number(rest[2]), Number(rest[3]));
else throw new Error(`mode ${mode}: use echo or send`);

function echo(port: number): void {
  const tcp = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  const udp = createSocket({ type: "udp6", ipv6Only: false });
  udp.on("message", (message, from) => udp.send(message, from.port, from.address));
  // An answer that cannot be sent is a packet lost: the sender counts it.
  udp.on("error", () => undefined);
  tcp.listen(port, "::", () => udp.bind(port, "::", () => console.log("listening")));
}

/** Sends what is due, also after the event loop was held up: the rate is fixed, not the gap. */
function send(protocol: "udp" | "tcp", address: string, port: number, everyMs: number): void {
  const ledger = new FlowLedger();
  const transmit = protocol === "udp" ? udpSender(ledger, address, port) : tcpSender(ledger, address, port);
  const start = performance.now();
  const timer = setInterval(() => {
    const due = Math.floor((performance.now() - start) / everyMs) + 1;
    while (ledger.sent < due) {
      const packet = Buffer.alloc(PACKET);
      packet.writeBigUInt64BE(BigInt(ledger.sending(performance.now())));
      transmit(packet);
    }
  }, everyMs);
  process.once("SIGTERM", () => {
    clearInterval(timer);
    const deadline = performance.now() + LAST_ANSWERS;
    const poll = setInterval(() => {
      if (!ledger.complete && performance.now() < deadline) return;
      clearInterval(poll);
      process.stdout.write(`${JSON.stringify(ledger.report(protocol, everyMs))}\n`, () => process.exit(0));
    }, 20);
  });
  console.log("sending");
}

function udpSender(ledger: FlowLedger, address: string, port: number): (packet: Buffer) => void {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  socket.on("message", (message) => ledger.answer(Number(message.readBigUInt64BE()), performance.now()));
  socket.on("error", (error) => ledger.failed(error));
  ledger.connected();
  return (packet) => {
    socket.send(packet, port, address, (error) => {
      if (error) ledger.failed(error);
    });
  };
}

/** Packets that are due while there is no connection count as sent, and so as lost. */
function tcpSender(ledger: FlowLedger, address: string, port: number): (packet: Buffer) => void {
  const open = (): ReturnType<typeof connect> => {
    let pending = Buffer.alloc(0);
    const socket = connect({ host: address, port, noDelay: true }, () => ledger.connected());
    socket.on("data", (data) => {
      pending = Buffer.concat([pending, data]);
      for (; pending.length >= PACKET; pending = pending.subarray(PACKET)) {
        ledger.answer(Number(pending.readBigUInt64BE()), performance.now());
      }
    });
    socket.on("error", (error) => ledger.failed(error));
    socket.on("close", () => setTimeout(() => (current = open()), 100));
    return socket;
  };
  let current = open();
  return (packet) => {
    if (current.readyState !== "closed" && !current.destroyed) current.write(packet);
  };
}
