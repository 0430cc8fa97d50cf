import { readFile } from "node:fs/promises";
import type { Json } from "@almagest/base";
import { z } from "zod";
import type { Worker, WorkerStatus } from "../core/worker-state.ts";
import type { Queue } from "../scheduling/resources.ts";
import { createArcClient } from "./arc-client.ts";
import { ArcDelegations } from "./arc-delegation.ts";
import type { HarvesterPlugin, PilotSetup, WorkerSight } from "./harvester-plugin.ts";
import { PILOT_FILE, pilotWords, shellQuote, TOKEN_FILE_VARIABLE } from "./pilot-command.ts";
import { readPluginOptions } from "./plugin-options.ts";

const optionsSchema = z
  .object({
    url: z.string().describe("Base of ARC's REST interface: https://HOST:PORT/arex/rest/1.0."),
    certificate: z.string().describe("Of the user who submits (PEM file)."),
    key: z.string().describe("Of that certificate (PEM file)."),
    ca: z.string().optional().describe("Authorities that are trusted (PEM file)."),
    queue: z.string().optional().describe("ARC's queue; its default unless told."),
    cpus: z.number().int().positive().optional().describe("Per pilot; as many as it has slots unless told."),
    memoryMb: z
      .number()
      .positive()
      .optional()
      .describe("Per pilot; its slots' part of the queue's unless told."),
    wallSec: z.number().positive().optional().describe("Of a pilot; the queue's limit unless told."),
    node: z.string().optional().describe("Node 20 or newer on the workers; this program's unless told."),
    setup: z.array(z.string()).default([]).describe("Shell lines before the pilot, such as `module load`."),
    delegate: z
      .object({
        days: z.number().int().positive().default(3).describe("A proxy is good for so long."),
        renewHours: z.number().positive().default(24).describe("It is renewed when it has less left."),
      })
      .strict()
      .optional()
      .describe("Lends ARC the user's rights by a proxy, for what ARC itself fetches and stores."),
  })
  .strict();

type ArcOptions = z.infer<typeof optionsSchema>;

/** States of ARC's REST interface and ours; FAILED is a failure, any other unknown one too. */
const STATES: ReadonlyMap<string, WorkerStatus> = new Map([
  ...["ACCEPTING", "ACCEPTED", "PREPARING", "PREPARED", "SUBMITTING", "QUEUING"].map(
    (state) => [state, "submitted"] as const,
  ),
  ...["RUNNING", "OTHER", "EXECUTED", "FINISHING", "KILLING"].map((state) => [state, "running"] as const),
  ["FINISHED", "finished"],
  ["KILLED", "cancelled"],
]);

const nameOf = ({ harvester, id }: Pick<Worker, "harvester" | "id">): string => `almagest-${harvester}-${id}`;

/** A word of xRSL: quotes are doubled. */
const word = (value: string): string => `"${value.replaceAll('"', '""')}"`;

/** The description of one pilot's job. Its files come by upload, its own folder is the session's. */
export function arcDescription(
  options: ArcOptions,
  worker: Worker,
  queue: Queue,
  setup: PilotSetup,
  delegation?: string,
): string {
  const cpus = options.cpus ?? setup.slots;
  const memoryMb = options.memoryMb ?? Math.ceil((queue.memoryMb * setup.slots) / queue.cores);
  const minutes = Math.ceil((options.wallSec ?? queue.wallSec) / 60);
  return [
    `&(executable="/bin/sh")(arguments="pilot.sh")(jobname=${word(nameOf(worker))})`,
    `(inputfiles=${FILES.map((name) => `("${name}" "")`).join("")})`,
    ...(options.queue === undefined ? [] : [`(queue=${word(options.queue)})`]),
    // ARC counts memory per process of the count.
    `(count=${cpus})(countpernode=${cpus})(memory=${Math.ceil(memoryMb / cpus)})(walltime="${minutes}")`,
    ...(delegation === undefined ? [] : [`(delegationid=${word(delegation)})`]),
    `(stdout="pilot.log")(join="yes")(outputfiles=("pilot.log" ""))`,
  ].join("");
}

const FILES = ["pilot.sh", "pilot.mjs", "pilot.token"] as const;

function pilotScript(options: ArcOptions, worker: Worker, queue: Queue, setup: PilotSetup): string {
  const words = pilotWords({ ...setup, folder: "FOLDER" }, queue.name, worker.harvester, String(worker.id));
  return [
    "#!/bin/sh",
    ...options.setup,
    "chmod 600 pilot.token",
    `export ${TOKEN_FILE_VARIABLE}="$PWD/pilot.token"`,
    // The shell gives its place to the pilot, which then gets the batch system's signals itself.
    `exec ${shellQuote(options.node ?? process.execPath)} "$PWD/pilot.mjs" ${words
      .map((each) => (each === "FOLDER" ? '"$PWD/pilot"' : shellQuote(each)))
      .join(" ")}`,
    "",
  ].join("\n");
}

/** Pilots as jobs of a NorduGrid ARC by its REST interface, with a user's certificate. Workers need no common folder: the
 * pilot is uploaded with each job. */
export function createArc(given: Readonly<Record<string, Json>> = {}): HarvesterPlugin {
  const options = readPluginOptions("arc", optionsSchema, given);
  const client = createArcClient(options);
  const { delegate } = options;
  const delegations = delegate === undefined ? undefined : new ArcDelegations(client, options, delegate);
  return {
    async submit(workers, queue, setup) {
      const pilot = await readFile(PILOT_FILE, "utf8");
      const delegation = await delegations?.current();
      const taken = await client.submit(
        workers.map((worker) => arcDescription(options, worker, queue, setup, delegation)),
      );
      const ids = new Map<number, string>();
      for (const [index, worker] of workers.entries()) {
        const job = taken[index];
        if (job?.id === undefined) continue;
        ids.set(worker.id, job.id);
        const script = pilotScript(options, worker, queue, setup);
        for (const [name, content] of [
          ["pilot.sh", script],
          ["pilot.mjs", pilot],
          ["pilot.token", setup.token ?? ""],
        ] as const) {
          await client.upload(job.id, name, content);
        }
      }
      return ids;
    },
    async find(workers) {
      const wanted = new Map(workers.map((worker) => [nameOf(worker), worker.id]));
      const found = new Map<number, string>();
      for (const id of await client.list()) {
        const name = /^jobname=(.*)$/m.exec(await client.diagnose(id, "local"))?.[1];
        const worker = name === undefined ? undefined : wanted.get(name);
        if (worker !== undefined) found.set(worker, id);
      }
      return found;
    },
    async poll(workers) {
      await delegations?.keep(workers.flatMap(({ batchId }) => (batchId === "" ? [] : [batchId])));
      const idOf = new Map(workers.map(({ id, batchId }) => [batchId, id]));
      const sights = new Map<number, WorkerSight>();
      for (const { id, state } of await client.status([...idOf.keys()])) {
        const worker = idOf.get(id);
        if (worker === undefined || state === undefined) continue;
        const status = STATES.get(state) ?? "failed";
        const why = status === "failed" ? (await client.diagnose(id, "failed")).trim() : "";
        sights.set(worker, { status, text: why === "" ? state : `${state}: ${why}` });
      }
      return sights;
    },
    cancel: (workers) => client.kill(workers.flatMap(({ batchId }) => (batchId === "" ? [] : [batchId]))),
    log: ({ batchId }) => client.output(batchId, "pilot.log"),
    // What ARC has goes on without this process.
    async [Symbol.asyncDispose]() {
      client.close();
    },
  };
}
