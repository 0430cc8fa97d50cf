import { z } from "zod";
import { type Call, defineCall, ok } from "../call.ts";
import { integer } from "../schemas.ts";

/** The file server besides the upload itself, which streams: see `server.ts`. */
export const FILE_CALLS: readonly Call[] = [
  defineCall({
    legacy: undefined,
    v1: "file_server/validate_cache_file",
    method: "POST",
    needs: "user",
    summary: "Says whether a sandbox of this size and checksum is here already.",
    parameters: z.object({ file_size: integer, checksum: integer }),
    async run({ files, url }, { file_size: size, checksum }) {
      const name = await files?.find(size, checksum);
      return name === undefined
        ? ok(null, undefined, "NOTFOUND")
        : ok(null, undefined, `FOUND:${url()}:${name}`);
    },
  }),
];
