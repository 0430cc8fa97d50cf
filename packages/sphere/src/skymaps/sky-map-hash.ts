import { createHash } from "node:crypto";
import type { SkyMapConfig } from "./sky-map-config.ts";

/** Values in the layout of Python's `struct.pack("<…")`: i a 32-bit integer, d a double, s bytes, ? one byte. */
function pack(
  items: readonly (readonly ["i" | "d", number] | readonly ["s", string] | readonly ["?", boolean])[],
): Uint8Array {
  const parts = items.map(([type, value]) => {
    if (type === "s") return new TextEncoder().encode(value);
    const bytes = new Uint8Array(type === "i" ? 4 : type === "d" ? 8 : 1);
    const view = new DataView(bytes.buffer);
    if (type === "i") view.setInt32(0, value, true);
    else if (type === "d") view.setFloat64(0, value, true);
    else bytes[0] = value ? 1 : 0;
    return bytes;
  });
  return Buffer.concat(parts);
}

/** SHA-1 of a sky map's configuration (20 bytes), equal to that of lsst.skymap's map of the same configuration. */
export function hashSkyMapConfig(config: SkyMapConfig): Uint8Array {
  const { patches } = config;
  const builder =
    patches.kind === "legacy"
      ? [patches.innerWidth, patches.innerHeight, patches.border]
      : [
          patches.cellSize,
          patches.cellSize,
          patches.cellBorder,
          patches.cellsPerPatchInner,
          patches.cellsInPatchBorder,
        ];
  const className = { rings: "RingsSkyMap", discrete: "DiscreteSkyMap", healpix: "HealpixSkyMap" }[
    config.kind
  ];
  const hash = createHash("sha1").update(className);
  hash.update(
    pack([
      ...builder.map((value) => ["i", value] as const),
      ["d", config.tractOverlapDeg],
      ["d", config.pixelScaleArcsec],
      ["s", config.projection ?? "TAN"],
      ["d", config.rotationDeg ?? 0],
    ]),
  );
  hash.update(packKind(config));
  return new Uint8Array(hash.digest());
}

function packKind(config: SkyMapConfig): Uint8Array {
  switch (config.kind) {
    case "rings":
      return pack([
        ["i", config.numRings],
        ["d", config.raStartDeg ?? 0],
      ]);
    case "discrete": {
      const { tracts } = config;
      const values = [
        tracts.map((t) => t.raDeg),
        tracts.map((t) => t.decDeg),
        tracts.map((t) => t.radiusDeg),
      ].flat();
      return pack(values.map((value) => ["d", value] as const));
    }
    case "healpix":
      return pack([
        ["i", config.log2NSide],
        ["?", config.nest ?? false],
      ]);
  }
}
