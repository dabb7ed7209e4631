/**
 * Composition: a node made of modules, addressed `node/module`. Modules form a tree; a module talks to those right
 * below it through named ports (request -> reply, indications) and to its own kind on other nodes by messages, never
 * to a sibling's inside. Messages, timers, tokens, journal records and beliefs of one module never meet another's.
 * After Cachin, Guerraoui, Rodrigues, "Introduction to Reliable and Secure Distributed Programming", 1.4.
 */
import { ComposedNode } from './composed-node.ts';
import { type ComposedRecord, type ModuleMessage, messageSchema, recordSchema } from './composed-schema.ts';
import { LightconeError } from './errors.ts';
import type { AnyModule, Module, Modules, Place } from './module.ts';
import type { Protocol } from './protocol.ts';
import type { Node, NodeId } from './step.ts';

type ConfigOf<T> = T extends Module<infer Config, infer _M, infer _R, infer _I> ? Config : never;
type IndicationOf<T> = T extends Module<infer _C, infer _M, infer _R, infer I> ? I : never;
export type ComposedConfig<T extends Modules> = { readonly [K in keyof T]: ConfigOf<T[K]> };

/** What a composition was made of, so that one inside another is taken apart and its modules are delivered to alike. */
const compositions = new WeakMap<object, { readonly root: string; readonly modules: Modules }>();

/**
 * The protocol of nodes made of `modules`, of which `root` faces the host: it gets the requests, and its replies and
 * indications go out. The other modules answer to the one above them (`reply(0, ...)`). Delivery between modules is
 * first in, first out, within the step. The result is a protocol again: as a module of a larger composition, its root
 * may use the ports that the larger one binds for it. Throws LC_COMPOSITION unless the modules form one tree.
 */
export function compose<const T extends Modules, Root extends keyof T & string>(
  name: string,
  root: Root,
  modules: T,
): Protocol<ComposedConfig<T>, ModuleMessage, ComposedRecord, IndicationOf<T[Root]>> {
  const places = new Builder(name, root, modules).places;
  const record = recordSchema(places.map((place) => [place.name, place.protocol.record]));
  const protocol: Protocol<ComposedConfig<T>, ModuleMessage, ComposedRecord, IndicationOf<T[Root]>> = {
    name,
    message: messageSchema(places.map((place) => [place.name, place.protocol.message])),
    record,
    timers: places.flatMap((place) => place.protocol.timers.map((timer) => `${place.name}/${timer}`)),
    create(id, peers, config) {
      const nodes = places.map((place) => createModule(place, id, peers, config as unknown as { readonly [name: string]: never }));
      return new ComposedNode<IndicationOf<T[Root]>>(places, nodes, record);
    },
  };
  compositions.set(protocol, { root, modules });
  return protocol;
}

function createModule(
  place: Place,
  id: NodeId,
  peers: readonly NodeId[],
  config: { readonly [name: string]: never },
): Node<unknown, unknown, unknown> {
  let own = config;
  let known = peers;
  for (const [name, module] of place.path) {
    own = own[name] as never;
    known = module.peers?.(id, known, own as never) ?? known;
  }
  return place.protocol.create(id, known, own as never);
}

/** The modules of one composition, which may itself be a module of another. */
interface Scope {
  readonly path: Place['path'];
  readonly modules: Modules;
}
type Binding = readonly [port: string, scope: Scope, name: string];

class Builder {
  readonly places: Place[] = [];
  readonly #name: string;
  readonly #placed = new Set<string>();
  #timers = 0;

  constructor(name: string, root: string, modules: Modules) {
    this.#name = name;
    this.#place({ path: [], modules }, root, -1, '', []);
    for (const other of Object.keys(modules))
      if (!this.#placed.has(other)) this.#fail(`module ${JSON.stringify(other)} is bound to no port`);
  }

  #fail(why: string): never {
    throw new LightconeError('LC_COMPOSITION', `composition ${JSON.stringify(this.#name)}: ${why}`, { name: this.#name });
  }

  /** Puts a module, and all below it, into `places`; `outer`: bindings that the composition around it adds. */
  #place(scope: Scope, name: string, above: number, port: string, outer: readonly Binding[]): number {
    const module = this.#claim(scope, name);
    const path = [...scope.path, [name, module] as const];
    const bindings = [...Object.entries(module.ports ?? {}).map(([own, to]): Binding => [own, scope, to]), ...outer];
    const inner = compositions.get(module.protocol);
    if (inner !== undefined) return this.#place({ path, modules: inner.modules }, inner.root, above, port, bindings);
    const below = new Map<string, number>();
    const index = this.places.length;
    const firstTimer = this.#timers;
    const { protocol } = module;
    this.places.push({ name: path.map(([each]) => each).join('/'), protocol, below, above, port, firstTimer, path });
    this.#timers += protocol.timers.length;
    for (const [own, target, to] of bindings) {
      if (below.has(own)) this.#fail(`port ${JSON.stringify(own)} of module ${JSON.stringify(name)} is bound twice`);
      below.set(own, this.#place(target, to, index, own, []));
    }
    return index;
  }

  #claim(scope: Scope, name: string): AnyModule {
    const module = Object.hasOwn(scope.modules, name) ? scope.modules[name] : undefined;
    if (module === undefined) this.#fail(`there is no module ${JSON.stringify(name)}`);
    if (name === '' || name.includes('/')) this.#fail(`${JSON.stringify(name)} cannot be a module's name`);
    const path = [...scope.path.map(([each]) => each), name].join('/');
    if (this.#placed.has(path)) this.#fail(`module ${JSON.stringify(path)} is bound twice`);
    this.#placed.add(path);
    return module;
  }
}
