import * as runner from 'vitest';
import { systemConformance } from '../testing.ts';
import { rabbitmq } from './rabbitmq.ts';

systemConformance(rabbitmq, runner, 'queue');
