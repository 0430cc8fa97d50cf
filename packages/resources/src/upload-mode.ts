import { AlmagestError } from "@almagest/base";
import type { UploadOptions } from "./resource-store.ts";

/** Refuses links into a store on another machine. Throws `RESOURCES.MODE_UNSUPPORTED`. */
export function copyOnly(uri: string, { mode = "copy" }: UploadOptions): void {
  if (mode === "copy" || mode === "move") return;
  throw new AlmagestError(
    "RESOURCES.MODE_UNSUPPORTED",
    `A ${mode} cannot lead to ${uri}; use copy or move.`,
    {
      fields: { uri, mode },
    },
  );
}
