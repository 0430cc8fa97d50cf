import { setImmediate as nextTurn } from "node:timers/promises";

/** Waits until what a program has already written to a pipe is read: until two turns of the event loop bring nothing
 * new. (Its end may be known before its last words; waiting for the pipe to close could wait for a grandchild.) */
export async function drainOutput(bytesRead: () => number): Promise<void> {
  for (let before = -1, quiet = 0; quiet < 2; ) {
    await nextTurn();
    const now = bytesRead();
    quiet = now === before ? quiet + 1 : 0;
    before = now;
  }
}
