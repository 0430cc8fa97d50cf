import { createStandardFormatters, createTaskTable, defineTask, input, output } from "@almagest/pipeline";
import { z } from "zod";

const dimensions = ["instrument", "exposure", "detector"];
const storageClass = "int";

const makeTask = defineTask({
  name: "make",
  pythonClasses: [],
  doc: "Makes a number of nothing.",
  dimensions,
  config: z.object({}),
  connections: () => ({
    figure: output<number>({ name: "figure", storageClass, doc: "A number.", dimensions }),
  }),
  run: async (context) => ({ figure: Number(context.dataId.exposure) }),
});

const takeTask = defineTask({
  name: "take",
  pythonClasses: [],
  doc: "Takes a number and makes another.",
  dimensions,
  config: z.object({}),
  connections: () => ({
    figure: input<number>({ name: "figure", storageClass, doc: "A number.", dimensions }),
    next: output<number>({ name: "next_figure", storageClass, doc: "Another number.", dimensions }),
  }),
  run: async (_context, { figure }) => ({ next: figure + 1 }),
});

/** Two tasks that do nothing but read and write one number. */
export const tasks = createTaskTable([makeTask, takeTask]);

/** Formatters of their datasets. */
export const formatters = createStandardFormatters();
