import { commands, type ErrorView } from './bindings';

export type * from './bindings';

/** What the person cannot mend on this screen, thrown by every command that can fail. */
export class Trouble extends Error {
  constructor(readonly view: ErrorView) {
    super(view.kind);
  }
}

type Data<R> = R extends { status: 'ok'; data: infer T } ? T : R extends { status: 'error' } ? never : R;
type Bridge<C> = {
  [K in keyof C]: C[K] extends (...args: infer A) => Promise<infer R> ? (...args: A) => Promise<Data<R>> : never;
};
export type Commands = Bridge<typeof commands>;

const errorOf = (error: unknown): ErrorView =>
  typeof error === 'object' && error !== null && 'kind' in error ? (error as ErrorView) : { kind: 'bug' };

/** Told of every trouble, wherever it turns up. */
let heard: (view: ErrorView) => void = () => undefined;
export function onTrouble(hear: (view: ErrorView) => void): void {
  heard = hear;
}

function troubled(error: unknown): Trouble {
  const trouble = new Trouble(errorOf(error));
  heard(trouble.view);
  return trouble;
}

const unwrap =
  (call: (...args: never[]) => Promise<unknown>) =>
  async (...args: never[]): Promise<unknown> => {
    let result: unknown;
    try {
      result = await call(...args);
    } catch (error) {
      throw troubled(error);
    }
    if (typeof result === 'object' && result !== null && 'status' in result) {
      if (result.status === 'error') throw troubled('error' in result ? result.error : null);
      if (result.status === 'ok') return 'data' in result ? result.data : null;
    }
    return result;
  };

/** The commands of Regain as plain async functions. */
export const bridge = Object.fromEntries(
  Object.entries(commands).map(([name, call]) => [name, unwrap(call as (...args: never[]) => Promise<unknown>)]),
) as unknown as Commands;
