//! The recovery settings, and the conversation that changes one of them: the current password, then what the change
//! itself takes.

use super::*;
use crate::authenticator::Authenticator;
use crate::provider::code::normalise;
use crate::provider::settings::{
    RecoveryAddress, RecoverySettings, Revocable, SetUpAsk, SettingChange, SettingChanged,
};

pub(super) async fn current(line: &Line, session: &mut Session) -> Result<RecoverySettings> {
    let url = line.desk.url("v1/account/recovery")?;
    let reply = signed_in(line, session, || Call::get(url.clone())).await?;
    if let (403, Some("weak_session")) = (reply.status, code(&reply).as_deref()) {
        return Err(too_new(&line.desk, &reply));
    }
    Ok(read(success(&reply)?.json()?))
}

pub(super) fn begin(line: Line, session: Session, change: SettingChange) -> (Box<dyn Exchange>, Challenge) {
    let conversation = Conversation { line, session, renewed: false, change, stage: Stage::Password };
    (Box::new(conversation), Challenge::Password { current: true })
}

struct Conversation {
    line: Line,
    session: Session,
    /// The session differs from the one that was handed in.
    renewed: bool,
    change: SettingChange,
    stage: Stage,
}

#[derive(Clone)]
enum Stage {
    Password,
    /// The new address is to prove itself.
    Code {
        ticket: Secret,
        ask: CodeAsk,
    },
    /// The new authenticator is.
    SetUp {
        ticket: Secret,
        ask: SetUpAsk,
    },
    /// The authenticator that is to be turned off, or a saved code.
    Factor {
        password: Secret,
        way: Way,
    },
}

/// What came of a change.
enum Sent {
    Answered(Reply),
    /// Its answer was lost; the settings show it.
    Found(RecoverySettings),
}

impl Conversation {
    async fn call<'a>(&mut self, call: impl Fn() -> Call<'a>) -> Result<Reply> {
        let mut session = self.session.clone();
        let reply = signed_in(&self.line, &mut session, call).await;
        if session != self.session {
            self.session = session;
            self.renewed = true;
        }
        let reply = reply?;
        match (reply.status, code(&reply).as_deref()) {
            (403, Some("weak_session")) => Err(too_new(&self.line.desk, &reply)),
            (404 | 409, Some("not_found" | "already" | "addresses_full" | "last_address")) => {
                Err(ErrorKind::Overtaken.into())
            }
            _ => Ok(reply),
        }
    }

    /// A change. Where its answer is lost, the settings tell whether it happened: `OutcomeUnknown` only where they cannot
    /// be asked, `ServerTrouble` where it did not.
    async fn send<'a>(&mut self, call: impl Fn() -> Call<'a>) -> Result<Sent> {
        let lost = match self.call(|| call().changes()).await {
            Err(error) if error.kind() == ErrorKind::OutcomeUnknown => error,
            reply => return reply.map(Sent::Answered),
        };
        let mut session = self.session.clone();
        let settings = current(&self.line, &mut session).await;
        if session != self.session {
            self.session = session;
            self.renewed = true;
        }
        match settings {
            Ok(settings) if self.change.shows_in(&settings) == Some(true) => Ok(Sent::Found(settings)),
            Ok(_) => Err(ErrorKind::ServerTrouble.into()),
            Err(error) => {
                tracing::info!(%error, "what became of a change could not be asked");
                Err(lost)
            }
        }
    }

    async fn password(&mut self, password: &Secret) -> Result<Step> {
        let desk = self.line.desk.clone();
        let proof = || json!({ "current_password": password.expose() });
        let sent = match self.change.clone() {
            SettingChange::AddAddress { address } => {
                let url = desk.url("v1/account/addresses")?;
                let body = || json!({ "address": address, "current_password": password.expose() });
                Sent::Answered(self.call(|| Call::post(url.clone(), body())).await?)
            }
            SettingChange::RemoveAddress { id } => {
                let url = address_url(&desk, &[&id])?;
                self.send(|| Call::delete_with(url.clone(), proof())).await?
            }
            SettingChange::PutFirst { id } => {
                let url = address_url(&desk, &[&id, "first"])?;
                self.send(|| Call::post(url.clone(), proof())).await?
            }
            SettingChange::TurnOn => {
                let url = desk.url("v1/account/authenticator")?;
                Sent::Answered(self.call(|| Call::post(url.clone(), proof())).await?)
            }
            SettingChange::TurnOff => {
                self.stage = Stage::Factor { password: password.clone(), way: Way::Authenticator };
                return Ok(self.question(None));
            }
            // Not one of those whose lost answer is looked for: asked again, it makes the list that holds.
            SettingChange::RenewCodes => {
                let url = desk.url("v1/account/recovery-codes")?;
                Sent::Answered(self.call(|| Call::post(url.clone(), proof())).await?)
            }
        };
        let reply = match sent {
            Sent::Answered(reply) if wrong_password(&reply) => {
                return Ok(self.question(Some(Problem::WrongPassword)));
            }
            Sent::Answered(reply) => reply,
            Sent::Found(settings) => return Ok(done(settings)),
        };
        match self.change {
            SettingChange::AddAddress { .. } => {
                let (ticket, ask) = asked(&desk, &reply, CodePurpose::NewAddress)?;
                self.stage = Stage::Code { ticket, ask };
                Ok(self.question(None))
            }
            SettingChange::TurnOn => {
                let set_up: wire::AuthenticatorAsk = success(&reply)?.json()?;
                let authenticator = Authenticator::parse(&set_up.otpauth)
                    .map_err(|why| Error::new(ErrorKind::Protocol, why))?;
                let valid_until = desk.clock.now() + Duration::from_secs(set_up.expires_in);
                let ask = SetUpAsk { authenticator, valid_until };
                self.stage = Stage::SetUp { ticket: Secret::new(set_up.ticket), ask };
                Ok(self.question(None))
            }
            SettingChange::RenewCodes => {
                let made: wire::NewCodes = success(&reply)?.json()?;
                let recovery_codes = made.recovery_codes.into_iter().map(Secret::new).collect();
                Ok(Step::Done(Outcome::RecoveryChanged { settings: None, recovery_codes }))
            }
            _ => changed(&reply),
        }
    }

    async fn check(&mut self, ticket: &Secret, ask: &CodeAsk, typed: &Secret) -> Result<Step> {
        let url = self.line.desk.url("v1/account/addresses/check")?;
        let typed = normalise(typed.expose(), ask.shape);
        let body = || json!({ "ticket": ticket.expose(), "code": typed.expose() });
        match self.send(|| Call::post(url.clone(), body())).await? {
            Sent::Answered(reply) if reply.status == 400 => Ok(self.question(Some(Problem::WrongCode))),
            Sent::Answered(reply) => changed(&reply),
            Sent::Found(settings) => Ok(done(settings)),
        }
    }

    async fn resend(&mut self, ticket: &Secret, ask: &CodeAsk) -> Result<Step> {
        let desk = self.line.desk.clone();
        let url = desk.url("v1/account/addresses/send")?;
        let body = || json!({ "ticket": ticket.expose() });
        let reply = self.call(|| Call::post(url.clone(), body())).await?;
        if reply.status == 429 {
            let wait = reply.retry_after.unwrap_or(Duration::from_secs(60));
            let ask = CodeAsk { resend_at: Some(desk.clock.now() + wait), ..ask.clone() };
            self.stage = Stage::Code { ticket: ticket.clone(), ask };
            return Ok(self.question(Some(Problem::TooSoon { wait })));
        }
        let (ticket, ask) = asked(&desk, &reply, CodePurpose::NewAddress)?;
        self.stage = Stage::Code { ticket, ask };
        Ok(self.question(None))
    }

    async fn confirm(&mut self, ticket: &Secret, typed: &Secret) -> Result<Step> {
        let url = self.line.desk.url("v1/account/authenticator/confirm")?;
        let typed = normalise(typed.expose(), CodeShape::Digits(AUTHENTICATOR_DIGITS));
        let body = || json!({ "ticket": ticket.expose(), "code": typed.expose() });
        match self.send(|| Call::post(url.clone(), body())).await? {
            Sent::Answered(reply) if reply.status == 400 => Ok(self.question(Some(Problem::WrongCode))),
            Sent::Answered(reply) => changed(&reply),
            Sent::Found(settings) => Ok(done(settings)),
        }
    }

    async fn turn_off(&mut self, password: &Secret, way: Way, typed: &Secret) -> Result<Step> {
        let url = self.line.desk.url("v1/account/authenticator")?;
        let typed = normalise(typed.expose(), shape(way, None));
        let body = || {
            json!({
                "current_password": password.expose(),
                "way": wire::way_name(way),
                "code": typed.expose(),
            })
        };
        let reply = match self.send(|| Call::delete_with(url.clone(), body())).await? {
            Sent::Answered(reply) => reply,
            Sent::Found(settings) => return Ok(done(settings)),
        };
        match reply.status {
            400 => Ok(self.question(Some(Problem::WrongCode))),
            403 if wrong_password(&reply) => {
                self.stage = Stage::Password;
                Ok(self.question(Some(Problem::WrongPassword)))
            }
            422 => Err(ErrorKind::TooWeakAlone.into()),
            _ => changed(&reply),
        }
    }

    fn question(&self, problem: Option<Problem>) -> Step {
        let challenge = match &self.stage {
            Stage::Password => Challenge::Password { current: true },
            Stage::Code { ask, .. } => Challenge::Code(ask.clone()),
            Stage::SetUp { ask, .. } => Challenge::SetUpAuthenticator(ask.clone()),
            Stage::Factor { way, .. } => Challenge::Code(CodeAsk {
                purpose: CodePurpose::SecondFactor,
                way: *way,
                sent_to: None,
                shape: shape(*way, None),
                sent_at: None,
                valid_until: None,
                resend_at: None,
                other_ways: others(&[Way::Authenticator, Way::RecoveryCode], *way),
                may_be_opened: false,
            }),
        };
        Step::Ask(challenge, problem)
    }
}

#[async_trait]
impl Exchange for Conversation {
    async fn answer(&mut self, answer: Answer) -> Result<Step> {
        match (self.stage.clone(), answer) {
            (Stage::Password, Answer::Password(password)) => self.password(&password).await,
            (Stage::Code { ticket, ask }, Answer::Code(code)) => self.check(&ticket, &ask, &code).await,
            (Stage::Code { ticket, ask }, Answer::Resend) => self.resend(&ticket, &ask).await,
            (Stage::SetUp { ticket, .. }, Answer::Code(code)) => self.confirm(&ticket, &code).await,
            (Stage::Factor { password, way }, Answer::Code(code)) => {
                self.turn_off(&password, way, &code).await
            }
            (Stage::Factor { password, .. }, Answer::OtherWay(way))
                if matches!(way, Way::Authenticator | Way::RecoveryCode) =>
            {
                self.stage = Stage::Factor { password, way };
                Ok(self.question(None))
            }
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }

    fn renewed(&self) -> Option<&Session> {
        self.renewed.then_some(&self.session)
    }
}

fn wrong_password(reply: &Reply) -> bool {
    reply.status == 403 && code(reply).as_deref() == Some("wrong_password")
}

fn changed(reply: &Reply) -> Result<Step> {
    Ok(done(read(success(reply)?.json()?)))
}

fn done(settings: RecoverySettings) -> Step {
    Step::Done(Outcome::RecoveryChanged { settings: Some(settings), recovery_codes: Vec::new() })
}

fn address_url(desk: &Desk, path: &[&str]) -> Result<url::Url> {
    let mut url = desk.url("v1/account/addresses")?;
    url.path_segments_mut().map_err(|()| Error::from(ErrorKind::Bug))?.extend(path);
    Ok(url)
}

fn read(settings: wire::RecoverySettings) -> RecoverySettings {
    let moment = |seconds: u64| UNIX_EPOCH + Duration::from_secs(seconds.min(u64::from(u32::MAX)));
    let mut addresses = settings.addresses;
    addresses.sort_by_key(|address| !address.first);
    let address = |address: wire::AddressInfo| RecoveryAddress {
        id: address.id,
        address: address.address,
        confirmed: address.confirmed,
        bounced_at: address.last_mail_bounced_at.map(moment),
    };
    let change = |change: wire::ChangeInfo| {
        let what = kind(&change.change)?;
        Some(Revocable { what, at: moment(change.changed_at), until: moment(change.revocable_until) })
    };
    RecoverySettings {
        addresses: addresses.into_iter().map(address).collect(),
        most_addresses: settings.most_addresses,
        authenticator: settings.second_factor,
        codes_left: settings.recovery_codes_left,
        revocable: settings.changes.into_iter().filter_map(change).collect(),
    }
}

/// `None`: a newer server's.
fn kind(name: &str) -> Option<SettingChanged> {
    Some(match name {
        "address_added" => SettingChanged::AddressAdded,
        "address_removed" => SettingChanged::AddressRemoved,
        "address_first" => SettingChanged::AddressFirst,
        "authenticator_on" => SettingChanged::AuthenticatorOn,
        "authenticator_off" => SettingChanged::AuthenticatorOff,
        "recovery_codes" => SettingChanged::CodesRenewed,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_newer_server_adds_is_left_out_and_the_first_comes_first() {
        let address = |id: &str, first: bool, bounced: Option<u64>| {
            json!({ "id": id, "address": format!("{id}@mail.example"), "first": first, "confirmed": first,
                "added_at": 1, "last_mail_bounced_at": bounced, "of_a_newer_server": 1 })
        };
        let change = |what: &str| json!({ "change": what, "changed_at": 2, "revocable_until": 604_802 });
        let settings = json!({
            "addresses": [address("a", false, Some(7)), address("b", true, None)],
            "most_addresses": 2,
            "second_factor": true,
            "recovery_codes_left": 3,
            "changes": [change("address_first"), change("shoe_size"), change("recovery_codes")],
        });
        let settings = read(serde_json::from_value(settings).unwrap());
        let [first, second] = &settings.addresses[..] else { panic!("{settings:?}") };
        assert_eq!((first.id.as_str(), first.confirmed, first.bounced_at), ("b", true, None));
        assert_eq!(second.bounced_at, Some(UNIX_EPOCH + Duration::from_secs(7)));
        assert_eq!((settings.most_addresses, settings.authenticator, settings.codes_left), (2, true, 3));
        let what: Vec<_> = settings.revocable.iter().map(|change| change.what).collect();
        assert_eq!(what, [SettingChanged::AddressFirst, SettingChanged::CodesRenewed]);
    }
}
