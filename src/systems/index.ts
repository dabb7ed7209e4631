export { binariesOf, type Diagnosis, doctor, findBinary } from './binaries.ts';
export { Broken } from './completion.ts';
export { type Answer, HttpExchange } from './http-exchange.ts';
export { systemNamed, systems } from './registry.ts';
export {
  type Capabilities,
  type ClientOptions,
  defineSystem,
  type ObservedBelief,
  type Requirement,
  type RunningSystem,
  type ScenarioOptions,
  type StartContext,
  type System,
  type SystemClient,
} from './system.ts';
