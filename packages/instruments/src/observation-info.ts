/** What an exposure is for. */
export type ObservationType = "science" | "bias" | "dark" | "flat" | "focus" | "acq" | (string & {});

/** One detector of one exposure, told in the same words for every instrument. Angles ICRS degrees, times TAI. */
export interface ObservationInfo {
  readonly instrument: string;
  readonly telescope?: string;
  readonly exposureId: number;
  readonly visitId: number;
  readonly observationId: string;
  readonly group: string;
  /** Observing day as YYYYMMDD, and the number within it. */
  readonly dayObs: number;
  readonly seqNum: number;
  readonly beginTaiNs: bigint;
  readonly endTaiNs: bigint;
  readonly exposureSec: number;
  readonly darkSec: number;
  readonly trackingRaDeg?: number;
  readonly trackingDecDeg?: number;
  /** Position angle of the detectors' +y axis, east of north. */
  readonly skyAngleDeg?: number;
  /** Of the boresight at the start, degrees from north through east. */
  readonly azimuthDeg?: number;
  readonly zenithAngleDeg?: number;
  readonly airmass?: number;
  readonly physicalFilter: string;
  readonly band: string;
  readonly observationType: ObservationType;
  readonly observationReason: string;
  readonly object: string;
  readonly scienceProgram: string;
  readonly detectorId: number;
  readonly detectorName: string;
  readonly detectorSerial?: string;
  readonly hasSimulatedContent: boolean;
  readonly canSeeSky: boolean;
  readonly temperatureC?: number;
  readonly pressureHPa?: number;
  readonly humidityPercent?: number;
}
