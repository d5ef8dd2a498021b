//! A conversation with a server, held until its end: the same `Flow` as behind the window.

use accounts::flow::{Deps, Flow, Given, Purpose, Question};
use accounts::{ErrorKind, identifier};
use serde_json::json;

use crate::find::Target;
use crate::interrupt::{Interrupt, PATIENCE};
use crate::stop::{Result, Stop};
use crate::talk::{Reply, Scene, Talk, json::seconds};
use crate::words;

pub async fn converse(
    deps: &Deps,
    target: Target,
    purpose: Purpose,
    talk: &mut Talk,
    interrupt: &Interrupt,
) -> Result<()> {
    let mut flow = begin(deps, target, purpose, talk).await?;
    let mut trouble = None;
    while !matches!(flow.question(), Question::Done(_)) {
        let about = flow.provider().about().clone();
        let scene = Scene { flow: &flow, about: &about, store: deps.store.kind(), trouble };
        let reply = match talk.question(&scene).await {
            Ok(reply) => reply,
            Err(stop) => return Err(leave(flow, stop).await),
        };
        let answered = tokio::select! {
            answered = answer(&mut flow, reply, talk, deps) => answered,
            () = hurried(interrupt) => return Err(dropped(&flow)),
        };
        trouble = match answered {
            Ok(()) => None,
            Err(Answered::Stop(stop)) => return Err(leave(flow, stop).await),
            Err(Answered::Error(error)) if error.kind().ends_flow() => {
                return Err(leave(flow, error.into()).await);
            }
            Err(Answered::Error(error)) => {
                tracing::info!(%error, source = std::error::Error::source(&error).map(tracing::field::display), "the question stands");
                Some(error.kind())
            }
        };
    }
    finish(deps, &flow, talk)
}

async fn begin(deps: &Deps, target: Target, purpose: Purpose, talk: &mut Talk) -> Result<Flow> {
    let Target { mut account, provider, .. } = target;
    match Flow::begin(deps.clone(), provider.clone(), account.clone(), purpose.clone()).await {
        Err(error) if error.kind() == ErrorKind::NeedsMailbox => {}
        begun => return Ok(begun?),
    }
    let mailbox = talk.mailbox().await?.trim().to_owned();
    if !identifier::is_mailbox(&mailbox) {
        return Err(ErrorKind::BadIdentifier.into());
    }
    account.recover_as = Some(mailbox);
    Ok(Flow::begin(deps.clone(), provider, account, purpose).await?)
}

enum Answered {
    Error(accounts::Error),
    Stop(Stop),
}

impl From<accounts::Error> for Answered {
    fn from(error: accounts::Error) -> Self {
        Self::Error(error)
    }
}

async fn answer(
    flow: &mut Flow,
    reply: Reply,
    talk: &Talk,
    deps: &Deps,
) -> std::result::Result<(), Answered> {
    match reply {
        Reply::Give(given) => Ok(flow.answer(given).await?),
        Reply::Generate { recipe, reveal } => {
            // Durable when it returns: only then may it be seen or sent.
            let password = flow.generate(recipe).await?;
            talk.made(&password, reveal, deps.store.kind()).map_err(Answered::Stop)?;
            Ok(flow.answer(Given::Generated).await?)
        }
    }
}

/// After Ctrl+C an answer under way may still come for a while.
async fn hurried(interrupt: &Interrupt) {
    interrupt.pressed().await;
    tokio::time::sleep(PATIENCE).await;
}

/// Leaves an answer that is under way: what it was about is on the disk, and is found out later.
fn dropped(flow: &Flow) -> Stop {
    match flow.question() {
        Question::NewPassword { .. } => ErrorKind::OutcomeUnknown.into(),
        _ => Stop::interrupted(),
    }
}

/// Ends it between two questions.
async fn leave(flow: Flow, stop: Stop) -> Stop {
    let unknown =
        matches!(flow.question(), Question::NewPassword { unknown: true, .. } | Question::SetPassword(_));
    if let Err(error) = flow.cancel().await {
        tracing::warn!(%error, "what was made stays staged: the store could not move it to the history");
    }
    if unknown { ErrorKind::OutcomeUnknown.into() } else { stop }
}

fn finish(deps: &Deps, flow: &Flow, talk: &Talk) -> Result<()> {
    use accounts::flow::Done;
    let Question::Done(finish) = flow.question() else { return Err(Stop::bug("it has not ended")) };
    let (account, store) = (flow.account(), deps.store.kind());
    let value = json!({
        "what": match finish.what {
            Done::SignedIn => "signed_in",
            Done::SignedUp => "signed_up",
            Done::PasswordChanged => "password_changed",
            Done::ChangeConfirmed => "change_confirmed",
            Done::Paired => "paired",
            Done::RecoveryChanged(_) => "recovery_changed",
            Done::PhoneLinked => "phone_linked",
        },
        "account": { "id": account.id.as_str(), "name": account.name, "identifier": account.identifier },
        "store": store.as_str(),
        "at": seconds(finish.at),
        "old_kept": finish.old_kept,
        "sessions_ended": finish.sessions_ended,
        "mailbox": finish.mailbox,
    });
    let server = crate::out::plain(&flow.provider().about().name);
    talk.done(value, &words::done(finish, flow.purpose(), &server, store))
}
