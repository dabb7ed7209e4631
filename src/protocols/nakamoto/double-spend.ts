/**
 * How likely a payment of `z` confirmations is reversed by an attacker who has the share `q` of the hash power, as two
 * papers say it: Nakamoto 2008 (section 11, a Poisson approximation) and Rosenfeld 2014 (*Analysis of hashrate-based double
 * spending*, exact for mining as a race of coin tosses). Sums of products only: equal on every machine.
 */

/** e^-x for 0 <= x <= 700, by the series for x / 1024, squared ten times. */
function expMinus(x: number): number {
  const small = x / 1024;
  let term = 1;
  let sum = 1;
  for (let k = 1; k < 24; k++) {
    term *= -small / k;
    sum += term;
  }
  for (let i = 0; i < 10; i++) sum *= sum;
  return sum;
}

function power(base: number, exponent: number): number {
  let product = 1;
  for (let i = 0; i < exponent; i++) product *= base;
  return product;
}

/** The attacker catches up from `deficit` blocks behind, ever: the gambler's ruin. */
export function catchesUp(q: number, deficit: number): number {
  const p = 1 - q;
  return q >= p ? 1 : power(q / p, Math.max(0, deficit));
}

/** Nakamoto 2008, section 11: the attacker's progress while z blocks are found is taken for Poisson with mean z q / p. */
export function nakamotoReversal(q: number, z: number): number {
  const p = 1 - q;
  if (q >= p) return 1;
  const lambda = (z * q) / p;
  let poisson = expMinus(lambda);
  let sum = 1;
  for (let k = 0; k <= z; k++) {
    sum -= poisson * (1 - catchesUp(q, z - k));
    poisson *= lambda / (k + 1);
  }
  return sum;
}

/** Rosenfeld 2014, theorem of section 4: the attacker has mined one block in advance, and needs a longer branch, not an equal one. */
export function rosenfeldReversal(q: number, z: number): number {
  const p = 1 - q;
  if (q >= p) return 1;
  // m: the attacker's blocks when the z-th honest one is found; negative binomial.
  let chance = power(p, z);
  let sum = 0;
  for (let m = 0; m <= z; m++) {
    sum += chance * (1 - catchesUp(q, z - m));
    chance *= (q * (m + z)) / (m + 1);
  }
  return 1 - sum;
}
