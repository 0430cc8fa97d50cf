import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

interface Room {
  readonly name: string;
  readonly rank: number;
  readonly dependencies: readonly string[];
  /** What its tests need besides. */
  readonly testDependencies: readonly string[];
}

const root = import.meta.dirname;

function readRooms(): Map<string, Room> {
  const rooms = new Map<string, Room>();
  for (const folder of readdirSync(join(root, "packages"))) {
    const manifest = JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8"));
    const rank: unknown = manifest.almagest?.rank;
    assert.equal(typeof rank, "number", `packages/${folder}/package.json needs "almagest": {"rank": N}`);
    rooms.set(folder, {
      name: manifest.name,
      rank: rank as number,
      dependencies: Object.keys(manifest.dependencies ?? {}),
      testDependencies: Object.keys(manifest.devDependencies ?? {}),
    });
  }
  return rooms;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file));
}

const rooms = readRooms();
const importPattern = /(?:from|import)\s*\(?\s*["'](@almagest\/[a-z-]+)/g;

for (const [folder, room] of rooms) {
  test(`${room.name} (rank ${room.rank}) imports only lower ranks, and declares what it imports`, () => {
    for (const file of sourceFiles(join(root, "packages", folder, "src"))) {
      const source = readFileSync(file, "utf8");
      const isTest = file.endsWith(".test.ts") || file.includes("/testing/");
      const declared = isTest ? [...room.dependencies, ...room.testDependencies] : room.dependencies;
      for (const [, imported] of source.matchAll(importPattern)) {
        const target = rooms.get(imported!.slice("@almagest/".length));
        assert.ok(target, `${file} imports ${imported}, which is no room`);
        assert.ok(
          target.rank < room.rank,
          `${file} (rank ${room.rank}) imports ${imported} (rank ${target.rank})`,
        );
        assert.ok(declared.includes(imported!), `${folder}/package.json does not list ${imported}`);
      }
      assert.doesNotMatch(
        source,
        /from\s+["']\.\.\/\.\.\/\.\.\/[a-z]+\/src/,
        `${file} reaches into another room's files`,
      );
    }
  });
}
