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

function logarithmicScale(smallest: number, largest: number, width: number): Scale {
  const first = Math.floor(Math.log10(smallest));
  const last = Math.max(first + 1, Math.ceil(Math.log10(largest)));
  return {
    logarithmic: true,
    ticks: Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index)),
    position: (value) => ((Math.log10(value) - first) / (last - first)) * width,
  };
}
