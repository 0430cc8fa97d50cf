import { AlmagestError } from "@almagest/base";

const SLOW_MS = 30_000;

/** Posts JSON to a store of logs. Throws `WORKLOAD.LOGS_REFUSED`, retryable unless the store says that it is the request's
 * fault (a status below 500 other than 401, 403, 408 and 429: a token is renewed, a quota is given back). */
export async function pushJson(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const refuse = (why: string, retryable: boolean, cause?: unknown): AlmagestError =>
    new AlmagestError("WORKLOAD.LOGS_REFUSED", `The log store at ${new URL(url).host} ${why}.`, {
      ...{ retryable, cause },
    });
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(SLOW_MS),
    });
    text = await response.text();
  } catch (cause) {
    throw refuse("does not answer", true, cause);
  }
  const { status } = response;
  if (response.ok) return;
  const passing = status >= 500 || [401, 403, 408, 429].includes(status);
  throw refuse(`answers with status ${status}: ${text.slice(0, 300)}`, passing);
}
