import type { Camera } from "@almagest/images";
import type { Instrument, InstrumentKind } from "../instrument.ts";
import { createSimCamCamera, SIMCAM_NAME } from "./simcam-camera.ts";
import { readSimCamOptions } from "./simcam-header.ts";
import { DEFAULT_SIMCAM_OPTIONS, type SimCamOptions } from "./simcam-options.ts";
import { readSimCamRaw, SIMCAM_BANDS, translateSimCamHeader } from "./simcam-raw.ts";

const PYTHON_CLASS = "almagest.instruments.SimCam";

function createFromCamera(camera: Camera): Instrument {
  return {
    name: SIMCAM_NAME,
    pythonClass: PYTHON_CLASS,
    camera,
    filters: [
      ...SIMCAM_BANDS.map((band) => ({ physical: `${band}_sim`, band })),
      { physical: "none", band: "white" },
    ],
    visitSystems: [{ id: 0, name: "one-to-one" }],
    maxima: { visit: 7_050_123_199_999, exposure: 7_050_123_199_999, detector: 1000 },
    observationInfos: (file) => [translateSimCamHeader(file.hdus[0]!)],
    readRaw: (path) => readSimCamRaw(path),
  };
}

/** The synthetic instrument with the camera that the options describe. */
export function createSimCam(options: SimCamOptions = DEFAULT_SIMCAM_OPTIONS): Instrument {
  return createFromCamera(createSimCamCamera(options));
}

/** The synthetic instrument, as a plugin. */
export const SIMCAM: InstrumentKind = {
  name: SIMCAM_NAME,
  pythonClass: PYTHON_CLASS,
  recognises: (header) => header.get("INSTRUME") === SIMCAM_NAME,
  create: (files) =>
    createSimCam(files[0] === undefined ? DEFAULT_SIMCAM_OPTIONS : readSimCamOptions(files[0].hdus[0]!)),
  fromCamera: createFromCamera,
};
