// Asks the browser for a passkey. Without this file every page works with the password alone.
"use strict";
(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const withBytes = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  async function create(options) {
    const user = { ...options.user, id: bytes(options.user.id) };
    const challenge = bytes(options.challenge);
    const excludeCredentials = withBytes(options.excludeCredentials);
    const made = await navigator.credentials.create({
      publicKey: { ...options, user, challenge, excludeCredentials },
    });
    const said = made.getClientExtensionResults();
    return {
      id: made.id,
      rawId: text(made.rawId),
      type: made.type,
      response: {
        attestationObject: text(made.response.attestationObject),
        clientDataJSON: text(made.response.clientDataJSON),
      },
      extensions: said.credProps ? { credProps: said.credProps } : {},
    };
  }

  async function find(options) {
    const challenge = bytes(options.challenge);
    const allowCredentials = withBytes(options.allowCredentials);
    const found = await navigator.credentials.get({ publicKey: { ...options, challenge, allowCredentials } });
    const { authenticatorData, clientDataJSON, signature, userHandle } = found.response;
    return {
      id: found.id,
      rawId: text(found.rawId),
      type: found.type,
      response: {
        authenticatorData: text(authenticatorData),
        clientDataJSON: text(clientDataJSON),
        signature: text(signature),
        userHandle: userHandle ? text(userHandle) : null,
      },
    };
  }

  async function ask(form) {
    const trouble = form.querySelector(".trouble");
    const button = form.querySelector("button");
    const say = (words) => {
      trouble.textContent = words;
      trouble.hidden = false;
      button.disabled = false;
    };
    trouble.hidden = true;
    button.disabled = true;
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.dataset.begin, { method: "POST", body });
      if (!answer.ok) {
        const forPeople = (answer.headers.get("content-type") || "").startsWith("text/plain");
        return say(forPeople ? await answer.text() : form.dataset.failed);
      }
      const { ceremony, options } = await answer.json();
      const credential = await (form.dataset.passkey === "create" ? create : find)(options);
      form.elements.ceremony.value = ceremony;
      form.elements.credential.value = JSON.stringify(credential);
      // It has been checked, and is not sent again.
      if (form.elements.password) form.elements.password.value = "";
      form.submit();
    } catch (error) {
      say(error && error.name === "InvalidStateError" ? form.dataset.known : form.dataset.failed);
    }
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
  }
})();
