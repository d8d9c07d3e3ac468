// Places are suggested while typing: an input with a list of suggestions, after the WAI-ARIA pattern "editable combobox
// with list autocomplete". What was chosen before is offered before anything is typed.
"use strict";

(() => {
  const RECENT = "places", RECENT_AT_MOST = 5, TYPED_FROM = 2, PAUSE = 120;

  const recent = () => {
    try {
      return JSON.parse(localStorage.getItem(RECENT)) ?? [];
    } catch {
      return []; // no storage here, or not ours
    }
  };

  function remember(place) {
    try {
      const others = recent().filter((each) => each.value !== place.value);
      localStorage.setItem(RECENT, JSON.stringify([place, ...others].slice(0, RECENT_AT_MOST)));
    } catch {
      // Nothing can be kept in this browser: the list stays empty.
    }
  }

  class Combobox {
    constructor(input, { suggestions, suggestionsLabel, nothingFound, nearMe, nearMeFailed }) {
      Object.assign(this, { input, url: suggestions, nothingFound, nearMe, nearMeFailed });
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
      input.addEventListener("click", () => this.list.hidden && this.begin());
      input.addEventListener("blur", () => this.leave());
      input.addEventListener("keydown", (event) => this.key(event));
      this.list.addEventListener("mousedown", (event) => event.preventDefault());
      this.list.addEventListener("click", (event) => this.choose(event.target.closest("[role=option]:not([aria-disabled])")));
    }

    get options() {
      return [...this.list.querySelectorAll("[role=option]:not([aria-disabled])")];
    }

    get active() {
      return this.list.querySelector("[aria-selected=true]");
    }

    ask() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.suggest(), PAUSE);
    }

    suggest() {
      const words = this.input.value.trim();
      if (words.length < TYPED_FROM) return this.begin();
      return this.fetch({ q: words });
    }

    // Before anything is typed: where somebody is, and where they have been.
    begin() {
      this.running?.abort();
      const lines = recent().map(({ value, words, code }) => this.line(value, words, code));
      if (this.nearMe && this.input.name === "origin" && "geolocation" in navigator) {
        const line = this.line("", this.nearMe, "");
        line.dataset.nearMe = "yes";
        lines.push(line);
      }
      this.show(lines);
    }

    line(value, words, code) {
      const line = document.createElement("li");
      line.id = `place-${this.list.childElementCount}-${value.replace(/\W/g, "")}`;
      line.dataset.value = value;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", "false");
      const [name, short] = ["span", "strong"].map((tag) => document.createElement(tag));
      [name.textContent, short.textContent] = [words, code];
      line.append(name, short);
      return line;
    }

    nothing() {
      const line = this.line("", this.nothingFound, "");
      line.setAttribute("aria-disabled", "true");
      return line;
    }

    async fetch(asked) {
      this.running?.abort();
      this.running = new AbortController();
      try {
        const answer = await fetch(`${this.url}?${new URLSearchParams(asked)}`, { signal: this.running.signal });
        if (!answer.ok) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const found = [...page.querySelectorAll("[role=option]")];
        this.show(found.length ? found : [this.nothing()]);
      } catch {
        // Offline, or overtaken by the next letter: what is typed can be sent all the same.
      }
    }

    show(lines) {
      this.list.replaceChildren(...lines);
      lines.forEach((option, index) => (option.id = `${this.list.id}-${index}`));
      const isOpen = lines.length > 0 && document.activeElement === this.input;
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
      if (!options.length) return;
      const from = options.indexOf(this.active);
      const to = from < 0 && steps < 0 ? options.length - 1 : (from + steps + options.length) % options.length;
      options.forEach((option, index) => option.setAttribute("aria-selected", String(index === to)));
      this.input.setAttribute("aria-activedescendant", options[to].id);
      options[to].scrollIntoView({ block: "nearest" });
    }

    choose(option) {
      if (!option) return;
      if (option.dataset.nearMe) return this.lookAround(option);
      const { value } = option.dataset;
      this.input.value = value;
      remember({ value, words: value.replace(/ \(\w+\)$/, ""), code: option.querySelector("strong").textContent });
      this.close();
      this.input.dispatchEvent(new Event("change", { bubbles: true }));
    }

    lookAround(option) {
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => this.fetch({ near: `${coords.latitude.toFixed(2)},${coords.longitude.toFixed(2)}` }),
        () => (option.querySelector("span").textContent = this.nearMeFailed),
      );
    }

    key(event) {
      if ((event.key === "ArrowDown" || event.key === "ArrowUp") && this.list.hidden) {
        this.suggest();
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
})();
