import type { DataId } from "@almagest/butler";
import type { ClusterSection } from "./cluster-section.ts";
import type { QuantumNodes } from "./quantum-nodes.ts";

/** Quanta of a section's tasks that hang together, each group led by one source (a quantum without parents inside the
 * section) or one sink (without children); a quantum that hangs on several belongs to the first. */
export function groupByDependency(
  nodes: QuantumNodes,
  section: ClusterSection,
  quanta: readonly number[],
): { readonly dataId: DataId; readonly quanta: number[] }[] {
  const inside = new Set(quanta);
  const ahead = new Map<number, number[]>(quanta.map((quantum) => [quantum, []]));
  const behind = new Map<number, number[]>(quanta.map((quantum) => [quantum, []]));
  for (const quantum of quanta) {
    for (const parent of nodes.parents(quantum)) {
      if (!inside.has(parent)) continue;
      behind.get(quantum)!.push(parent);
      ahead.get(parent)!.push(quantum);
    }
  }
  const [forward, backward] = section.findDependencyMethod === "source" ? [ahead, behind] : [behind, ahead];
  const taken = new Set<number>();
  const groups: { dataId: DataId; quanta: number[] }[] = [];
  for (const leader of quanta.filter((quantum) => backward.get(quantum)!.length === 0)) {
    const members = new Set([leader]);
    for (const member of members) {
      taken.add(member);
      for (const next of forward.get(member)!) if (!taken.has(next)) members.add(next);
    }
    groups.push({ dataId: nodes.dataId(leader), quanta: [...members] });
  }
  return groups;
}
