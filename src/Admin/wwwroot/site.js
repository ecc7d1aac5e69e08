// Small extras; every page works without them.
(() => {
  'use strict';
  // Lists that follow what happens: one stream a page, closed while the tab is hidden.
  let stream = null, pending = false;
  const typed = part => [...part.querySelectorAll('textarea, input[type=text], input:not([type])')].some(f => f.value !== f.defaultValue);
  const renew = part => htmx.ajax('GET', part.dataset.live, { target: '#' + part.id, select: '#' + part.id, swap: 'outerHTML' });
  const refresh = () => {
    if (!window.htmx) return;
    pending = false;
    for (const part of document.querySelectorAll('[data-live]')) {
      if (part.contains(document.activeElement) || typed(part)) pending = true; // never takes the focus or what was typed away
      else renew(part);
    }
  };
  // What ends at a time (a window for free text) is asked for again when it is over.
  let ending = 0;
  const end = () => {
    clearTimeout(ending);
    const part = document.querySelector('[data-until]');
    const left = part ? Number(part.dataset.until) * 1000 - 60000 - Date.now() : 0;
    if (part && left > -60000 && left < 2 ** 31) ending = setTimeout(refresh, Math.max(left, 1000));
  };
  const open = () => {
    if (stream || document.hidden || !document.querySelector('[data-live]')) return;
    stream = new EventSource('/live');
    stream.addEventListener('items', refresh);
  };
  const close = () => { if (stream) { stream.close(); stream = null; } };
  document.addEventListener('visibilitychange', () => { if (document.hidden) { close(); } else { open(); refresh(); } });
  document.addEventListener('focusout', () => { if (pending) setTimeout(() => { if (pending) refresh(); }, 200); });
  document.addEventListener('htmx:load', () => { if (document.querySelector('[data-live]')) { open(); } else { close(); } end(); });
  window.addEventListener('pagehide', close);
  document.addEventListener('DOMContentLoaded', () => { open(); end(); });

  // SMS segments while typing (3GPP TS 23.038).
  const basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà", extended = '^{}\\[~]|€\f';
  const segments = text => {
    let septets = 0;
    for (const c of text) { if (basic.includes(c)) septets++; else if (extended.includes(c)) septets += 2; else return text.length <= 70 ? 1 : Math.ceil(text.length / 67); }
    return septets === 0 ? 0 : septets <= 160 ? 1 : Math.ceil(septets / 153);
  };
  document.addEventListener('input', e => {
    if (!e.target.dataset || !e.target.dataset.segments) return;
    const out = document.getElementById('segments');
    if (out) out.textContent = out.dataset.words.replace('{0}', e.target.value.length).replace('{1}', segments(e.target.value));
  });

  // Keys: j k between items, r reply, / search, ? nothing hidden. Off while typing; off for good with localStorage 'cea-keys' = 'off'.
  document.addEventListener('keydown', e => {
    if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) || localStorage.getItem('cea-keys') === 'off') {
      if (e.ctrlKey && e.key === 'Enter' && e.target.tagName === 'TEXTAREA' && e.target.form) { e.target.form.requestSubmit(); }
      return;
    }
    const links = [...document.querySelectorAll('.items a')];
    const at = links.indexOf(document.activeElement);
    const go = { j: () => links[at + 1] && links[at + 1].focus(), k: () => links[at - 1] && links[at - 1].focus(), r: () => document.getElementById('reply-text')?.focus(), '/': () => document.getElementById('q')?.focus() }[e.key];
    if (go) { e.preventDefault(); go(); }
  });
})();
