import type { Formatter } from "@almagest/butler";
import { type BackgroundModel, readBackground, writeBackground } from "@almagest/images";

/** Background models, one JSON document each. */
export const backgroundFormatter: Formatter<BackgroundModel> = {
  name: "almagest.formatters.BackgroundFormatter",
  extension: ".json",
  write: (model, path) => writeBackground(path, model),
  read: (path) => readBackground(path),
};
