// Stripe's own card fields in their frame. What comes out of them is a token, which our form sends as any other would.
"use strict";

for (const form of document.querySelectorAll("[data-stripe-pay]")) {
  const told = form.querySelector("[data-stripe-error]");
  const say = (words) => {
    told.textContent = words;
    told.hidden = !words;
  };

  const wanted = form.querySelector("[data-stripe-wanted]");
  wanted.hidden = true;
  if (!window.Stripe) {
    say(wanted.textContent);
    form.addEventListener("submit", (event) => event.preventDefault());
    continue;
  }

  const { publishableKey, amount, currency } = form.dataset;
  const stripe = Stripe(publishableKey);
  const elements = stripe.elements({
    mode: "payment",
    amount: Number(amount),
    currency,
    allowedPaymentMethodTypes: ["card"],
    locale: document.documentElement.lang,
  });
  elements.create("payment").mount(form.querySelector("[data-stripe-element]"));

  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    say("");
    const { error: incomplete } = await elements.submit();
    const { error, confirmationToken } = incomplete ? { error: incomplete } : await stripe.createConfirmationToken({ elements });
    if (error) {
      say(error.message);
      busy = false;
      return;
    }
    form.elements.token.value = confirmationToken.id;
    form.submit(); // asks no listener again
  });
}
