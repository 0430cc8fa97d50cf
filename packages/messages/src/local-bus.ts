import { AlmagestError } from "@almagest/base";
import type { Message, MessageBus } from "./message-bus.ts";

interface Listener {
  readonly destination: string;
  readonly handler: (message: Message) => Promise<void> | void;
}

/** A bus inside one process: topics go to all who listen, queues to one after another by turns; nothing is kept for those
 * who come later. `publish` settles when all have taken it. */
export function createLocalBus(): MessageBus {
  const listeners = new Set<Listener>();
  const turns = new Map<string, number>();
  let closed = false;
  const refuseClosed = (): void => {
    if (closed) throw new AlmagestError("MESSAGES.CLOSED", "The bus has been closed.");
  };
  return {
    async publish(message) {
      refuseClosed();
      const fitting = [...listeners].filter(({ destination }) => destination === message.destination);
      if (!message.destination.startsWith("/queue/")) {
        await Promise.all(fitting.map(({ handler }) => handler(message)));
        return;
      }
      const turn = turns.get(message.destination) ?? 0;
      turns.set(message.destination, turn + 1);
      if (fitting.length > 0) await fitting[turn % fitting.length]!.handler(message);
    },
    async subscribe(destination, handler) {
      refuseClosed();
      const listener: Listener = { destination, handler };
      listeners.add(listener);
      return {
        async close() {
          listeners.delete(listener);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      listeners.clear();
    },
  };
}
