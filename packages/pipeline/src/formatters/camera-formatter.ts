import type { Formatter } from "@almagest/butler";
import { type Box, type Camera, readCamera, readDefects, writeCamera, writeDefects } from "@almagest/images";
import { PLAIN_JSON } from "./plain-json.ts";

/** Camera descriptions, one JSON document each. */
export const cameraFormatter: Formatter<Camera> = {
  ...PLAIN_JSON,
  write: (camera, path) => writeCamera(path, camera),
  read: (path) => readCamera(path),
};

/** Defect lists (boxes of bad pixels), one JSON document each. */
export const defectsFormatter: Formatter<readonly Box[]> = {
  ...PLAIN_JSON,
  write: (defects, path) => writeDefects(path, defects),
  read: (path) => readDefects(path),
};
