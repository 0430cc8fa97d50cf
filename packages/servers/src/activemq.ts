import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Daemon, startDaemon, userIds, waitUntil } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";

/** A message broker of one's own. */
export interface ActiveMqServer {
  /** STOMP's port on the loopback interface. */
  readonly port: number;
  readonly login: string;
  readonly passcode: string;
  /** Ends it at once, as a power cut does; what it had acknowledged is kept. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const JAR = "/usr/share/activemq/bin/activemq.jar";
const USER = "nobody";
/** A broker that lives for seconds: compiled quickly rather than well. */
const QUICK_START = ["-Xmx256M", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"];
const LOGIN = { login: "almagest", passcode: "only-for-tests" };

/** What is missing to start one; empty when nothing is. */
export function missingForActiveMq(): string {
  return existsSync(JAR) ? "" : "needs ActiveMQ (Debian package activemq)";
}

function settings(folder: string, port: number): string {
  return `<beans xmlns="http://www.springframework.org/schema/beans" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.springframework.org/schema/beans http://www.springframework.org/schema/beans/spring-beans-2.0.xsd http://activemq.apache.org/schema/core http://activemq.apache.org/schema/core/activemq-core.xsd">
  <broker xmlns="http://activemq.apache.org/schema/core" brokerName="almagest" useJmx="false" schedulerSupport="false"
      dataDirectory="${folder}/data">
    <persistenceAdapter><kahaDB directory="${folder}/data/kahadb" journalMaxFileLength="8mb">
      <locker><shared-file-locker lockAcquireSleepInterval="100"/></locker></kahaDB></persistenceAdapter>
    <plugins><simpleAuthenticationPlugin anonymousAccessAllowed="false"><users>
      <authenticationUser username="${LOGIN.login}" password="${LOGIN.passcode}" groups="users,admins"/>
    </users></simpleAuthenticationPlugin></plugins>
    <systemUsage><systemUsage><memoryUsage><memoryUsage limit="64 mb"/></memoryUsage>
      <storeUsage><storeUsage limit="512 mb"/></storeUsage><tempUsage><tempUsage limit="128 mb"/></tempUsage>
    </systemUsage></systemUsage>
    <transportConnectors><transportConnector name="stomp" uri="stomp://127.0.0.1:${port}"/></transportConnectors>
  </broker>
</beans>
`;
}

/** Starts an ActiveMQ that keeps its messages in a folder of its own and speaks STOMP. */
export async function startActiveMq(): Promise<ActiveMqServer> {
  const missing = missingForActiveMq();
  if (missing !== "") throw new Error(missing);
  const folder = mkdtempSync(join(tmpdir(), "almagest-activemq-"));
  chmodSync(folder, 0o755);
  const [port] = await freePorts(1);
  for (const name of ["conf", "data", "tmp"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "conf/activemq.xml"), settings(folder, port!));
  if (process.getuid?.() === 0) {
    const { uid, gid } = userIds(USER);
    for (const name of [".", "conf", "data", "tmp"]) chownSync(join(folder, name), uid, gid);
  }
  let daemon: Daemon | undefined;
  const isOpen = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port!, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
  const start = async (): Promise<void> => {
    const properties = {
      "activemq.home": "/usr/share/activemq",
      "activemq.base": folder,
      "activemq.conf": join(folder, "conf"),
      "activemq.data": join(folder, "data"),
      "java.io.tmpdir": join(folder, "tmp"),
    };
    const words = Object.entries(properties).map(([name, value]) => `-D${name}=${value}`);
    daemon = startDaemon(
      "java",
      [...QUICK_START, ...words, "-jar", JAR, "start", `xbean:file:${join(folder, "conf/activemq.xml")}`],
      { log: join(folder, "log"), folder, user: USER },
    );
    await waitUntil(isOpen, "ActiveMQ", daemon, 60);
  };
  await start();
  return {
    port: port!,
    ...LOGIN,
    kill: async () => daemon?.kill(),
    start,
    stop: async () => {
      await daemon?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
