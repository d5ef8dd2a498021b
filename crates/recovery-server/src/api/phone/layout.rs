//! How the pages are built. Whatever is not one of our own words is escaped here.

use super::visitor::Visitor;
use super::words::Pair;
use crate::App;
use crate::api::pages::STYLE;
use crate::api::problem::Problem;
use crate::mail::escape;
use axum::http::header::{CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; \
                      frame-ancestors 'none'";

/// The same for a page with a form that asks for a passkey.
const POLICY_WITH_SCRIPT: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; \
                                  connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// A page under way.
pub(super) struct Page {
    title: String,
    body: String,
    refresh: bool,
    script: bool,
    status: StatusCode,
}

impl Page {
    pub(super) fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            body: String::new(),
            refresh: false,
            script: false,
            status: StatusCode::OK,
        }
    }

    /// Title and lead.
    pub(super) fn of((title, lead): Pair) -> Self {
        Self::new(title).lead(lead)
    }

    pub(super) fn lead(self, text: &str) -> Self {
        self.push(&format!("<p>{}</p>\n", escape(text)))
    }

    pub(super) fn meta(self, text: &str) -> Self {
        self.push(&format!("<p class=\"meta\">{}</p>\n", escape(text)))
    }

    /// What went wrong with the last answer, and what to do.
    pub(super) fn wrong(mut self, what: &str, to_do: &str, status: StatusCode) -> Self {
        self.status = status;
        self.push(&format!(
            "<p class=\"trouble\" role=\"alert\"><strong>{}</strong> {}</p>\n",
            escape(what),
            escape(to_do)
        ))
    }

    pub(super) fn facts(mut self, facts: &[(&str, String)]) -> Self {
        self.body.push_str("<dl>\n");
        for (name, value) in facts {
            // bdi: what others wrote cannot turn the text around it.
            self = self.push(&format!("<dt>{}</dt><dd><bdi>{}</bdi></dd>\n", escape(name), escape(value)));
        }
        self.push("</dl>\n")
    }

    /// Six digits in large type.
    pub(super) fn digits(self, code: &str) -> Self {
        let (first, last) = code.split_at(code.len() / 2);
        self.push(&format!("<p class=\"digits\" dir=\"ltr\">{} {}</p>\n", escape(first), escape(last)))
    }

    pub(super) fn form(self, form: Form) -> Self {
        self.push(&form.0).push("</form>\n")
    }

    pub(super) fn push(mut self, html: &str) -> Self {
        self.body.push_str(html);
        self
    }

    /// It loads itself again every three seconds.
    pub(super) fn refreshing(mut self) -> Self {
        self.refresh = true;
        self
    }

    /// A form that asks for a passkey. It is shown by its script alone, which knows whether the browser can.
    pub(super) fn passkey(mut self, form: Form) -> Self {
        self.script = true;
        self.form(form)
    }

    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(super) fn show(self, app: &App, visitor: &Visitor) -> Response {
        let words = visitor.words();
        let practice = match app.config().practice {
            true => format!("<p class=\"notice\">{}</p>\n", words.practice),
            false => String::new(),
        };
        let refresh = if self.refresh { "<meta http-equiv=\"refresh\" content=\"3\">\n" } else { "" };
        let (policy, script) = match self.script {
            true => (POLICY_WITH_SCRIPT, "<script src=\"/device/passkey.js\" defer></script>\n"),
            false => (POLICY, ""),
        };
        let html = format!(
            "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n{refresh}\
             <title>{title} · {server}</title>\n<style>{STYLE}</style>\n{script}</head>\n<body class=\"phone\">\n\
             <header><span class=\"door\" aria-hidden=\"true\"></span>{server}</header>\n\
             <main>\n{practice}<h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n",
            language = words.language,
            title = escape(&self.title),
            server = escape(&app.config().name),
            body = self.body,
        );
        let mut response = (self.status, Html(html)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        // With "no-referrer" a browser would not say where a form comes from.
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        response
    }
}

/// A form under way.
pub(super) struct Form(String);

impl Form {
    pub(super) fn to(action: &str) -> Self {
        Self(format!("<form method=\"post\" action=\"{action}\">\n"))
    }

    /// One whose answer comes from the browser: its script posts the fields to `begin`, and what the browser says to
    /// that to `action`.
    pub(super) fn of_passkey(kind: &str, begin: &str, action: &str, failed: &str, known: &str) -> Self {
        Self(format!(
            "<form hidden method=\"post\" data-passkey=\"{kind}\" data-begin=\"{begin}\" data-failed=\"{}\" \
             data-known=\"{}\" action=\"{action}\">\n<p class=\"trouble\" role=\"alert\" hidden></p>\n",
            escape(failed),
            escape(known)
        ))
        .hidden("ceremony", "")
        .hidden("credential", "")
    }

    pub(super) fn hidden(self, name: &str, value: &str) -> Self {
        self.push(&format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">\n", escape(value)))
    }

    /// A label and its field; `how` is further attributes.
    pub(super) fn field(self, name: &str, label: &str, how: &str) -> Self {
        self.push(&format!(
            "<label for=\"{name}\">{}</label>\n<input id=\"{name}\" name=\"{name}\" required {how}>\n",
            escape(label)
        ))
    }

    pub(super) fn password(self, label: &str) -> Self {
        self.field(
            "password",
            label,
            "type=\"password\" autocomplete=\"current-password\" maxlength=\"1024\"",
        )
    }

    pub(super) fn letters(self, label: &str, value: &str) -> Self {
        let how = format!(
            "type=\"text\" autocomplete=\"off\" autocapitalize=\"characters\" spellcheck=\"false\" maxlength=\"40\" \
             class=\"letters\" value=\"{}\"",
            escape(value)
        );
        self.field("letters", label, &how)
    }

    /// What goes on.
    pub(super) fn button(self, label: &str) -> Self {
        self.push(&format!("<button class=\"go\">{}</button>\n", escape(label)))
    }

    /// What stops, or leads back.
    pub(super) fn quiet(self, label: &str) -> Self {
        self.push(&format!("<button>{}</button>\n", escape(label)))
    }

    fn push(mut self, html: &str) -> Self {
        self.0.push_str(html);
        self
    }
}

/// To another page of ours, by a GET.
pub(super) fn see(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, path.to_owned())]).into_response()
}

/// The same, with a cookie.
pub(super) fn see_with(path: &str, cookie: &str) -> Response {
    let mut response = see(path);
    if let Ok(cookie) = cookie.parse() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// What the person reads when it could not be done.
pub(super) fn trouble(app: &App, visitor: &Visitor, problem: &Problem) -> Response {
    trouble_on(Page::new(&app.config().name), visitor, problem).show(app, visitor)
}

/// The same above the page that asks again.
pub(super) fn trouble_on(page: Page, visitor: &Visitor, problem: &Problem) -> Page {
    let (what, to_do, status) = said(visitor, problem);
    page.wrong(what, &to_do, status)
}

/// What is said about a problem: what happened, and what to do.
pub(super) fn said(visitor: &Visitor, problem: &Problem) -> (&'static str, String, StatusCode) {
    let words = visitor.words();
    let ((what, to_do), status) = match problem {
        Problem::RateLimited { retry_after } => {
            let to_do = (words.too_often_do)((retry_after + 59) / 60);
            return (words.too_often, to_do, StatusCode::TOO_MANY_REQUESTS);
        }
        Problem::Foreign => (words.foreign, StatusCode::FORBIDDEN),
        Problem::BadRequest => (words.unreadable, StatusCode::BAD_REQUEST),
        Problem::NotFound => (words.nothing, StatusCode::NOT_FOUND),
        Problem::BadIdentifier | Problem::WrongCredentials => {
            (words.wrong_credentials, StatusCode::UNAUTHORIZED)
        }
        Problem::WrongPassword => (words.wrong_password, StatusCode::FORBIDDEN),
        Problem::WrongCode { .. } => (words.wrong_second, StatusCode::BAD_REQUEST),
        Problem::Busy => (words.busy, StatusCode::SERVICE_UNAVAILABLE),
        _ => (words.failed, StatusCode::INTERNAL_SERVER_ERROR),
    };
    (what, to_do.to_owned(), status)
}

/// The page, or what went wrong on the way to it.
pub(super) fn or_trouble(app: &App, visitor: &Visitor, page: Result<Response, Problem>) -> Response {
    page.unwrap_or_else(|problem| trouble(app, visitor, &problem))
}
