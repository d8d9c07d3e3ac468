// The search form: from and to can be swapped, the way back is not before the way out, the next flight begins where the
// last one lands, and who travels is added up.
"use strict";

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

  const goOnFrom = ({ name, value }) => {
    const number = name.match(/^destination(\d?)$/)?.[1];
    const next = number === undefined ? undefined : form.elements[`origin${Number(number || 1) + 1}`];
    if (next && !next.value) next.dataset.given = next.value = value;
  };
  form.addEventListener("change", ({ target }) => goOnFrom(target));
  for (const input of form.querySelectorAll("[name^=destination]")) goOnFrom(input);
  // A flight of which only we have entered something is not asked for.
  form.addEventListener("submit", () => {
    for (const given of form.querySelectorAll("[data-given]")) {
      const [to, on] = ["destination", "depart_on"].map((name) => form.elements[given.name.replace("origin", name)]);
      if (given.value === given.dataset.given && !to.value && !on.value) given.value = "";
    }
  });

  const party = form.querySelector("[data-party]");
  const count = () => {
    const sum = ["adults", "children", "infants"].reduce((all, name) => all + Number(form.elements[name].value), 0);
    const cabin = form.elements.cabin.selectedOptions[0]?.textContent ?? "";
    party.textContent = `${(sum === 1 ? party.dataset.one : party.dataset.many).replace("0", sum)}, ${cabin}`;
  };
  for (const name of ["adults", "children", "infants", "cabin"]) form.elements[name].addEventListener("change", count);
}

// While the answer is on its way, the line at the top says so.
for (const form of document.querySelectorAll("[data-suggestions]")) {
  form.addEventListener("submit", () => document.documentElement.classList.add("is-leaving"));
}
window.addEventListener("pageshow", () => document.documentElement.classList.remove("is-leaving"));

// Of days side by side, the one that is shown is in sight, as soon as they are laid out anyway.
const laidOut = new ResizeObserver((lists) => {
  for (const { target: list } of lists) {
    laidOut.unobserve(list);
    const shown = list.querySelector(".is-shown");
    if (shown) list.scrollLeft = shown.offsetLeft - (list.clientWidth - shown.offsetWidth) / 2;
  }
});
for (const list of document.querySelectorAll(".price-strip ol")) laidOut.observe(list);
