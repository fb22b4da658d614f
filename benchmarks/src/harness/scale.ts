/** Maps values to pixels, and says which values deserve a grid line. */
export interface Scale {
  readonly logarithmic: boolean;
  readonly ticks: readonly number[];
  /** Pixels from the left end of the axis. */
  position(value: number): number;
}

/** Beyond this spread between the smallest and the largest value a linear axis hides the small ones. */
const logarithmicFrom = 30;

/** An axis of `width` pixels on which all `values` (not negative) lie: linear from zero, or logarithmic. */
export function scaleFor(values: readonly number[], width: number): Scale {
  const largest = Math.max(...values);
  const positive = values.filter((value) => value > 0);
  const smallest = Math.min(...positive);
  if (positive.length === values.length && largest / smallest >= logarithmicFrom) {
    return logarithmicScale(smallest, largest, width);
  }
  return linearScale(largest > 0 ? largest : 1, width);
}

function linearScale(largest: number, width: number): Scale {
  const rough = largest / 5;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10) * magnitude;
  const count = Math.ceil(largest / step);
  const end = count * step;
  return {
    logarithmic: false,
    ticks: Array.from({ length: count + 1 }, (_, index) => index * step),
    position: (value) => (value / end) * width,
  };
}

/** From the last round value (1, 2, 5 times a power of ten) below all values to the first above. */
function logarithmicScale(smallest: number, largest: number, width: number): Scale {
  const decades = range(Math.floor(Math.log10(smallest)), Math.ceil(Math.log10(largest)));
  const round = decades.flatMap((exponent) => [1, 2, 5].map((factor) => factor * 10 ** exponent));
  const first = round.findLast((value) => value <= smallest) ?? smallest;
  const last = round.find((value) => value >= largest) ?? largest;
  const span = Math.log10(last / first);
  return {
    logarithmic: true,
    ticks: decades.map((exponent) => 10 ** exponent).filter((tick) => tick >= first && tick <= last),
    position: (value) => (Math.log10(value / first) / span) * width,
  };
}

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
