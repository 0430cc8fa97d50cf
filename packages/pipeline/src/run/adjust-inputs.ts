import type { DataId } from "@almagest/butler";
import { NoWorkFound } from "../no-work-found.ts";
import type { QuantumJob } from "./quantum-job.ts";
import type { LoadedTask } from "./runtime.ts";

/** Positions of the inputs to read: where some did not come to be, the task is asked again which of the rest it wants. Throws
 * `NoWorkFound` where too few are left. */
export function adjustInputs(job: QuantumJob, { task, config, edges }: LoadedTask): QuantumJob["inputsOf"] {
  if (task.adjustQuantum === undefined || !job.inputsMissing) return job.inputsOf;
  const dataIds = (
    positions: QuantumJob["inputsOf"],
    located: QuantumJob["inputs"],
  ): Record<string, DataId[]> =>
    Object.fromEntries(
      Object.entries(positions).map(([name, list]) => [name, list.map((at) => located[at]!.ref.dataId)]),
    );
  const kept = task.adjustQuantum({
    label: job.label,
    config,
    dataId: job.dataId,
    inputs: dataIds(job.inputsOf, job.inputs),
    outputs: dataIds(job.outputsOf, job.outputs),
  });
  const adjusted = Object.fromEntries(
    Object.entries(job.inputsOf).map(([name, list]) => [
      name,
      kept[name] === undefined ? list : list.filter((_, at) => kept[name]!.includes(at)),
    ]),
  );
  const lacking = edges.find(
    ({ kind, connection, minimum }) =>
      (kind === "input" || kind === "prerequisite") && (adjusted[connection]?.length ?? 0) < minimum,
  );
  if (lacking) throw new NoWorkFound(`too few '${lacking.datasetType}' left`);
  return adjusted;
}
