import { execFileSync, spawnSync } from "node:child_process";

/** A network of its own, joined to this machine's by one cable that can be cut. */
export interface NetworkNamespace {
  /** This machine's address on the cable: where servers listen that are to be reached from inside. */
  readonly address: string;
  /** Words to put before a program's, so that it runs inside. */
  readonly inside: readonly string[];
  /** From now on nothing passes, and neither side is told. */
  cut(): void;
  heal(): void;
  remove(): void;
}

/** What is missing to make one; empty when nothing is. */
export function missingForNamespace(): string {
  if (process.getuid?.() !== 0) return "needs root, to make a network namespace";
  const missing = ["ip", "nft"].filter((program) => spawnSync("which", [program]).status !== 0);
  return missing.length === 0 ? "" : `needs ${missing.join(" and ")} (Debian packages iproute2, nftables)`;
}

/** Drops every packet, silently. */
const CUT = `add table inet cut
add chain inet cut in { type filter hook input priority 0; policy drop; }
add chain inet cut out { type filter hook output priority 0; policy drop; }
`;

/** Makes a namespace with a cable (veth) to it. The name and its addresses are this process's own. */
export function createNamespace(number = 0): NetworkNamespace {
  const missing = missingForNamespace();
  if (missing !== "") throw new Error(missing);
  const tag = `${process.pid}n${number}`;
  const name = `almagest-${tag}`;
  const net = `10.213.${process.pid % 250}.${4 * (number % 60)}`.split(".");
  const [host, guest] = [1, 2].map((last) => [...net.slice(0, 3), Number(net[3]) + last].join("."));
  const [here, there] = [`ah${tag}`, `ag${tag}`];
  const ip = (...words: string[]): void =>
    void execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });
  const remove = (): void => {
    process.off("exit", remove);
    spawnSync("ip", ["link", "del", here]);
    spawnSync("ip", ["netns", "del", name]);
  };
  ip("netns", "add", name);
  process.on("exit", remove);
  ip("link", "add", here, "type", "veth", "peer", "name", there);
  ip("link", "set", there, "netns", name);
  ip("addr", "add", `${host}/30`, "dev", here);
  ip("link", "set", here, "up");
  ip("-n", name, "addr", "add", `${guest}/30`, "dev", there);
  ip("-n", name, "link", "set", there, "up");
  ip("-n", name, "link", "set", "lo", "up");
  const inside = ["ip", "netns", "exec", name];
  const nft = (script: string): void =>
    void execFileSync("ip", ["netns", "exec", name, "nft", "-f", "-"], { input: script });
  return {
    address: host!,
    inside,
    cut: () => nft(CUT),
    heal: () => nft("delete table inet cut\n"),
    remove,
  };
}
