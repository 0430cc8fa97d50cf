import { AlmagestError } from "@almagest/base";

/** Orders nodes so that each comes after its predecessors; among those free at the same time, input order decides.
 * Throws `PIPELINE.CYCLE` naming a circle. */
export function sortTopologically(
  nodes: readonly string[],
  predecessors: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const done = new Set<string>();
  const order: string[] = [];
  let left = [...nodes];
  while (left.length > 0) {
    const next = left.find((node) => [...(predecessors.get(node) ?? [])].every((before) => done.has(before)));
    if (next === undefined) {
      const circle = findCycle(left, predecessors);
      throw new AlmagestError("PIPELINE.CYCLE", `These tasks need each other: ${circle.join(" → ")}.`, {
        fields: { labels: circle },
      });
    }
    done.add(next);
    order.push(next);
    left = left.filter((node) => node !== next);
  }
  return order;
}

function findCycle(
  nodes: readonly string[],
  predecessors: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const inside = new Set(nodes);
  const path: string[] = [];
  let node = nodes[0]!;
  while (!path.includes(node)) {
    path.push(node);
    node = [...(predecessors.get(node) ?? [])].find((before) => inside.has(before))!;
  }
  return [...path.slice(path.indexOf(node)), node].reverse();
}
