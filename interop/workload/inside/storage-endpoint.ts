import type { PandaServerOptions } from "@almagest/workload";

/** One storage endpoint in a folder, `LOCAL`, as the real pilot reads it from our server, and all queues' use of it. */
export function storageEndpoint(folder: string): Pick<PandaServerOptions, "endpoints" | "queueFields"> {
  const endpoint = "file://localhost";
  const protocol = [{ id: 1, endpoint, path: folder }];
  const uses = ["default", "write_lan", "pr", "pw", "pl"];
  return {
    endpoints: {
      LOCAL: {
        ...{ id: 1, state: "ACTIVE", site: "US", type: "DATADISK", is_deterministic: true },
        resource: { endpoint },
        arprotocols: { read_lan: protocol, write_lan: protocol, write_wan: protocol, read_wan: protocol },
        rprotocols: { "1": [["LOCAL", endpoint, folder]] },
      },
    },
    queueFields: { astorages: Object.fromEntries(uses.map((use) => [use, ["LOCAL"]])) },
  };
}
