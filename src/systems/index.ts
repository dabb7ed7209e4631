export { binariesOf, type Diagnosis, doctor, findBinary } from './binaries.ts';
export { Broken } from './completion.ts';
export { parseEndpoints } from './endpoints.ts';
export { type Answer, HttpExchange } from './http-exchange.ts';
export { systemNamed, systems } from './registry.ts';
export {
  type AttachContext,
  type AttachedSystem,
  type Capabilities,
  type ClientOptions,
  defineSystem,
  type Endpoint,
  type ObservedBelief,
  type Requirement,
  type RunningSystem,
  type ScenarioOptions,
  type StartContext,
  type System,
  type SystemClient,
} from './system.ts';
