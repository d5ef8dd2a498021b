//! One account from the list to signed out: each command once, and what the server thinks of it.

use std::path::Path;
use std::time::Duration;

use accounts::provider::Session;
use accounts::provider::conformance::{Bench, SessionsEnd};
use accounts::store::StoreKind;
use accounts::store::vault::VaultKey;
use accounts::{AccountId, Answer, ErrorKind, Intent, Outcome, Secret, Step};
use serde_json::{Value, json};

use crate::door;
use crate::program::{MASTER, Place, Talk};
use crate::pty::Terminal;

const WRONG: &str = "summer-2024-something";
const CHANGED: &str = "mossy-kettle-Walnut-29";
const RECOVERED: &str = "quiet-harbour-Lantern-58";
const CTRL_C: u8 = 3;
/// Each code of an authenticator works once; after this there is another one.
const ANOTHER_CODE: Duration = Duration::from_secs(60);

/// What the server wants, in its order.
pub struct Asks {
    pub recover: &'static [&'static str],
    pub change: &'static [&'static str],
    /// How many there are after the first sign-in, where the server shows them.
    pub sessions: Option<usize>,
}

pub async fn play<B: Bench>(kind: &'static str, server: &B, asks: Asks) {
    let host = server.provider().about().host.clone();
    let story = Story { kind, server, asks, place: Place::with_vault().await, host };
    let was = server.password().expose().to_owned();

    story.added().await;
    story.asks_for_the_mailbox_until_it_is_known().await;
    story.signed_in(&was).await;
    story.sessions_are_seen_and_ended().await;
    story.changed(&was).await;
    story.recovered().await;
    let made = story.recovered_by_hand().await;
    story.signed_in_by_hand(&made).await;
    story.signed_out(&made).await;
    story.signed_in_for_one_command(&made).await;
}

struct Story<'a, B> {
    kind: &'static str,
    server: &'a B,
    asks: Asks,
    place: Place,
    host: String,
}

impl<B: Bench> Story<'_, B> {
    async fn added(&self) {
        let added = self.place.ask(&["add", &self.address(), &self.server.identifier()]);
        let account = &added["account"];
        assert_eq!((&added["new"], &account["state"]), (&json!(true), &json!("signed_out")), "{added}");
        assert_eq!(account["server"]["kind"], self.kind, "{added}");
        assert_eq!(account["identifier"], self.server.identifier(), "{added}");
    }

    async fn asks_for_the_mailbox_until_it_is_known(&self) {
        if self.server.recover_as() == self.server.identifier() {
            return;
        }
        let mut talk = self.place.talk_unlocked(&["recover", &self.server.identifier()]);
        let asked = talk.hear();
        assert_eq!(asked["question"], "mailbox", "{asked}");
        talk.say(json!({ "mailbox": self.server.recover_as() }));
        let asked = talk.hear();
        assert_eq!(asked["question"], "code", "{asked}");
        self.server.mailed().await;
        talk.say(json!({ "cancel": true }));
        assert_eq!(talk.hear()["error"]["kind"], "cancelled");
        assert_eq!(talk.end(), 1);
    }

    async fn signed_in(&self, password: &str) {
        let mut talk = self.place.talk_unlocked(&["sign-in", &self.server.identifier()]);
        let asked = talk.hear();
        assert_eq!((&asked["question"], &asked["saved"]), (&json!("password"), &json!(false)), "{asked}");
        talk.say(json!({ "password": WRONG }));
        let again = talk.hear();
        assert_eq!(again["problem"]["kind"], "wrong_password", "{again}");
        talk.say(json!({ "password": password }));
        let mut wanted = vec!["done"];
        if self.server.authenticator().is_some() {
            let asked = talk.hear();
            assert_eq!(asked["way"], "authenticator", "{asked}");
            talk.say(json!({ "code": "000000" }));
            wanted.insert(0, "authenticator wrong_code");
        }
        let (asked, done) = self.answer(talk, "").await;
        assert_eq!(asked, wanted);
        assert_eq!((&done["what"], &done["store"]), (&json!("signed_in"), &json!("vault")), "{done}");
        assert_eq!(self.listed()["state"], "signed_in");
        assert_eq!(self.kept(), password);
    }

    async fn sessions_are_seen_and_ended(&self) {
        let name = self.server.identifier();
        let Some(count) = self.asks.sessions else {
            let mut talk = self.place.talk_unlocked(&["sessions", &name]);
            assert_eq!(talk.hear()["error"]["kind"], "unsupported");
            assert_eq!(talk.end(), 1);
            return;
        };
        let sessions = || self.place.ask(&["sessions", &name])["sessions"].as_array().unwrap().clone();
        let before = sessions();
        assert_eq!(before.len(), count, "{before:?}");
        assert_eq!(before.iter().filter(|one| one["current"] == true).count(), 1, "{before:?}");

        let mut there = self.session_elsewhere().await;
        let new = sessions().into_iter().find(|one| before.iter().all(|known| known["id"] != one["id"]));
        let id = new.unwrap()["id"].as_str().unwrap().to_owned();
        self.server.provider().check(&mut there).await.unwrap();
        self.place.ask(&["sessions", &name, "--end", &id]);
        self.has_ended(&mut there).await;
        assert_eq!(sessions().len(), count);

        let mut there = self.session_elsewhere().await;
        self.place.ask(&["sessions", &name, "--end-others"]);
        self.has_ended(&mut there).await;
        let left = sessions();
        assert_eq!((left.len(), &left[0]["current"]), (1, &json!(true)), "{left:?}");
    }

    async fn changed(&self, was: &str) {
        let talk = self.place.talk_unlocked(&["change-password", &self.server.identifier()]);
        let (asked, done) = self.answer(talk, CHANGED).await;
        assert_eq!(asked, [self.asks.change, &["done"]].concat());
        assert_eq!(done["what"], "password_changed", "{done}");
        self.only_opens_with(CHANGED, &[was]).await;
        assert_eq!(self.listed()["state"], "signed_in");
    }

    async fn recovered(&self) {
        let talk = self.place.talk_unlocked(&["recover", &self.server.identifier()]);
        let (asked, done) = self.answer(talk, RECOVERED).await;
        assert_eq!(asked, [self.asks.recover, &["done"]].concat());
        assert_eq!((&done["what"], &done["old_kept"]), (&json!("password_changed"), &json!(true)), "{done}");
        self.only_opens_with(RECOVERED, &[CHANGED]).await;
        assert_eq!(self.listed()["state"], "signed_in");
    }

    /// Regain makes the password. Ctrl+C changes nothing.
    async fn recovered_by_hand(&self) -> String {
        let mut terminal = self.terminal(&["recover", &self.server.identifier()]);
        let prompt = if self.asks.recover.contains(&"mail_link") { "Link from the mail (" } else { "Code" };
        terminal.expect(prompt);
        terminal.press(CTRL_C);
        assert_eq!(terminal.end(), 130, "{}", terminal.screen);
        self.server.mailed().await;
        self.only_opens_with(RECOVERED, &[CHANGED]).await;

        let mut terminal = self.terminal(&["recover", &self.server.identifier()]);
        terminal.expect(prompt);
        terminal.type_line(self.server.mailed().await.expose());
        terminal.expect("New password (Enter = let Regain make one): ");
        terminal.type_line("");
        terminal.expect("A new password is made and kept in your vault.");
        self.give_authenticator(&mut terminal).await;
        terminal.expect("You're back in");
        assert_eq!(terminal.end(), 0);
        let made = self.kept();
        assert!(!terminal.screen.contains(&made), "{}", terminal.screen);
        self.only_opens_with(&made, &[CHANGED, RECOVERED]).await;
        made
    }

    async fn signed_in_by_hand(&self, password: &str) {
        let mut terminal = self.terminal(&["sign-in", &self.server.identifier()]);
        terminal.expect("Password (Enter = the saved one): ");
        terminal.type_line("");
        let saved = self.server.saved_code().map_or_else(String::new, |code| code.expose().to_owned());
        if !saved.is_empty() {
            terminal.expect("o = another way");
            terminal.type_line("o");
            terminal.expect("a saved recovery code");
            let line =
                terminal.screen.lines().rev().find(|line| line.contains("a saved recovery code")).unwrap();
            let number = line.split_whitespace().next().unwrap().to_owned();
            terminal.expect("Enter = stay)? ");
            terminal.type_line(&number);
            terminal.expect("Recovery code (");
            terminal.type_line(&saved);
        }
        terminal.expect("You are signed in to ");
        assert_eq!(terminal.end(), 0);
        for secret in [MASTER, password, &saved] {
            assert!(secret.is_empty() || !terminal.screen.contains(secret), "{}", terminal.screen);
        }
    }

    async fn signed_out(&self, password: &str) {
        let mut session = self.own_session().await;
        self.server.provider().check(&mut session).await.unwrap();
        assert_eq!(self.place.ask(&["sign-out", &self.server.identifier()])["signed_out"], true);
        self.has_ended(&mut session).await;
        assert_eq!(self.listed()["state"], "signed_out");
        assert_eq!(self.kept(), password, "the password stays");
        let past = self.place.ask(&["show", &self.server.identifier(), "--history", "--reveal"]);
        let past: Vec<_> =
            past["history"].as_array().unwrap().iter().map(|one| one["password"].clone()).collect();
        for was in [self.server.password().expose(), CHANGED, RECOVERED] {
            assert!(past.contains(&json!(was)), "{was} is in the history");
        }
    }

    async fn signed_in_for_one_command(&self, password: &str) {
        let place = Place::empty();
        let address = self.address();
        let mut talk = place.talk(&["--store", "memory", "sign-in", &address, &self.server.identifier()]);
        assert_eq!(talk.hear()["question"], "password");
        talk.say(json!({ "password": password }));
        let (_, done) = self.answer(talk, "").await;
        assert_eq!((&done["what"], &done["store"]), (&json!("signed_in"), &json!("memory")), "{done}");
        assert!(is_empty(place.folder.path()), "nothing is left behind");
    }

    /// Answers until the end: what was asked, each with its problem, and the result.
    async fn answer(&self, mut talk: Talk, new: &str) -> (Vec<String>, Value) {
        let mut all = Vec::new();
        loop {
            let asked = talk.hear();
            if let Some(done) = asked.get("done") {
                all.push("done".into());
                assert_eq!(talk.end(), 0);
                return (all, done.clone());
            }
            let way = asked["way"].as_str().or(asked["question"].as_str());
            let way = way.unwrap_or_else(|| panic!("a question: {asked} after {all:?}")).to_owned();
            talk.say(match way.as_str() {
                "mail_code" | "mail_link" => json!({ "code": self.server.mailed().await.expose() }),
                "authenticator" => json!({ "code": self.next_code().await }),
                "new_password" => json!({ "new_password": new }),
                _ => panic!("no answer to {asked} after {all:?}"),
            });
            let problem = asked["problem"]["kind"].as_str();
            all.push(problem.map_or(way.clone(), |problem| format!("{way} {problem}")));
        }
    }

    async fn next_code(&self) -> String {
        self.server.advance(ANOTHER_CODE).await;
        self.server.authenticator().unwrap().expose().to_owned()
    }

    async fn give_authenticator(&self, terminal: &mut Terminal) {
        if self.server.authenticator().is_some() {
            terminal.expect("Your authenticator app");
            terminal.expect("Code, 6 digits");
            terminal.type_line(&self.next_code().await);
        }
    }

    fn terminal(&self, arguments: &[&str]) -> Terminal {
        let mut terminal = Terminal::start(&self.place.command(arguments));
        terminal.expect("Vault password: ");
        terminal.type_line(MASTER);
        terminal
    }

    async fn only_opens_with(&self, right: &str, wrong: &[&str]) {
        let identifier = self.server.identifier();
        assert!(door::opens(self.kind, &self.host, &identifier, right).await, "the new password is alive");
        for wrong in wrong {
            assert!(!door::opens(self.kind, &self.host, &identifier, wrong).await, "the old one is dead");
        }
        assert_eq!(self.kept(), right);
    }

    /// A session that the program knows nothing of.
    async fn session_elsewhere(&self) -> Session {
        let intent = Intent::SignIn { identifier: self.server.identifier() };
        let (mut exchange, _) = self.server.provider().begin(intent).await.unwrap();
        let mut step = exchange.answer(Answer::Password(self.server.password())).await.unwrap();
        if matches!(step, Step::Ask(..)) {
            step = exchange.answer(Answer::Code(Secret::new(self.next_code().await))).await.unwrap();
        }
        match step {
            Step::Done(Outcome::SignedIn(session)) => session,
            other => panic!("signed in: {other:?}"),
        }
    }

    /// The one that the program keeps.
    async fn own_session(&self) -> Session {
        let home = self.place.home();
        home.vault().open(VaultKey::Password(Secret::new(MASTER)), false).await.unwrap();
        let deps = home.deps(StoreKind::Vault).unwrap();
        let id: AccountId = deps.accounts.all().pop().unwrap().id;
        let session = deps.store.session(&id).await.unwrap().unwrap();
        home.vault().lock().await;
        session
    }

    async fn has_ended(&self, session: &mut Session) {
        let habits = self.server.habits();
        if let (SessionsEnd::AtRenewal, Some(life)) = (habits.recovery_ends, habits.access_life) {
            self.server.advance(life + Duration::from_secs(1)).await;
        }
        let checked = self.server.provider().check(session).await;
        assert_eq!(checked.unwrap_err().kind(), ErrorKind::SignedOut);
    }

    fn address(&self) -> String {
        format!("http://{}", self.host)
    }

    fn listed(&self) -> Value {
        self.place.ask(&["accounts"])["accounts"][0].clone()
    }

    fn kept(&self) -> String {
        let shown = self.place.ask(&["show", &self.server.identifier(), "--reveal"]);
        shown["current"]["password"].as_str().unwrap().to_owned()
    }
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}
