/** Raft bays of LSSTCam that hold nine science sensors, in the order of their detector ids. */
const SCIENCE_RAFTS = [
  "R01",
  "R02",
  "R03",
  "R10",
  "R11",
  "R12",
  "R13",
  "R14",
  "R20",
  "R21",
  "R22",
  "R23",
  "R24",
  "R30",
  "R31",
  "R32",
  "R33",
  "R34",
  "R41",
  "R42",
  "R43",
];
/** Raft bays in the corners, with guide and wavefront sensors. */
const CORNER_RAFTS = ["R00", "R04", "R40", "R44"];
const CORNER_SLOTS = ["SG0", "SG1", "SW0", "SW1"];

/** Full names of LSSTCam's 205 detectors; the index is the detector id. */
export const LSSTCAM_DETECTORS: readonly string[] = [
  ...SCIENCE_RAFTS.flatMap((raft) => raftSensors(raft)),
  ...CORNER_RAFTS.flatMap((raft) => CORNER_SLOTS.map((slot) => `${raft}_${slot}`)),
];

/** Full names of LSSTComCam's nine detectors; the index is the detector id. */
export const LSSTCOMCAM_DETECTORS: readonly string[] = raftSensors("R22");

function raftSensors(raft: string): string[] {
  return [..."012"].flatMap((row) => [..."012"].map((column) => `${raft}_S${row}${column}`));
}
