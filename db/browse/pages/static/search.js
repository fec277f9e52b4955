// Suggestions for the boxes in which an occupation is named. Without this script the forms are sent as they are.
"use strict";

(() => {
  const MOST = 10;
  const PAUSE_MS = 120;
  const known = window.careerscapeOccupations;
  let boxes = 0;

  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  // The occupations that fit a text: from the list of a site that was opened from disk, else from the server.
  async function find(text, signal) {
    if (known) {
      const words = fold(text).split(/\s+/).filter(Boolean);
      const fits = known.filter((one) => words.every((word) => fold(one.title).includes(word) || one.soc_code.startsWith(word)));
      const first = fits.filter((one) => fold(one.title).startsWith(words[0] || ""));
      return [...first, ...fits.filter((one) => !first.includes(one))];
    }
    const answer = await fetch("/search.json?q=" + encodeURIComponent(text), { signal });
    return answer.ok ? answer.json() : [];
  }

  function address(one) {
    return one.href || "/occupation/" + encodeURIComponent(one.slug);
  }

  function combobox(input) {
    const goes = input.dataset.suggest === "go";
    const id = "suggestions-" + (boxes += 1);
    const list = document.createElement("ul");
    const said = document.createElement("span");
    const chosen = document.createElement("input");
    const name = input.name;
    let found = [];
    let active = -1;
    let waiting = 0;
    let asked = null;

    list.id = id;
    list.className = "suggestions";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Occupations");
    said.className = "unseen";
    said.setAttribute("role", "status");
    chosen.type = "hidden";
    chosen.disabled = true;
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", id);
    input.after(list, said, chosen);

    function close() {
      clearTimeout(waiting);
      if (asked) asked.abort();
      found = [];
      active = -1;
      list.hidden = true;
      list.replaceChildren();
      said.textContent = "";
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function show(answer) {
      found = answer.slice(0, MOST);
      active = -1;
      list.replaceChildren(...found.map((one, number) => {
        const item = document.createElement("li");
        const title = document.createElement("bdi");
        item.id = id + "-" + number;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        title.textContent = one.title;
        item.append(title);
        if (one.soc_code) {
          const code = document.createElement("span");
          code.className = "code";
          code.textContent = one.soc_code;
          item.append(" ", code);
        }
        item.addEventListener("mousedown", (event) => event.preventDefault());
        item.addEventListener("click", () => pick(one));
        return item;
      }));
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      input.removeAttribute("aria-activedescendant");
      said.textContent = found.length === 1 ? "1 suggestion" : found.length + " suggestions";
    }

    async function suggest() {
      const text = input.value.trim();
      if (asked) asked.abort();
      if (!text) return close();
      asked = new AbortController();
      const mine = asked;
      try {
        const answer = await find(text, mine.signal);
        if (!mine.signal.aborted) show(answer);
      } catch (error) {
        if (!mine.signal.aborted) close(); // the server is gone: the form is still there
      }
    }

    function move(step) {
      if (!found.length) return;
      const items = list.children;
      if (active >= 0) items[active].setAttribute("aria-selected", "false");
      active = active < 0 && step < 0 ? found.length - 1 : (active + step + found.length) % found.length;
      items[active].setAttribute("aria-selected", "true");
      items[active].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", items[active].id);
    }

    function pick(one) {
      close();
      input.value = one.title;
      if (goes) {
        window.location.assign(address(one));
        return;
      }
      // The slug is sent in place of the title, which two occupations may share.
      chosen.name = name;
      chosen.value = one.slug;
      chosen.disabled = false;
      input.removeAttribute("name");
    }

    input.addEventListener("input", () => {
      chosen.disabled = true;
      if (name) input.name = name;
      clearTimeout(waiting);
      waiting = setTimeout(suggest, PAUSE_MS);
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) suggest();
        else move(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Enter" && active >= 0) {
        event.preventDefault();
        pick(found[active]);
      } else if (event.key === "Enter" && known && found.length) {
        event.preventDefault();
        const same = found.filter((one) => fold(one.title) === fold(input.value.trim()));
        if (same.length === 1 || found.length === 1) pick((same[0] || found[0]));
        else move(1);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
      }
    });
    input.addEventListener("blur", close);
  }

  for (const form of document.querySelectorAll("[data-needs-script]")) form.hidden = false;
  for (const form of document.querySelectorAll("form.single")) form.addEventListener("submit", (event) => event.preventDefault());
  for (const input of document.querySelectorAll("[data-suggest]")) combobox(input);
})();
