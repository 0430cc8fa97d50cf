import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CertificateAuthority,
  type Credential,
  createCertificateAuthority,
} from "./certificate-authority.ts";
import { startDaemon, userIds, waitUntil } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";

/** XRootD with its HTTP door. */
export interface XrootdServer {
  readonly authority: CertificateAuthority;
  /** `https://localhost:PORT/data`: users with a certificate of the authority may do everything below. */
  readonly url: string;
  /** A user that may. */
  readonly user: Credential;
  stop(): Promise<void>;
}

const USER = "xrootd";

/** What is missing to start one; empty when nothing is. */
export function missingForXrootd(): string {
  if (!existsSync("/usr/bin/xrootd") || !existsSync("/usr/lib/x86_64-linux-gnu/libXrdHttp-5.so"))
    return "needs XRootD with its HTTP door (Debian package xrootd-server-plugins)";
  return process.getuid?.() === 0 ? "" : "needs root, to run XRootD as its own user";
}

/** Starts a server of one empty folder, with an authority of its own; it tells checksums (adler32, crc32c). */
export async function startXrootd(): Promise<XrootdServer> {
  const missing = missingForXrootd();
  if (missing !== "") throw new Error(missing);
  const folder = mkdtempSync(join(tmpdir(), "almagest-xrootd-"));
  chmodSync(folder, 0o755);
  const authority = createCertificateAuthority(folder);
  const host = authority.issueHost();
  const user = authority.issueUser("Alice Adams");
  const { uid, gid } = userIds(USER);
  const own = (path: string): string => {
    chownSync(path, uid, gid);
    return path;
  };
  for (const name of ["store", "store/data", "admin", "run", "log"]) {
    mkdirSync(join(folder, name));
    own(join(folder, name));
  }
  const [certificate, key] = [join(folder, "xrd.pem"), join(folder, "xrd.key")];
  copyFileSync(host.certificate, certificate);
  copyFileSync(host.key, key);
  own(certificate);
  chmodSync(own(key), 0o400);
  writeFileSync(join(folder, "gridmap"), `"${user.subject}" alice\n`);
  writeFileSync(join(folder, "authdb"), "u alice /data a\n");
  const [port] = await freePorts(1);
  const config = join(folder, "xrootd.cfg");
  writeFileSync(
    config,
    `all.export /data
oss.localroot ${folder}/store
all.adminpath ${folder}/admin
all.pidpath ${folder}/run
xrd.port ${port}
xrd.network nodnr
xrd.protocol XrdHttp:${port} libXrdHttp.so
xrd.tls ${certificate} ${key}
xrd.tlsca certdir ${authority.folder}
http.selfhttps2http no
http.listingdeny no
http.desthttps yes
http.gridmap ${folder}/gridmap
ofs.authorize
acc.authdb ${folder}/authdb
acc.authrefresh 60
xrootd.chksum max 2 adler32 crc32c
`,
  );
  const log = join(folder, "out");
  writeFileSync(log, "");
  const daemon = startDaemon(
    "/usr/bin/xrootd",
    ["-n", "test", "-c", config, "-l", join(folder, "log/xrootd.log")],
    {
      log,
      folder,
      user: USER,
      environment: { XDG_CACHE_HOME: join(folder, "run") },
    },
  );
  const answers = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port!, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
  await waitUntil(answers, "XRootD", daemon);
  return {
    authority,
    url: `https://localhost:${port}/data`,
    user,
    stop: async () => {
      await daemon.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
