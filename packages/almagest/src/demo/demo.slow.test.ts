import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

const launcher = join(import.meta.dirname, "..", "..", "bin", "almagest.js");
const folder = mkdtempSync(join(tmpdir(), "almagest-demo-"));
const once = join(folder, "once");
const killed = join(folder, "killed");

function demoWords(output: string, workers: number): string[] {
  return [launcher, "demo", "--size", "tiny", "--output", output, "--jobs", String(workers)];
}

/** Digest of every science and calibration product below a repository. Logs, metadata and versions hold times and places. */
function digestProducts(repository: string): Map<string, string> {
  const digests = new Map<string, string>();
  for (const file of readdirSync(repository, { recursive: true, encoding: "utf8" }).sort()) {
    if (!/\.(fits|parq|json|yaml)$/.test(file) || /_(log|metadata|config)_|packages|butler\.yaml/.test(file))
      continue;
    digests.set(
      file,
      createHash("sha256")
        .update(readFileSync(join(repository, file)))
        .digest("hex"),
    );
  }
  return digests;
}

before(() => {
  const run = spawnSync(process.execPath, demoWords(once, 1), { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
});

after(() => rmSync(folder, { recursive: true, force: true }));

test("killed again and again and with two workers, the demo ends with the same bytes as in one go with one", async () => {
  for (const seconds of [2, 5, 4, 7]) {
    const child = spawn(process.execPath, demoWords(killed, 2), { stdio: "ignore" });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await Promise.race([wait(seconds * 1000), ended]);
    child.kill("SIGKILL");
    await ended;
  }
  const last = spawnSync(process.execPath, demoWords(killed, 2), { encoding: "utf8" });
  assert.equal(last.status, 0, last.stderr);
  const expected = digestProducts(join(once, "repo"));
  const found = digestProducts(join(killed, "repo"));
  assert.ok(
    [...expected.keys()].some((file) => file.includes("deep_coadd")),
    "no coadd among the products",
  );
  assert.deepEqual([...found.keys()], [...expected.keys()]);
  for (const [file, digest] of expected) assert.equal(found.get(file), digest, file);
});

test("a second call does nothing again", () => {
  const newest = () => Math.max(...productTimes(join(once, "repo")));
  const before = newest();
  const run = spawnSync(process.execPath, demoWords(once, 1), { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  assert.equal(newest(), before);
});

function productTimes(repository: string): number[] {
  return [...digestProducts(repository).keys()].map((file) => statSync(join(repository, file)).mtimeMs);
}

test("the report opens in a real browser without errors and with its pictures", async (t) => {
  const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));
  if (browserPath === undefined) return t.skip("needs chromium: the report page in a browser");
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({
    executablePath: browserPath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
    ],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("requestfailed", (request) => problems.push(request.url().slice(0, 80)));
    await page.goto(`file://${join(once, "report.html")}`);
    const widths = (await page.evaluate(
      "[...document.images].map((image) => image.naturalWidth)",
    )) as number[];
    assert.ok(widths.length >= 3 && widths.every((width) => width > 100), `pictures are ${widths} wide`);
    assert.ok((await page.$$("figure svg")).length >= 6, "charts are missing");
    assert.equal(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), true);
    assert.deepEqual(problems, []);
  } finally {
    await browser.close();
  }
});
