import { connect, type Socket } from "node:net";

/** One connection that stays open, and one call after another on it: a client that weighs little beside the server. */
export class PlainClient {
  readonly #socket: Socket;
  readonly #head: string;
  #text = "";
  #answered: ((body: string) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#head = ` HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\ncontent-length: `;
    this.#socket = connect(Number(port), hostname).setNoDelay(true).setEncoding("latin1");
    this.#socket.on("data", (part) => this.#take(String(part)));
    this.#socket.on("error", (error) => this.#failed?.(error));
    this.#socket.on("close", () => this.#failed?.(new Error("the server closed the connection")));
  }

  #take(part: string): void {
    this.#text += part;
    const end = this.#text.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#text.slice(0, end))?.[1]);
    if (this.#text.length < end + 4 + length) return;
    const body = Buffer.from(this.#text.slice(end + 4), "latin1").toString("utf8");
    this.#text = "";
    this.#answered?.(body);
  }

  /** Posts JSON; gives the answer's. */
  post(path: string, body: unknown): Promise<{ readonly data: unknown }> {
    const text = JSON.stringify(body);
    return new Promise((resolve, reject) => {
      this.#answered = (answer) => resolve(JSON.parse(answer) as { data: unknown });
      this.#failed = reject;
      this.#socket.write(`POST ${path}${this.#head}${Buffer.byteLength(text)}\r\n\r\n${text}`);
    });
  }

  close(): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }
}
