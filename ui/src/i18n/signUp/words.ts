type Of<T extends unknown[]> = (...values: T) => string;

/** Making an account. */
export interface SignUpWords {
  begin: string;
  intent: string;
  stepAddress: string;
  stepPassword: string;
  stepDone: string;
  note: string;
  title: Of<[server: string]>;
  lead: string;
  next: string;
  /** Below the code: somebody may have an account already. */
  already: string;
  done: string;
  doneLead: Of<[server: string]>;
  codes: string;
  codesText: string;
}
