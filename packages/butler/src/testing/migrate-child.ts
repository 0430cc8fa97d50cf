import { openForMigration, planMigrations, runMigration } from "../migrations/migrate-repository.ts";
import { readSchemaVersions } from "../migrations/schema-version.ts";

/** Migrates a repository to the newest versions and says how far it is: a process of its own, to be killed. */
await using db = await openForMigration(process.argv[2]!, { readOnly: false });
for (const step of planMigrations(await readSchemaVersions(db))) {
  process.stdout.write(`${step.tree} ${step.from}\n`);
  const onProgress = (done: number): void => void process.stdout.write(`${done} rows\n`);
  await runMigration(step, { db, options: {}, onProgress });
}
process.stdout.write("end\n");
