// What is chosen on the seat map, in words beside the button: the seats themselves are small on a phone. Arrows go as the
// cabin is drawn: to the sides by seats, which browsers do by themselves, up and down by rows.
"use strict";

for (const form of document.querySelectorAll("[data-seats]")) {
  const told = form.querySelector("[data-seat-told]");

  const tell = () => {
    const chosen = form.querySelector("[name=seat]:checked");
    if (!chosen) return;
    const [name, position] = chosen.labels[0].querySelector("span").textContent.split(", ");
    told.textContent = chosen.value ? `${name}, ${position}. ${told.dataset.with}` : told.dataset.without;
  };
  form.addEventListener("change", tell);
  tell();

  form.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const letter = event.target.name === "seat" && event.target.value.slice(-1);
    if (!step || !letter) return;
    const column = [...form.querySelectorAll(`[name=seat][value$="${letter}"]:enabled`)];
    const next = column[column.indexOf(event.target) + step];
    event.preventDefault();
    if (!next) return;
    next.checked = true;
    next.focus();
    tell();
  });
}
