import { isAlmagestError } from "@almagest/base";
import type { ButlerState } from "../direct/butler-state.ts";
import { chooseFormatter } from "../formatter-registry.ts";
import type { DatasetRef, DatasetType } from "../types.ts";
import { lookupEntry } from "./lookup.ts";
import { parsePathTemplate } from "./path-template.ts";

/** Something in a repository's configuration that would stop a dataset type from being written. */
export interface ConfigurationProblem {
  readonly datasetType: string;
  readonly problem: string;
}

/** Which dataset types to validate. */
export interface ValidateOptions {
  readonly datasetTypes?: readonly string[];
  readonly ignore?: readonly string[];
}

function problemsOf(state: ButlerState, type: DatasetType): string[] {
  const problems: string[] = [];
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!isAlmagestError(error)) throw error;
      problems.push(error.message);
    }
  };
  const group = state.repository.universe.completeGroup(type.dimensions);
  const { templates, formatters } = state;
  for (const own of [undefined, ...templates.byInstrument.values()]) {
    attempt(() => {
      const template = parsePathTemplate(lookupEntry(templates.entries, own, type, group)!);
      const fields = new Set(
        template.parts.flatMap((part) => part.alternatives.map(({ primary }) => primary)),
      );
      if (fields.has("id")) return;
      const absent = group.required.filter((name) => {
        const element = state.repository.universe.element(name);
        const covered =
          element.skypix === undefined ? fields.has(name) : fields.has("skypix") || fields.has(name);
        // An obs_id or a detector's name stands for its instrument.
        return !covered && !(element.isGovernor && group.required.length > 1);
      });
      if (absent.length > 0)
        problems.push(
          `The template '${template.text}' does not tell apart datasets of different ${absent.join(", ")}.`,
        );
    });
  }
  attempt(() => {
    chooseFormatter(
      formatters,
      { id: "", datasetType: type, dataId: {}, run: "" } satisfies DatasetRef,
      group,
    );
  });
  return [...new Set(problems)];
}

/** Checks that every dataset type has a sound file name template and a formatter. */
export async function validateConfiguration(
  state: ButlerState,
  options: ValidateOptions = {},
): Promise<ConfigurationProblem[]> {
  const ignore = new Set(options.ignore ?? []);
  const types = await state.types.list(options.datasetTypes ?? "*");
  return types
    .filter(({ type }) => !ignore.has(type.name))
    .flatMap(({ type }) => problemsOf(state, type).map((problem) => ({ datasetType: type.name, problem })));
}
