import type { PsfStamps } from "./psf-stamps.ts";
import { choleskyInPlace, choleskySolve, inverseDiagonal } from "./solve-symmetric.ts";
import { overlapStamps, type PlacedStamp, projectStamp, slopeStamp } from "./stamp-overlap.ts";
import type { WorkPlanes } from "./work-planes.ts";

/** Columns that a group fit reads and writes at its members' rows. Positions count from the box's corner. */
export interface GroupColumns {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly flux: Float64Array;
  /** Flux error; on entry the mean variance per pixel under the stamp, Σφ²V/Σφ². */
  readonly fluxErr: Float64Array;
  readonly xErr: Float64Array;
  readonly yErr: Float64Array;
}

/** What is fitted. */
export interface GroupFitOptions {
  readonly badBits: number;
  /** Parent coordinates of the planes' first pixel. */
  readonly x0: number;
  readonly y0: number;
  /** Rounds in which positions move; 0 keeps them. */
  readonly positionRounds: number;
  /** Members with a lower S/N keep their position. */
  readonly positionSnr: number;
}

/** Above this many members positions stay and fluxes come from relaxation instead of a dense solution. */
const DENSE_LIMIT = 150;
const POSITION_LIMIT = 40;

/**
 * Fits the fluxes of several point sources at once by linear least squares (Stetson 1987, PASP 99, 191), and, in turn, their
 * positions by Gauss–Newton steps. Errors hold the covariance with the neighbours.
 */
export function fitPsfGroup(
  planes: WorkPlanes,
  stamps: PsfStamps,
  members: Int32Array,
  columns: GroupColumns,
  options: GroupFitOptions,
): void {
  const { badBits } = options;
  const place = (k: number): PlacedStamp => {
    const x = columns.x[k]!;
    const y = columns.y[k]!;
    const stamp = stamps.stampAt(x + options.x0, y + options.y0) ?? { size: 1, data: new Float32Array(1) };
    return { size: stamp.size, data: stamp.data, x: Math.round(x), y: Math.round(y) };
  };
  let placed = Array.from(members, place);
  const n = members.length;
  const startX = Float64Array.from(members, (k) => columns.x[k]!);
  const startY = Float64Array.from(members, (k) => columns.y[k]!);
  const pixelVariance = Float64Array.from(members, (k) => columns.fluxErr[k]!);
  const rounds = n <= POSITION_LIMIT ? options.positionRounds : 0;
  for (let round = 0; round < rounds; round++) {
    const free: number[] = [];
    for (let i = 0; i < n; i++) {
      const k = members[i]!;
      if (
        columns.flux[k]! >
        options.positionSnr *
          Math.sqrt(pixelVariance[i]! / overlapStamps(planes, badBits, placed[i]!, placed[i]!))
      ) {
        free.push(i);
      }
    }
    if (free.length === 0) break;
    const basis = [...placed];
    for (const i of free) basis.push(slopeStamp(placed[i]!, 0), slopeStamp(placed[i]!, 1));
    const { solution, factor } = solveBasis(planes, badBits, basis);
    const inverse = inverseDiagonal(factor, basis.length);
    let moved = 0;
    free.forEach((i, f) => {
      const k = members[i]!;
      const flux = solution[i]!;
      if (!(flux > 0)) return;
      const p = n + 2 * f;
      const dx = Math.max(-0.4, Math.min(0.4, solution[p]! / flux));
      const dy = Math.max(-0.4, Math.min(0.4, solution[p + 1]! / flux));
      // A member that walks off its peak is chasing a neighbour or noise: it stays.
      if (Math.hypot(columns.x[k]! + dx - startX[i]!, columns.y[k]! + dy - startY[i]!) > 2) return;
      columns.x[k]! += dx;
      columns.y[k]! += dy;
      columns.xErr[k] = Math.sqrt(pixelVariance[i]! * inverse[p]!) / flux;
      columns.yErr[k] = Math.sqrt(pixelVariance[i]! * inverse[p + 1]!) / flux;
      moved = Math.max(moved, Math.abs(dx), Math.abs(dy));
    });
    placed = Array.from(members, place);
    if (moved < 0.003) break;
  }
  if (n > DENSE_LIMIT) {
    relax(planes, badBits, members, placed, pixelVariance, columns);
    return;
  }
  const { solution, factor } = solveBasis(planes, badBits, placed);
  const inverse = inverseDiagonal(factor, n);
  for (let i = 0; i < n; i++) {
    columns.flux[members[i]!] = solution[i]!;
    columns.fluxErr[members[i]!] = Math.sqrt(pixelVariance[i]! * inverse[i]!);
  }
}

function solveBasis(
  planes: WorkPlanes,
  badBits: number,
  basis: readonly PlacedStamp[],
): { solution: Float64Array; factor: Float64Array } {
  const n = basis.length;
  const factor = new Float64Array(n * n);
  const solution = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    solution[i] = projectStamp(planes, badBits, basis[i]!);
    for (let j = 0; j <= i; j++) factor[i * n + j] = overlapStamps(planes, badBits, basis[i]!, basis[j]!);
  }
  choleskyInPlace(factor, n);
  choleskySolve(factor, n, solution);
  return { solution, factor };
}

/** Gauss–Seidel on the sparse normal equations; errors from each source with its 12 strongest neighbours. */
function relax(
  planes: WorkPlanes,
  badBits: number,
  members: Int32Array,
  placed: readonly PlacedStamp[],
  pixelVariance: Float64Array,
  columns: GroupColumns,
): void {
  const n = placed.length;
  const near: number[][] = Array.from({ length: n }, () => []);
  const overlap: number[][] = Array.from({ length: n }, () => []);
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => placed[a]!.y - placed[b]!.y || a - b);
  for (let a = 0; a < n; a++) {
    const i = order[a]!;
    for (let b = a + 1; b < n; b++) {
      const j = order[b]!;
      const reach = (placed[i]!.size + placed[j]!.size) >> 1;
      if (placed[j]!.y - placed[i]!.y >= reach) break;
      if (Math.abs(placed[j]!.x - placed[i]!.x) >= reach) continue;
      const value = overlapStamps(planes, badBits, placed[i]!, placed[j]!);
      near[i]!.push(j);
      near[j]!.push(i);
      overlap[i]!.push(value);
      overlap[j]!.push(value);
    }
  }
  const own = placed.map((s) => Math.max(1e-300, overlapStamps(planes, badBits, s, s)));
  const data = placed.map((s) => projectStamp(planes, badBits, s));
  const flux = new Float64Array(n);
  for (let sweep = 0; sweep < 200; sweep++) {
    let change = 0;
    for (let i = 0; i < n; i++) {
      let rest = data[i]!;
      for (let m = 0; m < near[i]!.length; m++) rest -= overlap[i]![m]! * flux[near[i]![m]!]!;
      const next = rest / own[i]!;
      change = Math.max(change, Math.abs(next - flux[i]!) * Math.sqrt(own[i]! / pixelVariance[i]!));
      flux[i] = next;
    }
    if (change < 1e-3) break;
  }
  for (let i = 0; i < n; i++) {
    const strongest = near[i]!.map((j, m) => ({ j, value: overlap[i]![m]! }))
      .sort((a, b) => b.value - a.value || a.j - b.j)
      .slice(0, 12);
    const local = [i, ...strongest.map((s) => s.j)];
    const size = local.length;
    const factor = new Float64Array(size * size);
    for (let a = 0; a < size; a++) {
      for (let b = 0; b <= a; b++) {
        const p = local[a]!;
        const q = local[b]!;
        const at = near[p]!.indexOf(q);
        factor[a * size + b] = p === q ? own[p]! : at < 0 ? 0 : overlap[p]![at]!;
      }
    }
    choleskyInPlace(factor, size);
    columns.flux[members[i]!] = flux[i]!;
    columns.fluxErr[members[i]!] = Math.sqrt(pixelVariance[i]! * inverseDiagonal(factor, size)[0]!);
  }
}
