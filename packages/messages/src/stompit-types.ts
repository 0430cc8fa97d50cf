/** The part of stompit (STOMP for Node, without types of its own) that is used here. */
export interface StompitMessage {
  readonly headers: Readonly<Record<string, string>>;
  readString(encoding: "utf8", done: (error: Error | null, text: string) => void): void;
}

/** A subscription of stompit's. */
export interface StompitSubscription {
  unsubscribe(): void;
}

/** A connected client. */
export interface StompitClient {
  send(
    headers: Readonly<Record<string, string>>,
    options: { readonly onReceipt: () => void; readonly onError: (error: Error) => void },
  ): { end(body: string): void };
  subscribe(
    headers: Readonly<Record<string, string>>,
    listener: (error: Error | null, message: StompitMessage) => void,
  ): StompitSubscription;
  ack(message: StompitMessage): void;
  disconnect(done: (error: Error | null) => void): void;
  destroy(): void;
  /** Each message on its way adds a listener of its own. */
  setMaxListeners(count: number): void;
  on(event: "error", listener: (error: Error) => void): void;
}

/** Where to connect and as whom. */
export type StompitOptions = Readonly<Record<string, unknown>>;

/** The module. */
export interface Stompit {
  connect(options: StompitOptions, done: (error: Error | null, client: StompitClient) => void): void;
}
