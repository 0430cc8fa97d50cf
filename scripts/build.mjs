// Emits publishable packages: dist/packages/NAME for each room (JavaScript and declarations), with `almagest` carrying
// the rooms inside (bundled), so that its tarball alone installs the whole program.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
/** Folders of a room that are data of the program, beside its sources. */
const ASSETS = ["bin", "wasm", "pipelines", "assets", "README.md"];

function compile() {
  rmSync(dist, { recursive: true, force: true });
  const tsc = join(root, "node_modules", ".bin", "tsc");
  const run = spawnSync(tsc, ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
  if (run.status !== 0) process.exit(run.status ?? 1);
  // tsc rewrites import paths, but not the URLs by which workers and runtime modules are named.
  for (const file of globSync("js/**/*.js", { cwd: dist })) {
    const path = join(dist, file);
    const text = readFileSync(path, "utf8");
    const rewritten = text.replace(/(new URL\(\s*"[^"]+)\.ts("\s*,\s*import\.meta\.url)/g, "$1.js$2");
    if (rewritten !== text) writeFileSync(path, rewritten);
  }
}

function stage(room) {
  const source = join(root, "packages", room);
  const target = join(dist, "packages", room);
  mkdirSync(target, { recursive: true });
  cpSync(join(dist, "js", room, "src"), join(target, "dist"), { recursive: true });
  for (const asset of ASSETS) {
    if (existsSync(join(source, asset)))
      cpSync(join(source, asset), join(target, asset), { recursive: true });
  }
  cpSync(join(root, "LICENSE"), join(target, "LICENSE"));
  const manifest = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  delete manifest.scripts;
  delete manifest.devDependencies;
  manifest.exports = Object.fromEntries(
    Object.entries(manifest.exports).map(([name, path]) => {
      const file = path.replace("./src/", "./dist/").replace(/\.ts$/, "");
      return [name, { types: `${file}.d.ts`, default: `${file}.js` }];
    }),
  );
  manifest.files = ["dist", ...ASSETS];
  writeFileSync(join(target, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

function bundle(manifests) {
  const target = join(dist, "packages", "almagest");
  const manifest = manifests.get("almagest");
  const bundled = [];
  for (const [room, inner] of manifests) {
    if (room === "almagest") continue;
    cpSync(join(dist, "packages", room), join(target, "node_modules", "@almagest", room), {
      recursive: true,
    });
    bundled.push(inner.name);
    for (const [name, version] of Object.entries(inner.dependencies ?? {})) {
      if (!name.startsWith("@almagest/")) manifest.dependencies[name] = version;
    }
  }
  manifest.bundleDependencies = bundled.sort();
  manifest.dependencies = Object.fromEntries(Object.entries(manifest.dependencies).sort());
  const workspace = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  manifest.optionalDependencies = { ...workspace.optionalDependencies };
  writeFileSync(join(target, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

compile();
const isPublished = (room) =>
  !JSON.parse(readFileSync(join(root, "packages", room, "package.json"), "utf8")).private;
const manifests = new Map(
  readdirSync(join(root, "packages"))
    .filter(isPublished)
    .sort()
    .map((room) => [room, stage(room)]),
);
bundle(manifests);
rmSync(join(dist, "js"), { recursive: true });
console.log(
  `${manifests.size} packages in dist/packages; 'npm pack ./dist/packages/almagest' makes the tarball.`,
);
