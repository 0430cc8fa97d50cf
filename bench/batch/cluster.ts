import {
  clusterQuanta,
  createBpsConfig,
  createGenericWorkflow,
  type NodeTask,
  type QuantumNodes,
} from "@almagest/batch";
import type { Bar } from "../../scripts/bar.ts";

const VISITS = 1000;
const DETECTORS = 50;

/** isr and calibrate per visit and detector, a summary per visit: 101,000 quanta. */
function surveyNodes(): QuantumNodes {
  const size = VISITS * DETECTORS;
  const tasks: NodeTask[] = [
    { label: "isr", first: 0, count: size, required: ["exposure", "detector"], parents: [] },
    { label: "calibrate", first: size, count: size, required: ["visit", "detector"], parents: ["isr"] },
    { label: "summary", first: 2 * size, count: VISITS, required: ["visit"], parents: ["calibrate"] },
  ];
  const none = new Uint32Array(0);
  return {
    count: 2 * size + VISITS,
    tasks,
    id: String,
    taskOf: (quantum) => tasks[Math.min(2, Math.floor(quantum / size))]!,
    dataId(quantum) {
      if (quantum >= 2 * size) return { visit: quantum - 2 * size };
      const at = quantum % size;
      const name = quantum < size ? "exposure" : "visit";
      return { [name]: Math.floor(at / DETECTORS), detector: at % DETECTORS };
    },
    parents(quantum) {
      if (quantum < size) return none;
      if (quantum < 2 * size) return Uint32Array.of(quantum - size);
      const first = size + (quantum - 2 * size) * DETECTORS;
      return Uint32Array.from({ length: DETECTORS }, (_, i) => first + i);
    },
  };
}

/** From quanta to jobs. */
export const bars: Bar[] = [
  {
    name: "clustering",
    goal: "101,000 quanta into 51,000 jobs by dimension, with resources and links, in ≤ 3 s",
    async measure() {
      const config = createBpsConfig({
        clusterAlgorithm: "dimension",
        requestMemory: 2048,
        templateDataId: "{visit}_{detector}",
        subDirTemplate: "{label}/{visit}",
        cluster: {
          vd: { pipetasks: "isr,calibrate", dimensions: "visit,detector", equalDimensions: "visit:exposure" },
        },
      });
      const request = { nodes: surveyNodes(), config, costs: new Map() };
      const started = performance.now();
      const { clusters } = clusterQuanta(request);
      const clusterSec = (performance.now() - started) / 1000;
      const { jobs } = createGenericWorkflow("bench", request);
      const seconds = (performance.now() - started) / 1000 - clusterSec;
      const figure = `${jobs.length} jobs in ${seconds.toFixed(2)} s, of which clustering ${clusterSec.toFixed(2)} s`;
      return { figure, pass: seconds <= 3 && clusters.length === jobs.length && jobs.length === 51_000 };
    },
  },
];
