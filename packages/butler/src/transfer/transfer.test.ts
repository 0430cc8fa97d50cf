import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { createRepository } from "../create-repository.ts";
import { openButler } from "../open-butler.ts";
import { FIRST_EXPOSURE, openSmallSurvey } from "../testing/small-survey.ts";
import { testOnEach } from "../testing/tested-registries.ts";

const cam = { instrument: "Cam" };

testOnEach(
  "what is exported and imported elsewhere is the same: records, files, tags, chains, validity",
  async (t) => {
    const source = await openSmallSurvey(t);
    const folder = await mkdtemp(join(tmpdir(), "almagest-transfer-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const image = await source.put({ text: "it's\nnaïve" }, "image", { ...cam, visit: 3, detector: 1 });
    const coadd = await source.put({ n: 1e-9 }, "coadd", { skymap: "sky", tract: 0, patch: 2, band: "r" });
    const bias = await source.put({}, "bias", { ...cam, detector: 0 });
    await source.registerCollection("tag", "TAGGED", "picked: 'by hand'");
    await source.associate("tag", [image]);
    await source.registerCollection("calib", "CALIBRATION");
    await source.certify("calib", [bias], { begin: FIRST_EXPOSURE });
    await source.registerCollection("chain", "CHAINED");
    await source.setChain("chain", ["tag", "run/a", "calib"]);
    const refs = [image, coadd, bias];
    await source.exportTo(join(folder, "out"), refs, { collections: "*", mode: "copy" });

    const root = join(folder, "repo");
    await createRepository(root);
    await using target = await openButler(root);
    const report = await target.importFrom(join(folder, "out/export.yaml"), { mode: "copy" });
    assert.equal(report.datasets, 3);
    for (const ref of refs) assert.deepEqual(await target.get(ref), await source.get(ref));
    for (const element of ["instrument", "detector", "visit", "visit_definition", "patch", "exposure"]) {
      const theirs = (await source.queryRecords(element)).map((record) => inspect(record));
      for (const record of await target.queryRecords(element))
        assert.ok(theirs.includes(inspect(record)), element);
    }
    const visit = { where: "visit = 3" };
    assert.deepEqual(await target.queryRecords("visit", visit), await source.queryRecords("visit", visit));
    assert.deepEqual(await target.queryCollections(), await source.queryCollections());
    assert.deepEqual(
      await target.queryAssociations("bias", "calib"),
      await source.queryAssociations("bias", "calib"),
    );
    assert.deepEqual(await target.queryDatasets("image", { collections: "chain" }), [image]);
    // Once more changes nothing but is refused for the datasets that are there.
    await assert.rejects(target.importFrom(join(folder, "out/export.yaml"), { mode: "copy" }));
    assert.equal((await target.check({ checksums: true })).clean, true);
  },
);
