/** Commands in the order they are run, `REPO` being the repository and `WORK` a folder beside it. */
export interface Step {
  readonly words: string;
  /** What is typed when asked. */
  readonly input?: string;
  /** The order of lines is not defined. */
  readonly unordered?: boolean;
  /** Only whether it fails is compared: the words are ours. */
  readonly codeOnly?: boolean;
}

/** Commands that ask. */
export const READS: readonly Step[] = [
  ...["TREE", "TABLE", "INVERSE-TREE", "INVERSE-TABLE", "FLATTEN", "NO-CHILDREN"].flatMap((mode) => [
    {
      words: `query-collections REPO --chains ${mode}`,
      unordered: mode === "NO-CHILDREN" || mode === "FLATTEN",
    },
    {
      words: `query-collections REPO CamX/r* outer --chains ${mode}`,
      unordered: mode === "NO-CHILDREN" || mode === "FLATTEN",
    },
    {
      words: `query-collections REPO CamX/* -t --chains ${mode}`,
      unordered: mode === "NO-CHILDREN" || mode === "FLATTEN",
    },
  ]),
  { words: "query-collections REPO --collection-type RUN" },
  { words: "query-collections REPO --collection-type TAGGED --collection-type CALIBRATION --chains TABLE" },
  { words: "query-collections REPO nope*" },
  { words: "query-collections REPO nope", codeOnly: true },
  { words: "query-dataset-types REPO" },
  { words: "query-dataset-types REPO -v" },
  { words: "query-dataset-types REPO *a* --verbose" },
  { words: "query-dataset-types REPO --collections CamX/runB" },
  { words: "query-dataset-types REPO nope*" },
  { words: "query-datasets REPO vd --collections CamX/runA" },
  { words: "query-datasets REPO vd --collections CamX/runA --show-uri" },
  { words: "query-datasets REPO vd --collections CamX/runA,CamX/runB --find-first" },
  { words: "query-datasets REPO vd --collections CamX/runA --collections CamX/runB" },
  { words: "query-datasets REPO * --collections *" },
  { words: "query-datasets REPO * --collections CamX/runA --show-uri" },
  { words: "query-datasets REPO coadd ref_cat glob_table --collections CamX/runA" },
  { words: "query-datasets REPO flat --collections outer" },
  { words: "query-datasets REPO vd --collections CamX/runA --order-by -visit,detector" },
  { words: "query-datasets REPO vd --collections CamX/defaults --where band='r'" },
  { words: "query-datasets REPO vd --collections CamX/runA --where instrument='CamX'_AND_visit>10" },
  {
    words: "query-datasets REPO vd --collections CamX/runA --where instrument='CamX'_AND_visit>",
    codeOnly: true,
  },
  { words: "query-datasets REPO nope --collections *" },
  { words: "query-datasets REPO vd --collections nope", codeOnly: true },
  { words: "query-data-ids REPO visit detector" },
  { words: "query-data-ids REPO visit,detector --where instrument='CamX'_AND_detector<2" },
  { words: "query-data-ids REPO band" },
  { words: "query-data-ids REPO tract patch" },
  { words: "query-data-ids REPO exposure --order-by -exposure" },
  { words: "query-data-ids REPO visit --datasets vd --collections CamX/runA" },
  { words: "query-data-ids REPO --datasets vd --collections CamX/runA" },
  { words: "query-data-ids REPO --datasets vd --datasets bias --collections *" },
  { words: "query-data-ids REPO visit tract" },
  { words: "query-data-ids REPO" },
  ...[
    "instrument",
    "detector",
    "physical_filter",
    "visit",
    "exposure",
    "day_obs",
    "group",
    "patch",
    "tract",
    "skymap",
  ].map((element) => ({ words: `query-dimension-records REPO ${element}` })),
  { words: "query-dimension-records REPO visit_definition" },
  { words: "query-dimension-records REPO visit_detector_region" },
  { words: "query-dimension-records REPO visit --where instrument='CamX'_AND_visit>30 --order-by -visit" },
  { words: "query-dimension-records REPO visit --datasets vd --collections CamX/runB" },
  { words: "query-dimension-records REPO detector --where instrument='nope'" },
  { words: "query-dimension-records REPO nope", codeOnly: true },
  { words: "config-dump REPO --subset .registry.db" },
  { words: "config-validate REPO" },
];

/** Commands that change, each on what those before it left. */
export const WRITES: readonly Step[] = [
  { words: "register-dataset-type REPO made StructuredDataDict visit detector" },
  { words: "register-dataset-type REPO made StructuredDataDict visit detector" },
  { words: "register-dataset-type REPO made StructuredDataDict visit", codeOnly: true },
  { words: "register-dataset-type REPO gain StructuredDataDict detector --is-calibration" },
  { words: "register-dataset-type REPO brief StructuredDataDict" },
  { words: "remove-dataset-type REPO brief nothing*" },
  { words: "remove-dataset-type REPO vd", codeOnly: true },
  { words: "query-dataset-types REPO -v" },
  { words: "associate REPO picked --collections CamX/runA -d vd --where instrument='CamX'_AND_visit=10" },
  { words: "query-datasets REPO vd --collections picked" },
  { words: "collection-chain REPO chain CamX/runA,picked --doc words" },
  { words: "collection-chain REPO chain CamX/calib --mode prepend" },
  { words: "collection-chain REPO chain CamX/runB --mode extend" },
  { words: "collection-chain REPO chain --mode pop" },
  { words: "collection-chain REPO chain 7 --mode pop", codeOnly: true },
  { words: "collection-chain REPO chain picked --mode remove" },
  { words: "collection-chain REPO flat outer --flatten" },
  { words: "collection-chain REPO chain chain", codeOnly: true },
  { words: "collection-chain REPO chain", codeOnly: true },
  { words: "collection-chain REPO absent picked --mode remove", codeOnly: true },
  { words: "query-collections REPO" },
  {
    words: "ingest-files REPO gain CamX/gains WORK/table.csv --data-id instrument=CamX --prefix WORK -t copy",
  },
  {
    words:
      "ingest-files REPO gain CamX/again WORK/table.ecsv --prefix WORK --id-generation-mode DATAID_TYPE_RUN --transfer direct",
  },
  { words: "query-datasets REPO gain --collections CamX/again --show-uri" },
  { words: "ingest-files REPO gain CamX/gains WORK/table.csv --data-id nope=1", codeOnly: true },
  {
    words:
      "certify-calibrations REPO CamX/gains CamX/calib gain --begin-date 2026-01-01 --end-date 2026-02-01",
  },
  { words: "certify-calibrations REPO CamX/gains CamX/calib gain --begin-date 2026-01-20", codeOnly: true },
  { words: "certify-calibrations REPO CamX/runB CamX/calib gain", codeOnly: true },
  { words: "export-calibs REPO WORK/calibs CamX/calib -t copy", unordered: true },
  { words: "export-calibs REPO WORK/calibs CamX/calib", codeOnly: true },
  { words: "create WORK/other" },
  { words: "create WORK/other", codeOnly: true },
  { words: "import WORK/other GOLDEN/export -t copy -s skymap,tract,patch", codeOnly: true },
  { words: "import WORK/other GOLDEN/export -t copy" },
  { words: "query-datasets WORK/other * --collections *" },
  { words: "query-dimension-records WORK/other visit" },
  { words: "create WORK/third" },
  {
    words:
      "transfer-datasets REPO WORK/third --collections CamX/runA -d vd,coadd --dry-run --register-dataset-types",
  },
  {
    words:
      "transfer-datasets REPO WORK/third --collections CamX/runA -d vd,coadd --register-dataset-types --transfer copy",
  },
  { words: "query-datasets WORK/third * --collections *" },
  { words: "query-dimension-records WORK/third visit_definition" },
  { words: "retrieve-artifacts REPO WORK/out --collections CamX/runA -d vd" },
  { words: "retrieve-artifacts REPO WORK/out --collections CamX/runA -d vd", codeOnly: true },
  { words: "retrieve-artifacts REPO WORK/out --collections CamX/runA -d vd --clobber -v", unordered: true },
  { words: "retrieve-artifacts REPO WORK/flat --collections CamX/runB --no-preserve-path" },
  { words: "prune-datasets REPO --unstore", codeOnly: true },
  { words: "prune-datasets REPO CamX/runA", codeOnly: true },
  {
    words:
      "prune-datasets REPO --disassociate picked --datasets vd --where instrument='CamX'_AND_detector=0 --dry-run",
  },
  {
    words:
      "prune-datasets REPO --disassociate picked --datasets vd --where instrument='CamX'_AND_detector=0 --no-confirm",
  },
  { words: "query-datasets REPO vd --collections picked" },
  { words: "prune-datasets REPO CamX/runB --datasets vd --unstore", input: "n\n" },
  { words: "prune-datasets REPO CamX/runB --datasets vd --unstore", input: "y\n" },
  { words: "prune-datasets REPO --purge CamX/runB --datasets vd --quiet" },
  { words: "prune-datasets REPO --purge CamX/runB --datasets nope*" },
  { words: "prune-datasets REPO --purge picked --datasets vd", codeOnly: true },
  { words: "query-datasets REPO v* --collections CamX/runB" },
  { words: "remove-collections REPO picked", input: "n\n" },
  { words: "remove-collections REPO CamX/*", input: "n\n" },
  { words: "remove-collections REPO CamX/defaults --no-confirm", codeOnly: true },
  { words: "remove-collections REPO picked --no-confirm" },
  { words: "remove-collections REPO CamX/defaults --remove-from-parents --no-confirm" },
  { words: "remove-collections REPO nope*" },
  { words: "remove-runs REPO CamX/calib/gen2 --no-confirm", codeOnly: true },
  { words: "remove-runs REPO CamX/runB", input: "n\n" },
  { words: "remove-runs REPO CamX/runB --no-confirm --force" },
  { words: "remove-runs REPO nope*" },
  { words: "query-collections REPO -t --chains TABLE" },
  { words: "query-datasets REPO * --collections *" },
];
