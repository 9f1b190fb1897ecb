// What pages cannot do without a script; all of it is extra. Pages read and work without.
(() => {
  'use strict';

  // Ticking many boxes: the one in the head ticks those of its form, and the form says how many are ticked.
  const boxes = form => [...form.querySelectorAll('input[type=checkbox][data-one]')];
  const tell = form => {
    const ticked = boxes(form).filter(box => box.checked).length;
    const all = form.querySelector('input[data-all]');
    if (all) {
      all.checked = ticked > 0 && ticked === boxes(form).length;
      all.indeterminate = ticked > 0 && !all.checked;
    }
    const matching = form.querySelector('input[data-matching]');
    for (const count of form.querySelectorAll('[data-count]'))
      count.textContent = matching?.checked ? matching.dataset.matching : ticked === 0 ? 'Nothing is selected' : ticked + ' selected';
    for (const button of form.querySelectorAll('button[data-needs]')) button.disabled = ticked === 0 && !matching?.checked;
  };
  const tellAll = () => document.querySelectorAll('form[data-picks]').forEach(tell);

  document.addEventListener('change', event => {
    const form = event.target.form;
    if (!form || !('picks' in form.dataset)) return;
    if ('all' in event.target.dataset) for (const box of boxes(form)) box.checked = event.target.checked;
    tell(form);
  });
  document.addEventListener('htmx:afterSettle', tellAll);
  // Also where the browser brings a page back with its boxes ticked.
  addEventListener('pageshow', tellAll);

  // An address says what is asked for, and not what is not.
  document.addEventListener('htmx:configRequest', event => {
    if (event.detail.verb !== 'get') return;
    for (const [name, value] of [...event.detail.formData]) if (value === '') event.detail.formData.delete(name);
  });

  // A part that renews itself waits while somebody presses something in it, and focus stays where it was.
  let pressed = null;
  let focused = null;
  addEventListener('pointerdown', event => { pressed = event.target; });
  for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => setTimeout(() => { pressed = null; }));
  const alike = (part, one) => [...part.querySelectorAll(one.tagName)].filter(
    other => other.getAttribute('href') === one.getAttribute('href') && other.textContent === one.textContent);
  const keep = event => {
    const part = event.detail.target;
    const active = document.activeElement;
    if (!part?.id || !event.detail.shouldSwap) return;
    if (pressed && part.contains(pressed)) event.detail.shouldSwap = false;
    else if (active !== part && part.contains(active)) focused = { part: part.id, one: active, at: alike(part, active).indexOf(active) };
  };
  document.addEventListener('htmx:beforeSwap', keep);
  document.addEventListener('htmx:oobBeforeSwap', keep);
  document.addEventListener('htmx:afterSettle', () => {
    const part = focused && document.getElementById(focused.part);
    if (part && !document.contains(focused.one)) alike(part, focused.one)[focused.at]?.focus({ preventScroll: true });
    focused = null;
  });

  // What is typed into a search is asked for as it is typed; leaving the field is no change of it.
  document.addEventListener('change', event => {
    if (event.target.matches('form[role=search] input:not([type=checkbox], [type=radio])')) event.stopPropagation();
  }, true);

  // News that did not come.
  const news = text => {
    const line = document.createElement('p');
    line.textContent = text;
    document.getElementById('news').replaceChildren(line);
  };
  document.addEventListener('htmx:responseError', event => {
    const page = new DOMParser().parseFromString(event.detail.xhr.responseText, 'text/html');
    news(page.querySelector('#refusal p')?.textContent ?? 'The server answered ' + event.detail.xhr.status + '. Reload the page.');
  });
  document.addEventListener('htmx:sendError', () => news('The server cannot be reached. What you see may be old.'));
  document.addEventListener('htmx:afterRequest', event => {
    if (event.detail.successful) document.getElementById('news').replaceChildren();
  });

  // On a phone the menu is wider than the screen.
  addEventListener('DOMContentLoaded', () => document.querySelector('nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' }));

  // What was wrong is read out and seen first.
  addEventListener('DOMContentLoaded', () => document.getElementById('refusal')?.focus());
})();
