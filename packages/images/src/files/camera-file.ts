import type { Box } from "../box.ts";
import type { Camera } from "../camera.ts";
import { readJsonFile, writeJsonFile } from "./json-file.ts";

/** Writes a camera as JSON, atomically. */
export async function writeCamera(path: string, camera: Camera): Promise<void> {
  await writeJsonFile(path, "almagest.camera", { camera });
}

/** Reads a camera. Throws `IMAGES.FILE_INVALID`. */
export async function readCamera(path: string): Promise<Camera> {
  return (await readJsonFile(path, "almagest.camera")).camera as Camera;
}

/** Writes a detector's defects, boxes of bad pixels, as JSON, atomically. */
export async function writeDefects(path: string, defects: readonly Box[]): Promise<void> {
  await writeJsonFile(path, "almagest.defects", { defects });
}

/** Reads a detector's defects. Throws `IMAGES.FILE_INVALID`. */
export async function readDefects(path: string): Promise<readonly Box[]> {
  return (await readJsonFile(path, "almagest.defects")).defects as readonly Box[];
}
