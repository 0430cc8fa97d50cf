import { createHash } from "node:crypto";
import { AlmagestError, canonicalJson, type Json, parseJson } from "@almagest/base";
import { z } from "zod";
import type { TaskCommand } from "../../manager/control-tasks.ts";
import { listFailedAttempts } from "../../questions/list-attempts.ts";
import { listWorkflows } from "../../questions/list-workflows.ts";
import { type Call, type CallContext, defineCall, type Services } from "../call.ts";
import { controlWorkflow } from "../control-workflow.ts";
import { requireOwner } from "../ownership.ts";
import { describeRequest } from "../submission/idds-report.ts";
import { readIddsWorkflow } from "../submission/idds-workflow.ts";

type Arguments = Readonly<Record<string, unknown>> & { readonly list: readonly unknown[] };
type Relay = (services: Services, args: Arguments, context: CallContext) => Promise<Json>;

const idOf = (args: Arguments): number =>
  z.coerce
    .number()
    .int()
    .parse(args.request_id ?? args.workload_id ?? args.list[0]);

/** Submits; the key is the digest of what the workflow says, so that a submission that is sent again is not a second one. */
async function submit({ manager }: Services, { list }: Arguments, { caller }: CallContext): Promise<Json> {
  const { name, tasks, jobs } = readIddsWorkflow(list[0]);
  const digest = createHash("sha256")
    .update(canonicalJson({ name, tasks, jobs } as unknown as Json))
    .digest("hex");
  const spec = {
    key: `idds:${caller.subject}:${digest}`,
    name,
    owner: caller.subject,
    tasks,
    jobCount: jobs.length,
  };
  return (await manager.submit(spec, jobs)).workflowId;
}

const command =
  (word: TaskCommand): Relay =>
  async ({ manager }, args, { caller }) => {
    const id = idOf(args);
    await requireOwner(manager, caller, { kind: "workflow", id });
    await controlWorkflow(manager, id, word);
    return [0, `${word} registered`];
  };

async function getRequests({ manager }: Services, args: Arguments): Promise<Json> {
  const wanted = args.request_id ?? args.list[0];
  const lines = await manager.ask((db, world) => listWorkflows(db, world, { limit: 1000 }));
  const chosen = wanted == null ? lines : lines.filter(({ id }) => id === Number(wanted));
  const rows = await Promise.all(
    chosen.map(async ({ id, createdMs }) =>
      describeRequest(await manager.workflow(id), createdMs, args.with_detail === true),
    ),
  );
  return rows.flat();
}

/** Exit codes of failed jobs by task, as `bps report --return-exit-codes` reads them. */
async function getContents({ manager }: Services, args: Arguments): Promise<Json> {
  const workload = z.coerce.number().int().parse(args.workload_id);
  const failed = await manager.ask((db) => listFailedAttempts(db, workload));
  return {
    [workload]: failed.map(({ id, exitCode, name }) => ({
      panda_id: id,
      name,
      trans_exit_code: exitCode ?? null,
    })),
  };
}

/** iDDS's commands that are relayed. To add one, add a line. */
const COMMANDS: ReadonlyMap<string, Relay> = new Map<string, Relay>([
  ["submit", submit],
  ["ping", async () => ({ Status: "OK" })],
  ["get_requests", getRequests],
  ["get_contents_output_ext", getContents],
  ["abort", command("kill")],
  ["retry", command("retry")],
  ["close", command("finish")],
  ["finish", command("finish")],
  ["suspend", command("pause")],
  ["resume", command("resume")],
]);

/** Arguments come as JSON text; JSON that is no object or list is a mistake of the sender's. */
function readText(text: unknown, what: string): unknown {
  if (text === undefined || text === null) return undefined;
  if (typeof text !== "string") return text;
  try {
    return parseJson(text);
  } catch (cause) {
    throw new AlmagestError("WORKLOAD.REQUEST_INVALID", `${what}: ${(cause as Error).message}`, { cause });
  }
}

/** What reaches iDDS through PanDA's server. */
export const IDDS_CALLS: readonly Call[] = [
  defineCall({
    legacy: "relay_idds_command",
    v1: "idds/relay_idds_command",
    method: "POST",
    needs: "user",
    summary:
      "Carries out a command of iDDS: what `bps submit`, `report` and `cancel` with the PanDA plugin send.",
    parameters: z.looseObject({
      command_name: z.string(),
      args: z.unknown().optional(),
      kwargs: z.unknown().optional(),
    }),
    async run(services, asked, context) {
      // A host behind a plus sign is one of several iDDS servers; here there is one.
      const name = asked.command_name.split("+")[0]!;
      const relay = COMMANDS.get(name);
      try {
        if (relay === undefined) {
          throw new AlmagestError("WORKLOAD.REQUEST_INVALID", `The iDDS command ${name} is not served.`);
        }
        const list = (readText(asked.args, "args") ?? []) as readonly unknown[];
        const words = (readText(asked.kwargs, "kwargs") ?? {}) as Readonly<Record<string, unknown>>;
        const result = await relay(services, { ...words, list: Array.isArray(list) ? list : [] }, context);
        return { success: true, message: "", data: result, legacy: [true, result] };
      } catch (error) {
        if (error instanceof z.ZodError) {
          return {
            success: false,
            message: "a number is missing",
            data: null,
            legacy: [false, "a number is missing"],
          };
        }
        if (
          !(error instanceof AlmagestError) ||
          error.code.startsWith("IDENTITY.") ||
          error.code.startsWith("BASE.")
        )
          throw error;
        return { success: false, message: error.message, data: null, legacy: [false, error.message] };
      }
    },
  }),
];
