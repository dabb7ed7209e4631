export function isNewEnough(version: string): boolean;
export function bundledNode(from: string): string | null;
export function withRuntime<T>(root: string, script: string, args: readonly string[], main: () => T): T | undefined;
