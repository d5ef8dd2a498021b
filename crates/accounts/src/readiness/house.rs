//! The accounts of a person as a graph: every account a window, lit as long as a way leads in.

use std::collections::HashMap;
use std::time::SystemTime;

use super::graph::{Graph, Sketch, Thing};
use super::known::Known;
use super::mailboxes::Mailboxes;
use super::{Outlook, Standing};
use crate::account::{Account, AccountId, AccountState, Check, Means, Went, plain};
use crate::provider::Kind;
use crate::store::StoreKind;

/// Something that a way back takes, and that can be lost.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Need {
    ThisComputer,
    /// By the name that the person gave it.
    Device(String),
    /// By its address, which is masked where no more is known.
    Mailbox(String),
    /// A mailbox that is one of the accounts.
    Account(AccountId),
    /// Saved codes outside of Regain, by their place.
    Codes(String),
    Person(String),
    /// What is known by heart.
    Memory,
    Vault,
    VaultPassword,
    RecoveryKey,
}

/// Where credentials rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub store: StoreKind,
    /// This computer's keychain opens the vault.
    pub keychain_opens_vault: bool,
}

/// How a way did at its last rehearsal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    NotYet,
    Held(SystemTime),
    /// It counts as lost. Without a time where signing in showed it.
    Failed(Option<SystemTime>),
}

/// One way back into an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayBack {
    pub means: Means,
    /// The person said so; the others Regain sees by itself.
    pub said: bool,
    /// Regain sees it, and the person says that there is none.
    pub denied: bool,
    pub tried: Tried,
    /// The site asks for a second step after it.
    pub second_step: bool,
}

impl WayBack {
    pub fn counts(&self) -> bool {
        !self.denied && !matches!(self.tried, Tried::Failed(_))
    }

    /// It helps with others, and opens nothing alone.
    pub fn is_second_step(&self) -> bool {
        matches!(self.means, Means::AuthenticatorHere | Means::AuthenticatorOn(_))
    }
}

/// Everyone's ways back, drawn.
#[derive(Debug)]
pub struct House {
    pub(super) accounts: Vec<Account>,
    pub(super) known: Vec<Known>,
    pub(super) place: Place,
    pub(super) graph: Graph,
    ways: Vec<Vec<WayBack>>,
    /// Accounts stand first, in the order of the list.
    needs: Vec<(Need, Thing)>,
    by_need: HashMap<Need, Thing>,
}

/// What is left when something is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// In the order of the list.
    pub windows: Vec<(AccountId, Standing)>,
    pub circles: Vec<Vec<AccountId>>,
}

/// Something that can be lost, and how many accounts it would lock out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    pub need: Need,
    pub locks_out: usize,
}

impl House {
    /// Draws it from the list, in its order, and from what is known of each.
    pub fn draw(accounts: Vec<Account>, known: Vec<Known>, place: Place) -> Self {
        let mailboxes = Mailboxes::of(&accounts, &known);
        let mut drawing =
            Drawing { sketch: Sketch::new(), needs: Vec::new(), by_need: HashMap::new(), store: None };
        let things: Vec<Thing> = accounts.iter().map(|_| drawing.sketch.account()).collect();
        drawing.store = drawing.store(place, &accounts);
        let mut ways = Vec::with_capacity(accounts.len());
        for ((account, known), &thing) in accounts.iter().zip(&known).zip(&things) {
            let mine = ways_of(account, known, &mailboxes);
            drawing.lead_in(account, thing, &mine, &|address| {
                let at = mailboxes.account(&plain(address))?;
                Some((accounts[at].id.clone(), things[at]))
            });
            ways.push(mine);
        }
        let Drawing { sketch, needs, by_need, .. } = drawing;
        Self { accounts, known, place, graph: sketch.finish(), ways, needs, by_need }
    }

    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// The ways back into an account, those that Regain sees first.
    pub fn ways(&self, account: &AccountId) -> &[WayBack] {
        self.position(account).map_or(&[], |at| &self.ways[at])
    }

    pub fn known(&self, account: &AccountId) -> Option<&Known> {
        self.position(account).map(|at| &self.known[at])
    }

    /// Where everyone stands without these.
    pub fn lose(&self, lost: &[Need]) -> Picture {
        let outlook = self.graph.lose(&self.things(lost));
        let id = |thing: &Thing| self.accounts[thing.at()].id.clone();
        Picture {
            windows: self.windows(&outlook).collect(),
            circles: outlook.circles.iter().map(|circle| circle.iter().map(id).collect()).collect(),
        }
    }

    /// Everything that can be lost, what locks out most first.
    pub fn losses(&self) -> Vec<Loss> {
        let points: HashMap<Thing, usize> =
            self.graph.single_points().into_iter().map(|it| (it.thing, it.locks_out)).collect();
        let used = |(_, thing): &&(Need, Thing)| !self.graph.uses(thing.at()).is_empty();
        let mut losses: Vec<Loss> = self
            .needs
            .iter()
            .filter(used)
            .map(|(need, thing)| Loss {
                need: need.clone(),
                locks_out: points.get(thing).copied().unwrap_or_default(),
            })
            .collect();
        losses.sort_by(|a, b| b.locks_out.cmp(&a.locks_out).then_with(|| a.need.cmp(&b.need)));
        losses
    }

    /// The things that an account hangs on: without any one of them it is locked out.
    pub fn hangs_on(&self, account: &AccountId) -> Vec<Need> {
        let Some(at) = self.position(account) else { return Vec::new() };
        let things = self.graph.hangs_on(Thing(at as u32));
        let mut needs: Vec<Need> = things.into_iter().filter_map(|thing| self.need(thing)).collect();
        needs.sort();
        needs
    }

    /// How many other accounts each mailbox opens that is one of the accounts: those whose codes go there, and those that
    /// these open in their turn. Accounts that open none are left out.
    pub fn opens(&self) -> HashMap<AccountId, usize> {
        let mailboxes = Mailboxes::of(&self.accounts, &self.known);
        let mut by_mailbox = vec![Vec::new(); self.accounts.len()];
        for (at, ways) in self.ways.iter().enumerate() {
            let mailed = ways.iter().filter(|way| way.counts()).filter_map(|way| match &way.means {
                Means::Mailbox(address) => mailboxes.account(&plain(address)),
                _ => None,
            });
            mailed.for_each(|mailbox| by_mailbox[mailbox].push(at));
        }
        let opening = (0..self.accounts.len()).filter(|&at| !by_mailbox[at].is_empty());
        let reach = |from: usize| {
            let (mut seen, mut ahead) = (vec![false; self.accounts.len()], vec![from]);
            seen[from] = true;
            let mut reached = 0;
            while let Some(at) = ahead.pop() {
                for &next in by_mailbox[at].iter().filter(|&&next| !std::mem::replace(&mut seen[next], true))
                {
                    reached += 1;
                    ahead.push(next);
                }
            }
            reached
        };
        opening.map(|at| (self.accounts[at].id.clone(), reach(at))).filter(|(_, opens)| *opens > 0).collect()
    }

    pub(super) fn need(&self, thing: Thing) -> Option<Need> {
        if let Some(account) = self.accounts.get(thing.at()) {
            return Some(Need::Account(account.id.clone()));
        }
        self.needs.iter().find(|(_, it)| *it == thing).map(|(need, _)| need.clone())
    }

    pub(super) fn things(&self, needs: &[Need]) -> Vec<Thing> {
        let thing = |need: &Need| match need {
            Need::Account(id) => self.position(id).map(|at| Thing(at as u32)),
            need => self.by_need.get(&need.plain()).copied(),
        };
        needs.iter().filter_map(thing).collect()
    }

    pub(super) fn position(&self, account: &AccountId) -> Option<usize> {
        self.accounts.iter().position(|it| it.id == *account)
    }

    /// What the saved passwords and codes stand on.
    pub(super) fn store(&self) -> Option<Need> {
        store_of(self.place.store)
    }

    fn windows<'a>(&'a self, outlook: &'a Outlook) -> impl Iterator<Item = (AccountId, Standing)> + 'a {
        let windows = self.accounts.iter().enumerate();
        windows.map(|(at, account)| (account.id.clone(), outlook.standing(Thing(at as u32))))
    }
}

fn store_of(kind: StoreKind) -> Option<Need> {
    match kind {
        StoreKind::Keychain => Some(Need::ThisComputer),
        StoreKind::Vault => Some(Need::Vault),
        // It ends with the program.
        StoreKind::Memory => None,
    }
}

/// What Regain sees, then what the person said.
fn ways_of(account: &Account, known: &Known, mailboxes: &Mailboxes) -> Vec<WayBack> {
    let mut seen = Vec::new();
    if known.password {
        seen.push(Means::SavedPassword);
    }
    if known.session {
        seen.push(Means::SignedInHere);
    }
    if known.recovers {
        seen.extend(mailboxes.mailed_to(account, known).map(Means::Mailbox));
    }
    if known.authenticator {
        seen.push(Means::AuthenticatorHere);
    }
    if known.codes_left.is_some_and(|left| left > 0) {
        seen.push(Means::CodesHere);
    }
    let plan = &account.plan;
    let new = |means: &&Means| seen.iter().all(|known| known.plain() != means.plain());
    let said: Vec<Means> = plan.added.iter().filter(new).cloned().collect();
    let all = seen.into_iter().map(|means| (means, false)).chain(said.into_iter().map(|means| (means, true)));
    let mut ways: Vec<WayBack> = all
        .map(|(means, said)| WayBack {
            denied: !said && plan.is_denied(&means),
            tried: match plan.last(&Check::Way(means.clone())) {
                _ if means == Means::SavedPassword && account.state == AccountState::NoPasswordFits => {
                    Tried::Failed(None)
                }
                Some((Went::Failed, at)) => Tried::Failed(Some(at)),
                Some((Went::Held, at)) => Tried::Held(at),
                None => Tried::NotYet,
            },
            means,
            said,
            second_step: false,
        })
        .collect();
    // A site asks for the second step that it has, whether the person still has it or not.
    let second_step = ways.iter().any(|way| way.is_second_step() && !way.denied);
    for way in &mut ways {
        way.second_step = second_step
            && match way.means {
                Means::SavedPassword | Means::Mailbox(_) | Means::Phone(_) | Means::ByHeart => true,
                // Ours takes one instead of everything else.
                Means::CodesHere | Means::CodesAt(_) => account.server.kind != Kind::RecoveryServer,
                _ => false,
            };
    }
    ways
}

/// A house that is still being drawn.
struct Drawing {
    sketch: Sketch,
    needs: Vec<(Need, Thing)>,
    by_need: HashMap<Need, Thing>,
    store: Option<Thing>,
}

impl Drawing {
    fn store(&mut self, place: Place, accounts: &[Account]) -> Option<Thing> {
        let need = store_of(place.store)?;
        if need == Need::ThisComputer {
            return Some(self.outside(need));
        }
        let vault = self.sketch.between();
        self.note(need, vault);
        let computer = self.outside(Need::ThisComputer);
        if place.keychain_opens_vault {
            self.sketch.way(vault, &[computer]);
        }
        let password = self.outside(Need::VaultPassword);
        self.sketch.way(vault, &[computer, password]);
        let last = accounts.iter().filter_map(|account| account.plan.last(&Check::RecoveryKey));
        if last.max_by_key(|(_, at)| *at).is_none_or(|(went, _)| went == Went::Held) {
            let key = self.outside(Need::RecoveryKey);
            self.sketch.way(vault, &[computer, key]);
        }
        Some(vault)
    }

    /// Draws the ways into one account.
    fn lead_in(
        &mut self,
        account: &Account,
        thing: Thing,
        ways: &[WayBack],
        mailbox: &dyn Fn(&str) -> Option<(AccountId, Thing)>,
    ) {
        let asks = ways.iter().any(|way| way.second_step);
        let second = asks.then(|| self.sketch.between());
        for way in ways.iter().filter(|way| way.counts()) {
            let Some(need) = self.need_of(&way.means, mailbox) else { continue };
            let own_codes = account.server.kind == Kind::RecoveryServer;
            let is_code = matches!(way.means, Means::CodesHere | Means::CodesAt(_));
            if let Some(second) = second
                && (way.is_second_step() || is_code || matches!(way.means, Means::Phone(_)))
            {
                self.sketch.way(second, &[need]);
            }
            match second {
                _ if way.is_second_step() => {}
                // A code is the second step there, and no first one.
                Some(_) if is_code && !own_codes => {}
                Some(second) if way.second_step => self.sketch.way(thing, &[need, second]),
                _ => self.sketch.way(thing, &[need]),
            }
        }
    }

    fn need_of(
        &mut self,
        means: &Means,
        mailbox: &dyn Fn(&str) -> Option<(AccountId, Thing)>,
    ) -> Option<Thing> {
        let need = match means {
            Means::SavedPassword | Means::SignedInHere | Means::AuthenticatorHere | Means::CodesHere => {
                return self.store;
            }
            Means::Mailbox(address) => match mailbox(address) {
                Some((id, thing)) => {
                    self.note(Need::Account(id), thing);
                    return Some(thing);
                }
                None => Need::Mailbox(address.clone()),
            },
            Means::Phone(name) | Means::AuthenticatorOn(name) | Means::SignedInOn(name) => {
                Need::Device(name.clone())
            }
            Means::CodesAt(place) => Need::Codes(place.clone()),
            Means::Person(name) => Need::Person(name.clone()),
            Means::ByHeart => Need::Memory,
        };
        Some(self.outside(need))
    }

    fn outside(&mut self, need: Need) -> Thing {
        if let Some(thing) = self.by_need.get(&need.plain()) {
            return *thing;
        }
        let thing = self.sketch.outside();
        self.note(need, thing);
        thing
    }

    fn note(&mut self, need: Need, thing: Thing) {
        if self.by_need.insert(need.plain(), thing).is_none() {
            self.needs.push((need, thing));
        }
    }
}

impl Need {
    /// As it is compared.
    fn plain(&self) -> Self {
        match self {
            Self::Device(name) => Self::Device(plain(name)),
            Self::Mailbox(address) => Self::Mailbox(plain(address)),
            Self::Codes(place) => Self::Codes(plain(place)),
            Self::Person(name) => Self::Person(plain(name)),
            other => other.clone(),
        }
    }
}
