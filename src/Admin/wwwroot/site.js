// Small extras; every page works without them.
(() => {
  'use strict';
  // Lists that follow what happens: one stream a page, closed while the tab is hidden.
  let stream = null, pending = false;
  const typed = part => [...part.querySelectorAll('textarea, input[type=text], input:not([type])')].some(f => f.value !== f.defaultValue);
  const busy = part => part.contains(document.activeElement) || typed(part); // never takes the focus or what was typed away
  const renew = part => htmx.ajax('GET', part.dataset.live, { target: '#' + part.id, select: '#' + part.id, swap: 'outerHTML', headers: { 'X-Live': '1' } });
  const refresh = () => {
    if (!window.htmx) return;
    pending = false;
    for (const part of document.querySelectorAll('[data-live]')) {
      if (busy(part)) pending = true;
      else renew(part);
    }
  };
  // On a slow line somebody may have begun to type between the asking and the answer.
  document.addEventListener('htmx:beforeSwap', e => {
    if (e.detail.target.dataset.live && e.detail.requestConfig.headers['X-Live'] && busy(e.detail.target)) { e.detail.shouldSwap = false; pending = true; }
  });
  // Refused because more was said or done meanwhile: it is shown.
  document.addEventListener('htmx:afterRequest', e => {
    if (e.detail.xhr?.status !== 409) return;
    refresh();
    for (const part of document.querySelectorAll('[data-refused]')) {
      if (part.contains(e.detail.elt)) htmx.ajax('GET', part.dataset.refused, { target: '#' + part.id, select: '#' + part.id, swap: 'outerHTML', headers: { 'X-Live': '1' } });
    }
  });
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

  // A new page in place of the old: what it says first is where reading and the keys go on.
  document.addEventListener('htmx:afterSettle', e => {
    if (e.target !== document.body || (document.activeElement && document.activeElement !== document.body)) return;
    const at = document.querySelector('main [role=alert], main [role=status]') || document.getElementById('main');
    if (!at) return;
    if (at) { at.tabIndex = -1; at.focus({ preventScroll: at.id === 'main' }); }
  });

  // From an item back to the list it was opened from, and on to that list's next item. Ids only, and only in this tab.
  const follow = () => {
    const links = [...document.querySelectorAll('.items a')].map(a => a.pathname);
    if (links.length) { sessionStorage.setItem('cea-list', JSON.stringify({ list: location.pathname + location.search, links })); return; }
    const back = document.querySelector('[data-list]'), next = document.querySelector('[data-next]'), kept = JSON.parse(sessionStorage.getItem('cea-list') || 'null');
    if (!back || !next || !kept) return;
    back.href = kept.list;
    const to = kept.links[kept.links.indexOf(location.pathname) + 1];
    next.hidden = !to || !kept.links.includes(location.pathname);
    if (!next.hidden) next.href = to;
  };
  const keysOff = () => localStorage.getItem('cea-keys') === 'off';
  const keys = () => {
    const about = document.querySelector('[data-keys]'), button = about && about.querySelector('button');
    if (!button) return;
    about.hidden = false;
    button.textContent = keysOff() ? button.dataset.on : button.dataset.off;
    button.onclick = () => { localStorage.setItem('cea-keys', keysOff() ? 'on' : 'off'); keys(); };
  };
  document.addEventListener('DOMContentLoaded', () => { follow(); keys(); });
  document.addEventListener('htmx:load', e => { if (e.target === document.body || e.target.contains(document.querySelector('main'))) { keys(); } follow(); });

  // A menu closes as it opened: Escape, or a click elsewhere.
  const menu = () => document.querySelector('details.me[open]');
  document.addEventListener('click', e => { const open = menu(); if (open && !open.contains(e.target)) open.open = false; });
  document.addEventListener('keydown', e => { const open = menu(); if (open && e.key === 'Escape') { open.open = false; open.querySelector('summary').focus(); } });

  // What is put through while a form is open comes into it by itself; not under who is choosing, nor over what he chose.
  const touched = part => [...part.querySelectorAll('select')].some(s => s.selectedIndex !== Math.max(0, [...s.options].findIndex(o => o.defaultSelected)));
  const polled = e => e.detail.target.dataset.poll && e.detail.requestConfig.headers['X-Live'];
  const poll = () => {
    if (document.hidden || !window.htmx) return;
    for (const part of document.querySelectorAll('[data-poll]')) {
      if (!busy(part) && !touched(part)) htmx.ajax('GET', part.dataset.poll, { target: '#' + part.id, select: '#' + part.id, swap: 'outerHTML', headers: { 'X-Live': '1' } });
    }
  };
  setInterval(poll, 10000);
  document.addEventListener('htmx:beforeSwap', e => { if (polled(e) && (busy(e.detail.target) || touched(e.detail.target))) e.detail.shouldSwap = false; });

  // A session that has ended takes nothing away: the form says so and stays as it is.
  document.addEventListener('htmx:afterRequest', e => {
    const form = e.detail.elt, notice = document.getElementById('notice');
    if (e.detail.xhr?.status !== 401 || !form.matches?.('form[data-stay]') || !notice) return;
    const said = document.createElement('p'), link = document.createElement('a');
    said.className = 'notice notice-bad';
    said.setAttribute('role', 'alert');
    Object.assign(link, { href: '/sign-in?back=/calls', target: '_blank', textContent: form.dataset.signIn });
    said.append(form.dataset.stay + ' ', link);
    notice.replaceChildren(said);
  });

  // Approved answers: found while typing; who takes one has told it.
  const folded = text => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const ready = () => document.querySelectorAll('[data-needs-script]').forEach(part => { part.hidden = false; });
  document.addEventListener('DOMContentLoaded', ready);
  document.addEventListener('htmx:load', ready);
  document.addEventListener('input', e => {
    if (!e.target.dataset?.filter) return;
    const words = folded(e.target.value).split(/\s+/).filter(w => w);
    for (const choice of document.querySelectorAll(e.target.dataset.filter + ' [data-words]')) choice.hidden = !choice.querySelector('input').checked && !words.every(w => folded(choice.textContent).includes(w));
  });
  document.addEventListener('change', e => {
    if (e.target.name === 'answer' && e.target.value && e.target.form?.elements.end?.value === 'to_team') e.target.form.elements.end.value = 'told';
  });

  // Keys: j k between items, on an item j the next, c codes, r reply, w work; / search. Off while typing; the officer's menu switches them off for good.
  document.addEventListener('keydown', e => {
    if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) || keysOff()) {
      if ((e.ctrlKey || e.metaKey) && e.key === 'Enter' && e.target.form && (e.target.tagName === 'TEXTAREA' || e.target.form.matches('[data-stay]'))) { e.preventDefault(); e.target.form.requestSubmit(); }
      return;
    }
    const links = [...document.querySelectorAll('.items a')];
    const at = links.indexOf(document.activeElement);
    const go = {
      j: () => links.length ? links[at + 1]?.focus() : document.querySelector('[data-next]:not([hidden])')?.click(), k: () => links[at - 1]?.focus(), '/': () => document.getElementById('q')?.focus(),
      r: () => { const field = document.getElementById('reply-text') || document.getElementById('note-text'); if (field?.closest('details')) field.closest('details').open = true; field?.focus(); }, c: () => document.getElementById('topic1')?.focus(), w: () => document.getElementById('work')?.focus(),
    }[e.key];
    if (go) { e.preventDefault(); go(); }
  });

  // An address to paste elsewhere: chosen as a whole, and copied by a button where the browser lets pages copy.
  document.addEventListener('focusin', e => { if (e.target.matches('input[readonly]')) e.target.select(); });
  const copies = () => { if (navigator.clipboard) for (const button of document.querySelectorAll('[data-copy][hidden]')) button.hidden = false; };
  document.addEventListener('click', async e => {
    const button = e.target.closest && e.target.closest('[data-copy]');
    if (!button) return;
    const before = button.textContent;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = before; }, 2000);
  });
  document.addEventListener('DOMContentLoaded', copies);
  document.addEventListener('htmx:load', copies);
})();
