{% load static %}// Shows a page of ours where there is no network. Nothing else is kept: prices and trips are always asked for.
"use strict";

const KEPT = "offline";
const PAGE = "{% url 'offline' %}";
const PARTS = [
  PAGE,
  "{% static 'css/tokens.css' %}",
  "{% static 'css/base.css' %}",
  "{% static 'css/frame.css' %}",
  "{% static 'css/controls.css' %}",
  "{% static 'css/components.css' %}",
  "{% static 'font/b612-bold.woff2' %}",
];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(PARTS)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.registration.navigationPreload?.enable());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  if (request.mode === "navigate" && request.method === "GET") {
    event.respondWith(page(event));
  } else if (!navigator.onLine && PARTS.includes(pathname)) {
    event.respondWith(caches.match(pathname));
  }
});

async function page(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return caches.match(PAGE);
  }
}
