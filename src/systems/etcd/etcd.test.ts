import { systemConformance } from '../testing.ts';
import { etcd } from './etcd.ts';

systemConformance(etcd);
