// What is chosen on the seat map, in words beside the button: the seats themselves are small on a phone.
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
}
