import { Server, ServerCredentials } from "@grpc/grpc-js";
import { type AddResponse, type PodNetworkServer, PodNetworkService } from "@k8shost/proto/agent/v1/pod_network";

/**
 * A gRPC server that answers ADD at once with what the agent would: node agent-process.js SOCKET. In a process of its own,
 * as the agent is. Ends when the channel to its parent does.
 */
const [socket = ""] = process.argv.slice(2);

const refuse = (_call: unknown, callback: (error: Error) => void): void => callback(new Error("only ADD is measured"));

const service: PodNetworkServer = {
  add: (call, callback) => {
    const { netns } = call.request;
    const answer: AddResponse = {
      interfaces: [
        { name: "p0123456789", mac: "", mtu: 1442, sandbox: "" },
        { name: "eth0", mac: "0a:58:0a:f4:01:05", mtu: 1442, sandbox: netns },
      ],
      ips: [{ address: "10.244.1.5/24", gateway: "10.244.1.1", interface: 1 }],
      routes: [{ destination: "0.0.0.0/0", gateway: "10.244.1.1" }],
      dnsServers: ["10.96.0.10"],
      stages: ["allocate", "link", "address", "northbound", "ovs-port", "installed", "total"].map((stage) => ({
        stage,
        microseconds: 1000,
      })),
    };
    callback(null, answer);
  },
  del: refuse,
  check: refuse,
  status: refuse,
  gc: refuse,
};

const server = new Server();
server.addService(PodNetworkService, service);
server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
  process.send?.("ready");
});
process.on("disconnect", () => process.exit(0));
