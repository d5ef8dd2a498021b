// What stands in for Rust in the tests of the window: each command by its name.
export type Handler = (args: Record<string, never>) => unknown;
export const handlers: Record<string, Handler> = {};
export const invoked: [string, unknown][] = [];

export const invoke = async (command: string, args: Record<string, never>): Promise<unknown> => {
  invoked.push([command, args]);
  const handler = handlers[command];
  if (!handler) throw { kind: 'bug' };
  return handler(args);
};
export const sent = (command: string): unknown[] => invoked.filter(([name]) => name === command).map(([, args]) => args);
export const fail = (kind: string): never => {
  throw { kind };
};
