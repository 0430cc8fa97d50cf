/** @module Publish and subscribe: inside a process, and over STOMP to a message broker. */
export { MESSAGES_ERRORS } from "./errors.ts";
export { createLocalBus } from "./local-bus.ts";
export type { Message, MessageBus, SubscribeOptions, Subscription } from "./message-bus.ts";
export { createStompBus, type StompOptions } from "./stomp-bus.ts";
