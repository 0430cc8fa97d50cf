// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are placeholders of PanDA and iDDS.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { readIddsWorkflow } from "./idds-workflow.ts";
import { generateJobs, taskParametersSchema } from "./task-parameters.ts";

const DEFAULTS = { transformation: "http://server/trf/run-gen.py", endpoint: "LOCAL", scope: "user.ada" };

test("a task of prun becomes jobs with a real pilot's fields, its placeholders filled", () => {
  const task = taskParametersSchema.parse({
    taskName: "user.ada.stars/",
    ...{ nEvents: 3, nEventsPerJob: 1, ramCount: 1000, coreCount: 2, architecture: null, site: "Q" },
    sourceURL: "http://server",
    log: {
      type: "template",
      param_type: "log",
      dataset: "user.ada.stars.log/",
      value: "stars.$JEDITASKID.${SN}.log.tgz",
    },
    jobParameters: [
      { type: "constant", value: '-j "" --sourceURL ${SURL}' },
      { type: "constant", value: "__delimiter__", hidden: true },
      {
        type: "template",
        value: "ada.$JEDITASKID._${SN/P}.out.txt",
        param_type: "output",
        dataset: "d/",
        hidden: true,
      },
      { type: "constant", value: '-p "', padding: false },
      { type: "template", value: "${SEQNUMBER}", param_type: "pseudo_input", offset: 1, padding: false },
      { type: "constant", value: '"' },
    ],
  });
  const { spec, jobs } = generateJobs(task, DEFAULTS);
  assert.equal(spec.request?.memoryMb, 2000);
  assert.deepEqual(
    jobs.map(({ name }) => name),
    ["user.ada.stars.1", "user.ada.stars.2", "user.ada.stars.3"],
  );
  const { panda } = jobs[1]!.payload as { panda: Record<string, string> };
  assert.equal(panda.jobPars, '-j "" --sourceURL http://server -p "2"');
  assert.equal(panda.outFiles, "ada.$JEDITASKID._000002.out.txt,stars.$JEDITASKID.000002.log.tgz");
  assert.equal(panda.scopeOut, "user.ada");
  assert.equal(panda.ddmEndPointOut, "LOCAL,LOCAL");
  assert.equal(panda.transformation, DEFAULTS.transformation);
});

test("pseudo-files become jobs' inputs, and too many jobs are refused", () => {
  const base = { taskName: "t", jobParameters: [{ type: "template", value: "run ${IN/L} ${IN}" }] };
  const { jobs } = generateJobs(
    taskParametersSchema.parse({ ...base, pfnList: ["a", "b", "c"], nFilesPerJob: 2 }),
    DEFAULTS,
  );
  const words = jobs.map(({ payload }) => (payload as { panda: { jobPars: string } }).panda.jobPars);
  assert.deepEqual(words, ["run a,b ['a','b']", "run c ['c']"]);
  assert.throws(() => generateJobs(taskParametersSchema.parse({ ...base, nFiles: 2_000_000 }), DEFAULTS), {
    code: "WORKLOAD.WORKFLOW_INVALID",
  });
});

const zip = (value: unknown): string => `idds_zip:${deflateSync(JSON.stringify(value)).toString("base64")}`;

function workflow(works: Record<string, object>, conditions = {}): unknown {
  const typed = Object.entries(works).map(([id, attributes]) => [id, { class: "DomaPanDAWork", attributes }]);
  const body = { _works: Object.fromEntries(typed), _conditions: conditions, _name: "w" };
  return { class: "Workflow", attributes: { template: { class: "WorkflowBase", attributes: body } } };
}

test("an iDDS workflow becomes a graph of jobs, its final work after the end of all others", () => {
  const work = (name: string, map: unknown): object => ({
    ...{ task_name: name, executable: "do ${IN/L}", task_rss: 500, maxAttempt: 2, core_count: 1 },
    _dependency_map: map,
  });
  const { name, tasks, jobs } = readIddsWorkflow(
    workflow(
      {
        w2: work("two", zip([{ name: "b1", dependencies: [{ task: "one", inputname: "a1" }] }])),
        w1: work("one", zip([{ name: "a1", dependencies: [] }, { name: "$&" }])),
        w3: work("last", []),
      },
      { c: { class: "AndCondition", attributes: { true_works: ["w3"] } } },
    ),
  );
  assert.equal(name, "w");
  assert.deepEqual(
    tasks.map(({ label, request }) => [label, request?.memoryMb]),
    [
      ["two", 500],
      ["one", 500],
      ["last", 500],
    ],
  );
  assert.deepEqual(
    jobs.map((job) => job.name),
    ["one/a1", "one/$&", "two/b1", "last/pseudo_file"],
  );
  assert.deepEqual(jobs[2]!.parents, [0]);
  assert.deepEqual(jobs[3]!.afterEnd?.toSorted(), [1, 2]);
  assert.deepEqual((jobs[1]!.payload as { command: string[] }).command, ["bash", "-c", "do $&"]);
});

test("a damaged iDDS workflow is refused with a code, whatever it holds", () => {
  const broken = [
    undefined,
    7,
    {},
    { class: "Workflow", attributes: {} },
    workflow({ w: { task_name: "t" } }),
    workflow({ w: { task_name: "t", executable: "x", _dependency_map: "idds_zip:AAAA" } }),
    workflow({ w: { task_name: "t", executable: "x", _dependency_map: zip([{ nome: 1 }]) } }),
    workflow({
      w: {
        task_name: "t",
        executable: "x",
        _dependency_map: zip([{ name: "a", dependencies: [{ task: "u", inputname: "b" }] }]),
      },
    }),
  ];
  for (const value of broken)
    assert.throws(() => readIddsWorkflow(value), { code: "WORKLOAD.WORKFLOW_INVALID" });
});
