import {
  dotVectors,
  latitudeOf,
  longitudeOf,
  negateVector,
  normalizeVector,
  robustCross,
  squaredChord,
  type UnitVector,
  vectorLength,
} from "../unit-vector.ts";
import { circleFromChord } from "./circle.ts";
import { orientationZ } from "./orientation.ts";
import type { Circle, SkyBox } from "./region.ts";
import { MAX_CHORD_ERROR } from "./relationship.ts";
import { allRoundBox, boxAround, boxFromIntervals, boxLongitudes, EMPTY_BOX, joinBoxes } from "./sky-box.ts";

type Vertices = readonly UnitVector[];

/** Slack of a bounding box, radians: about 0.1 milliarcsec. */
const SLACK = 5e-10;

/** The centre of mass of a polygon (Brock 1974, The centroid and inertia tensor for a spherical triangle). */
export function polygonCentroid(vertices: Vertices): UnitVector {
  let [x, y, z] = [0, 0, 0];
  let previous = vertices[vertices.length - 1]!;
  for (const vertex of vertices) {
    const twiceCross = robustCross(previous, vertex);
    const length = vectorLength(twiceCross);
    const sine = 0.5 * length;
    const cosine = dotVectors(previous, vertex);
    if (length > 0) {
      const normal = normalizeVector(twiceCross.x, twiceCross.y, twiceCross.z);
      const angle = Math.atan2(sine, cosine);
      x += normal.x * angle;
      y += normal.y * angle;
      z += normal.z * angle;
    }
    previous = vertex;
  }
  return normalizeVector(x, y, z);
}

/** A circle around the centroid that holds a polygon. */
export function polygonBoundingCircle(vertices: Vertices): Circle {
  const center = polygonCentroid(vertices);
  let square = 0;
  for (const vertex of vertices) square = Math.max(square, squaredChord(vertex, center));
  return circleFromChord(center, square + 2 * MAX_CHORD_ERROR);
}

/** The box that holds a polygon: its vertices, the highest and lowest points of its edges, and a pole it goes around. */
export function polygonBoundingBox(vertices: Vertices): SkyBox {
  let box = EMPTY_BOX;
  let haveClockwise = false;
  let haveCounterClockwise = false;
  let i = vertices[vertices.length - 1]!;
  for (const j of vertices) {
    box = joinBoxes(box, boxAround(longitudeOf(j), latitudeOf(j), SLACK, SLACK));
    const turn = orientationZ(i, j);
    if (turn > 0) haveCounterClockwise = true;
    if (turn < 0) haveClockwise = true;
    box = growToEdge(box, i, j);
    i = j;
  }
  if (!haveClockwise) return joinBoxes(box, allRoundBox(0.5 * Math.PI, 0.5 * Math.PI));
  return haveCounterClockwise ? box : joinBoxes(box, allRoundBox(-0.5 * Math.PI, -0.5 * Math.PI));
}

/** Takes in the latitude of the highest or lowest point of an edge, where that is between its ends. */
function growToEdge(box: SkyBox, i: UnitVector, j: UnitVector): SkyBox {
  const n = robustCross(i, j);
  const top = { x: -n.x * n.z, y: -n.y * n.z, z: n.x * n.x + n.y * n.y };
  if (top.x === 0 && top.y === 0 && top.z === 0) return box;
  const sideI = i.y * n.x - i.x * n.y;
  const sideJ = j.y * n.x - j.x * n.y;
  let { latA, latB } = box;
  if (sideI > 0 && sideJ < 0) latB = Math.max(latB, latitudeOf(top) + SLACK);
  else if (sideI < 0 && sideJ > 0) latA = Math.min(latA, latitudeOf(negateVector(top)) - SLACK);
  else return box;
  return boxFromIntervals(boxLongitudes(box), latA, latB);
}
