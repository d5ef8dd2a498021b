import type { Resolution, StoreKind } from '../../bridge';
import type { StoreTrouble } from '../../store';
import type { Part } from '../rich';
import type { About, TwoLines } from '../words';

type Text = string;
type Named = (name: string) => string;
type Counted = (count: number) => string;
type Pair = (passwords: number, accounts: number) => string;

export type VaultErrorKey = 'newer' | 'damaged' | 'rolledBack' | 'diskFull' | 'readOnly' | 'wrongCurrent'
  | 'itemMissing' | 'ambiguous';

/** Texts of the vault, of what leads to it and of what it brings. */
export interface VaultWords {
  kept: Text;
  saved: Record<'done' | 'signIn', Text> & { made: Named };
  first: Record<'title' | 'text' | 'next', Text>;
  create: Record<
    | 'name' | 'intent' | 'note' | 'stepPassword' | 'stepKey' | 'stepReady' | 'title' | 'lead' | 'field' | 'next'
    | 'making' | 'moves' | 'empty',
    Text
  > & { weak: TwoLines; mismatch: TwoLines };
  key: Record<
    | 'title' | 'lead' | 'label' | 'once' | 'print' | 'here' | 'hereText' | 'empty' | 'next' | 'nextNew' | 'finishing'
    | 'newTitle' | 'newLead' | 'paper' | 'adviceUse' | 'adviceKeep',
    Text
  > & { check: (group: string) => Part[]; wrong: Named; paperMade: Named };
  ready: Record<
    'title' | 'lead' | 'nothing' | 'nothingText' | 'here' | 'hereText' | 'notHere' | 'notHereText',
    Text
  > & { moved: Pair; from: Record<StoreKind, Text> };
  lock: Record<
    | 'title' | 'lead' | 'opening' | 'again' | 'forgot' | 'here' | 'make' | 'older' | 'olderTitle' | 'olderText'
    | 'olderDo' | 'toSettings' | 'pause',
    Text
  > & { since: Named; waitIn: Named; wrong: TwoLines; noKeyHere: TwoLines };
  recovery: Record<'title' | 'lead' | 'field' | 'hint' | 'submit' | 'next' | 'back', Text> & {
    wrong: TwoLines;
    notAKey: TwoLines;
  };
  password: Record<
    | 'intent' | 'newTitle' | 'newLead' | 'changeTitle' | 'changeLead' | 'current' | 'currentEmpty' | 'field' | 'set'
    | 'setting' | 'next' | 'lock' | 'note',
    Text
  > & { done: TwoLines };
  renew: Record<'intent' | 'title' | 'lead' | 'next' | 'empty' | 'making', Text> & { done: TwoLines };
  made: Record<
    | 'title' | 'lead' | 'for' | 'forHint' | 'make' | 'next' | 'back' | 'card' | 'cardText' | 'cardNone' | 'nameless' | 'choose'
    | 'drop' | 'dropText' | 'dropDo',
    Text
  > & { saved: Named; dropTitle: Named; keepFor: Named; kept: Named };
  torn: TwoLines;
  elsewhere: TwoLines;
  air: Record<
    'name' | 'intent' | 'note' | 'stepLook' | 'stepKnow' | 'title' | 'looking' | 'foundTitle' | 'foundLead' | 'none'
    | 'ask' | 'later',
    Text
  > & { lead: Counted; what: Record<Resolution, TwoLines> };
  place: Record<
    | 'text' | 'toVaultTitle' | 'toVaultText' | 'toVaultLocked' | 'toKeychainText' | 'toMemoryText' | 'movedNone'
    | 'section' | 'password' | 'passwordText' | 'passwordDo' | 'key' | 'keyText' | 'keyDo' | 'here' | 'hereOn'
    | 'hereOff' | 'lockNow' | 'lockNowText' | 'stays',
    Text
  > & { to: Record<StoreKind, Text>; now: Record<StoreKind, Text>; moved: Pair };
  earlier: Record<
    'title' | 'text' | 'show' | 'lead' | 'none' | 'same' | 'restore' | 'restoreText' | 'restoreDo' | 'undo',
    Text
  > & {
    accounts: Counted;
    back: Named;
    gone: Named;
    differ: Named;
    restoreTitle: Named;
    restored: (count: number) => TwoLines;
    undone: TwoLines;
  };
  keychain: Record<'off' | 'ask' | 'askAgain' | 'toVault', Text> & {
    itemMissing: TwoLines;
    ambiguous: TwoLines;
    vaultBroken: TwoLines;
    ways: Record<StoreTrouble | 'vaultBroken', readonly [Text, ...Text[]]>;
  };
  edit: Record<
    | 'title' | 'name' | 'note' | 'noteKept' | 'noteNone' | 'noteHidden' | 'noteNoneText' | 'show' | 'hide' | 'edit'
    | 'save' | 'draftKept' | 'nameEmpty' | 'takeUp' | 'drop' | 'saved',
    Text
  > & { draft: TwoLines };
  errors: Record<VaultErrorKey, (about: About) => TwoLines>;
}
