import { toPythonJson } from "./python-wire.ts";
import { wireError } from "./wire-errors.ts";

const KEEP_ALIVE_MS = 15_000;

/**
 * A response body of JSON lines, made as the client takes them: a page is asked for when the one before has gone out, so
 * that a slow client holds one page. When it goes away the source is ended and `signal` aborts. An error becomes the last
 * line; while nothing is ready for long, lines of `keep-alive` tell that the server is at work.
 */
export function streamLines(
  makePages: (signal: AbortSignal) => AsyncIterable<object>,
  onEnd: () => void,
  options: { readonly keepAliveMs?: number; readonly encode?: (line: object) => string } = {},
): ReadableStream<Uint8Array> {
  const { keepAliveMs = KEEP_ALIVE_MS, encode = toPythonJson } = options;
  const abort = new AbortController();
  const encoder = new TextEncoder();
  const pages = makePages(abort.signal)[Symbol.asyncIterator]();
  let ended = false;
  const end = (): void => {
    if (!ended) onEnd();
    ended = true;
  };
  let waiting: Promise<IteratorResult<object>> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const send = (line: object): void => controller.enqueue(encoder.encode(`${encode(line)}\n`));
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise<"late">((resolve) => {
          timer = setTimeout(() => resolve("late"), keepAliveMs);
          timer.unref();
        });
        try {
          waiting ??= pages.next();
          const result = await Promise.race([waiting, late]);
          if (result === "late") {
            send({ type: "keep-alive" });
            return;
          }
          waiting = undefined;
          if (!result.done) {
            send(result.value);
            return;
          }
          end();
          controller.close();
        } catch (error) {
          end();
          send({ type: "error", error: wireError(error).body });
          controller.close();
        } finally {
          clearTimeout(timer);
        }
      },
      async cancel() {
        abort.abort();
        end();
        await pages.return?.();
      },
    },
    { highWaterMark: 1 },
  );
}
