import * as runner from 'vitest';
import { systemConformance } from '../testing.ts';
import { nats } from './nats.ts';

systemConformance(nats, runner);
