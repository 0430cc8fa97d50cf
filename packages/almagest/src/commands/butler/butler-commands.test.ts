import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createRepository, openButler } from "@almagest/butler";
import { runCommandLine } from "../../testing/run-command-line.ts";

const folder = mkdtempSync(join(tmpdir(), "almagest-butler-cli-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const repo = join(folder, "repo");

const run = (words: string[], input = "") => runCommandLine(["butler", ...words], input);

const json = async (...words: string[]): Promise<unknown> => {
  const { code, out, err } = await run([...words, "--json"]);
  assert.equal(code, 0, err);
  return JSON.parse(out);
};

test("a table of files becomes datasets, which are listed, tagged, transferred, retrieved and purged", async () => {
  await createRepository(repo);
  {
    await using butler = await openButler(repo);
    await butler.insertRecords("instrument", [{ name: "Cam" }]);
    await butler.insertRecords(
      "detector",
      [0, 1].map((id) => ({ instrument: "Cam", id, full_name: `D${id}` })),
    );
  }
  for (const name of ["a", "b"]) writeFileSync(join(folder, `${name}.yaml`), `name: ${name}\n`);
  writeFileSync(join(folder, "table.csv"), "file,detector\na.yaml,0\nb.yaml,1\n");
  const registered = await run(["register-dataset-type", repo, "notes", "StructuredDataDict", "detector"]);
  assert.equal(registered.out, "Dataset type successfully registered.\n");
  const ingest = ["ingest-files", repo, "notes", "run/a", join(folder, "table.csv"), "--prefix", folder];
  assert.equal((await run(ingest)).code, 1, "without an instrument");
  assert.equal((await run([...ingest, "--data-id", "instrument=Cam"])).code, 0);

  const found = (await json("query-datasets", repo, "notes", "--collections", "run/a")) as { id: string }[];
  assert.deepEqual(
    found.map(({ id: _, ...rest }) => rest),
    [0, 1].map((detector) => ({ type: "notes", run: "run/a", data_id: { instrument: "Cam", detector } })),
  );
  assert.match(found[0]!.id, /^[0-9a-f-]{36}$/);
  const absent = await run(["query-datasets", repo, "notes", "--where", "instrument='Cam' AND detector=7"]);
  assert.equal(absent.code, 0);
  assert.match(absent.err, /^No notes: .*detector=7/);
  assert.match((await run(["query-datasets", repo, "nots"])).err, /^No dataset type matches nots; /);
  const one = ["--where", "instrument='Cam' AND detector=1"];
  assert.equal(
    (await run(["associate", repo, "tag", "-d", "notes", "--collections", "run/a", ...one])).code,
    0,
  );
  assert.deepEqual(
    await json("query-data-ids", repo, "detector", "--datasets", "notes", "--collections", "tag"),
    [{ instrument: "Cam", detector: 1 }],
  );
  const explained = await run([
    "query-datasets",
    repo,
    "notes",
    "--where",
    "instrument='Cam' AND detector=7",
    "--explain",
  ]);
  assert.match(explained.out, /SELECT [\s\S]*Nothing found: Nothing matches the condition/);

  const other = join(folder, "other");
  assert.equal((await run(["create", other])).code, 0);
  const transfer = ["transfer-datasets", repo, other, "--collections", "run/a", "--register-dataset-types"];
  assert.equal((await run([...transfer, "--dry-run"])).out, "Number of datasets transferred: 2\n");
  assert.equal((await run(transfer)).out, "Number of datasets transferred: 2\n");
  assert.equal((await run(transfer)).out, "Number of datasets transferred: 0\n");
  assert.deepEqual(await json("query-datasets", other, "--collections", "run/a"), found);
  const retrieved = (await json("retrieve-artifacts", other, join(folder, "out"))) as { id: string }[];
  assert.deepEqual(retrieved.map(({ id }) => id).sort(), found.map(({ id }) => id).sort());

  const doomed = ["prune-datasets", other, "--purge", "run/a"];
  assert.match((await run(doomed, "n\n")).out, /Did not remove the datasets/);
  assert.match((await run(doomed, "y\n")).out, /The datasets were removed/);
  assert.deepEqual(await json("query-datasets", other, "--collections", "run/a"), []);
  assert.deepEqual(await json("fsck", other, "--checksums", "--grace", "0"), []);
});

test("an archive is retrieved with --zip and ingested again after a removal", async () => {
  const root = join(folder, "zipped");
  await createRepository(root);
  {
    await using butler = await openButler(root, { run: "run/a" });
    await butler.registerDatasetType({
      name: "settings",
      dimensions: [],
      storageClass: "StructuredDataDict",
      isCalibration: false,
    });
    await butler.put({ a: 1 }, "settings", {});
  }
  const out = join(folder, "archives");
  const retrieved = await run(["retrieve-artifacts", root, out, "--collections", "run/a", "--zip"]);
  assert.equal(retrieved.code, 0, retrieved.err);
  const path = /^Zip file written to file:\/\/(.*\.zip)\n$/.exec(retrieved.out)?.[1];
  assert.ok(path, retrieved.out);
  assert.match((await run(["ingest-zip", root, path])).err, /BUTLER\.DATASET_CONFLICT/);
  assert.equal((await run(["ingest-zip", root, path, "--transfer", "link"])).code, 2);
  assert.equal((await run(["remove-runs", root, "run/a", "--no-confirm"])).code, 0);
  assert.match((await run(["ingest-zip", root, path, "--dry-run"])).err, /Would ingest 1 datasets/);
  assert.match((await run(["ingest-zip", root, path])).err, /Ingested 1 datasets/);
  await using butler = await openButler(root);
  assert.deepEqual(await butler.get("settings", {}, { collections: "run/a" }), { a: 1 });
});

test("what a crash leaves is found and mended by fsck", async () => {
  writeFileSync(join(repo, "stray.yaml"), "x");
  const found = await run(["fsck", repo, "--grace", "0"]);
  assert.equal(found.code, 1);
  assert.match(found.out, /orphaned +stray\.yaml/);
  assert.match((await run(["fsck", repo, "--grace", "0", "--repair"])).out, /repaired/);
  assert.match((await run(["fsck", repo, "--grace", "0"])).out, /clean/);
});

test("options come from a file where the command line does not give them", async () => {
  const options = join(folder, "options.yaml");
  writeFileSync(
    options,
    "query-datasets:\n  collections: [run/a]\n  where: \"instrument='Cam' AND detector=0\"\n",
  );
  const found = (await json("query-datasets", repo, "notes", "-@", options)) as object[];
  assert.equal(found.length, 1);
  writeFileSync(options, "query-datasets:\n  nonsense: 1\n");
  assert.equal((await run(["query-datasets", repo, "notes", "-@", options])).code, 2);
});

test("configuration is shown and validated; a chain is edited by places", async () => {
  assert.match((await run(["config-dump", repo, "--subset", ".registry.db"])).out, /sqlite:\/\//);
  assert.equal((await run(["config-validate", repo])).out, "No problems encountered with configuration.\n");
  await run(["register-dataset-type", repo, "odd", "NoSuchStorage", "detector"]);
  const invalid = await run(["config-validate", repo]);
  assert.equal(invalid.code, 1);
  assert.match(invalid.out, /odd: No formatter is known/);
  assert.equal((await run(["collection-chain", repo, "chain", "run/a,tag"])).out, "[run/a, tag]\n");
  assert.equal(
    (await run(["collection-chain", repo, "chain", "--mode", "pop", "--", "-1"])).out,
    "[run/a]\n",
  );
  assert.match(
    (await run(["remove-runs", repo, "run/a", "--no-confirm"])).out,
    /must be unlinked from "chain"/,
  );
  assert.equal((await run(["remove-runs", repo, "run/a", "--no-confirm", "--force"])).code, 0);
});
