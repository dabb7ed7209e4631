import { systemConformance } from '../testing.ts';
import { redisSentinel } from './redis-sentinel.ts';

systemConformance(redisSentinel);
