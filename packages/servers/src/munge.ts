import { spawnSync } from "node:child_process";
import { chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Daemon, startDaemon, userIds, waitUntil } from "./daemon.ts";

/** Starts a munged with a key of its own in `folder/munge`; gives its socket. */
export async function startMunge(
  folder: string,
): Promise<{ readonly daemon: Daemon; readonly socket: string }> {
  const home = join(folder, "munge");
  const key = join(home, "munge.key");
  const socket = join(home, "munge.sock");
  mkdirSync(home);
  writeFileSync(key, crypto.getRandomValues(new Uint8Array(1024)), { mode: 0o400 });
  const { uid, gid } = userIds("munge");
  for (const path of [home, key]) chownSync(path, uid, gid);
  const files = {
    socket,
    "key-file": key,
    "log-file": "munged.log",
    "pid-file": "munged.pid",
    "seed-file": "munged.seed",
  };
  const options = Object.entries(files).map(
    ([name, path]) => `--${name}=${join(home, path.replace(`${home}/`, ""))}`,
  );
  const daemon = startDaemon("/usr/sbin/munged", ["--foreground", ...options], {
    log: join(folder, "munged.out"),
    user: "munge",
  });
  await waitUntil(() => spawnSync("munge", ["-n", `--socket=${socket}`]).status === 0, "munged", daemon);
  return { daemon, socket };
}
