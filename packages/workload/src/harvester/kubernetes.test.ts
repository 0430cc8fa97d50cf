import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Job } from "kubernetes-models/batch/v1";
import { ConfigMap, Secret } from "kubernetes-models/v1";
import type { Worker } from "../core/worker-state.ts";
import { simpleQueue } from "../testing/simple-queue.ts";
import { createKubernetes } from "./kubernetes.ts";
import type { KubeObject } from "./kubernetes-client.ts";
import { inClusterCredentials, readKubeconfig } from "./kubernetes-credentials.ts";
import { jobName, kubernetesJob, kubernetesOptionsSchema, pilotMap, tokenSecret } from "./kubernetes-job.ts";
import { readKubernetesJob } from "./kubernetes-sight.ts";

const worker = (id: number, harvester = "almagest-USDF (k8s)"): Worker => ({
  ...{ id, harvester, queueId: 1, batchId: "", status: "pending", text: "" },
  ...{ createdMs: 1_700_000_000_000, changedMs: 1_700_000_000_000 },
});
const queue = { ...simpleQueue("Q", "US", { cores: 8, memoryMb: 16_000 }), id: 1 };
const setup = { url: "https://server:1", folder: "", slots: 4, idleSec: 60, token: "SECRET" };

test("Job, ConfigMap and Secret hold to Kubernetes' published schemas, with all options; the token is in the Secret only", () => {
  const options = kubernetesOptionsSchema.parse({
    image: "registry.example/rubin:w_2026_40",
    ...{ cpus: 3.5, memoryMb: 9000, wallSec: 3600, serviceAccount: "pilots", priorityClass: "low" },
    nodeSelector: { "node.kubernetes.io/instance-type": "c3" },
    tolerations: [
      { key: "spot", operator: "Exists", effect: "NoSchedule" },
      {
        key: "node.kubernetes.io/unreachable",
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: 30,
      },
    ],
    labels: { "kueue.x-k8s.io/queue-name": "rubin" },
    environment: { HTTPS_PROXY: "http://proxy:3128" },
    pod: { volumes: [{ name: "cvmfs", hostPath: { path: "/cvmfs" } }], imagePullSecrets: [{ name: "r" }] },
    container: { volumeMounts: [{ name: "cvmfs", mountPath: "/cvmfs", readOnly: true }] },
  });
  const job = kubernetesJob(options, worker(7), queue, setup, "the pilot");
  new Job(job as never).validate();
  new ConfigMap(pilotMap("the pilot", worker(7).harvester) as never).validate();
  const secret = tokenSecret("SECRET", worker(7).harvester);
  new Secret(secret as never).validate();
  assert.throws(() => new Job({ ...(job as object), spec: { backoffLimit: "none" } } as never).validate());
  const text = JSON.stringify(job);
  assert.ok(!text.includes("SECRET"));
  assert.ok(JSON.stringify(secret).includes(Buffer.from("SECRET").toString("base64")));
  const { template } = (job as { spec: { template: { spec: Record<string, never> } } }).spec;
  const pod = template.spec as unknown as {
    containers: { resources: { limits: object }; command: string[]; volumeMounts: { name: string }[] }[];
    volumes: { name: string }[];
    tolerations: object[];
  };
  assert.deepEqual(pod.containers[0]!.resources.limits, {
    ...{ cpu: "3.5", memory: "9000M", "ephemeral-storage": `${queue.diskMb / 2}M` },
  });
  assert.deepEqual(
    pod.volumes.map(({ name }) => name),
    ["cvmfs", "almagest-pilot", "almagest-token"],
  );
  assert.equal(pod.tolerations.length, 2);
  assert.ok(pod.containers[0]!.command.includes("--worker-id"));
  for (const name of [jobName(worker(7)), jobName(worker(123_456_789, "x".repeat(80)))]) {
    assert.match(name, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
  }
  assert.notEqual(jobName(worker(7, "a b")), jobName(worker(7, "a-b")));
  assert.notEqual(jobName(worker(7)), jobName({ ...worker(7), createdMs: 1_800_000_000_000 }));
});

test("what Jobs and pods say is told in Harvester's words, with the reason", () => {
  const nowMs = Date.parse("2026-03-01T12:00:00Z");
  const see = (status: object, pod?: object, leaving?: string) => {
    const podObject =
      pod === undefined
        ? undefined
        : { metadata: { name: "p", ...(leaving ? { deletionTimestamp: leaving } : {}) }, status: pod };
    const job = { metadata: { name: "j" }, status } as unknown as KubeObject;
    return readKubernetesJob(job, podObject as unknown as KubeObject, nowMs, 300_000);
  };
  const is = (type: string, more = {}) => ({ type, status: "True", ...more });
  assert.deepEqual(see({}), { status: "submitted", text: "no pod yet" });
  const unschedulable = {
    type: "PodScheduled",
    status: "False",
    reason: "Unschedulable",
    message: "0/3 nodes",
  };
  assert.deepEqual(see({ active: 1 }, { phase: "Pending", conditions: [unschedulable] }), {
    ...{ status: "submitted", text: "Unschedulable: 0/3 nodes" },
  });
  const waiting = { state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } } };
  assert.match(
    see({ active: 1 }, { phase: "Pending", containerStatuses: [waiting] }).text,
    /^ImagePullBackOff: no/,
  );
  assert.equal(see({ active: 1 }, { phase: "Running" }).status, "running");
  assert.equal(see({ active: 1 }, { phase: "Failed" }).status, "running");
  assert.equal(see({ conditions: [is("SuccessCriteriaMet"), is("Complete")] }).status, "finished");
  const failed = { conditions: [is("Failed", { reason: "BackoffLimitExceeded", message: "limit" })] };
  assert.deepEqual(see(failed), { status: "failed", text: "BackoffLimitExceeded: limit" });
  const oom = { state: { terminated: { exitCode: 137, reason: "OOMKilled", message: "last words\n" } } };
  assert.equal(
    see(failed, { phase: "Failed", containerStatuses: [oom] }).text,
    "OOMKilled, exit code 137: last words",
  );
  const evicted = { phase: "Failed", reason: "Evicted", message: "The node was low on memory." };
  assert.match(see(failed, evicted).text, /^Evicted: The node was low/);
  const deadline = { phase: "Failed", reason: "DeadlineExceeded", message: "Pod was active too long" };
  assert.match(see(failed, deadline).text, /^DeadlineExceeded/);
  const taint = {
    phase: "Running",
    conditions: [is("DisruptionTarget", { reason: "DeletionByTaintManager" })],
  };
  assert.match(see({ active: 1 }, taint, "2026-03-01T11:59:00Z").text, /^ending: DeletionByTaintManager/);
  assert.deepEqual(see({ active: 1 }, taint, "2026-03-01T11:00:00Z"), {
    ...{ status: "failed", text: "the node of its pod does not answer" },
  });
});

test("a kubeconfig's contexts, certificates, tokens and programs are read; a mistake names the place and quotes nothing", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const put = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  put("ca.pem", "CA");
  put("token", "FROM-FILE\n");
  const program = put(
    "give.sh",
    `#!/bin/sh
echo x >> ${folder}/calls
echo "{\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",\\"status\\":{\\"token\\":\\"$GIVE-$(wc -l < ${folder}/calls)\\",\\"expirationTimestamp\\":\\"2100-01-01T00:00:00Z\\"}}"
`,
  );
  chmodSync(program, 0o755);
  const path = put(
    "config",
    `
apiVersion: v1
kind: Config
current-context: one
clusters:
  - { name: c, cluster: { server: "https://k:6443/", certificate-authority: ca.pem, tls-server-name: inner } }
contexts:
  - { name: one, context: { cluster: c, user: data, namespace: pilots } }
  - { name: two, context: { cluster: c, user: file } }
  - { name: three, context: { cluster: c, user: program } }
  - { name: four, context: { cluster: gone, user: program } }
users:
  - { name: data, user: { client-certificate-data: ${Buffer.from("CERT").toString("base64")}, client-key-data: ${Buffer.from("KEY").toString("base64")} } }
  - { name: file, user: { tokenFile: token } }
  - name: program
    user: { exec: { apiVersion: client.authentication.k8s.io/v1, command: "${program}", env: [{ name: GIVE, value: given }] } }
`,
  );
  const one = readKubeconfig(path, undefined);
  const { server, ca, cert, key, namespace, serverName } = one;
  assert.deepEqual(
    [server, ca, cert, key, namespace, serverName],
    ["https://k:6443", "CA", "CERT", "KEY", "pilots", "inner"],
  );
  assert.equal(await one.token(false), undefined);
  const two = readKubeconfig(path, "two");
  assert.deepEqual([await two.token(false), two.namespace], ["FROM-FILE", "default"]);
  const three = readKubeconfig(path, "three");
  const given = [await three.token(false), await three.token(false), await three.token(true)];
  assert.deepEqual(given, ["given-1", "given-1", "given-2"]);
  const invalid = { code: "WORKLOAD.CONFIG_INVALID" };
  assert.throws(() => readKubeconfig(path, "four"), { ...invalid, message: /no cluster gone/ });
  assert.throws(() => readKubeconfig(join(folder, "none"), undefined), { ...invalid, message: /ENOENT/ });
  const broken = put("broken", 'users: [{ name: x, user: { token: "SECRET" } }\nclusters: ]');
  assert.throws(
    () => readKubeconfig(broken, undefined),
    (error: Error) => !error.message.includes("SECRET"),
  );
  assert.throws(() => createKubernetes({ kubeconfig: path }), { ...invalid, message: /image/ });
});

test("in a pod the service account's files are used, its token as it is now", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "account-"));
  t.after(() => {
    rmSync(folder, { recursive: true });
    delete process.env.KUBERNETES_SERVICE_HOST;
  });
  assert.throws(() => inClusterCredentials(folder), { code: "WORKLOAD.CONFIG_INVALID" });
  process.env.KUBERNETES_SERVICE_HOST = "fd00::1";
  for (const [name, text] of Object.entries({ token: "A", "ca.crt": "CA", namespace: "pilots\n" })) {
    writeFileSync(join(folder, name), text);
  }
  const credentials = inClusterCredentials(folder);
  assert.deepEqual([credentials.server, credentials.namespace], ["https://[fd00::1]:443", "pilots"]);
  assert.equal(await credentials.token(false), "A");
  writeFileSync(join(folder, "token"), "B");
  assert.equal(await credentials.token(false), "B");
});
