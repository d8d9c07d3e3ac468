// On every page. Nothing depends on it: without scripts all of this is plain forms and links.
"use strict";

document.documentElement.classList.add("has-js");

// What is wrong comes first for people who cannot see it.
document.querySelector("[data-error-summary]")?.focus();

// The links of an error summary lead into the field, not to its edge.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-error-summary] a[href^='#']");
  const field = link && document.getElementById(link.hash.slice(1));
  if (field) {
    event.preventDefault();
    field.scrollIntoView({ block: "center" });
    field.focus({ preventScroll: true });
  }
});

// A second press of a button that is at work does nothing. The server holds to that by itself.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  form.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", "true"));
});

window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll("button").forEach((button) => button.removeAttribute("aria-disabled"));
  });
});

// A menu closes by Escape, by a click elsewhere, and where the focus leaves it: it would lie over what has it then.
const closeMenus = (except) =>
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (menu !== except) menu.open = false;
  });

document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("focusin", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Of days side by side and other rows that scroll, browsers leave what has the focus cut off at the edge.
document.addEventListener("focusin", ({ target }) => {
  const { left, right } = target.getBoundingClientRect();
  if (left < 0 || right > document.documentElement.clientWidth) target.scrollIntoView({ block: "nearest", inline: "center" });
});

// Shows a page of ours where there is no network.
window.addEventListener("load", () => {
  navigator.serviceWorker?.register(document.documentElement.dataset.serviceWorker).catch(() => {});
});
