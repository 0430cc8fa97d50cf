import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Daemon, startDaemon, userIds, waitUntil } from "./daemon.ts";

/** Starts a MariaDB in `folder/mariadb` that listens on `port` of the loopback interface, with an empty database and a user
 * of that name, whose password is the name too. */
export async function startMariadb(folder: string, port: number, name: string): Promise<Daemon> {
  const data = join(folder, "mariadb");
  const socket = join(data, "my.sock");
  mkdirSync(data);
  const { uid, gid } = userIds("mysql");
  chownSync(data, uid, gid);
  const common = ["--no-defaults", "--user=mysql", `--datadir=${data}`];
  const install = ["--auth-root-authentication-method=socket", "--skip-test-db"];
  execFileSync("mariadb-install-db", [...common, ...install], { stdio: "ignore" });
  const daemon = startDaemon(
    "/usr/sbin/mariadbd",
    [
      ...common,
      `--socket=${socket}`,
      `--pid-file=${join(data, "my.pid")}`,
      "--bind-address=127.0.0.1",
      `--port=${port}`,
      "--innodb-flush-log-at-trx-commit=2",
      "--innodb-lock-wait-timeout=900",
    ],
    { log: join(folder, "mariadbd.out") },
  );
  const grants = ["localhost", "127.0.0.1"].flatMap((host) => [
    `create user if not exists ${name}@'${host}' identified by '${name}'`,
    `grant all on ${name}.* to ${name}@'${host}'`,
  ]);
  const statements = [`create database if not exists ${name}`, ...grants].join("; ");
  const ask = ["--no-defaults", "-S", socket, "-e", statements];
  await waitUntil(() => spawnSync("mariadb", ask).status === 0, "mariadbd", daemon);
  return daemon;
}
