import type { BackgroundLayer, BackgroundModel } from "../background/background-model.ts";
import { readJsonFile, writeJsonFile } from "./json-file.ts";

type StoredLayer = Omit<BackgroundLayer, "values"> & { readonly values?: readonly number[] };

/** Writes a background as JSON, atomically; mesh values come back bit for bit. */
export async function writeBackground(path: string, model: BackgroundModel): Promise<void> {
  const layers = model.layers.map((layer) =>
    layer.kind === "chebyshev" ? layer : { ...layer, values: [...layer.values] },
  );
  await writeJsonFile(path, "almagest.background", { layers });
}

/** Reads a background. Throws `IMAGES.FILE_INVALID`. */
export async function readBackground(path: string): Promise<BackgroundModel> {
  const { layers } = await readJsonFile(path, "almagest.background");
  return {
    layers: (layers as StoredLayer[]).map((layer) =>
      layer.values
        ? ({ ...layer, values: Float32Array.from(layer.values) } as BackgroundLayer)
        : (layer as BackgroundLayer),
    ),
  };
}
