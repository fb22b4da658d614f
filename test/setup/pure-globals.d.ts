// What a port's interface may name although no plan can make or await one. Only tsconfig.pure.json reads this file.
interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
}
