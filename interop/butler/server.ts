import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openButler } from "../../packages/butler/src/index.ts";
import { startButlerServer } from "../../packages/butler/src/server/butler-server.ts";
import { createTokenVerifier, openLaptopIssuer } from "../../packages/identity/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";
import { type Comparison, canonical, compareQueries, goldenQueries, verdict } from "./compare-queries.ts";
import { generateQueries } from "./generated-queries.ts";
import { makeOurs } from "./golden-copy.ts";
import { findPythonButler, PythonButler } from "./python-butler.ts";

interface Place {
  readonly root: string;
  readonly url: string;
  readonly python: PythonButler;
  /** The original on the repository itself. */
  readonly direct: PythonButler;
}

/** The original's unmodified client, with a token, on our server; and the original on the repository itself. */
async function withServer<T>(use: (place: Place) => Promise<T>): Promise<T> {
  const executable = findPythonButler();
  if (executable === undefined) throw new Error("no Python with lsst-daf-butler (set ALMAGEST_PYTHON)");
  const root = await makeOurs();
  const keys = await mkdtemp(join(tmpdir(), "almagest-keys-"));
  const issuer = await openLaptopIssuer(keys);
  await using butler = await openButler(root);
  const server = await startButlerServer(butler, { verify: createTokenVerifier([issuer.trust]) });
  const token = await issuer.issue("somebody", ["user"], 3600);
  await using python = new PythonButler(executable, { BUTLER_RUBIN_ACCESS_TOKEN: token });
  await using direct = new PythonButler(executable);
  try {
    return await use({ root, url: server.url, python, direct });
  } finally {
    await server.stop(0);
    for (const folder of [root, keys]) await rm(folder, { recursive: true, force: true });
  }
}

/** What the original says of a repository behind our server and of the repository itself, question by question. */
async function compareAnswers({ root, url, python, direct }: Place): Promise<Comparison> {
  await python.call("open", { root: url, writeable: false });
  await direct.call("open", { root, writeable: false });
  const comparison: Comparison = { same: 0, refused: 0, differences: [] };
  const ask = async (what: string, args: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const [a, b] = [await python.ask(what, args), await direct.ask(what, args)];
    const text = (answer: typeof a): string =>
      answer.error === undefined
        ? Array.isArray(answer.result)
          ? canonical(answer.result)
          : JSON.stringify(answer.result)
        : `error ${answer.error}`;
    if (text(a) === text(b)) comparison.same++;
    else {
      comparison.differences.push(
        `${what} ${JSON.stringify(args)}\n  server ${text(a).slice(0, 300)} ${a.message ?? ""}\n  direct ${text(b).slice(0, 300)}`,
      );
    }
    if (a.error !== undefined && b.error !== undefined) comparison.refused++;
    return b.result;
  };
  for (const type of ["vd", "coadd", "bias", "flat", "raw_like", "ref_cat", "glob_table"]) {
    const refs = (await ask("datasets", { type, collections: "*", find_first: false })) as {
      run: string;
      data_id: object;
    }[];
    for (const { run, data_id } of refs) await ask("get", { type, data_id, collections: run });
  }
  await ask("get", {
    type: "vd",
    data_id: { instrument: "CamX", visit: 10, detector: 0 },
    collections: "nowhere",
  });
  await ask("get", {
    type: "vd",
    data_id: { instrument: "CamX", visit: 99, detector: 0 },
    collections: "CamX/runA",
  });
  await ask("get", { type: "nothing", data_id: {}, collections: "CamX/runA" });
  await ask("get", {
    type: "bias",
    data_id: { instrument: "CamX", detector: 0, exposure: 10 },
    collections: "CamX/calib",
  });
  const fields = ["visit.exposure_time", "visit.timespan", "visit.region", "vd.dataset_id", "vd.run"];
  const visits = { dimensions: ["visit", "detector"], type: "vd", collections: ["CamX/runA", "CamX/runB"] };
  await ask("general", { ...visits, names: [...fields, "vd.collection", "vd.ingest_date"] });
  await ask("general", { ...visits, names: fields, find_first: true });
  await ask("general", { ...visits, names: fields, where: "instrument='CamX' AND visit.exposure_time > 5" });
  await ask("general", { dimensions: ["detector"], names: ["detector.full_name", "detector.raft"] });
  await ask("joined_datasets", { type: "vd", joins: ["bias"], collections: ["CamX/runA", "CamX/calib"] });
  await ask("joined_datasets", {
    type: "bias",
    joins: ["vd"],
    collections: ["CamX/runA", "CamX/calib/gen1"],
    where: "instrument='CamX'",
  });
  for (const type of ["vd", "bias", "flat"]) await ask("associations", { type, collections: "*" });
  for (const element of ["instrument", "detector", "visit", "exposure", "patch", "visit_definition"]) {
    await ask("records", { element });
  }
  await ask("collections", {});
  for (const words of [
    ["query-collections", "ROOT", "--chains", "TREE", "-t"],
    ["query-collections", "ROOT", "--chains", "INVERSE-TABLE"],
    ["query-dataset-types", "ROOT", "-v"],
    ["query-dataset-types", "ROOT", "--collections", "CamX/runB"],
    ["query-datasets", "ROOT", "*", "--collections", "*"],
    [
      "query-datasets",
      "ROOT",
      "vd",
      "--collections",
      "CamX/runA,CamX/runB",
      "--find-first",
      "--order-by",
      "-visit,detector",
    ],
    ["query-data-ids", "ROOT", "visit", "detector"],
    ["query-data-ids", "ROOT", "visit", "--datasets", "vd", "--collections", "CamX/runA"],
    ["query-dimension-records", "ROOT", "visit", "--where", "instrument='CamX' AND visit.exposure_time > 5"],
    ["query-dimension-records", "ROOT", "visit", "--datasets", "vd", "--collections", "CamX/runB"],
  ]) {
    const at = (place: string): readonly string[] => words.map((word) => (word === "ROOT" ? place : word));
    const [a, b] = [
      await python.call<{ out: string; error: string }>("command", { words: at(url) }),
      await direct.call<{ out: string; error: string }>("command", { words: at(root) }),
    ];
    if (a.out === b.out) comparison.same++;
    else comparison.differences.push(`${words.join(" ")}\n  server ${a.out} ${a.error}\n  direct ${b.out}`);
  }
  return comparison;
}

export const bars: readonly Bar[] = [
  {
    name: "the original's client on our server: golden queries",
    goal: "all equal",
    measure: () =>
      withServer(async ({ root, url, python }) =>
        verdict(await compareQueries(root, python, goldenQueries(), url)),
      ),
  },
  {
    name: "the original's client on our server: generated queries",
    goal: "300 equal",
    measure: () =>
      withServer(async ({ root, url, python }) =>
        verdict(await compareQueries(root, python, generateQueries(300, 3), url)),
      ),
  },
  {
    name: "the original's client on our server: files, records, collections, commands",
    goal: "as from the repository itself",
    measure: () => withServer(async (place) => verdict(await compareAnswers(place))),
  },
];
