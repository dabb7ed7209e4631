import * as runner from 'vitest';
import { systemConformance } from '../testing.ts';
import { etcd } from './etcd.ts';

systemConformance(etcd, runner);
