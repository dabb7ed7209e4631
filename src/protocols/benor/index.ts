export { BenOr, type BenOrConfig, CoinlessBenOr } from './ben-or.ts';
export { type BenOrMessage, type Bit, messageSchema } from './message.ts';
