import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CertificateAuthority, createCertificateAuthority } from "./certificate-authority.ts";
import { startDaemon, userIds, waitUntil } from "./daemon.ts";
import { freePorts } from "./free-ports.ts";

/** nginx as a WebDAV server over TLS. */
export interface NginxDav {
  readonly authority: CertificateAuthority;
  /** `https://localhost:PORT`: wants a certificate of a user of the authority. */
  readonly certificateUrl: string;
  /** `https://localhost:PORT`: wants `Bearer` with `token`, or user `alice` with password `secret`. */
  readonly tokenUrl: string;
  readonly token: string;
  /** Folder that is served. */
  readonly data: string;
  stop(): Promise<void>;
}

const MODULE = "/usr/lib/nginx/modules/ngx_http_dav_ext_module.so";
const TOKEN = "almagest-test-token";
const BASIC = Buffer.from("alice:secret").toString("base64");

/** What is missing to start one; empty when nothing is. */
export function missingForNginxDav(): string {
  if (!existsSync("/usr/sbin/nginx") || !existsSync(MODULE))
    return "needs nginx with WebDAV (Debian packages nginx, libnginx-mod-http-dav-ext)";
  return process.getuid?.() === 0 ? "" : "needs root, to run nginx as www-data";
}

/** Starts a WebDAV server with an empty folder and an authority of its own. */
export async function startNginxDav(): Promise<NginxDav> {
  const missing = missingForNginxDav();
  if (missing !== "") throw new Error(missing);
  const folder = mkdtempSync(join(tmpdir(), "almagest-nginx-"));
  chmodSync(folder, 0o755);
  const authority = createCertificateAuthority(folder);
  const host = authority.issueHost();
  const data = join(folder, "data");
  const { uid, gid } = userIds("www-data");
  for (const path of [data, join(folder, "bodies")]) {
    mkdirSync(path);
    chownSync(path, uid, gid);
  }
  const [withCertificate, withToken] = await freePorts(2);
  const common = `ssl_certificate ${host.certificate}; ssl_certificate_key ${host.key};
    root ${data};
    location / {
      dav_methods PUT DELETE MKCOL COPY MOVE; dav_ext_methods PROPFIND OPTIONS LOCK UNLOCK; dav_ext_lock zone=locks;
      dav_access user:rw group:r all:r;
    }`;
  const config = join(folder, "nginx.conf");
  writeFileSync(
    config,
    `user www-data; daemon off; load_module ${MODULE}; worker_processes 1;
pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 512; }
http {
  access_log off; client_body_temp_path ${folder}/bodies; client_max_body_size 0; sendfile on;
  dav_ext_lock_zone zone=locks:1m;
  map $http_authorization $allowed { default 0; "Bearer ${TOKEN}" 1; "Basic ${BASIC}" 1; }
  server {
    listen 127.0.0.1:${withCertificate} ssl; ssl_client_certificate ${authority.certificate}; ssl_verify_client on;
    ${common}
  }
  server {
    listen 127.0.0.1:${withToken} ssl;
    if ($allowed = 0) { return 401; }
    ${common}
  }
}
`,
  );
  const daemon = startDaemon("/usr/sbin/nginx", ["-c", config, "-p", folder], { log: join(folder, "out") });
  await waitUntil(() => existsSync(join(folder, "nginx.pid")), "nginx", daemon);
  return {
    authority,
    certificateUrl: `https://localhost:${withCertificate}`,
    tokenUrl: `https://localhost:${withToken}`,
    token: TOKEN,
    data,
    stop: async () => {
      await daemon.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
