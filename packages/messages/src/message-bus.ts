/** A message as it travels. */
export interface Message {
  /** Where to: `/topic/…` goes to everybody who listens, `/queue/…` to one of them. */
  readonly destination: string;
  /** Short facts that a subscriber may select by. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How to listen. */
export interface SubscribeOptions {
  /** A name makes a subscription durable: what is published while nobody listens is kept for it. One listener per name. */
  readonly durable?: string;
  /** Only messages whose headers fit, in the broker's language (SQL-92); in a process not available. */
  readonly selector?: string;
}

/** A subscription; `close` ends it, and keeps a durable one's messages coming to the next of its name. */
export interface Subscription {
  close(): Promise<void>;
}

/**
 * Publish and subscribe. `publish` settles once the message is safe (with a broker: written to its disk); a message that was
 * not acknowledged comes again, so handlers must bear to see one twice. A handler that throws has not taken the message.
 */
export interface MessageBus extends AsyncDisposable {
  publish(message: Message): Promise<void>;
  subscribe(
    destination: string,
    handler: (message: Message) => Promise<void> | void,
    options?: SubscribeOptions,
  ): Promise<Subscription>;
}
