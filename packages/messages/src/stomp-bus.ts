import { setTimeout as sleep } from "node:timers/promises";
import { AlmagestError, type Logger, silentLogger } from "@almagest/base";
import type { Message, MessageBus, SubscribeOptions } from "./message-bus.ts";
import type { Stompit, StompitClient, StompitMessage } from "./stompit-types.ts";

/** How to reach a broker. */
export interface StompOptions {
  readonly host: string;
  readonly port: number;
  readonly login?: string;
  readonly passcode?: string;
  /** TLS, with a client certificate where `cert` and `key` are given (PEM). */
  readonly tls?: {
    readonly ca?: string | Buffer;
    readonly cert?: string | Buffer;
    readonly key?: string | Buffer;
  };
  /** Needed for durable subscriptions: names this client to the broker; one connection at a time may have it. */
  readonly clientId?: string;
  readonly log?: Logger;
}

interface Listener {
  readonly id: string;
  readonly destination: string;
  readonly handler: (message: Message) => Promise<void> | void;
  readonly options: SubscribeOptions;
  /** Counts its connections: a message of an earlier one is not taken any more. */
  generation: number;
  open: boolean;
  end: () => void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;
/** Before a message whose handler failed is asked for again. */
const RETRY_MS = 500;

/** A fault of the network, which may pass; anything else is the broker's own word. */
function isNetworkFault(error: Error): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return (
    /^E(CONN|PIPE|HOST|NET|TIMEDOUT|AI_AGAIN)|^ENOTFOUND/.test(code) ||
    /timed out|ended|closed|heart/i.test(error.message)
  );
}

/** Publish and subscribe over STOMP. Connects again by itself; what was published meanwhile waits. */
class StompBus implements MessageBus {
  readonly #options: StompOptions;
  readonly #log: Logger;
  readonly #stompit: Stompit;
  readonly #listeners = new Set<Listener>();
  #client: Promise<StompitClient> | undefined;
  #current: StompitClient | undefined;
  #closed = false;
  #count = 0;

  constructor(options: StompOptions, stompit: Stompit) {
    this.#options = options;
    this.#log = options.log ?? silentLogger;
    this.#stompit = stompit;
  }

  #dial(): Promise<StompitClient> {
    const { host, port, login, passcode, tls, clientId } = this.#options;
    const connectHeaders = {
      host: "/",
      "heart-beat": "10000,10000",
      ...(login === undefined ? {} : { login }),
      ...(passcode === undefined ? {} : { passcode }),
      ...(clientId === undefined ? {} : { "client-id": clientId }),
    };
    const options = {
      host,
      port,
      connectHeaders,
      ...(tls === undefined ? {} : { ...tls, ssl: true, servername: host }),
    };
    return new Promise((resolve, reject) => {
      this.#stompit.connect(options, (error, client) => (error === null ? resolve(client) : reject(error)));
    });
  }

  /** The connection, made when there is none; `once` gives up at the first failure. */
  connect(once: boolean): Promise<StompitClient> {
    this.#client ??= this.#establish(once).catch((error: unknown) => {
      this.#client = undefined;
      throw error;
    });
    return this.#client;
  }

  async #establish(once: boolean): Promise<StompitClient> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      if (this.#closed) throw new AlmagestError("MESSAGES.CLOSED", "The bus has been closed.");
      try {
        const client = await this.#dial();
        this.#current = client;
        client.setMaxListeners(0);
        client.on("error", (error) => this.#lost(client, error));
        for (const listener of this.#listeners) this.#listen(client, listener);
        return client;
      } catch (error) {
        const cause = error as Error;
        if (once || !isNetworkFault(cause)) throw this.#explain(cause);
        this.#log.warn("the broker cannot be reached; trying again", { pauseMs, error: cause });
        await sleep(pauseMs);
      }
    }
  }

  #explain(cause: Error): AlmagestError {
    const { host, port } = this.#options;
    return isNetworkFault(cause)
      ? new AlmagestError("MESSAGES.UNREACHABLE", `The broker ${host}:${port} cannot be reached.`, {
          cause,
          retryable: true,
        })
      : new AlmagestError("MESSAGES.REFUSED", `The broker ${host}:${port} refuses: ${cause.message}`, {
          cause,
        });
  }

  #lost(client: StompitClient, error: Error): void {
    client.destroy();
    // Told twice of one connection, or of one that another has replaced.
    if (this.#current !== client) return;
    this.#current = undefined;
    this.#client = undefined;
    if (this.#closed) return;
    this.#log.warn("the connection to the broker broke", { error });
    void this.#reconnect();
  }

  /** For the sake of those who listen, again and again: a broker that is just starting may refuse what it will take soon. */
  async #reconnect(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.connect(false);
        return;
      } catch (error) {
        if (this.#closed) return;
        this.#log.error("the broker refuses; trying again", { error: error as Error });
        await sleep(LONGEST_PAUSE_MS);
      }
    }
  }

  #listen(client: StompitClient, listener: Listener): void {
    const { id, destination, handler, options } = listener;
    const generation = ++listener.generation;
    const headers = {
      id,
      destination,
      ack: "client-individual",
      "activemq.prefetchSize": "100",
      ...(options.durable === undefined ? {} : { "activemq.subscriptionName": options.durable }),
      ...(options.selector === undefined ? {} : { selector: options.selector }),
    };
    let turn: Promise<void> = Promise.resolve();
    const isCurrent = (): boolean => listener.open && listener.generation === generation;
    const take = async (message: StompitMessage, body: string): Promise<void> => {
      if (!isCurrent()) return;
      try {
        await handler({ destination, headers: message.headers, body });
        if (isCurrent()) client.ack(message);
      } catch (error) {
        this.#log.warn("a message was not taken; it is asked for again", {
          destination,
          error: error as Error,
        });
        // What is not acknowledged when a connection ends comes again to the next, in its order. (Ending the subscription
        // alone would not do: what is on its way to it breaks the client.)
        listener.generation++;
        await sleep(RETRY_MS);
        this.#lost(client, error as Error);
      }
    };
    const subscription = client.subscribe(headers, (error, message) => {
      // The client tells of it as well, and connects again.
      if (error !== null) return;
      message.readString("utf8", (failure, body) => {
        if (failure === null)
          turn = turn
            .then(() => take(message, body))
            .catch((cause: unknown) => this.#log.error("a subscription broke", { error: cause }));
      });
    });
    listener.end = () => subscription.unsubscribe();
  }

  async publish(message: Message): Promise<void> {
    for (;;) {
      const client = await this.connect(false);
      try {
        return await send(client, message);
      } catch (error) {
        if (!isNetworkFault(error as Error)) throw this.#explain(error as Error);
        await sleep(FIRST_PAUSE_MS);
      }
    }
  }

  async subscribe(destination: string, handler: Listener["handler"], options: SubscribeOptions = {}) {
    const id = options.durable ?? `s${++this.#count}`;
    const listener: Listener = {
      id,
      destination,
      handler,
      options,
      generation: 0,
      open: true,
      end: () => {},
    };
    const client = await this.connect(false);
    this.#listeners.add(listener);
    this.#listen(client, listener);
    return {
      close: async (): Promise<void> => {
        listener.open = false;
        this.#listeners.delete(listener);
        listener.end();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const client = await this.#client?.catch(() => undefined);
    if (client === undefined) return;
    await new Promise<void>((resolve) => client.disconnect(() => resolve()));
    client.destroy();
  }
}

/** Sends with a receipt: settles once the broker has it on its disk. */
function send(client: StompitClient, { destination, headers, body }: Message): Promise<void> {
  return new Promise((resolve, reject) => {
    const all = { ...headers, destination, persistent: "true", "content-type": "application/json" };
    client.send(all, { onReceipt: resolve, onError: reject }).end(body);
  });
}

/** Connects to a broker (ActiveMQ, Artemis, any that speaks STOMP 1.2). Throws `MESSAGES.REFUSED`, `MESSAGES.UNREACHABLE`. */
export async function createStompBus(options: StompOptions): Promise<MessageBus> {
  const name: string = "stompit";
  const { default: stompit } = (await import(name)) as { default: Stompit };
  const bus = new StompBus(options, stompit);
  await bus.connect(true);
  return bus;
}
