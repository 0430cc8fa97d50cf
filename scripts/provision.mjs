// Installs, as root on Debian, the real programs that tests and benchmarks compare with.
// Anywhere else it only says which are missing, and the tests that need them skip by name.
import { spawnSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Command or Python module → Debian package. */
const PROGRAMS = [
  { command: "fpack", package: "libcfitsio-bin", for: "FITS compression" },
  { command: "source-extractor", package: "source-extractor", for: "detection and measurement" },
  { command: "SWarp", package: "swarp", for: "warping" },
  { command: "chromium", package: "chromium", for: "the report page" },
  {
    command: "/usr/lib/postgresql/*/bin/initdb",
    package: "postgresql",
    for: "repositories and job stores on PostgreSQL",
  },
  ...["slurmctld", "slurmd", "slurmdbd", "slurmrestd"].map((name) => {
    return { command: `/usr/sbin/${name}`, package: name, for: "batch jobs on Slurm" };
  }),
  { command: "sbatch", package: "slurm-client", for: "batch jobs on Slurm" },
  { command: "/usr/sbin/munged", package: "munge", for: "batch jobs on Slurm" },
  { command: "/usr/sbin/mariadbd", package: "mariadb-server", for: "batch jobs on Slurm" },
  { command: "/usr/lib/arc/libarex.so", package: "nordugrid-arc-arex", for: "batch jobs through ARC" },
  { command: "/usr/bin/ceph-osd", package: "ceph", for: "repositories on S3" },
  { command: "/usr/sbin/nginx", package: "nginx", for: "repositories on WebDAV" },
  {
    command: "/usr/lib/nginx/modules/ngx_http_dav_ext_module.so",
    package: "libnginx-mod-http-dav-ext",
    for: "repositories on WebDAV",
  },
  {
    command: "/usr/lib/x86_64-linux-gnu/libXrdHttp-5.so",
    package: "xrootd-server-plugins",
    for: "repositories on XRootD",
  },
  { command: "xrootd", package: "xrootd-server", for: "repositories on XRootD" },
  { command: "/usr/bin/radosgw", package: "radosgw", for: "repositories on S3" },
  { command: "/usr/share/activemq/bin/activemq.jar", package: "activemq", for: "messages over a broker" },
  { command: "prometheus", package: "prometheus", for: "the workload manager's metrics" },
  { command: "zsh", package: "zsh", for: "shell completion" },
  { command: "fish", package: "fish", for: "shell completion" },
  { module: "astropy", package: "python3-astropy", for: "FITS and WCS" },
  { module: "sep", package: "python3-sep", for: "measurement" },
];

const GO_BIN = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "almagest/go/bin");

/** Programs that Go builds from its modules, in the user's cache folder; the first time takes some minutes. */
const GO_PROGRAMS = [
  {
    command: join(GO_BIN, "fake-gcs-server"),
    module: "github.com/fsouza/fake-gcs-server@v1.56.1",
    for: "repositories on Google Cloud Storage",
  },
];

function provisionGo() {
  const missing = GO_PROGRAMS.filter(({ command }) => !existsSync(command));
  for (const { command, module, for: purpose } of missing) {
    console.log(`Building for comparison: ${module} …`);
    const env = { ...process.env, GOBIN: GO_BIN };
    spawnSync("go", ["install", module], { env, stdio: "ignore", timeout: 1_200_000 });
    if (!existsSync(command))
      console.log(`Not here: ${command} (needs Go); tests of ${purpose} are skipped.`);
  }
}

function isPresent({ command, module }) {
  if (command?.startsWith("/")) return globSync(command).length > 0;
  if (command !== undefined) return spawnSync("sh", ["-c", `command -v ${command}`]).status === 0;
  return spawnSync("/usr/bin/python3", ["-c", `import ${module}`]).status === 0;
}

/** Installs what is missing and returns the names of what stays missing. */
export async function provision() {
  let missing = PROGRAMS.filter((program) => !isPresent(program));
  const canInstall = process.getuid?.() === 0 && existsSync("/etc/debian_version");
  if (missing.length > 0 && canInstall) {
    const names = missing.map((program) => program.package);
    console.log(`Installing for comparison: ${names.join(", ")} …`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    spawnSync("apt-get", ["update", "-q"], { env, stdio: "ignore" });
    const run = spawnSync("apt-get", ["install", "-qy", "--no-install-recommends", ...names], {
      env,
      encoding: "utf8",
    });
    if (run.status !== 0) console.log(run.stderr);
    missing = missing.filter((program) => !isPresent(program));
  }
  for (const program of missing) {
    const name = program.command ?? `Python's ${program.module}`;
    console.log(
      `Not here: ${name} (Debian package ${program.package}); tests of ${program.for} against it are skipped.`,
    );
  }
  provisionGo();
  return missing.map((program) => program.package);
}

if (process.argv[1] === import.meta.filename) await provision();
