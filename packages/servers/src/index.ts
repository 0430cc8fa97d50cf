/** The real programs that tests and comparisons run against. Start at `postgres.ts`. */

export { type ActiveMqServer, missingForActiveMq, startActiveMq } from "./activemq.ts";
export { type ArcSite, missingForArc, startArc } from "./arc.ts";
export { type CephServer, missingForCeph, startCeph } from "./ceph.ts";
export {
  type CertificateAuthority,
  type Credential,
  createCertificateAuthority,
} from "./certificate-authority.ts";
export { type Daemon, type DaemonOptions, startDaemon, userIds, waitUntil } from "./daemon.ts";
export { type FakeGcs, missingForFakeGcs, startFakeGcs } from "./fake-gcs.ts";
export { type Fault, type FaultProxy, type SeenRequest, startFaultProxy } from "./fault-proxy.ts";
export { freePorts } from "./free-ports.ts";
export { createNamespace, missingForNamespace, type NetworkNamespace } from "./network-namespace.ts";
export { missingForNginxDav, type NginxDav, startNginxDav } from "./nginx-dav.ts";
export { type OidcClient, type OidcServer, startOidc } from "./oidc.ts";
export { missingForPostgres, type PostgresServer, startPostgres } from "./postgres.ts";
export {
  checkMetrics,
  missingForPrometheus,
  type PrometheusServer,
  startPrometheus,
} from "./prometheus.ts";
export { missingForSlurm, type SlurmOptions, type SlurmSite, startSlurm } from "./slurm.ts";
export { missingForXrootd, startXrootd, type XrootdServer } from "./xrootd.ts";
