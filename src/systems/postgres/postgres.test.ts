import * as runner from 'vitest';
import { systemConformance } from '../testing.ts';
import { postgres } from './postgres.ts';

systemConformance(postgres, runner);
