import { availableParallelism, totalmem } from "node:os";
import { AlmagestError } from "@almagest/base";
import { z } from "zod";
import { HARVESTER_PLUGINS } from "../harvester/harvester-plugin.ts";

const role = z.enum(["reader", "user", "production", "operator", "pilot"]);
const groupGrant = z
  .object({ group: z.string(), roles: z.array(role) })
  .strict()
  .describe("A group of tokens and what it may do.");
const subjectGrant = z
  .object({ subject: z.string(), roles: z.array(role) })
  .strict()
  .describe("A subject (of a token, or the distinguished name of a certificate) and what it may do.");

const harvesterSchema = z
  .object({
    plugin: z.enum([...HARVESTER_PLUGINS.keys()] as [string, ...string[]]).describe("Kind of batch system."),
    slots: z.number().int().positive().default(1).describe("Jobs at once per pilot."),
    maxWorkers: z.number().int().positive().describe("Pilots at once."),
    maxNew: z.number().int().positive().default(100).describe("New pilots per round."),
    idleSec: z.number().positive().default(300).describe("A pilot ends after so long without work."),
    periodSec: z.number().positive().default(5).describe("Between rounds."),
    folder: z
      .string()
      .optional()
      .describe("For the pilots' files, on the worker; `pilots` beside the database."),
    url: z.string().optional().describe("The server as seen from the worker, where it differs."),
    options: z.record(z.string(), z.json()).default({}).describe("What the plugin needs besides."),
  })
  .strict();

const queueSchema = z
  .object({
    name: z.string().min(1),
    facility: z.string().min(1),
    status: z.enum(["online", "offline", "drain"]).default("online").describe("Only when it is first seen."),
    cores: z.number().int().positive(),
    memoryMb: z.number().positive(),
    wallSec: z.number().positive().default(172_800),
    diskMb: z.number().positive().default(100_000),
    software: z.array(z.string()).default([]),
    backlog: z
      .number()
      .int()
      .positive()
      .default(1000)
      .describe("Jobs that may lie there and wait for a pilot."),
    maxActive: z.number().int().positive().optional(),
    harvester: harvesterSchema.optional(),
  })
  .strict();

/** What a service is made of; `workload.yaml` of its folder. */
export const serviceConfigSchema = z
  .object({
    queues: z.array(queueSchema).default([]),
    shares: z
      .record(z.string(), z.number().nonnegative())
      .optional()
      .describe("What each facility ought to do."),
    issuers: z
      .array(
        z
          .object({
            issuer: z.string(),
            audience: z.string().optional(),
            jwksUrl: z.string().optional(),
            grants: z.array(z.union([groupGrant, subjectGrant])),
          })
          .strict(),
      )
      .default([])
      .describe("OIDC providers that are trusted besides the folder's own."),
    certificates: z
      .array(subjectGrant)
      .default([])
      .describe("Client certificates that are let in; needs tls."),
    tls: z
      .object({ cert: z.string(), key: z.string(), ca: z.string().optional() })
      .strict()
      .optional()
      .describe("Files (PEM); then the server speaks HTTPS."),
    endpoints: z.record(z.string(), z.json()).default({}).describe("Storage endpoints as pilots read them."),
    queueFields: z.record(z.string(), z.json()).default({}).describe("Fields of the queue files for pilots."),
    logs: z
      .object({
        keepLines: z.number().int().positive().default(10_000_000),
        loki: z
          .object({
            url: z.string().describe("Loki's address for pushes."),
            tokenFile: z.string().optional().describe("A file with its bearer token."),
          })
          .strict()
          .optional(),
        google: z
          .object({
            project: z.string().describe("A project of Google's cloud."),
            log: z.string().default("almagest-jobs").describe("Name of the log in its Cloud Logging."),
            keyFile: z
              .string()
              .optional()
              .describe("A service account's key (JSON); the machine's own account unless told."),
            url: z.string().default("https://logging.googleapis.com"),
          })
          .strict()
          .optional(),
      })
      .strict()
      .default({ keepLines: 10_000_000 })
      .describe(
        "Lines of jobs' logs that are kept, and stores (Loki, Google's Cloud Logging) that get a copy.",
      ),
    messages: z
      .object({
        host: z.string(),
        port: z.number().int().positive(),
        login: z.string().optional(),
        passcodeFile: z
          .string()
          .optional()
          .describe("A file, so that the secret stands in no configuration."),
        tls: z
          .object({ ca: z.string().optional(), cert: z.string().optional(), key: z.string().optional() })
          .strict()
          .optional()
          .describe("Files (PEM); with a certificate and key the service proves itself by them."),
        prefix: z.string().default("/topic/").describe("Before the destinations' names."),
      })
      .strict()
      .optional()
      .describe("A broker (STOMP) that is told of every job, task and worker."),
    traces: z
      .object({
        url: z
          .string()
          .describe("A collector's address for OTLP over HTTP: http://collector.example:4318/v1/traces."),
        tokenFile: z.string().optional().describe("A file with its bearer token."),
        sample: z
          .number()
          .min(0)
          .max(1)
          .default(1)
          .describe("Share of the jobs that are traced; failures always are."),
      })
      .strict()
      .optional()
      .describe("A collector (OpenTelemetry) that is sent the spans of every job from submit to end."),
    tickSec: z.number().positive().default(60).describe("Between looks for lost jobs."),
  })
  .strict();

/** A service's configuration as checked. */
export type ServiceConfig = z.infer<typeof serviceConfigSchema>;

/** Checks a configuration; throws `WORKLOAD.CONFIG_INVALID` naming the place. */
export function readServiceConfig(value: unknown): ServiceConfig {
  const result = serviceConfigSchema.safeParse(value ?? {});
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new AlmagestError("WORKLOAD.CONFIG_INVALID", `${path.join(".") || "the file"}: ${message}`, {
    fields: { path: path.join(".") },
  });
}

/** A laptop's: one queue of this machine with one pilot that runs as many jobs at once as there are cores. */
export function laptopConfig(cores = availableParallelism()): ServiceConfig {
  return readServiceConfig({
    queues: [
      {
        name: "local",
        facility: "here",
        cores,
        memoryMb: Math.floor(totalmem() / 1e6),
        harvester: { plugin: "local", slots: cores, maxWorkers: 1, idleSec: 60, periodSec: 0.5 },
      },
    ],
  });
}
