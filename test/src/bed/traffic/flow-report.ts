/** What a flow of numbered packets met on its way there and back. Times are in milliseconds. */
export interface FlowReport {
  readonly protocol: "udp" | "tcp";
  readonly everyMs: number;
  readonly sent: number;
  readonly answered: number;
  /** Numbers of the packets that no answer came to, the first 100 of them. */
  readonly lost: readonly number[];
  readonly lostCount: number;
  readonly duplicates: number;
  /** Longest time between two answers. */
  readonly longestSilenceMs: number;
  readonly roundTripMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** TCP: connections made, 1 when none broke. */
  readonly connections: number;
  /** Errors of the socket, each once. */
  readonly errors: readonly string[];
}

/** Keeps the books of one flow. */
export class FlowLedger {
  readonly #sentAt: number[] = [];
  readonly #answered = new Set<number>();
  readonly #roundTrips: number[] = [];
  readonly #errors = new Set<string>();
  #duplicates = 0;
  #lastAnswerAt: number | undefined;
  #longestSilence = 0;
  #connections = 0;

  get sent(): number {
    return this.#sentAt.length;
  }

  get complete(): boolean {
    return this.#answered.size === this.#sentAt.length;
  }

  /** Number of the packet that is about to leave. */
  sending(now: number): number {
    return this.#sentAt.push(now) - 1;
  }

  answer(sequence: number, now: number): void {
    const sentAt = this.#sentAt[sequence];
    if (sentAt === undefined) return;
    if (this.#answered.has(sequence)) {
      this.#duplicates++;
      return;
    }
    this.#answered.add(sequence);
    this.#roundTrips.push(now - sentAt);
    this.#longestSilence = Math.max(this.#longestSilence, now - (this.#lastAnswerAt ?? this.#sentAt[0] ?? now));
    this.#lastAnswerAt = now;
  }

  connected(): void {
    this.#connections++;
  }

  failed(error: Error): void {
    this.#errors.add(error.message);
  }

  report(protocol: "udp" | "tcp", everyMs: number): FlowReport {
    const lost = this.#sentAt.flatMap((_, sequence) => (this.#answered.has(sequence) ? [] : [sequence]));
    const sorted = this.#roundTrips.sort((a, b) => a - b);
    const quantile = (q: number): number => round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]);
    return {
      protocol,
      everyMs,
      sent: this.#sentAt.length,
      answered: this.#answered.size,
      lost: lost.slice(0, 100),
      lostCount: lost.length,
      duplicates: this.#duplicates,
      longestSilenceMs: round(this.#longestSilence),
      roundTripMs: { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) },
      connections: this.#connections,
      errors: [...this.#errors],
    };
  }
}

function round(milliseconds: number | undefined): number {
  return Math.round((milliseconds ?? 0) * 1000) / 1000;
}
