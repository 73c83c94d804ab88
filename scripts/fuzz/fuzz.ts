import { createCase, type FuzzCase, type Kind, KINDS } from "./cases.ts";
import { createJudge } from "./judge.ts";
import { exchangeBytes } from "./wire.ts";

export interface FuzzOptions {
  readonly port: number;
  readonly secret: string;
  readonly seed: number;
  /** The number of the first case. */
  readonly firstCase?: number;
  /** Called before each case: whether to send it. */
  readonly mayContinue: (casesDone: number) => boolean;
  readonly progress?: (casesDone: number) => void;
  readonly deadlineMs?: number;
}

export interface FuzzFailure {
  readonly seed: number;
  readonly index: number;
  readonly kind: Kind;
  readonly reason: string;
  /** The smallest request found that also fails. */
  readonly request: Buffer;
}

export interface FuzzReport {
  readonly cases: Readonly<Record<Kind, number>>;
  readonly accepted: number;
  readonly failure?: FuzzFailure;
}

const CONCURRENT = 8;
/** The maximum number of requests to shrink a failure. */
const SHRINK_ATTEMPTS = 300;
/** How many accepted messages are read again at the end. */
const SAMPLE = 1_000;

/** Sends fuzzed bytes until `mayContinue` returns false or a case fails, then reads a sample of the accepted messages again. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { port, seed, secret, deadlineMs = 10_000 } = options;
  const judge = createJudge(port, deadlineMs);
  const cases: Record<Kind, number> = { signature: 0, body: 0, notification: 0, query: 0, path: 0, raw: 0 };
  let next = options.firstCase ?? 0;
  let done = 0;
  let failure: FuzzFailure | undefined;

  async function attempt(fuzzed: FuzzCase, payload: Buffer): Promise<string | undefined> {
    judge.sending(fuzzed, payload);
    const bytes = fuzzed.build(payload);
    const result = await exchangeBytes(bytes, { port, deadlineMs, cuts: fuzzed.cuts.map((share) => Math.floor(share * bytes.length)) });
    return judge.judge(fuzzed, payload, result);
  }

  /** Leaves out smaller and smaller parts of the payload, as long as the rest still fails. */
  async function shrink(fuzzed: FuzzCase): Promise<Buffer> {
    let payload = fuzzed.payload;
    let attempts = 0;
    for (let size = Math.ceil(payload.length / 2); size >= 1 && attempts < SHRINK_ATTEMPTS; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = 0; at < payload.length && attempts < SHRINK_ATTEMPTS; attempts += 1) {
        const shorter = Buffer.concat([payload.subarray(0, at), payload.subarray(at + size)]);
        if ((await attempt(fuzzed, shorter)) === undefined) at += size;
        else payload = shorter;
      }
    }
    return fuzzed.build(payload);
  }

  async function work(): Promise<void> {
    while (failure === undefined && options.mayContinue(done)) {
      const index = next;
      next += 1;
      done += 1;
      const fuzzed = createCase(seed, index, secret);
      const reason = await attempt(fuzzed, fuzzed.payload);
      cases[fuzzed.kind] += 1;
      options.progress?.(done);
      if (reason === undefined || failure !== undefined) continue;
      failure = { seed, index, kind: fuzzed.kind, reason, request: fuzzed.build(fuzzed.payload) };
      failure = { ...failure, request: await shrink(fuzzed) };
    }
  }

  await Promise.all(Array.from({ length: CONCURRENT }, work));
  const step = Math.max(1, Math.floor(judge.accepted.size / SAMPLE));
  for (const [place, id] of [...judge.accepted.keys()].entries()) {
    if (failure !== undefined || place % step !== 0) continue;
    const reason = await judge.readBack(id);
    if (reason !== undefined) failure = { seed, index: next, kind: "body", reason, request: Buffer.from(id) };
  }
  return { cases, accepted: judge.accepted.size, ...(failure !== undefined && { failure }) };
}

/** The reason, and commands that send the same case or the smallest request again. */
export function describeFailure(failure: FuzzFailure): string {
  const { seed, index, kind, reason, request } = failure;
  return [
    `FAILED: ${kind}, ${reason}`,
    `Repeat it: make fuzz SEED=${seed} CASE=${index}`,
    `Smallest request that fails (${request.length} bytes): ${JSON.stringify(request.toString("latin1"))}`,
    `Send it: printf %s '${request.toString("base64")}' | base64 -d | nc -N 127.0.0.1 8000`,
  ].join("\n");
}

export function describeCases(cases: FuzzReport["cases"]): string {
  return KINDS.map((kind) => `${cases[kind]} ${kind}`).join(", ");
}
