import * as runner from 'vitest';
import { systemConformance } from '../testing.ts';
import { redisSentinel } from './redis-sentinel.ts';

systemConformance(redisSentinel, runner);
