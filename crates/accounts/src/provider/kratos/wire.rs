//! The words of Ory Kratos's public API, as `@ory/kratos-client` 26.2.0 describes them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A login, recovery or settings flow.
#[derive(Deserialize)]
pub struct Flow {
    pub id: String,
    pub issued_at: String,
    pub expires_at: String,
    pub ui: Ui,
    pub continue_with: Option<Vec<ContinueWith>>,
    /// Settings flows only.
    pub identity: Option<Identity>,
}

#[derive(Deserialize)]
pub struct Ui {
    pub messages: Option<Vec<Text>>,
    pub nodes: Vec<Node>,
}

#[derive(Deserialize)]
pub struct Node {
    pub group: String,
    pub attributes: Attributes,
    pub messages: Option<Vec<Text>>,
    pub meta: Option<Meta>,
}

/// Of an input; other nodes have none of these.
#[derive(Deserialize)]
pub struct Attributes {
    pub name: Option<String>,
    pub value: Option<Value>,
    pub maxlength: Option<u8>,
}

#[derive(Deserialize)]
pub struct Meta {
    pub label: Option<Text>,
}

#[derive(Deserialize)]
pub struct Text {
    pub id: u32,
    pub text: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub context: Option<Value>,
}

#[derive(Deserialize)]
pub struct ContinueWith {
    pub action: String,
    pub ory_session_token: Option<String>,
    pub flow: Option<Next>,
}

#[derive(Deserialize)]
pub struct Next {
    pub id: String,
}

#[derive(Deserialize)]
pub struct Login {
    pub session_token: String,
}

#[derive(Deserialize)]
pub struct Session {
    pub id: String,
    pub authenticated_at: Option<String>,
    pub identity: Option<Identity>,
    pub devices: Option<Vec<Device>>,
}

#[derive(Deserialize)]
pub struct Device {
    pub ip_address: Option<String>,
    pub user_agent: Option<String>,
}

#[derive(Deserialize)]
pub struct Identity {
    pub recovery_addresses: Option<Vec<Address>>,
}

#[derive(Deserialize)]
pub struct Address {
    pub value: String,
    pub via: String,
}

#[derive(Deserialize)]
pub struct Count {
    pub count: u32,
}

#[derive(Deserialize)]
pub struct Failure {
    pub error: Problem,
}

#[derive(Deserialize)]
pub struct Problem {
    pub id: Option<String>,
    pub details: Option<Details>,
}

#[derive(Deserialize)]
pub struct Details {
    pub continue_with: Option<Vec<ContinueWith>>,
}

/// What rests in the store as the session's text.
#[derive(Serialize, Deserialize)]
pub struct SessionState {
    pub token: String,
    /// What the account signs in with: a change proves the current password with it.
    pub identifier: String,
}

impl Flow {
    /// Whether the flow has an input of that name.
    pub fn asks(&self, name: &str) -> bool {
        self.inputs(name).next().is_some()
    }

    pub fn inputs<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.ui.nodes.iter().filter(move |node| node.attributes.name.as_deref() == Some(name))
    }

    pub fn has_group(&self, group: &str) -> bool {
        self.ui.nodes.iter().any(|node| node.group == group)
    }

    /// Everything that is wrong with what was sent, of the whole form and of its single fields.
    pub fn errors(&self) -> impl Iterator<Item = &Text> {
        let of_fields = self.ui.nodes.iter().filter_map(|node| node.messages.as_ref());
        self.ui.messages.iter().chain(of_fields).flatten().filter(|text| text.kind == "error")
    }

    pub fn has_error(&self, ids: &[u32]) -> bool {
        self.errors().any(|text| ids.contains(&text.id))
    }

    pub fn session_token(&self) -> Option<&str> {
        self.actions("set_ory_session_token").find_map(|it| it.ory_session_token.as_deref())
    }

    pub fn settings_flow(&self) -> Option<&str> {
        self.actions("show_settings_ui").find_map(|it| it.flow.as_ref()).map(|flow| &*flow.id)
    }

    fn actions(&self, action: &'static str) -> impl Iterator<Item = &ContinueWith> {
        self.continue_with.iter().flatten().filter(move |it| it.action == action)
    }
}

impl Identity {
    /// The first address to which mail can be sent.
    pub fn address(&self) -> Option<String> {
        let all = self.recovery_addresses.iter().flatten();
        all.filter(|address| address.via == "email").map(|address| address.value.clone()).next()
    }
}

impl Node {
    pub fn label(&self) -> &str {
        let label = self.meta.as_ref().and_then(|meta| meta.label.as_ref());
        label.map_or("", |label| &label.text)
    }

    pub fn value(&self) -> Option<&str> {
        self.attributes.value.as_ref().and_then(Value::as_str)
    }
}
