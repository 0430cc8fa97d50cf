import type { Connections } from "@almagest/pipeline";

/**
 * Leaves out the connections whose switch is false. The type keeps all of them, so that `run` reads one shape; a
 * connection that was left out is undefined there.
 */
export function selectConnections<C extends Connections>(
  all: C,
  wanted: Partial<Readonly<Record<keyof C, boolean>>>,
): C {
  return Object.fromEntries(Object.entries(all).filter(([name]) => wanted[name] !== false)) as C;
}
