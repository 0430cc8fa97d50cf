let peak = { atMs: Number.NEGATIVE_INFINITY, bytes: 0 };

/** The most memory that this process has held, bytes; asked of the system at most ten times a second. */
export function peakMemoryBytes(): number {
  const nowMs = performance.now();
  if (nowMs - peak.atMs > 100) peak = { atMs: nowMs, bytes: process.resourceUsage().maxRSS * 1024 };
  return peak.bytes;
}
