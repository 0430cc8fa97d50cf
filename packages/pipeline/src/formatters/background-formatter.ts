import type { Formatter } from "@almagest/butler";
import { type BackgroundModel, readBackground, writeBackground } from "@almagest/images";
import { PLAIN_JSON } from "./plain-json.ts";

/** Background models, one JSON document each. */
export const backgroundFormatter: Formatter<BackgroundModel> = {
  ...PLAIN_JSON,
  write: (model, path) => writeBackground(path, model),
  read: (path) => readBackground(path),
};
