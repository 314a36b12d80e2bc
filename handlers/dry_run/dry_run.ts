/**
 * Sample events through the handlers of a pipeline: its compiled scanner or the receiver's decoder, its compiled transform
 * with deduplication in memory, and the sink's merge. Only streams, state file and table are missing. Runs in a process
 * without permissions (see `sandbox.ts`); the answer tells what every stage kept, dropped, changed or gave up.
 */
import type { TransformInstance, TransformProgram } from "../../pipeline/compile/program.ts";
import { createObserver, type RowObserver } from "../../pipeline/compile/observer.ts";
import { rowText } from "../../pipeline/compile/row/dead_row.ts";
import { runTransformBody } from "../../pipeline/compile/run_body.ts";
import { type Block, type BlockPart, mergeBlocks, readBlock, rowJson } from "../../pipeline/native/mod.ts";
import { type DeadRow, type Frame, ONCE } from "../../runtime/frame.ts";
import { compute, toFrame } from "../transform/compute.ts";
import { AnswerBudget, array, Json, object } from "./answer.ts";
import { type DryRunJob, JobRefused } from "./job.ts";
import { jsonSource, otlpLogsSource, type RowSource, type SourceRow } from "./source_rows.ts";
import { type RowId, StageReport } from "./stage_reports.ts";
import { TracedKeys } from "./traced_keys.ts";

/** Rows of all events together. */
export const MOST_RECORDS = 1_000;

/** The answer as JSON text. @throws {JobRefused} */
export function dryRun(job: DryRunJob): string {
  return new DryRun(job).run();
}

class DryRun {
  readonly #budget = new AnswerBudget();
  /** Of the rows as bytes, before they become part of the answer. */
  readonly #held = new AnswerBudget();
  readonly #source: RowSource;
  readonly #program: TransformProgram;
  readonly #instance: TransformInstance;
  readonly #observer: RowObserver;
  readonly #keys: TracedKeys | null;
  readonly #intake: StageReport;
  readonly #filters: StageReport[];
  readonly #dedup: StageReport | null;
  readonly #stateless: StageReport[];
  readonly #convert: StageReport;
  readonly #written: { readonly id: RowId; readonly part: BlockPart }[] = [];
  #records = 0;

  constructor(readonly job: DryRunJob) {
    const { program } = job;
    this.#source = program.ingest === null ? otlpLogsSource(program.input) : jsonSource(program.ingest, job.time);
    this.#program = runTransformBody(program.transform);
    this.#instance = this.#program.create();
    this.#observer = createObserver(program.observer);
    this.#keys = program.dedup && new TracedKeys(program.dedup.windowMs);
    const report = (stage: string, transform?: number) => new StageReport(stage, this.#budget, transform);
    this.#intake = report(program.ingest === null ? "receiver" : "ingest");
    this.#filters = program.filters.map(({ transform }) => report("filter", transform));
    this.#dedup = program.dedup && report("dedup", program.dedup.transform);
    this.#stateless = program.stateless.map((transform) => report("stateless", transform));
    this.#convert = report("convert");
  }

  run(): string {
    this.job.events.forEach((text, event) => this.#event(text, event));
    const { program } = this.job;
    const stages = [this.#intake, ...this.#filters, ...(this.#dedup ? [this.#dedup] : []), ...this.#stateless];
    return object({
      events: this.job.events.length,
      records: this.#records,
      stages: array([...stages, this.#convert].map((stage) => stage.json())),
      columns: new Json(JSON.stringify(program.columns)),
      rows: array(this.#rows()),
    }).text;
  }

  #event(text: string, event: number): void {
    this.#intake.enter();
    const taken = this.#source.take(text);
    switch (taken.kind) {
      case "refused":
        return this.#intake.refuse({ event }, taken.error);
      case "dead":
        return this.#intake.deadLetter({ event }, letterOf(taken.letter));
    }
    const { rows, tooLarge } = taken;
    if (tooLarge > 0) this.#intake.refuse({ event }, `${tooLarge} records are larger than a frame may be`);
    const several = this.job.program.ingest === null;
    rows.forEach((row, record) => {
      if (++this.#records > MOST_RECORDS) throw new JobRefused(`at most ${MOST_RECORDS} records can be tried at once`);
      const id = several ? { event, record } : { event };
      this.#intake.keep(id);
      this.#row(id, row);
    });
  }

  #row(id: RowId, { block, columnLengths }: SourceRow): void {
    const frame: Frame = {
      layout: this.#program.inputLayout,
      origin: ONCE,
      prev: -1,
      watermark: 0,
      committed: -1,
      time: this.job.time,
      rows: 1,
      block,
      columnLengths,
      positions: [],
      filtered: [],
      deduplicated: [],
      dead: [],
    };
    if (this.#keys) this.#keys.row = id;
    const [piece] = compute(this.#program, this.#instance, frame, 0, this.#keys);
    this.#keys?.commit();
    const output = toFrame(this.#program, piece, { origin: ONCE, prev: -1, watermark: 0, committed: -1 });
    const [dead] = output.dead;
    const source = readBlock(block, 0, this.#program.input);
    if (!this.#passFilters(id, source, output.filtered.length > 0, dead)) return;
    if (!this.#passDedup(id, source, output.deduplicated.length > 0)) return;
    if (!this.#passStateless(id, source, dead)) return;
    this.#convert.enter();
    if (dead) return this.#convert.deadLetter(id, letterOf(dead));
    this.#convert.keep(id);
    this.#held.spend(output.block.length);
    this.#written.push({ id, part: { bytes: output.block, columnLengths: output.columnLengths, rows: output.rows } });
  }

  #passFilters(id: RowId, source: Block, dropped: boolean, dead?: DeadRow): boolean {
    const failed = dead?.reason === "filter_error";
    const at = dropped || failed ? this.#filterOf(source) : -1;
    for (const [j, report] of this.#filters.entries()) {
      report.enter();
      if (j !== at) {
        report.keep(id);
        continue;
      }
      if (failed) report.deadLetter(id, letterOf(dead));
      else report.drop(id, { reason: "filtered", expression: this.job.program.filters[j].expression });
      return false;
    }
    return true;
  }

  /** One that depends on the clock may be true by now; then nobody can tell which it was. */
  #filterOf(source: Block): number {
    const at = this.#observer.droppedBy(source, 0, this.job.time);
    return at < 0 ? this.#filters.length - 1 : at;
  }

  #passDedup(id: RowId, source: Block, dropped: boolean): boolean {
    const report = this.#dedup;
    if (!report) return true;
    report.enter();
    if (!dropped) report.keep(id);
    else {
      const first = this.#keys?.found;
      report.drop(id, {
        reason: "deduplicated",
        key: this.#observer.key(source, 0),
        first: first && object({ ...first }),
      });
    }
    return !dropped;
  }

  #passStateless(id: RowId, source: Block, dead?: DeadRow): boolean {
    if (this.#stateless.length === 0) return true;
    let before = new Json(rowText(source, this.job.program.forms, 0));
    const steps = this.#observer.steps(source, 0, this.job.time);
    for (const [j, report] of this.#stateless.entries()) {
      report.enter();
      if (dead && j >= steps.length) {
        report.deadLetter(id, letterOf(dead));
        return false;
      }
      const after = object(Object.fromEntries(steps[j].map(([name, json]) => [name, new Json(json)])));
      report.keep(id);
      report.change(id, before, after);
      before = after;
    }
    return true;
  }

  /** The rows out of the one block that the sink would insert. */
  #rows(): Json[] {
    if (this.#written.length === 0) return [];
    const { columns } = this.job.program;
    const { block } = mergeBlocks(columns, this.#written.map(({ part }) => part));
    const merged = readBlock(block, 0, columns);
    return this.#written.map(({ id }, row) => {
      const json = object({ ...id, row: new Json(rowJson(merged, row)) });
      this.#budget.spend(json.text.length);
      return json;
    });
  }
}

const decoder = new TextDecoder();

function letterOf({ component, reason, error, original }: DeadRow) {
  return { component, reason, error, original_message: decoder.decode(original) };
}
