/** What processes tell each other in each round: what they hold (report), then what most hold, if most do (propose). */
import { type Schema, schema } from '../../core/index.ts';

export type Bit = 0 | 1;

export interface BenOrMessage {
  readonly type: 'report' | 'propose';
  /** From 1. */
  readonly round: number;
  /** 2 stands for none: no value had a majority. */
  readonly value: number;
}

export const messageSchema: Schema<BenOrMessage> = schema.struct<BenOrMessage>({
  type: schema.oneOf('report', 'propose'),
  round: schema.uint,
  value: schema.uint,
});
