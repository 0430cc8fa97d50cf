import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeArcFiles } from "./arc-files.ts";
import {
  type CertificateAuthority,
  type Credential,
  createCertificateAuthority,
} from "./certificate-authority.ts";
import { type Daemon, startDaemon, waitUntil } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";
import { missingForSlurm, type SlurmOptions, type SlurmSite, startSlurm } from "./slurm.ts";

/** A NorduGrid ARC of one's own, in front of a Slurm of one's own. */
export interface ArcSite {
  /** Base of its REST interface, `https://localhost:PORT/arex/rest/1.0`. */
  readonly url: string;
  readonly authority: CertificateAuthority;
  /** Who may submit. */
  readonly user: Credential;
  /** A user with a good certificate whom it does not know. */
  readonly stranger: Credential;
  /** User of this machine as whom jobs run. */
  readonly account: string;
  readonly slurm: SlurmSite;
  /** Name of its queue, which is Slurm's partition. */
  readonly queue: string;
  /** Ends all daemons and removes the folders. */
  stop(): Promise<void>;
}

/** Grid users become this one: ARC maps nobody to root. */
const ACCOUNT = { user: "nobody", group: "nogroup" };

/** What is missing to start one; empty when nothing is. */
export function missingForArc(): string {
  if (!existsSync("/usr/sbin/arched")) return "needs ARC (Debian package nordugrid-arc-arex)";
  return missingForSlurm();
}

/** Starts Slurm, a certificate authority, and A-REX with its REST interface, jobs of which go to Slurm. */
export async function startArc(options: SlurmOptions = {}): Promise<ArcSite> {
  const folder = mkdtempSync(join(tmpdir(), "almagest-arc-"));
  chmodSync(folder, 0o755);
  for (const name of ["bin", "run", "log", "control", "session", "tmp", "pki"]) mkdirSync(join(folder, name));
  // Submit scripts run as the mapped user.
  chmodSync(join(folder, "tmp"), 0o1777);
  const daemons: Daemon[] = [];
  let slurm: SlurmSite | undefined;
  const stop = async (): Promise<void> => {
    await Promise.all(daemons.map((daemon) => daemon.stop()));
    await slurm?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    slurm = await startSlurm(options);
    const authority = createCertificateAuthority(join(folder, "pki"));
    const [host, user, stranger] = [
      authority.issueHost(),
      authority.issueUser("Alice Adams"),
      authority.issueUser("Mallory"),
    ];
    const [port] = (await freePorts(1)) as [number];
    const queue = "batch";
    writeArcFiles({
      folder,
      port,
      authorities: authority.folder,
      host,
      subjects: [user.subject],
      ...ACCOUNT,
      slurmConf: slurm.environment.SLURM_CONF!,
      partition: queue,
    });
    const config = join(folder, "arc.conf");
    const parser = ["--config", config, "--runconfig", join(folder, "run", "arex.cfg"), "--save"];
    execFileSync("/usr/lib/arc/arcconfig-parser", parser, { stdio: "ignore" });
    const environment = {
      ...slurm.environment,
      ARC_CONFIG: config,
      ARC_LOCATION: "/usr",
      GLOBUS_LOCATION: "/usr",
      LD_LIBRARY_PATH: "/usr/lib",
      X509_USER_CERT: host.certificate,
      X509_USER_KEY: host.key,
      X509_CERT_DIR: authority.folder,
      TMPDIR: join(folder, "tmp"),
    };
    for (const name of ["arex", "ws"]) {
      const log = join(folder, "log", `${name}.out`);
      daemons.push(
        startDaemon("/usr/sbin/arched", ["-f", "-c", join(folder, `${name}.xml`)], {
          log,
          environment,
          folder,
        }),
      );
    }
    const url = `https://localhost:${port}/arex/rest/1.0`;
    await waitUntil(() => answers(`${url}/info`, authority, user), "A-REX", daemons[1]);
    return { url, authority, user, stranger, account: ACCOUNT.user, slurm, queue, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function answers(url: string, authority: CertificateAuthority, user: Credential): Promise<boolean> {
  const [ca, cert, key] = [authority.certificate, user.certificate, user.key].map((path) =>
    readFileSync(path),
  );
  return new Promise((resolve) => {
    request(url, { ca, cert, key, headers: { accept: "application/json" } }, (reply) => {
      reply.resume().on("end", () => resolve(reply.statusCode === 200));
    })
      .on("error", () => resolve(false))
      .end();
  });
}
