/** Runs a check for the newest input only: one at a time, and the ones in between are left out. */
export function latest<Input, Result>(
  check: (input: Input) => Promise<Result>,
  done: (result: Result, input: Input) => void,
): (input: Input) => void {
  let running = false;
  let next: { input: Input } | null = null;

  return function ask(input: Input): void {
    next = { input };
    if (running) return;
    running = true;
    void (async () => {
      while (next) {
        const current: { input: Input } = next;
        next = null;
        try {
          const result = await check(current.input);
          if (next === null) done(result, current.input);
        } catch {
          // A check that fails says nothing; the answer itself will be judged when it is sent.
        }
      }
      running = false;
    })();
  };
}
