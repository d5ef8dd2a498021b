import type { CodeView } from '../bridge';
import { time } from './format';
import type { Part } from './rich';
import type { Words } from './words';

/** The sentence below "Type the code": where it was sent, when, and until when it works. */
export function codeLead(question: CodeView, t: Words, locale: string): Part[] {
  if (question.way === 'recoveryCode') return [t.code.leadSaved];
  if (question.way === 'authenticator') return [t.code.leadAuthenticator];
  const { sentTo } = question;
  const at = question.sentAt === null ? null : time(question.sentAt, locale);
  const until = question.validUntil === null ? null : time(question.validUntil, locale);
  const sent: Part[] =
    sentTo !== null && at !== null
      ? until !== null
        ? t.code.sent(sentTo, at, until)
        : t.code.sentNoEnd(sentTo, at)
      : at !== null && until !== null
        ? t.code.onItsWay(at, until)
        : [t.code.onItsWayNoEnd];
  if (question.way !== 'mailLink') return sent;
  return [...sent, ' ', question.mayBeOpened ? t.servers.linkLead : t.code.leadLink];
}
