/** What a facility ought to do of the whole (or what a group of tasks ought to get of it), and what it was charged for,
 * in core-seconds. */
export interface Share {
  readonly name: string;
  /** Any positive weight; 35/40/25 and 0.35/0.40/0.25 mean the same. */
  readonly target: number;
  readonly chargedCoreSec: number;
}

/** Old charges count half after so long, so that a facility that was down is not made to catch up for ever. */
export const SHARE_HALF_LIFE_MS = 7 * 86_400_000;

/** A share whose charge has aged. */
export function decayShare(share: Share, elapsedMs: number): Share {
  return { ...share, chargedCoreSec: share.chargedCoreSec * 0.5 ** (elapsedMs / SHARE_HALF_LIFE_MS) };
}

/** How far a facility is ahead of its target; the lowest is served first. A facility without a share comes last. */
export function shareLoad(share: Share | undefined): number {
  return share === undefined || share.target <= 0
    ? Number.POSITIVE_INFINITY
    : share.chargedCoreSec / share.target;
}

/** A facility may be ahead of the slowest by this part of everything charged… */
const LEAD_FRACTION = 0.005;
/** …and always by so many jobs, so that small numbers do not stall. */
const LEAD_JOBS = 10;

/**
 * True when a facility may take one more job of `coreSec` although others are behind it and full. `lively` are the
 * facilities that could run such jobs and whose pilots were seen lately: one that is down holds nobody back.
 */
export function mayLead(
  shares: ReadonlyMap<string, Share>,
  facility: string,
  lively: ReadonlySet<string>,
  coreSec: number,
): boolean {
  const own = shares.get(facility);
  if (own === undefined || own.target <= 0) return true;
  let lowest = Number.POSITIVE_INFINITY;
  let charged = 0;
  let targets = 0;
  for (const share of shares.values()) {
    charged += share.chargedCoreSec;
    targets += share.target;
    if (lively.has(share.name)) lowest = Math.min(lowest, shareLoad(share));
  }
  const lead = Math.max((LEAD_FRACTION * charged) / targets, (LEAD_JOBS * coreSec) / own.target);
  return shareLoad(own) <= lowest + lead;
}
