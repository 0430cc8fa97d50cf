import { AlmagestError } from "@almagest/base";
import type { ButlerLogRecord, ButlerLogRecords } from "../run/log-records.ts";
import { createEncodingFormatter } from "./encoding-formatter.ts";

const EXTRA = "###EXTRA###";

/** Logs of quanta in the streaming form of the Butler: one JSON record per line, then `###EXTRA###` and a JSON document
 * where there is more to say. Reads the Butler's two other forms as well. */
export const logFormatter = createEncodingFormatter<ButlerLogRecords>({
  name: "lsst.daf.butler.formatters.logs.ButlerLogRecordsFormatter",
  extension: ".json",
  encode({ records, extra }) {
    const lines = records.map((record) => `${JSON.stringify(record)}\n`);
    if (extra !== undefined) lines.push(`${EXTRA}\n${JSON.stringify(extra)}\n`);
    return lines.join("");
  },
  parse(text, _options, path): ButlerLogRecords {
    try {
      if (text.startsWith("[")) return { records: JSON.parse(text) as ButlerLogRecord[] };
      if (text.startsWith('{"extended"') || text.startsWith('{"records"')) {
        const { records, extended: _extended, version: _version, ...extra } = JSON.parse(text);
        return { records: records ?? [], extra };
      }
      const [body = "", extra] = text.split(`${EXTRA}\n`);
      const records = body
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => JSON.parse(line) as ButlerLogRecord);
      return extra === undefined ? { records } : { records, extra: JSON.parse(extra) };
    } catch (cause) {
      throw new AlmagestError(
        "PIPELINE.FORMAT_INVALID",
        `${path} is not a log: ${(cause as Error).message}.`,
        {
          fields: { path },
          cause,
        },
      );
    }
  },
});
