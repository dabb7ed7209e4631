/** Preloaded into every thread: the wall clock jumps by up to an hour, forward and back, at every look. */
const real = Date.now;
let looks = 0;
Date.now = () => real() + ((looks++ % 7) - 3) * 1_200_000;
