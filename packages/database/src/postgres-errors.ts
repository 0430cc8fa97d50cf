import { AlmagestError } from "@almagest/base";

/** The five-character code of an error the server sent, or the code of a network error. */
function codeOf(error: unknown): string {
  const code = (error as { code?: unknown })?.code;
  return typeof code === "string" ? code : "";
}

const NETWORK = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EHOSTUNREACH"]);

/** True when the connection is gone (server ended, restarting, network), so that another one may do. */
export function isLost(error: unknown): boolean {
  const code = codeOf(error);
  if (NETWORK.has(code) || code.startsWith("08") || /^57P0[123]$/.test(code)) return true;
  const message = (error as Error)?.message ?? "";
  return /Connection terminated|connection error and is not queryable|Client was closed/.test(message);
}

/** True when the server undid a transaction that stood in the way of another (40001, 40P01). */
export function isConflict(error: unknown): boolean {
  return codeOf(error).startsWith("40");
}

function nameOf(error: unknown): string {
  const code = codeOf(error);
  if (isLost(error)) return "DATABASE.LOST";
  if (isConflict(error)) return "DATABASE.CONFLICT";
  if (code.startsWith("23")) return "DATABASE.CONSTRAINT";
  if (code === "25006" || code === "42501") return "DATABASE.READ_ONLY";
  if (code === "55P03") return "DATABASE.BUSY";
  if (code === "53100" || code === "53200") return "DATABASE.FULL";
  if (code.startsWith("XX")) return "DATABASE.CORRUPT";
  return "DATABASE.QUERY";
}

/** Our error for one of the server's or the network's; an `AlmagestError`, and what is no error of theirs, pass unchanged. */
export function translatePostgresError(error: unknown, statement: string): unknown {
  if (error instanceof AlmagestError || (codeOf(error) === "" && !isLost(error))) return error;
  const name = nameOf(error);
  const { message, constraint, detail } = error as Error & { constraint?: string; detail?: string };
  const retryable = name === "DATABASE.LOST" || name === "DATABASE.CONFLICT" || name === "DATABASE.BUSY";
  const text = detail === undefined ? `${message}.` : `${message}: ${detail}`;
  return new AlmagestError(name, name === "DATABASE.QUERY" ? `${message} in: ${statement}` : text, {
    cause: error,
    retryable,
    fields: { statement: statement.slice(0, 2000), ...(constraint === undefined ? {} : { constraint }) },
  });
}
