import { AlmagestError, isAlmagestError } from "@almagest/base";

/** Our codes as the original's client knows errors. */
const ERROR_TYPES: Readonly<Record<string, string>> = {
  "BUTLER.COLLECTION_MISSING": "missing_collection",
  "BUTLER.COLLECTION_KIND": "collection_type",
  "BUTLER.COLLECTION_CYCLE": "collection_cycle",
  "BUTLER.COLLECTION_EXPRESSION": "invalid_query",
  "BUTLER.DATASET_TYPE_MISSING": "missing_dataset_type",
  "BUTLER.DATASET_MISSING": "dataset_not_found",
  "BUTLER.FILE_MISSING": "dataset_not_found",
  "BUTLER.DATA_ID_INVALID": "dimension_name",
  "BUTLER.RECORD_MISSING": "data_id_value",
  "BUTLER.DIMENSION_UNKNOWN": "dimension_name",
  "BUTLER.CALIBRATION_AMBIGUOUS": "calibration_lookup",
  "BUTLER.QUERY_INVALID": "invalid_query",
  "BUTLER.QUERY_UNSUPPORTED": "unimplemented_query",
  "BUTLER.NAME_INVALID": "dataset_type_expression",
};

const STATUS: Readonly<Record<string, number>> = {
  "BUTLER.FORBIDDEN": 403,
  "BUTLER.READ_ONLY": 403,
  "BUTLER.SERVER_BUSY": 503,
  "BUTLER.REQUEST_TOO_LARGE": 413,
  "BUTLER.REQUEST_INVALID": 400,
  "IDENTITY.ISSUER_UNREACHABLE": 503,
};

/** An error as it is sent: HTTP status, and a body that both the original's client and ours understand. What is no known
 * error tells nothing of the server's inside. */
export function wireError(error: unknown): {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
} {
  if (!isAlmagestError(error) || error.code === "BASE.INVARIANT") {
    return { status: 500, body: { error_type: "unknown", detail: "The server failed; its log says why." } };
  }
  const { code, message, fields, retryable } = error;
  const type = ERROR_TYPES[code];
  const status = STATUS[code] ?? (code.startsWith("IDENTITY.") ? 401 : 422);
  return {
    status,
    body: {
      error_type: type ?? "unknown",
      detail: message,
      code,
      fields,
      ...(retryable ? { retryable } : {}),
    },
  };
}

/** The error that a body of `wireError` tells of. */
export function readWireError(status: number, body: unknown): AlmagestError {
  const { code, detail, fields, retryable } = (
    typeof body === "object" && body !== null ? body : {}
  ) as Record<string, unknown>;
  return new AlmagestError(
    typeof code === "string" && /^[A-Z]+\.[A-Z_]+$/.test(code) ? code : "BUTLER.SERVER_FAILED",
    typeof detail === "string" ? detail : `The server answered with status ${status}.`,
    {
      fields:
        typeof fields === "object" && fields !== null ? (fields as Record<string, unknown>) : { status },
      ...(retryable === true ? { retryable: true } : {}),
    },
  );
}
