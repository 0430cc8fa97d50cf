import type { ArcClient } from "./arc-client.ts";
import { type Lender, readChain, signProxy } from "./sign-proxy.ts";

/** How rights are lent to an ARC. */
export interface DelegationOptions {
  /** A proxy is good for so many days. */
  readonly days: number;
  /** It is renewed when it has fewer hours left. */
  readonly renewHours: number;
}

/** The rights that an ARC has for its jobs: one delegation, which is renewed before it ends. Those of an earlier process
 * are found by the jobs that have them. */
export class ArcDelegations {
  readonly #client: ArcClient;
  readonly #lender: Lender;
  readonly #options: DelegationOptions;
  #current: string | undefined;
  /** When each delegation ends, ms. */
  readonly #ends = new Map<string, number>();
  readonly #seen = new Set<string>();

  constructor(client: ArcClient, lender: Lender, options: DelegationOptions) {
    this.#client = client;
    this.#lender = lender;
    this.#options = options;
  }

  /** The delegation for new jobs. */
  async current(): Promise<string> {
    if (this.#current !== undefined) {
      await this.#renewIfDue(this.#current);
      return this.#current;
    }
    const { id, request } = await this.#client.newDelegation();
    await this.#lend(id, request);
    this.#current = id;
    return id;
  }

  /** Keeps the delegations of these jobs alive; to be called every round. */
  async keep(jobIds: readonly string[]): Promise<void> {
    for (const jobId of jobIds) {
      if (this.#seen.has(jobId)) continue;
      const text = await this.#client.diagnose(jobId, "local");
      if (text === "") continue;
      this.#seen.add(jobId);
      const id = /^delegationid=(.+)$/m.exec(text)?.[1];
      // One of before this process began: when it ends is not known yet.
      if (id !== undefined && !this.#ends.has(id)) this.#ends.set(id, await this.#endOf(id));
    }
    for (const id of this.#ends.keys()) await this.#renewIfDue(id);
  }

  /** ARC makes a delegation that it has forgotten anew under its id, so that none is ever lost to a job. */
  async #renewIfDue(id: string): Promise<void> {
    const leftMs = (this.#ends.get(id) ?? 0) - Date.now();
    if (leftMs > this.#options.renewHours * 3_600_000) return;
    await this.#lend(id, await this.#client.renewDelegation(id));
  }

  async #lend(id: string, request: string): Promise<void> {
    const chain = await signProxy(request, this.#lender, this.#options.days);
    await this.#client.putDelegation(id, chain);
    this.#ends.set(id, Date.parse(readChain(chain)[0]!.validTo));
  }

  async #endOf(id: string): Promise<number> {
    const [proxy] = readChain(await this.#client.readDelegation(id));
    return proxy === undefined ? 0 : Date.parse(proxy.validTo);
  }
}
