/** How long a pilot took for each part of a job, seconds. */
export interface PilotTiming {
  readonly setup: number;
  readonly stageIn: number;
  readonly payload: number;
  readonly stageOut: number;
}

/** Reads PanDA's `pilotTiming`, `getjob|stage-in|payload|stage-out|initial setup|setup` in seconds; undefined where it is
 * something else. The pilot's own start and its asking for work are no part of the job. */
export function readPilotTiming(text: string): PilotTiming | undefined {
  const parts = text.split("|").map(Number);
  if (parts.length < 4 || parts.some((part) => !Number.isFinite(part) || part < 0)) return undefined;
  const [, stageIn, payload, stageOut, , setup = 0] = parts as [
    number,
    number,
    number,
    number,
    number?,
    number?,
  ];
  return { setup, stageIn, payload, stageOut };
}

/** The same as the pilot sends it. */
export function writePilotTiming({ setup, stageIn, payload, stageOut }: PilotTiming): string {
  return [0, stageIn, payload, stageOut, 0, setup]
    .map((seconds) => String(Number(seconds.toFixed(3))))
    .join("|");
}
