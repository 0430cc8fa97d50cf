/** Figures of one name, as Prometheus reads them. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: readonly MetricSample[];
}

/** One figure with its labels; `suffix` is what a histogram appends to its name. */
export interface MetricSample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly suffix?: "_bucket" | "_sum" | "_count";
}

const escapeLabel = (text: string): string =>
  text.replace(/[\\\n"]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`));

const escapeHelp = (text: string): string => text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n");

const formatValue = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? "+Inf" : value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);

/** The text exposition format, version 0.0.4 (content type `text/plain; version=0.0.4`). */
export function renderMetrics(families: Iterable<MetricFamily>): string {
  const lines: string[] = [];
  for (const { name, help, type, samples } of families) {
    lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
    for (const { value, labels = {}, suffix = "" } of samples) {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
      lines.push(`${name}${suffix}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${formatValue(value)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** Counts of values in buckets. */
export class Histogram {
  readonly #edges: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** `edges`: upper ends of the buckets, ascending. */
  constructor(edges: readonly number[]) {
    this.#edges = edges;
    this.#counts = new Array(edges.length + 1).fill(0);
  }

  observe(value: number): void {
    const index = this.#edges.findIndex((edge) => value <= edge);
    this.#counts[index < 0 ? this.#edges.length : index]!++;
    this.#sum += value;
  }

  /** As samples, each bucket counting all values up to its end. */
  samples(): MetricSample[] {
    let total = 0;
    const buckets = this.#counts.map((count, index): MetricSample => {
      total += count;
      const le = formatValue(this.#edges[index] ?? Number.POSITIVE_INFINITY);
      return { suffix: "_bucket", labels: { le }, value: total };
    });
    return [...buckets, { suffix: "_sum", value: this.#sum }, { suffix: "_count", value: total }];
  }
}
