import { AlmagestError, canonicalJson } from "@almagest/base";
import { sql } from "@almagest/database";
import type { Queue } from "../scheduling/resources.ts";
import type { RetryRule } from "../scheduling/retry-rules.ts";
import type { Commit } from "./commit.ts";

/** A queue as an operator defines it. */
export type QueueSpec = Omit<Queue, "id">;

/** Writes a new queue, or the one of that name anew. */
export async function defineQueue(commit: Commit, spec: QueueSpec): Promise<Queue> {
  const { world, db } = commit;
  const known = [...world.queues.values()].find(({ name }) => name === spec.name);
  const id = known?.id ?? Math.max(0, ...world.queues.keys()) + 1;
  const row = [id, spec.name, canonicalJson(spec)];
  await db.insertMany("queue", ["id", "name", "spec"], [row], { onConflict: { replaceBy: ["id"] } });
  const entry: Queue = { ...spec, id };
  world.queues.set(id, entry);
  if (!world.loads.has(id)) world.loads.set(id, { activated: 0, running: 0 });
  commit.log("q", id, spec.status, spec.name);
  return entry;
}

/** Replaces the facilities' targets; what was charged to a facility that keeps a share stays. */
export async function setShares(commit: Commit, targets: Readonly<Record<string, number>>): Promise<void> {
  const { world, db } = commit;
  await db.run(sql`DELETE FROM facility_share`);
  const before = new Map(world.shares);
  world.shares.clear();
  for (const [facility, target] of Object.entries(targets)) {
    const share = { facility, target, chargedCoreSec: before.get(facility)?.chargedCoreSec ?? 0 };
    world.shares.set(facility, share);
    const row = [facility, target, share.chargedCoreSec];
    await db.insertMany("facility_share", ["facility", "target", "charged"], [row]);
  }
}

/** Replaces the retry rules. Throws `WORKLOAD.RETRY_RULE_INVALID`. */
export async function setRetryRules({ world, db }: Commit, rules: readonly RetryRule[]): Promise<void> {
  for (const { pattern } of rules) {
    try {
      new RegExp(pattern ?? "");
    } catch (cause) {
      throw new AlmagestError("WORKLOAD.RETRY_RULE_INVALID", `${pattern} is no regular expression.`, {
        cause,
      });
    }
  }
  await db.run(sql`DELETE FROM retry_rule`);
  const rows = rules.map((rule, position) => [position, canonicalJson(rule)]);
  await db.insertMany("retry_rule", ["position", "rule"], rows);
  world.retryRules.splice(0, Number.POSITIVE_INFINITY, ...rules);
}
