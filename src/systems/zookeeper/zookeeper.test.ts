import * as runner from 'vitest';
import { systemConformance } from '../testing.ts';
import { zookeeper } from './zookeeper.ts';

systemConformance(zookeeper, runner);
