// Connects the buttons of passkeys with Kratos' script, which has no handlers of its own: none may stand in the page.
for (const button of document.querySelectorAll('button[data-trigger]')) {
  if (window.PublicKeyCredential === undefined) break;
  button.hidden = false;
  button.addEventListener('click', () => run(button.dataset.trigger, button.value));
}

window.addEventListener('load', () => {
  for (const { dataset } of document.querySelectorAll('[data-load-trigger]')) run(dataset.loadTrigger, '');
});

function run(name, value) {
  const trigger = window[name];
  if (typeof trigger !== 'function') return;
  // Those of security keys take what the browser is to be asked; those of passkeys find it in the form.
  if (name.startsWith('oryWebAuthn')) trigger(JSON.parse(value));
  else trigger();
}
