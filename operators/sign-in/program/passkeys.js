// Connects the passkey buttons with Kratos' script, because the Content-Security-Policy allows no inline handlers.
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
  // Functions for security keys take the options as an argument; those for passkeys read them from the form.
  if (name.startsWith('oryWebAuthn')) trigger(JSON.parse(value));
  else trigger();
}
