import type { ListKind, ListProblem } from '../../bridge';
import type { TwoLines } from '../words';

type Of<T extends unknown[]> = (...values: T) => string;
/** A count, and the same as it is written. */
type Counted = Of<[count: number, shown: string]>;

/** The site list in the settings. */
export interface SitesWords {
  title: string;
  builtIn: string;
  builtInText: Counted;
  kind: Record<ListKind, string>;
  taken: Record<ListKind, Counted>;
  /** Where a part came from, and when. */
  from: Of<[place: string, day: string]>;
  fromFile: Of<[place: string, day: string]>;
  refused: Counted;
  skipped: Counted;
  bring: string;
  bringText: string;
  file: string;
  address: string;
  addressLabel: string;
  addressHint: string;
  fetch: string;
  reading: string;
  fetching: string;
  brought: Record<ListKind, string>;
  remove: string;
  copy: string;
  copyText: string;
  removed: TwoLines;
  putBack: string;
  isBack: TwoLines;
  errors: Record<`list.${ListProblem}`, () => TwoLines>;
}
