import { AlmagestError } from "@almagest/base";
import type { TableData, TablePlace, TableRequest } from "./table-data.ts";
export async function readAsciiTable(place: TablePlace, _request: TableRequest): Promise<TableData> {
  throw new AlmagestError("FITS.UNSUPPORTED", `ASCII table ${place.name} is not read yet.`);
}
