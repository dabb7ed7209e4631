import { systemConformance } from '../testing.ts';
import { zookeeper } from './zookeeper.ts';

systemConformance(zookeeper);
