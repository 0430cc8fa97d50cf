import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { isAlmagestError } from "@almagest/base";
import { createBpsConfig } from "./bps-config.ts";
import { memoryOfAttempt, resolveResources } from "./job-resources.ts";
import { loadSubmitFile, parseSubmitText } from "./load-submit-file.ts";

const folder = mkdtempSync(join(tmpdir(), "almagest-submit-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const hasCode = (code: string, part: RegExp) => (error: unknown) =>
  isAlmagestError(error, code) && part.test(error.message);

test("variables are replaced within one another, unknown ones by nothing, the environment's as the shell would", () => {
  const config = createBpsConfig(
    parseSubmitText(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own form.
      "a: '{b}/{b}'\nb: x{c}{nothing}\nc: 3\nd: '${HOME}/{c:05}'\nloop: '{loop}'\ne: bpsEval(max, 1, {c})",
      "a.yaml",
    ),
    { HOME: "/h" },
  );
  assert.equal(config.search("a"), "x3/x3");
  assert.equal(config.search("d"), "/h/00003");
  assert.equal(config.search("d", { environment: "defer" }), "<ENV:HOME>/00003");
  assert.equal(config.search("a", { replaceVariables: false }), "{b}/{b}");
  assert.equal(config.search("a", { skipNames: ["b"] }), "{b}/{b}");
  assert.equal(config.search("e"), "3");
  assert.equal(config.search("nowhere"), undefined);
  assert.throws(() => config.search("loop"), hasCode("BATCH.CONFIG_INVALID", /refers to itself/));
});

test("sections are searched in Rubin's order, the root last", () => {
  const config = createBpsConfig(
    parseSubmitText(
      `requestMemory: 1
pipetask: {isr: {requestMemory: 2, numberOfRetries: 7}}
cluster: {c: {requestMemory: 3}}
site: {s: {requestMemory: 4, requestWalltime: 1:30:00, profile: {gres: "gpu:{requestCpus}"}}}
requestCpus: 1
bps_cmdline: {queue: fast}
`,
      "a.yaml",
    ),
  );
  const memory = (current: Record<string, string>): unknown => config.search("requestMemory", { current });
  assert.equal(memory({}), 1);
  assert.equal(memory({ curr_site: "s" }), 4);
  assert.equal(memory({ curr_site: "s", curr_pipetask: "isr" }), 2);
  assert.equal(memory({ curr_pipetask: "isr", curr_cluster: "c" }), 3);
  assert.equal(config.search(".pipetask.isr.numberOfRetries"), 7);
  const resources = resolveResources(config, { current: { curr_site: "s", curr_pipetask: "isr" } });
  assert.deepEqual(
    [resources.memoryMb, resources.retries, resources.walltimeMin, resources.queue, resources.profile],
    [2, 7, 5400, "fast", { gres: "gpu:1" }],
  );
});

test("memory grows by its factor up to the limit", () => {
  const config = createBpsConfig({ requestMemory: 100, memoryMultiplier: 3, memoryLimit: 1000 });
  const resources = resolveResources(config, {});
  assert.deepEqual(
    [0, 1, 2, 3].map((attempt) => memoryOfAttempt(resources, attempt)),
    [100, 300, 900, 1000],
  );
});

test("includes are merged in order, at any depth; what includes wins", () => {
  write("one.yaml", "a: 1\nb: 1\ns: {x: 1, y: 1}\n");
  write("two.yaml", "b: 2\ns: {y: 2}\n");
  write("deep.yaml", "k: 9\n");
  const top = write(
    "top.yaml",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own form.
    "includeConfigs:\n  - ${DIR}/one.yaml\n  - two.yaml\ns: {z: 3}\nsite: {x: {includeConfigs: deep.yaml, j: 8}}\n",
  );
  assert.deepEqual(loadSubmitFile(top, { DIR: folder }), {
    a: 1,
    b: 2,
    s: { x: 1, y: 2, z: 3 },
    site: { x: { k: 9, j: 8 } },
  });
});

test("mistakes are told with file and line", () => {
  assert.throws(() => parseSubmitText("a: 1\nb: [", "f.yaml"), hasCode("BATCH.YAML_INVALID", /f\.yaml:2/));
  assert.throws(() => parseSubmitText("a: 1\na: 2", "f.yaml"), hasCode("BATCH.YAML_INVALID", /f\.yaml:/));
  assert.throws(() => parseSubmitText("- 1", "f.yaml"), hasCode("BATCH.YAML_INVALID", /mapping/));
  const missing = write("missing.yaml", "a: 1\nincludeConfigs: not-there.yaml\n");
  assert.throws(() => loadSubmitFile(missing), hasCode("BATCH.YAML_INVALID", /missing\.yaml:2: .*not-there/));
  const self = write("self.yaml", "includeConfigs: self.yaml\n");
  assert.throws(() => loadSubmitFile(self), hasCode("BATCH.YAML_INVALID", /includes itself/));
});
