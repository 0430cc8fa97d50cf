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

/** Replaces the targets of facilities, or of groups of tasks; what was charged to one that keeps a share stays. */
export async function setShares(
  { world, db }: Commit,
  kind: "facility" | "group",
  targets: Readonly<Record<string, number>>,
): Promise<void> {
  const shares = kind === "facility" ? world.shares : world.groupShares;
  await db.run(sql`DELETE FROM share WHERE kind = ${kind}`);
  const before = new Map(shares);
  shares.clear();
  for (const [name, target] of Object.entries(targets)) {
    const entry = { name, target, chargedCoreSec: before.get(name)?.chargedCoreSec ?? 0 };
    shares.set(name, entry);
    await db.insertMany(
      "share",
      ["kind", "name", "target", "charged"],
      [[kind, name, target, entry.chargedCoreSec]],
    );
  }
}

/** Throws `WORKLOAD.RETRY_RULE_INVALID` for a pattern that is no regular expression. */
export function checkRetryRules(rules: readonly RetryRule[]): void {
  for (const { pattern } of rules) {
    try {
      new RegExp(pattern ?? "");
    } catch (cause) {
      throw new AlmagestError("WORKLOAD.RETRY_RULE_INVALID", `${pattern} is no regular expression.`, {
        cause,
      });
    }
  }
}

/** Replaces the retry rules, which have been checked. */
export async function setRetryRules({ world, db }: Commit, rules: readonly RetryRule[]): Promise<void> {
  await db.run(sql`DELETE FROM retry_rule`);
  const rows = rules.map((rule, position) => [position, canonicalJson(rule)]);
  await db.insertMany("retry_rule", ["position", "rule"], rows);
  world.retryRules.splice(0, Number.POSITIVE_INFINITY, ...rules);
}
