// The search: places are suggested while typing, from and to can be swapped, the way back is not before the way out.
"use strict";

class Combobox {
  // An input with a list of suggestions, after the WAI-ARIA pattern "editable combobox with list autocomplete".
  constructor(input, { suggestions, suggestionsLabel }) {
    this.input = input;
    this.url = suggestions;
    this.list = document.createElement("ul");
    this.list.className = "combobox-list";
    this.list.id = `${input.id}-list`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", suggestionsLabel);
    this.list.hidden = true;

    const box = document.createElement("div");
    box.className = "combobox";
    input.replaceWith(box);
    box.append(input, this.list);

    input.removeAttribute("list");
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", this.list.id);
    input.setAttribute("aria-expanded", "false");

    input.addEventListener("input", () => this.ask());
    input.addEventListener("focus", () => input.select());
    input.addEventListener("blur", () => this.leave());
    input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.choose(event.target.closest("[role=option]")));
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  get active() {
    return this.list.querySelector("[aria-selected=true]");
  }

  ask() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.fetch(), 120);
  }

  async fetch() {
    const words = this.input.value.trim();
    this.running?.abort();
    if (words.length < 2) return this.close();
    this.running = new AbortController();
    try {
      const answer = await fetch(`${this.url}?q=${encodeURIComponent(words)}`, { signal: this.running.signal });
      if (answer.ok) this.show(await answer.text());
    } catch {
      // Offline, or overtaken by the next letter: what is typed can be sent all the same.
    }
  }

  show(html) {
    this.list.innerHTML = html;
    this.options.forEach((option) => (option.id = `${this.input.id}-${option.id}`));
    const isOpen = this.options.length > 0 && document.activeElement === this.input;
    this.list.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", String(isOpen));
    this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  leave() {
    clearTimeout(this.timer);
    this.running?.abort();
    this.close();
  }

  move(steps) {
    const options = this.options;
    const from = options.indexOf(this.active);
    const to = from < 0 && steps < 0 ? options.length - 1 : (from + steps + options.length) % options.length;
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === to)));
    this.input.setAttribute("aria-activedescendant", options[to].id);
    options[to].scrollIntoView({ block: "nearest" });
  }

  choose(option) {
    if (!option) return;
    this.input.value = option.dataset.value;
    this.close();
  }

  key(event) {
    if (event.key === "ArrowDown" && this.list.hidden) {
      this.fetch();
      event.preventDefault();
    }
    if (this.list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.move(event.key === "ArrowDown" ? 1 : -1);
      event.preventDefault();
    } else if (event.key === "Enter" && this.active) {
      this.choose(this.active);
      event.preventDefault();
    } else if (event.key === "Tab" && this.active) {
      this.choose(this.active);
    } else if (event.key === "Escape") {
      this.close();
      event.preventDefault();
    }
  }
}

for (const form of document.querySelectorAll("[data-suggestions]")) {
  for (const input of form.querySelectorAll("input[list=places]")) new Combobox(input, form.dataset);
}

for (const form of document.querySelectorAll("[data-search-form]")) {
  const { origin, destination, depart_on: departOn, return_on: returnOn } = form.elements;
  form.querySelector("[data-swap]").addEventListener("click", () => {
    [origin.value, destination.value] = [destination.value, origin.value];
  });

  const firstDay = departOn.min;
  const keepOrder = () => {
    returnOn.min = departOn.value || firstDay;
    if (returnOn.value && returnOn.value < returnOn.min) returnOn.value = returnOn.min;
  };
  departOn.addEventListener("change", keepOrder);
  if (departOn.value) returnOn.min = departOn.value;
}

// On a small screen the filters start folded, so that flights come first.
const filters = document.querySelector("[data-open-on-wide]");
if (filters && !window.matchMedia("(min-width: 60rem)").matches) filters.open = false;
