import assert from "node:assert/strict";
import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";

const root = import.meta.dirname;
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const rooms = readdirSync(join(root, "packages")).sort();

/** Every Markdown file of the project, relative to its root; not what is installed, built or made by the demonstration. */
const documents = globSync("**/*.md", {
  cwd: root,
  exclude: (name) => ["node_modules", "dist", "demo", ".git", ".tmp", ".cache"].includes(name),
}).sort();

/** Text outside of fenced code. */
function withoutFences(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, "");
}

/** The anchors that a page's headings give, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const headings = withoutFences(text).matchAll(/^#+ +(.+)$/gm);
  const slug = (heading: string): string =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-");
  return new Set([...headings].map(([, heading]) => slug(heading!)));
}

/** The part of a page under a heading, up to the next heading of the same depth. */
function sectionOf(text: string, heading: string): string {
  const start = text.indexOf(`\n## ${heading}\n`);
  assert.ok(start >= 0, `no section '${heading}'`);
  const end = text.indexOf("\n## ", start + 4);
  return text.slice(start, end < 0 ? undefined : end);
}

/** Paths from the root that a text names in code spans (`packages/…` and the like), without those that have a gap to fill. */
function pathsIn(text: string): string[] {
  const spans = text.matchAll(/`((?:packages|docs|scripts|bench|interop)\/[\w./-]+)`/g);
  return [...spans].map(([, path]) => path!).filter((path) => !/ROOM|AREA|NAME|FOLDER/.test(path));
}

for (const room of rooms) {
  test(`packages/${room}/README.md says what it is for, draws it, where to start and how to add`, () => {
    const file = `packages/${room}/README.md`;
    assert.ok(existsSync(join(root, file)), `${file} is missing`);
    const text = read(file);
    const prose = withoutFences(text).split("\n").slice(1).join("\n").trim();
    assert.match(text, /^# \S/, "begins with a title");
    assert.match(prose, /^[A-Z][^#|]{40,}/, "says after the title what the room is for");
    assert.match(text, /^```[\s\S]*?(?:[─│►▶▼◀→]|-->|mermaid)[\s\S]*?^```/m, "has a diagram");
    assert.match(text, /\bstart (?:reading|at)\b/i, "says where to start reading");
    assert.match(text, /\b(?:to add|adding|add an?)\b/i, "says how to add one more of its kind");
  });
}

/** Why a link of a file leads nowhere, or undefined when it leads somewhere. */
function brokenLink(file: string, target: string): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return undefined;
  const [path = "", anchor] = target.split("#", 2);
  const place = path === "" ? join(root, file) : resolve(root, dirname(file), decodeURI(path));
  if (!existsSync(place)) return `there is no ${path}`;
  if (anchor === undefined || !place.endsWith(".md")) return undefined;
  return anchorsOf(readFileSync(place, "utf8")).has(anchor)
    ? undefined
    : `no heading of ${place} gives #${anchor}`;
}

for (const file of documents) {
  test(`every relative link in ${file} leads somewhere`, () => {
    const text = withoutFences(read(file)).replace(/`[^`\n]*`/g, "");
    const links = text.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g);
    const broken = [...links].map(([, target]) => brokenLink(file, target!));
    assert.deepEqual(
      broken.filter((reason) => reason !== undefined),
      [],
    );
  });
}

test("the life of one exposure names files that exist", () => {
  const paths = pathsIn(sectionOf(read("ARCHITECTURE.md"), "The life of one exposure"));
  assert.ok(paths.length >= 20, `only ${paths.length} paths are named`);
  for (const path of paths) assert.ok(existsSync(join(root, path)), `there is no ${path}`);
});

test("every path that the project's own pages name exists", () => {
  for (const file of documents.filter((name) => !name.startsWith("packages/"))) {
    for (const path of pathsIn(read(file))) {
      assert.ok(existsSync(join(root, path)), `${file}: there is no ${path}`);
    }
  }
});

test("ARCHITECTURE.md lists the rooms with the ranks of their package.json", () => {
  const rows = sectionOf(read("ARCHITECTURE.md"), "The rooms").matchAll(/^\| (\d+) \| `([a-z]+)` \|/gm);
  const listed = [...rows].map(([, rank, room]) => `${room} ${rank}`).sort();
  const actual = rooms.map(
    (room) => `${room} ${JSON.parse(read(`packages/${room}/package.json`)).almagest.rank}`,
  );
  assert.deepEqual(listed, actual.sort());
});

test("docs/dependencies.md says why each dependency is here, and names no other", () => {
  const manifests = ["package.json", ...rooms.map((room) => `packages/${room}/package.json`)];
  const declared = new Set<string>();
  for (const manifest of manifests) {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read(manifest));
    for (const name of Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
      if (name !== "almagest" && !name.startsWith("@almagest/")) declared.add(name);
    }
  }
  const rows = [...read("docs/dependencies.md").matchAll(/^\| ([^|]+) \| [^|]+ \| [^|\s][^|]* \|$/gm)];
  const listed = rows.slice(1).flatMap(([, names]) => names!.split(",").map((name) => name.trim()));
  assert.deepEqual(listed.toSorted(), [...declared].sort());
});
