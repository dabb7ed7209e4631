/**
 * A node's own clock: ahead of or behind world time, too fast or too slow, and it may jump. All integers. Reading it
 * backwards (when will it show t?) is exact: the first world microsecond at which it shows at least t.
 */
export class LocalClock {
  /** World and local time of the last change of rate or offset. */
  #anchorWorld = 0;
  #anchorLocal: number;
  #ppm: number;

  constructor(offsetUs: number, ppm: number) {
    this.#anchorLocal = offsetUs;
    this.#ppm = ppm;
  }

  get ppm(): number {
    return this.#ppm;
  }

  local(worldUs: number): number {
    const elapsed = worldUs - this.#anchorWorld;
    if (this.#ppm === 0) return this.#anchorLocal + elapsed;
    return this.#anchorLocal + elapsed + Math.floor((elapsed * this.#ppm) / 1_000_000);
  }

  /** The first world time from `nowUs` on at which the clock shows at least `localUs`, unless it jumps. */
  world(localUs: number, nowUs: number): number {
    if (this.#ppm === 0) {
      const at = this.#anchorWorld + localUs - this.#anchorLocal;
      return at > nowUs ? at : nowUs;
    }
    if (this.local(nowUs) >= localUs) return nowUs;
    let at = this.#anchorWorld + Math.floor(((localUs - this.#anchorLocal) * 1_000_000) / (1_000_000 + this.#ppm));
    while (this.local(at) >= localUs) at--;
    while (this.local(at) < localUs) at++;
    return at > nowUs ? at : nowUs;
  }

  jump(nowUs: number, byUs: number): void {
    this.#anchorLocal = this.local(nowUs) + byUs;
    this.#anchorWorld = nowUs;
  }

  drift(nowUs: number, ppm: number): void {
    this.#anchorLocal = this.local(nowUs);
    this.#anchorWorld = nowUs;
    this.#ppm = ppm;
  }
}
