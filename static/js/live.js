// Prices, seats and flights that change while a page is open are shown in place. The stream says that something has
// changed; what it costs now is asked of the server. Without this the price is checked again at the next step.
"use strict";

(() => {
  const FOLLOWED_AT_MOST = 100;
  const ASKED_AT_ONCE = 20;
  const GATHER = 50;
  const SPREAD = 250; // milliseconds, so that all who look at a flight do not ask at once

  let stream, followed = "", lastId = "", gathering;
  const changed = new Set();

  const told = () => document.querySelector("[data-live]");
  const offers = () => [...document.querySelectorAll("[data-offer]")];
  const flightsOf = (offer) => offer.dataset.flights.split(",");

  function follow() {
    const live = told();
    const flights = [...new Set(offers().flatMap(flightsOf))].slice(0, FOLLOWED_AT_MOST).join(",");
    if (flights === followed) return;
    stream?.close();
    followed = flights;
    if (!live || !flights) return;
    const after = lastId || live.dataset.position;
    stream = new EventSource(`${live.dataset.live}?flights=${flights}${after ? `&after=${after}` : ""}`);
    for (const kind of ["price", "seats", "status"]) stream.addEventListener(kind, hear);
    stream.addEventListener("missed", hear);
  }

  function hear(event) {
    lastId = event.lastEventId || lastId;
    const { flight } = JSON.parse(event.data);
    for (const each of flight ? [String(flight)] : followed.split(",")) changed.add(each);
    gathering ??= setTimeout(ask, GATHER + Math.random() * SPREAD);
  }

  async function ask() {
    gathering = undefined;
    const touched = offers().filter((offer) => flightsOf(offer).some((flight) => changed.has(flight)));
    changed.clear();
    const changes = { price: 0, gone: 0 };
    try {
      for (let start = 0; start < touched.length; start += ASKED_AT_ONCE) {
        await refresh(touched.slice(start, start + ASKED_AT_ONCE), changes);
      }
    } catch {
      // Offline: the next step checks the price.
    }
    tell(changes);
  }

  async function refresh(touched, changes) {
    const asked = touched.map((offer) => `offer=${encodeURIComponent(offer.dataset.offer)}`).join("&");
    const from = touched[0].closest("[data-offers]").dataset.offers;
    const answer = await fetch(`${from}${from.includes("?") ? "&" : "?"}${asked}`);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = new Map([...page.querySelectorAll("[data-asked]")].map((each) => [each.dataset.asked, each]));
    for (const offer of touched) {
      const now = fresh.get(offer.dataset.offer);
      if (now) show(offer, now, changes);
    }
  }

  function show(offer, now, changes) {
    const { becomes } = now.dataset;
    if (becomes === "unknown") return;
    const wasGone = offer.classList.contains("is-gone");
    if (becomes !== "same" || wasGone) for (const part of ["price", "table", "note", "agree"]) takeOver(offer, now, part);
    takeOver(offer.closest("[data-itinerary]"), now, "seats");
    if (becomes === "price") changes.price += 1;
    if (becomes === "gone" && !wasGone) changes.gone += 1;
    offer.classList.toggle("is-gone", becomes === "gone");
    offer.classList.toggle("is-new", becomes === "price");
    lead(offer, becomes === "gone" ? null : now.dataset.offer);
  }

  function takeOver(old, fresh, name) {
    const [before, after] = [old, fresh].map((each) => each?.querySelector(`[data-part=${name}]`));
    if (before && after) before.innerHTML = after.innerHTML;
  }

  // Where choosing leads: to the offer at the price of now, or nowhere.
  function lead(offer, token) {
    for (const link of offer.querySelectorAll("a.button")) {
      link.dataset.href ??= link.getAttribute("href");
      if (token) {
        const [before, after] = [offer.dataset.offer, token].map(encodeURIComponent);
        link.dataset.href = link.dataset.href.replace(before, after);
        link.setAttribute("href", link.dataset.href);
        link.removeAttribute("aria-disabled");
      } else {
        link.removeAttribute("href");
        link.setAttribute("aria-disabled", "true");
      }
    }
    for (const input of offer.querySelectorAll("input[name=offer]")) if (token) input.value = token;
    if (token) offer.dataset.offer = token;
  }

  function tell({ price, gone }) {
    const live = told();
    if (!live || !(price || gone)) return;
    const words = [];
    if (price) words.push(price === 1 ? live.dataset.one : live.dataset.many);
    if (gone) words.push(live.dataset.gone);
    live.textContent = words.join(" ");
  }

  const whenIdle = window.requestIdleCallback ?? setTimeout;
  whenIdle(follow); // the page comes first: nothing is missed, since the stream goes on from where it was rendered
  document.addEventListener("htmx:afterSettle", follow);
  window.addEventListener("pagehide", () => {
    stream?.close();
    followed = "";
  });
  window.addEventListener("pageshow", ({ persisted }) => persisted && follow());
})();
