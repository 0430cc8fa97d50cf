import type { Formatter } from "@almagest/butler";
import { type Box, type Camera, readCamera, readDefects, writeCamera, writeDefects } from "@almagest/images";

/** Camera descriptions, one JSON document each. */
export const cameraFormatter: Formatter<Camera> = {
  name: "almagest.formatters.CameraFormatter",
  extension: ".json",
  write: (camera, path) => writeCamera(path, camera),
  read: (path) => readCamera(path),
};

/** Defect lists (boxes of bad pixels), one JSON document each. */
export const defectsFormatter: Formatter<readonly Box[]> = {
  name: "almagest.formatters.DefectsFormatter",
  extension: ".json",
  write: (defects, path) => writeDefects(path, defects),
  read: (path) => readDefects(path),
};
