// The days of a search are chosen from months with the lowest price under each day, after the WAI-ARIA pattern "date
// picker dialog". A month comes from the server, with its words, days and prices; the inputs stay what they are.
"use strict";

(() => {
  const WIDE = window.matchMedia("(min-width: 48rem)");
  const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

  const iso = (day) => day.toISOString().slice(0, 10);
  const plus = (text, days) => {
    const day = new Date(`${text}T00:00Z`);
    day.setUTCDate(day.getUTCDate() + days);
    return iso(day);
  };
  const otherMonth = (text, months) => {
    const day = new Date(`${text.slice(0, 7)}-01T00:00Z`);
    day.setUTCMonth(day.getUTCMonth() + months);
    return iso(day).slice(0, 7);
  };

  class DatePicker {
    constructor(form) {
      this.form = form;
      this.dialog = form.querySelector("[data-dates]");
      this.months = this.dialog.querySelector("[data-months]");
      this.heading = this.dialog.querySelector("h2");
      this.known = new Map();
      for (const input of form.querySelectorAll("input[type=date]")) this.equip(input);
      this.dialog.addEventListener("click", (event) => this.click(event));
      this.dialog.addEventListener("keydown", (event) => this.key(event));
      this.dialog.addEventListener("close", () => this.input?.focus());
      WIDE.addEventListener("change", () => this.dialog.open && this.turn(this.wanted?.slice(0, 7) ?? this.shown, this.wanted));
    }

    // A button inside the field: the field itself can still be typed into.
    equip(input) {
      const box = document.createElement("div");
      box.className = "date-field";
      const button = this.dialog.querySelector("template").content.firstElementChild.cloneNode(true);
      button.append(` ${this.nameOf(input)}`);
      button.lastChild.replaceWith(Object.assign(document.createElement("span"), { className: "for-readers", textContent: ` ${this.nameOf(input)}` }));
      input.replaceWith(box);
      box.append(input, button);
      button.addEventListener("click", () => this.open(input));
      input.addEventListener("click", (event) => {
        event.preventDefault(); // a phone would open its own
        this.open(input);
      });
      input.addEventListener("keydown", (event) => {
        if (event.key !== " " && event.key !== "F4" && !(event.altKey && event.key === "ArrowDown")) return;
        event.preventDefault(); // these would open the browser's own
        this.open(input);
      });
    }

    nameOf(input) {
      return this.form.querySelector(`label[for="${input.id}"]`).textContent.trim();
    }

    // From where to where the flight of this day goes, as far as that is entered.
    slice({ name }) {
      const { origin, destination } = this.form.elements;
      const number = name.match(/\d$/)?.[0];
      if (number) return [`origin${number}`, `destination${number}`].map((each) => this.form.elements[each].value);
      const ends = [origin.value, destination.value];
      return name === "return_on" ? ends.reverse() : ends;
    }

    get first() {
      const days = [this.input.min];
      if (this.input.name === "return_on") days.push(this.form.elements.depart_on.value);
      return days.sort().at(-1);
    }

    // Going on from one day to the next, what is shown can be used while its prices are on their way.
    async open(input) {
      this.input = input;
      this.heading.textContent = this.nameOf(input);
      const day = input.value || this.form.elements.depart_on.value || input.min;
      const goesOn = this.dialog.open;
      if (goesOn) {
        this.mark();
        this.focus(day);
      }
      await this.turn(day.slice(0, 7), day);
      if (!goesOn && this.input === input) this.dialog.showModal();
      if (!this.dialog.open) return;
      this.place();
      this.focus(this.wanted);
    }

    // Below its field on a wide screen; by the style sheet at the lower edge of a small one.
    place() {
      const { style } = this.dialog;
      style.insetBlockStart = style.insetInlineStart = "";
      if (!WIDE.matches) return;
      const field = this.input.getBoundingClientRect();
      const { offsetHeight: height, offsetWidth: width } = this.dialog;
      const top = Math.min(field.bottom + 8, window.innerHeight - height - 8);
      const left = Math.min(field.left, document.documentElement.clientWidth - width - 16);
      style.insetBlockStart = `${Math.max(8, top)}px`;
      style.insetInlineStart = `${Math.max(16, left)}px`;
    }

    async turn(month, day) {
      this.shown = month;
      this.wanted = day;
      const months = WIDE.matches ? [month, otherMonth(month, 1)] : [month];
      const [origin, destination] = this.slice(this.input);
      const found = await Promise.all(months.map((each) => this.month({ origin, destination, month: each })));
      if (this.shown !== month) return; // overtaken
      const hadFocus = this.months.contains(document.activeElement);
      this.months.innerHTML = found.join("");
      this.mark();
      const [previous, next] = this.dialog.querySelectorAll("[data-turn]");
      previous.disabled = month <= this.input.min.slice(0, 7);
      next.disabled = Boolean(this.input.max) && months.at(-1) >= this.input.max.slice(0, 7);
      this.focus(this.wanted, { moves: hadFocus || Boolean(day) });
    }

    async month(asked) {
      const cabin = this.form.elements.cabin?.value ?? "";
      const url = `${this.dialog.dataset.dates}?${new URLSearchParams({ ...asked, cabin })}`;
      if (!this.known.has(url)) {
        this.known.set(
          url,
          fetch(url).then((answer) => (answer.ok ? answer.text() : "")).catch(() => ""),
        );
      }
      const html = await this.known.get(url);
      if (!html) this.known.delete(url);
      return html || this.dialog.querySelector("[data-failed]").innerHTML;
    }

    days() {
      return [...this.months.querySelectorAll("button[data-day]")];
    }

    // Which days can be chosen, which are, and which lie between them.
    mark() {
      const { depart_on: out, return_on: back } = this.form.elements;
      const isReturn = [out, back].includes(this.input) && this.form.elements.trip?.value === "return";
      const [from, to] = isReturn ? [out.value, back.value] : [this.input.value, ""];
      for (const button of this.days()) {
        const { day } = button.dataset;
        button.disabled = day < this.first || Boolean(this.input.max && day > this.input.max);
        button.setAttribute("aria-pressed", String(day === from || day === to));
        button.classList.toggle("is-between", Boolean(from && to && day > from && day < to));
      }
    }

    focus(day, { moves = true } = {}) {
      const days = this.days();
      if (moves) this.wanted = day;
      const wanted = days.find((each) => each.dataset.day === day && !each.disabled) ?? days.find((each) => !each.disabled);
      days.forEach((each) => (each.tabIndex = each === wanted ? 0 : -1));
      if (moves) wanted?.focus();
    }

    click({ target }) {
      if (target === this.dialog || target.closest("[data-close]")) return this.dialog.close();
      const turn = target.closest("[data-turn]");
      if (turn) return this.turn(otherMonth(this.shown, Number(turn.dataset.turn)));
      const button = target.closest("button[data-day]");
      if (button) this.choose(button.dataset.day);
    }

    choose(day) {
      this.input.value = day;
      this.input.dispatchEvent(new Event("change", { bubbles: true }));
      const { depart_on: out, return_on: back, trip } = this.form.elements;
      const wantsBack = this.input === out && trip?.value === "return";
      if (wantsBack && (!back.value || back.value < day)) this.open(back);
      else this.dialog.close();
    }

    key(event) {
      const { day } = event.target.dataset;
      if (!day) return;
      const to = this.goal(event, day);
      if (!to) return;
      event.preventDefault();
      if (to < this.first || (this.input.max && to > this.input.max)) return;
      if (this.days().some((each) => each.dataset.day === to)) this.focus(to);
      else this.turn(to.slice(0, 7), to);
    }

    goal({ key }, day) {
      if (key in STEPS) return plus(day, STEPS[key]);
      const weekday = (new Date(`${day}T00:00Z`).getUTCDay() + 6) % 7; // weeks begin on Monday
      if (key === "Home") return plus(day, -weekday);
      if (key === "End") return plus(day, 6 - weekday);
      if (key !== "PageUp" && key !== "PageDown") return "";
      const month = otherMonth(day, key === "PageUp" ? -1 : 1);
      const last = plus(`${otherMonth(month, 1)}-01`, -1);
      return [`${month}${day.slice(7)}`, last].sort()[0];
    }
  }

  for (const form of document.querySelectorAll("form:has([data-dates])")) new DatePicker(form);
})();
