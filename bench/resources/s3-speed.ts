import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runPython } from "../../interop/python.ts";
import { storeFor } from "../../packages/resources/src/index.ts";
import { missingForCeph, startCeph } from "../../packages/servers/src/index.ts";
import type { Bar } from "../../scripts/bar.ts";

const LARGE_MIB = 64;
const SMALL = 200;

interface Times {
  readonly put: number;
  readonly get: number;
  readonly put_small: number;
  readonly get_small: number;
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function timeOurs(large: string): Promise<Times> {
  const store = await storeFor("s3://bench/x");
  const small = randomBytes(4096);
  await store.write("s3://bench/warm-ours", small);
  const each = async (work: (uri: string) => Promise<unknown>): Promise<void> => {
    for (let index = 0; index < SMALL; index++) await work(`s3://bench/ours/${index}`);
  };
  const times = {
    put: await seconds(() => store.upload(large, "s3://bench/ours-large")),
    get: await seconds(() => store.download("s3://bench/ours-large", `${large}.ours`)),
    put_small: await seconds(() => each((uri) => store.write(uri, small))),
    get_small: await seconds(() => each((uri) => store.read(uri))),
  };
  store.close?.();
  return times;
}

let measured: Promise<{ readonly ours: Times; readonly theirs: Times }> | undefined;

function measureBoth(): NonNullable<typeof measured> {
  measured ??= (async () => {
    const missing = missingForCeph();
    if (missing !== "") throw new Error(missing);
    const ceph = await startCeph();
    const home = await mkdtemp(join(tmpdir(), "almagest-bench-s3-"));
    try {
      Object.assign(process.env, {
        S3_ENDPOINT_URL: ceph.endpoint,
        AWS_ACCESS_KEY_ID: ceph.accessKey,
        AWS_SECRET_ACCESS_KEY: ceph.secretKey,
        AWS_DEFAULT_REGION: "us-east-1",
      });
      await ceph.createBucket("bench");
      const large = join(home, "large");
      await writeFile(large, randomBytes(LARGE_MIB * 1024 * 1024));
      const script = join(import.meta.dirname, "s3-boto.py");
      const theirs = runPython<Times>(["boto3"], script, ["bench", large, `${SMALL}`]);
      return { theirs, ours: await timeOurs(large) };
    } finally {
      await ceph.stop();
      await rm(home, { recursive: true, force: true });
    }
  })();
  return measured;
}

function speedBar(name: string, key: keyof Times, amount: number, unit: string): Bar {
  return {
    name,
    goal: "no slower than boto3",
    measure: async () => {
      const { ours, theirs } = await measureBoth();
      const ratio = theirs[key] / ours[key];
      const rate = (time: number): string => `${(amount / time).toPrecision(3)} ${unit}`;
      return {
        figure: `${ratio.toFixed(2)}×`,
        pass: ratio >= 1,
        note: `ours ${rate(ours[key])}, theirs ${rate(theirs[key])}`,
      };
    },
  };
}

/** The same work by boto3 and by us against one real Ceph, its disk in memory, in one run. */
export const bars: Bar[] = [
  speedBar(`put a file of ${LARGE_MIB} MiB in S3`, "put", LARGE_MIB, "MiB/s"),
  speedBar(`get a file of ${LARGE_MIB} MiB from S3`, "get", LARGE_MIB, "MiB/s"),
  speedBar("put objects of 4 KiB in S3", "put_small", SMALL, "/s"),
  speedBar("get objects of 4 KiB from S3", "get_small", SMALL, "/s"),
];
