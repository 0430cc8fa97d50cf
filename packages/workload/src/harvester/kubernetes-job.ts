import { createHash } from "node:crypto";
import type { Json } from "@almagest/base";
import { z } from "zod";
import type { Worker } from "../core/worker-state.ts";
import type { Queue } from "../scheduling/resources.ts";
import type { PilotSetup } from "./harvester-plugin.ts";
import { pilotWords, TOKEN_FILE_VARIABLE } from "./pilot-command.ts";

const texts = z.record(z.string(), z.string());

/** What a Kubernetes is told besides. */
export const kubernetesOptionsSchema = z
  .object({
    kubeconfig: z
      .string()
      .optional()
      .describe(
        "File with the cluster and who we are; else the pod's own service account, else kubectl's file.",
      ),
    context: z.string().optional().describe("Context of the kubeconfig; its current one unless told."),
    namespace: z.string().optional().describe("The context's unless told."),
    image: z.string().describe("Container image with Node 20 or newer and what payloads need."),
    node: z.string().default("node").describe("Node in the image."),
    cpus: z.number().positive().optional().describe("Per pilot; as many as it has slots unless told."),
    memoryMb: z
      .number()
      .positive()
      .optional()
      .describe("Per pilot; its slots' part of the queue's unless told."),
    diskMb: z
      .number()
      .positive()
      .optional()
      .describe("Ephemeral storage per pilot; its slots' part unless told."),
    wallSec: z.number().positive().optional().describe("Of a pilot; the queue's limit unless told."),
    keepSec: z
      .number()
      .int()
      .nonnegative()
      .default(86_400)
      .describe("Jobs that have ended stay so long, for their logs."),
    lostSec: z
      .number()
      .positive()
      .default(300)
      .describe("A pod that is to end and has not after so long is on a node that is lost."),
    serviceAccount: z.string().optional(),
    priorityClass: z.string().optional(),
    nodeSelector: texts.default({}),
    tolerations: z
      .array(
        z
          .object({
            key: z.string().optional(),
            operator: z.enum(["Exists", "Equal"]).optional(),
            value: z.string().optional(),
            effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).optional(),
            tolerationSeconds: z.number().int().optional(),
          })
          .strict(),
      )
      .default([]),
    labels: texts.default({}).describe("Further labels of jobs and pods, such as Kueue's queue."),
    environment: texts.default({}).describe("Of the pilot."),
    pod: z
      .record(z.string(), z.json())
      .default({})
      .describe("Further members of the pod's spec: volumes, imagePullSecrets, affinity …"),
    container: z
      .record(z.string(), z.json())
      .default({})
      .describe("Further members of the container: volumeMounts, securityContext …"),
  })
  .strict();

export type KubernetesOptions = z.infer<typeof kubernetesOptionsSchema>;

const LABEL = "almagest.pilot";

/** The container that runs the pilot. */
export const CONTAINER = "pilot";

/** Text as a part of a name or label: small letters, digits and dashes, with a digest where that loses something. */
function plain(text: string): string {
  const simple = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 24);
  return simple === text
    ? simple
    : `${simple}-${createHash("sha256").update(text).digest("hex").slice(0, 6)}`;
}

/** Name of a worker's Job. The time at which the worker was made tells it from one of another database. */
export function jobName({ harvester, id, createdMs }: Worker): string {
  return `almagest-${plain(harvester)}-${id}-${createdMs.toString(36)}`.slice(0, 63).replace(/-+$/, "");
}

/** The label by which a harvester's Jobs and pods are found. */
export function harvesterLabel(harvester: string): string {
  return `${LABEL}/harvester=${plain(harvester)}`;
}

/** Names of the objects that hold pilot and token of a harvester. */
export const pilotMapName = (pilot: string): string =>
  `almagest-pilot-${createHash("sha256").update(pilot).digest("hex").slice(0, 12)}`;
export const tokenSecretName = (harvester: string): string => `almagest-token-${plain(harvester)}`;

const metadata = (name: string, harvester: string, labels: Readonly<Record<string, string>> = {}) => ({
  name,
  labels: {
    ...labels,
    "app.kubernetes.io/managed-by": "almagest",
    [`${LABEL}/harvester`]: plain(harvester),
  },
});

/** The pilot as a ConfigMap, named by its contents. */
export function pilotMap(pilot: string, harvester: string): Json {
  const head = { apiVersion: "v1", kind: "ConfigMap", metadata: metadata(pilotMapName(pilot), harvester) };
  return { ...head, immutable: true, data: { "pilot.mjs": pilot } };
}

/** The pilots' token as a Secret. */
export function tokenSecret(token: string, harvester: string): Json {
  const head = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: metadata(tokenSecretName(harvester), harvester),
  };
  return { ...head, type: "Opaque", data: { token: Buffer.from(token).toString("base64") } };
}

/** The Job of one worker: one pod, once. */
export function kubernetesJob(
  options: KubernetesOptions,
  worker: Worker,
  queue: Queue,
  setup: PilotSetup,
  pilot: string,
): Json {
  const part = setup.slots / queue.cores;
  const amounts = {
    cpu: String(options.cpus ?? setup.slots),
    memory: `${options.memoryMb ?? Math.ceil(queue.memoryMb * part)}M`,
    "ephemeral-storage": `${options.diskMb ?? Math.ceil(queue.diskMb * part)}M`,
  };
  const words = pilotWords(
    { ...setup, folder: "/tmp/almagest" },
    queue.name,
    worker.harvester,
    String(worker.id),
  );
  const labels = { ...options.labels, [`${LABEL}/worker`]: String(worker.id) };
  const meta = metadata(jobName(worker), worker.harvester, labels);
  const { volumes = [], ...pod } = options.pod;
  const { volumeMounts = [], env = [], ...container } = options.container;
  const environment = Object.entries(options.environment).map(([name, value]) => ({ name, value }));
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: meta,
    spec: {
      // A pilot that is started again would be a second one under one id.
      ...{ backoffLimit: 0, completions: 1, parallelism: 1, ttlSecondsAfterFinished: options.keepSec },
      template: {
        metadata: { labels: meta.labels },
        spec: {
          restartPolicy: "Never",
          // Counted from the pod's start; that of the Job would count its time in the queue too.
          activeDeadlineSeconds: Math.ceil(options.wallSec ?? queue.wallSec),
          terminationGracePeriodSeconds: 60,
          automountServiceAccountToken: false,
          ...(options.serviceAccount === undefined ? {} : { serviceAccountName: options.serviceAccount }),
          ...(options.priorityClass === undefined ? {} : { priorityClassName: options.priorityClass }),
          nodeSelector: options.nodeSelector,
          tolerations: options.tolerations.map(
            (toleration) => JSON.parse(JSON.stringify(toleration)) as Json,
          ),
          ...pod,
          containers: [
            {
              name: CONTAINER,
              image: options.image,
              command: [options.node, "/almagest/pilot.mjs", ...words],
              // What it printed last becomes the reason of a failure.
              terminationMessagePolicy: "FallbackToLogsOnError",
              resources: { requests: amounts, limits: amounts },
              ...container,
              env: [
                ...(env as Json[]),
                ...environment,
                { name: TOKEN_FILE_VARIABLE, value: "/almagest-token/token" },
              ],
              volumeMounts: [
                ...(volumeMounts as Json[]),
                { name: "almagest-pilot", mountPath: "/almagest", readOnly: true },
                { name: "almagest-token", mountPath: "/almagest-token", readOnly: true },
              ],
            },
          ],
          volumes: [
            ...(volumes as Json[]),
            { name: "almagest-pilot", configMap: { name: pilotMapName(pilot) } },
            {
              name: "almagest-token",
              secret: { secretName: tokenSecretName(worker.harvester), defaultMode: 0o444 },
            },
          ],
        },
      },
    },
  };
}
