/** Where a module of this folder lies that a thread or process of its own runs: TypeScript in a checkout, JavaScript in the package. */
export function siblingModule(name: string): URL {
  return new URL(`./${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
}
