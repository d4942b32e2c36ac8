// Carries what stands after `#` of the page that was opened first through the forms and links of the sign-in, so that the token of an
// invitation is not lost on the way. No server sees it. A provider is another site: it does not get it.
if (/^#[\w-]{1,200}$/.test(location.hash)) {
  for (const form of document.querySelectorAll('form')) {
    const action = form.getAttribute('action');
    form.setAttribute('action', `${action}${location.hash}`);
    for (const button of form.querySelectorAll('button[name=provider]'))
      button.setAttribute('formaction', action);
  }
  for (const link of document.querySelectorAll('a[href^="/"]')) link.href += location.hash;
}
