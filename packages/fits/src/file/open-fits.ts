import { AlmagestError } from "@almagest/base";
import { type ByteSource, bytesSource } from "../source/byte-source.ts";
import { openFileSource } from "../source/file-source.ts";
import { gunzipSource, isGzip } from "../source/gzip-source.ts";
import { createHdu, type Hdu } from "./hdu.ts";
import { scanHdus } from "./scan.ts";

/** An open FITS file; declare it with `await using`, or close it. */
export interface FitsFile extends AsyncDisposable {
  readonly hdus: readonly Hdu[];
  /** Damage found beyond the first HDU; always empty unless opened with `tolerant`. */
  readonly damage: readonly AlmagestError[];
  /** The HDU of this index, or of this name (case does not matter) and version; throws `FITS.HDU_MISSING`. */
  hdu(indexOrName: number | string, version?: number): Hdu;
  close(): Promise<void>;
}

/** How to open a file. */
export interface OpenOptions {
  /** Keep the intact HDUs of a damaged file and list what is wrong in `damage`, instead of throwing. */
  readonly tolerant?: boolean;
  /** Most memory one read, or unpacking a gzipped file, may take; 8 GiB unless given. */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BYTES = 8 * 2 ** 30;

/**
 * Opens a FITS file by path, bytes or source and reads its headers, not its data; a gzipped file is unpacked into memory. Throws
 * `FITS.FILE_UNREADABLE`, `FITS.NOT_FITS`, `FITS.GZIP_INVALID` or what is wrong with a header.
 */
export async function openFits(
  input: string | ByteSource | Uint8Array,
  options: OpenOptions = {},
): Promise<FitsFile> {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const outer =
    typeof input === "string"
      ? await openFileSource(input)
      : input instanceof Uint8Array
        ? bytesSource(input)
        : input;
  const close = async (): Promise<void> => {
    await outer.close?.();
  };
  try {
    const head = await outer.read(0, Math.min(2, outer.size));
    const source = isGzip(head) ? await gunzipSource(outer, maxBytes) : outer;
    const damage: AlmagestError[] = [];
    const scanned = await scanHdus(
      source,
      options.tolerant === true ? (error) => damage.push(error) : undefined,
    );
    const hdus = scanned.map((entry, index) => createHdu(source, entry, index, maxBytes));
    return {
      hdus,
      damage,
      hdu: (indexOrName, version) => findHdu(hdus, indexOrName, version),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function findHdu(hdus: readonly Hdu[], indexOrName: number | string, version: number | undefined): Hdu {
  const found =
    typeof indexOrName === "number"
      ? hdus[indexOrName]
      : hdus.find(
          (hdu) =>
            hdu.name.toUpperCase() === indexOrName.trim().toUpperCase() &&
            (version === undefined || hdu.version === version),
        );
  if (found !== undefined) return found;
  const names = hdus.map((hdu) => hdu.name);
  const wanted = `${indexOrName}${version === undefined ? "" : ` version ${version}`}`;
  throw new AlmagestError("FITS.HDU_MISSING", `There is no HDU ${wanted}; there are ${names.join(", ")}.`, {
    fields: { wanted, names },
  });
}
