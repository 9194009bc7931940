"use strict";
(() => {
  const form = document.querySelector("form[data-draft]");
  const cards = [...document.querySelectorAll("fieldset.rate")];
  const links = [...document.querySelectorAll("#queue a")];
  const help = document.getElementById("help");
  const progress = document.getElementById("progress");
  const key = (name) => "viva-review|" + name;
  let current = -1;

  // Drafts: what is half filled survives a reload, a refusal and a crash of the browser; it leaves this machine with the form only.
  const fields = form ? [...form.elements].filter((field) => field.name && field.type !== "hidden") : [];
  const keep = () => {
    const draft = {};
    for (const field of fields) {
      if (field.type === "radio") { if (field.checked) draft[field.name] = field.value; }
      else if (field.value !== "") draft[field.name] = field.value;
    }
    try { localStorage.setItem(key(form.dataset.draft), JSON.stringify(draft)); } catch { /* a full or forbidden store costs the draft only */ }
  };
  const restore = () => {
    let draft = {};
    try { draft = JSON.parse(localStorage.getItem(key(form.dataset.draft)) || "{}"); } catch { return; }
    for (const field of fields) {
      if (!(field.name in draft)) continue;
      if (field.type === "radio") field.checked = field.value === draft[field.name];
      else field.value = draft[field.name];
    }
  };
  const told = () => {
    let set = 0;
    for (const card of cards) {
      const checked = card.querySelector("input[type=radio]:checked") !== null;
      card.classList.toggle("set", checked);
      if (checked) set += 1;
    }
    const note = document.getElementById("note");
    if (note && cards.length > 0) note.required = document.querySelector("fieldset.rate input[value=none]:checked") !== null;
    if (progress) progress.textContent = set + " of " + cards.length + " criteria have a level.";
  };
  if (form) {
    if (form.dataset.clear) { try { localStorage.removeItem(key(form.dataset.clear)); } catch { /* nothing to clear */ } }
    restore();
    told();
    form.addEventListener("input", () => { keep(); told(); });
  }

  const evidence = (card) => [...card.querySelectorAll("a.play, a.sample")];
  const go = (index) => {
    if (cards.length > 0) {
      current = Math.max(0, Math.min(cards.length - 1, index));
      cards[current].focus({ preventScroll: true });
      cards[current].scrollIntoView({ block: "start", behavior: "auto" });
      cards[current].dataset.next = "0";
    } else if (links.length > 0) {
      current = Math.max(0, Math.min(links.length - 1, index));
      links[current].focus();
    }
  };
  for (const [index, card] of cards.entries()) card.addEventListener("focusin", () => { current = index; });
  const play = (card) => {
    const all = evidence(card);
    const playing = all.find((link) => link.classList.contains("playing"));
    if (playing) { playing.click(); return; }
    if (all.length === 0) return;
    const next = Number(card.dataset.next || "0") % all.length;
    card.dataset.next = String(next + 1);
    all[next].click();
  };
  // The place of a quote lies in boxes that scroll by themselves: what the browser does on its own may leave it outside the window.
  for (const link of document.querySelectorAll("a.sample")) {
    link.addEventListener("click", () => setTimeout(() => {
      const mark = document.getElementById(link.hash.slice(1));
      if (mark) mark.scrollIntoView({ block: "center", behavior: "instant" });
    }, 0));
  }
  const choose = (scope, value) => {
    const radio = scope && scope.querySelector('input[type=radio][value="' + value + '"]');
    if (!radio) return false;
    radio.checked = true;
    radio.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  };
  const toggleHelp = () => { if (help.open) help.close(); else help.showModal(); };
  document.getElementById("help-open").addEventListener("click", toggleHelp);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.target;
    const writes = at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement || (at instanceof HTMLInputElement && at.type !== "radio");
    if (writes) { if (event.key === "Escape") at.blur(); return; }
    if (event.key === "?") { event.preventDefault(); toggleHelp(); return; }
    if (help.open) return;
    const card = cards[current];
    if (event.key === "j" || event.key === "k") { event.preventDefault(); go(current + (event.key === "j" ? 1 : -1)); return; }
    if (event.key === " " && card && !at.closest("a, button, summary")) { event.preventDefault(); play(card); return; }
    if (/^[0-9]$/.test(event.key) && card && card.querySelector("input[type=radio]")) {
      event.preventDefault();
      choose(card, event.key === "0" ? "none" : event.key);
      return;
    }
    if (event.key === "s") { const send = document.getElementById("send"); if (send) { event.preventDefault(); send.focus(); send.scrollIntoView({ block: "center" }); } return; }
    if (event.key === "t") { const said = document.querySelector("ol.turns"); if (said) { event.preventDefault(); said.focus(); } return; }
    if (event.key === "o" && card) { const select = card.querySelector("select"); if (select) { event.preventDefault(); select.focus(); } return; }
    const outcome = { a: "award", d: "deny", r: "refer" }[event.key];
    if (outcome && choose(document.getElementById("decision"), outcome)) { event.preventDefault(); document.getElementById("reason").focus(); }
  });
})();
