import type { PictureProblem, UnusableWhy } from '../../bridge';
import type { TwoLines } from '../words';

type Text = string;
type Named = (name: string) => Text;
type Counted = (count: number) => Text;

/** What is said about authenticators and about reading QR codes. */
export interface AuthenticatorWords {
  section: Text;
  none: Text;
  noneText: Text;
  /** How many digits, and how long each code holds. */
  facts: (digits: number, period: number) => Text;
  since: Named;
  show: Text;
  hide: Text;
  copy: Text;
  /** Beside the code: when the next one comes. */
  next: Named;
  add: Text;
  replace: Text;
  remove: Text;
  removeTitle: Text;
  removeText: Text;
  removeDo: Text;
  removeNot: Text;
  showEarlier: Counted;
  hideEarlier: Text;
  replaced: Named;
  removed: Named;
  again: Text;
  unreadable: Text;
  scan: Record<
    | 'title' | 'lead' | 'file' | 'clipboard' | 'screen' | 'drop' | 'typed' | 'typedHint' | 'read' | 'reading' | 'cancelled'
    | 'keep' | 'kept' | 'replaces' | 'account' | 'choose' | 'text' | 'textText' | 'open' | 'openDo' | 'openNot' | 'openTitle',
    Text
  > & {
    keepWith: Named;
    migration: Counted;
    part: (part: string, parts: string) => Text;
    leftOut: Named;
    link: Named;
    linkText: Text;
    openText: (server: string) => Text;
    unknownLink: Text;
  };
  unusable: Record<UnusableWhy, TwoLines>;
  /** On the screen that asks for a code. */
  useKept: Text;
  errors: Record<`picture.${PictureProblem}`, () => TwoLines>;
}
