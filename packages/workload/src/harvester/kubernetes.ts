import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Json } from "@almagest/base";
import type { HarvesterPlugin, WorkerName, WorkerSight } from "./harvester-plugin.ts";
import { createKubernetesClient, type KubeObject } from "./kubernetes-client.ts";
import { inClusterCredentials, kubeconfigPath, readKubeconfig } from "./kubernetes-credentials.ts";
import {
  CONTAINER,
  harvesterLabel,
  jobName,
  kubernetesJob,
  kubernetesOptionsSchema,
  pilotMap,
  tokenSecret,
} from "./kubernetes-job.ts";
import { readKubernetesJob } from "./kubernetes-sight.ts";
import { PILOT_FILE } from "./pilot-command.ts";
import { readPluginOptions } from "./plugin-options.ts";

const JOBS = "apis/batch/v1/jobs";
const PODS = "api/v1/pods";
const LOG_LINES = 10_000;

/** Pilots as Jobs of Kubernetes. Pods need no common folder: pilot and token are mounted from a ConfigMap and a Secret. */
export function createKubernetes(given: Readonly<Record<string, Json>> = {}): HarvesterPlugin {
  const options = readPluginOptions("kubernetes", kubernetesOptionsSchema, given);
  const inPod = options.kubeconfig === undefined && process.env.KUBERNETES_SERVICE_HOST !== undefined;
  const credentials =
    inPod && !existsSync(kubeconfigPath())
      ? inClusterCredentials()
      : readKubeconfig(options.kubeconfig ?? kubeconfigPath(), options.context);
  const client = createKubernetesClient(credentials, options.namespace);
  const cancelled = new Set<string>();

  /** Objects of the harvesters that the workers are of, by the name of their Job. */
  const look = async (
    path: string,
    workers: readonly WorkerName[],
  ): Promise<ReadonlyMap<string, KubeObject>> => {
    const harvesters = [...new Set(workers.map(({ harvester }) => harvester))];
    const lists = await Promise.all(
      harvesters.map((harvester) => client.list(path, harvesterLabel(harvester))),
    );
    return new Map(
      lists.flat().map((object) => {
        const { name, labels = {} } = object.metadata;
        return [
          path === PODS ? (labels["batch.kubernetes.io/job-name"] ?? labels["job-name"] ?? "") : name,
          object,
        ];
      }),
    );
  };

  return {
    async submit(workers, queue, setup) {
      if (workers.length === 0) return new Map();
      const pilot = await readFile(PILOT_FILE, "utf8");
      const { harvester } = workers[0]!;
      await client.create("api/v1/configmaps", pilotMap(pilot, harvester));
      const secret = tokenSecret(setup.token ?? "", harvester);
      const { name } = (secret as unknown as KubeObject).metadata;
      await client.replace("api/v1/secrets", name, secret);
      const ids = new Map<number, string>();
      for (const worker of workers) {
        // One that is there already was submitted before an answer was lost.
        await client.create(JOBS, kubernetesJob(options, worker, queue, setup, pilot));
        ids.set(worker.id, jobName(worker));
      }
      return ids;
    },
    async find(workers) {
      const jobs = await look(JOBS, workers);
      return new Map(
        workers.flatMap((worker) => {
          const name = jobName(worker);
          return jobs.has(name) ? [[worker.id, name] as const] : [];
        }),
      );
    },
    async poll(workers) {
      if (workers.length === 0) return new Map();
      const [jobs, pods] = await Promise.all([look(JOBS, workers), look(PODS, workers)]);
      const sights = new Map<number, WorkerSight>();
      for (const { id, batchId } of workers) {
        const job = jobs.get(batchId);
        if (job === undefined) {
          if (cancelled.delete(batchId)) sights.set(id, { status: "cancelled", text: "deleted" });
          continue;
        }
        sights.set(id, readKubernetesJob(job, pods.get(batchId), Date.now(), options.lostSec * 1000));
      }
      return sights;
    },
    async cancel(workers) {
      for (const { batchId } of workers) {
        if (batchId === "") continue;
        cancelled.add(batchId);
        await client.remove(JOBS, batchId);
      }
    },
    async log(worker) {
      const pod = (await look(PODS, [worker])).get(worker.batchId);
      return pod === undefined ? undefined : client.log(pod.metadata.name, CONTAINER, LOG_LINES);
    },
    // What Kubernetes has goes on without this process.
    async [Symbol.asyncDispose]() {
      client.close();
    },
  };
}
