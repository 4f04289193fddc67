// SPDX-License-Identifier: Apache-2.0
// Passkeys: a form that waits for an authenticator is sent with its answer. A block `[data-passkey]` in the form holds
// what is asked (`data-options`), which of the two ceremonies it is (`data-passkey`: create or get) and the sentence for
// when it did not work; the form's hidden field `data-answer` takes the answer.
const failure = (block, text) => {
  const place = block.querySelector("[data-passkey-problem]");
  place.textContent = text;
  place.hidden = false;
  place.focus();
};

const ask = async (block) => {
  const options = JSON.parse(block.dataset.options);
  if (block.dataset.passkey === "create") {
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
};

for (const block of document.querySelectorAll("[data-passkey]")) {
  const form = block.closest("form");
  const field = form.querySelector("[data-answer]");
  const able = window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON;
  let waiting = false;

  form.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (field.value || !button || !button.hasAttribute("data-passkey-button")) return;
    event.preventDefault();
    if (waiting) return;
    if (!able) {
      failure(block, block.dataset.unable);
      return;
    }
    waiting = true;
    try {
      const answer = await ask(block);
      field.value = JSON.stringify(answer.toJSON());
      form.requestSubmit(button);
    } catch {
      failure(block, block.dataset.failed);
    } finally {
      waiting = false;
    }
  });
}
