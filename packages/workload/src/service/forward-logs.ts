import type { Logger } from "@almagest/base";
import { LineForwarder } from "../logs/line-forwarder.ts";
import { sendToGoogle } from "../logs/send-to-google.ts";
import { sendToLoki } from "../logs/send-to-loki.ts";
import type { ServiceConfig } from "./service-config.ts";

/** Forwarders to the stores of logs that a configuration names. */
export function forwardLogs({ logs: { loki, google } }: ServiceConfig, log: Logger): LineForwarder[] {
  return [
    ...(loki === undefined ? [] : [new LineForwarder(sendToLoki(loki), { log })]),
    ...(google === undefined ? [] : [new LineForwarder(sendToGoogle(google), { log })]),
  ];
}
