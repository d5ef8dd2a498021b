//! The conversations under way: the window knows them by a number.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use accounts::flow::{Deps, Flow, Given, Purpose, Question as Asked};
use accounts::provider::{About, PublicKey, Server, Way as By};
use accounts::{Account, AccountId, Error, ErrorKind, Secret, address, identifier};
use tokio::sync::Mutex as AsyncMutex;

use crate::app::App;
use crate::authenticator;
use crate::earlier::recipe;
use crate::network;
use crate::view::*;
use crate::view_from::{self, seconds, span};

/// How long a lock waits for an answer that is under way.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Default)]
pub struct Conversations {
    last: AtomicU32,
    open: Mutex<HashMap<u32, Arc<Conversation>>>,
}

pub struct Conversation {
    deps: Deps,
    server: ServerView,
    /// The person has left: an answer that waits for a phone is dropped.
    left: tokio::sync::Notify,
    /// Held while an answer is under way; `None` once it is over.
    flow: AsyncMutex<Option<Flow>>,
}

impl Conversations {
    fn add(&self, conversation: Conversation) -> (u32, Arc<Conversation>) {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let conversation = Arc::new(conversation);
        self.lock().insert(number, conversation.clone());
        (number, conversation)
    }

    fn get(&self, number: u32) -> Result<Arc<Conversation>, ErrorView> {
        self.lock().get(&number).cloned().ok_or(ErrorView::Gone)
    }

    fn remove(&self, number: u32) -> Option<Arc<Conversation>> {
        self.lock().remove(&number)
    }

    /// Ends all of them. An answer that is under way may go on for as long as [`PATIENCE`]: what it was about is on the
    /// disk, and found out at the next start.
    pub async fn end_all(&self) {
        let all: Vec<_> = self.lock().drain().map(|(_, conversation)| conversation).collect();
        let ended = async {
            for conversation in &all {
                conversation.left.notify_one();
                let flow = conversation.flow.lock().await.take();
                end(flow).await;
            }
        };
        if tokio::time::timeout(PATIENCE, ended).await.is_err() {
            tracing::info!("a conversation was left while its answer was under way");
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u32, Arc<Conversation>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Asks what is behind what was typed, and nothing else.
    pub async fn find_server(&self, address: &str, key: Option<&str>) -> Result<FoundView, ErrorView> {
        let key = key.map(PublicKey::read).transpose()?;
        let found = self.providers.find_with(address, key.as_ref()).await;
        if let (Err(error), Ok(url)) = (&found, address::parse(address))
            && error.kind() == ErrorKind::Offline
            && network::has_route()
            && !network::resolves(url.host_str().unwrap_or_default()).await
        {
            return Err(ErrorView::Address { why: AddressProblem::NotFound });
        }
        let found = found??;
        if key.is_some()
            && let Ok(deps) = self.deps()
        {
            found.iter().try_for_each(|one| deps.accounts.learn_key(&one.server))?;
        }
        Ok(FoundView {
            identifier: found.iter().find_map(|found| found.identifier.clone()),
            servers: found.iter().map(|one| view_from::server(&one.server, one.provider.about())).collect(),
        })
    }

    pub async fn begin(&self, form: BeginForm) -> Result<View, ErrorView> {
        let deps = self.deps()?;
        let typed = form.identifier.as_deref().map(str::trim);
        if typed.is_some_and(|typed| !identifier::is_plausible(typed)) {
            return Err(ErrorView::BadIdentifier);
        }
        let (server, provider, listed) = match &form.target {
            Target::Account { id } => {
                let (_, account) = self.known(id)?;
                (account.server.clone(), self.providers.get(&account.server).await?, Some(account))
            }
            Target::Server { address, server } => {
                // Nothing but what was found goes there: an address that was made up is held to the same rules.
                address::parse(address)?;
                let base = address.parse().map_err(|_| ErrorView::Bug)?;
                let server = Server { kind: (*server).into(), base, key: None };
                let server = self.providers.known(&server).unwrap_or(server);
                let provider = self.providers.get(&server).await?;
                (server, provider, None)
            }
        };
        if let Some(SettingChange::AddAddress { address }) = &form.change
            && !identifier::is_mailbox(address.trim())
        {
            return Err(ErrorView::BadIdentifier);
        }
        if form.intent == IntentKind::SignUp && !typed.is_some_and(identifier::is_mailbox) {
            return Err(ErrorView::BadIdentifier);
        }
        let by_mailbox = form.intent == IntentKind::Recover && provider.about().abilities.recover_by_mailbox;
        let account = match (listed, typed) {
            (Some(account), None) => account,
            (Some(account), Some(typed)) if account.identifier == typed => account,
            // The address of its mailbox, which only recovery asks for.
            (Some(account), Some(typed))
                if by_mailbox
                    && identifier::is_mailbox(typed)
                    && !identifier::is_mailbox(&account.identifier) =>
            {
                Account { recover_as: Some(typed.into()), ..account }
            }
            // On the form of a listed account, too, somebody else may sign in: that is another account.
            (_, Some(typed)) => deps
                .accounts
                .find(&server, typed)
                .unwrap_or_else(|| new_account(&deps, &server, provider.about(), typed)),
            // The phone says who it is; at a site that only the person can talk to, nobody does.
            (None, None) if form.intent == IntentKind::Pair => deps
                .accounts
                .find(&server, "")
                .unwrap_or_else(|| new_account(&deps, &server, provider.about(), "")),
            (None, None) => return Err(ErrorView::BadIdentifier),
        };
        let view = view_from::server(&server, provider.about());
        let flow = Flow::begin(deps.clone(), provider, account, view_from::purpose(&form)?).await?;
        let conversation = Conversation {
            deps,
            server: view,
            left: tokio::sync::Notify::new(),
            flow: AsyncMutex::new(Some(flow)),
        };
        let (number, conversation) = self.conversations.add(conversation);
        let flow = conversation.flow.lock().await;
        conversation.view(number, flow.as_ref().ok_or(ErrorView::Gone)?).await
    }

    pub async fn answer(&self, number: u32, form: AnswerForm) -> Result<View, ErrorView> {
        self.deps()?;
        let conversation = self.conversations.get(number)?;
        let mut guard = conversation.flow.lock().await;
        let flow = guard.as_mut().ok_or(ErrorView::Gone)?;
        let waits = matches!(form, AnswerForm::Wait);
        let given = match given(form) {
            Some(given) => given,
            None => conversation.kept_code(flow).await?,
        };
        let answered = tokio::select! {
            answered = flow.answer(given) => answered,
            // Waiting changes nothing at the server: it may be dropped at any moment.
            () = conversation.left.notified(), if waits => return Err(ErrorView::Gone),
        };
        match answered {
            Ok(()) => conversation.view(number, flow).await,
            Err(error) => {
                if error.kind().ends_flow() {
                    self.conversations.remove(number);
                    end(guard.take()).await;
                }
                Err(error.into())
            }
        }
    }

    /// The question as it stands, with its clocks as of now.
    pub async fn look(&self, number: u32) -> Result<View, ErrorView> {
        self.deps()?;
        let conversation = self.conversations.get(number)?;
        let guard = conversation.flow.lock().await;
        conversation.view(number, guard.as_ref().ok_or(ErrorView::Gone)?).await
    }

    /// Looks into a conversation.
    pub(crate) async fn in_conversation<T>(
        &self,
        number: u32,
        look: impl FnOnce(&Flow) -> T,
    ) -> Result<T, ErrorView> {
        let conversation = self.conversations.get(number)?;
        let guard = conversation.flow.lock().await;
        guard.as_ref().map(look).ok_or(ErrorView::Gone)
    }

    /// Ends a conversation at once. The future waits for an answer under way, so that nothing that it changes gets lost.
    pub fn cancel(&self, number: u32) -> impl Future<Output = ()> + Send + use<> {
        let conversation = self.conversations.remove(number);
        async move {
            if let Some(conversation) = conversation {
                conversation.left.notify_one();
                let flow = conversation.flow.lock().await.take();
                end(flow).await;
            }
        }
    }

    pub async fn generate(&self, number: u32, form: GenerateForm) -> Result<Generated, ErrorView> {
        self.deps()?;
        let conversation = self.conversations.get(number)?;
        let mut guard = conversation.flow.lock().await;
        let flow = guard.as_mut().ok_or(ErrorView::Gone)?;
        let password = flow.generate(recipe(form)).await?;
        Ok(Generated {
            strength: flow.measure(&password).into(),
            entropy: flow.entropy(recipe(form)).into(),
            site_is_weak: Some(flow.verdict())
                .filter(|verdict| verdict.is_weak())
                .map(|weak| weak.best.into()),
            password: password.expose().into(),
            saved_at: seconds(conversation.deps.clock.now()),
            store: conversation.deps.store.kind().into(),
        })
    }

    pub async fn copy_generated(&self, number: u32) -> Result<Copied, ErrorView> {
        self.deps()?;
        let conversation = self.conversations.get(number)?;
        let guard = conversation.flow.lock().await;
        let password = guard.as_ref().and_then(Flow::candidate).cloned().ok_or(ErrorView::Gone)?;
        drop(guard);
        self.copy(password).await
    }

    pub async fn check_password(&self, number: u32, password: Secret) -> Result<Strength, ErrorView> {
        let conversation = self.conversations.get(number)?;
        let guard = conversation.flow.lock().await;
        guard.as_ref().map(|flow| flow.measure(&password).into()).ok_or(ErrorView::Gone)
    }

    /// Looks into what can keep a code from arriving.
    pub async fn doctor(&self, number: u32) -> Result<DoctorView, ErrorView> {
        let conversation = self.conversations.get(number)?;
        let (provider, typed, asked) = {
            let guard = conversation.flow.lock().await;
            let flow = guard.as_ref().ok_or(ErrorView::Gone)?;
            (flow.provider().clone(), flow.account().identifier.clone(), flow.question().clone())
        };
        let reach = match provider.reach().await {
            Ok(()) => Reach::Fine,
            Err(_) if network::has_route() => Reach::ServerAway,
            Err(_) => Reach::Offline,
        };
        let now = conversation.deps.clock.now();
        let (resend_in, other_ways) = match asked {
            Asked::Code(ask) => (
                ask.resend_at.map(|at| span(at.duration_since(now).unwrap_or_default())),
                ask.other_ways.into_iter().map(Way::from).collect(),
            ),
            _ => (None, Vec::new()),
        };
        Ok(DoctorView {
            reach,
            suggestion: identifier::suggestion(&typed),
            domain: identifier::domain(&typed).map(str::to_owned),
            resend_in,
            other_ways,
        })
    }
}

impl Conversation {
    /// Errors: nothing was asked that the kept authenticator can answer.
    async fn kept_code(&self, flow: &Flow) -> Result<Given, ErrorView> {
        if !asks_authenticator(flow.question()) {
            return Err(ErrorView::Gone);
        }
        let code = authenticator::code_now(&self.deps, &flow.account().id).await?;
        code.map(Given::Code).ok_or(ErrorView::Gone)
    }

    async fn view(&self, number: u32, flow: &Flow) -> Result<View, ErrorView> {
        // A store that does not answer now must not keep the person from typing the code.
        let kept = asks_authenticator(flow.question())
            && matches!(authenticator::code_now(&self.deps, &flow.account().id).await, Ok(Some(_)));
        let now = self.deps.clock.now();
        let able = flow.provider().about().abilities;
        let store = self.deps.store.kind();
        Ok(View {
            flow: number,
            intent: flow.purpose().into(),
            change: match flow.purpose() {
                Purpose::ChangeRecovery(change) => Some(change.done().into()),
                _ => None,
            },
            server: self.server.clone(),
            identifier: flow.account().identifier.clone(),
            question: view_from::question(flow.question(), able, flow.account(), store, kept, now)?,
            problem: flow.problem().map(Into::into),
        })
    }
}

fn asks_authenticator(asked: &Asked) -> bool {
    matches!(asked, Asked::Code(ask) if ask.way == By::Authenticator)
}

/// What an identifier that is being typed looks like.
pub fn check_identifier(typed: &str) -> IdentifierCheck {
    IdentifierCheck {
        plausible: identifier::is_plausible(typed),
        mailbox: identifier::is_mailbox(typed),
        suggestion: identifier::suggestion(typed),
    }
}

fn new_account(deps: &Deps, server: &Server, about: &About, identifier: &str) -> Account {
    Account {
        practice: about.practice,
        ..Account::new(AccountId::random(&*deps.random), server.clone(), about.name.clone(), identifier)
    }
}

/// `None`: it is to be made from what is kept.
fn given(form: AnswerForm) -> Option<Given> {
    Some(match form {
        AnswerForm::Kept => return None,
        AnswerForm::Password { password } => Given::Password(Secret::new(password)),
        AnswerForm::Saved => Given::Saved,
        AnswerForm::Code { code } => Given::Code(Secret::new(code)),
        AnswerForm::Keep => Given::Keep,
        AnswerForm::Opened => Given::Opened,
        AnswerForm::NewPassword { password, repeat } => {
            Given::NewPassword { password: Secret::new(password), repeat: Secret::new(repeat) }
        }
        AnswerForm::UseGenerated => Given::Generated,
        AnswerForm::Resend => Given::Resend,
        AnswerForm::OtherWay { way } => Given::OtherWay(way.into()),
        AnswerForm::Address { place } => Given::Address(usize::try_from(place).unwrap_or(usize::MAX)),
        AnswerForm::WholeAddress { address } => Given::WholeAddress(address),
        AnswerForm::FindOut => Given::FindOut,
        AnswerForm::Wait => Given::Wait,
        AnswerForm::Yes => Given::Yes,
        AnswerForm::No => Given::No,
        AnswerForm::StepBack => Given::StepBack,
        AnswerForm::StartOver => Given::StartOver,
    })
}

async fn end(flow: Option<Flow>) {
    if let Some(flow) = flow
        && let Err(error) = flow.cancel().await
    {
        let error: Error = error;
        tracing::warn!(%error, "what was made stays staged: the store could not move it to the history");
    }
}
