// Time left until a deadline. The server says how many seconds there are, so a wrong clock here does not matter.
// It is read out at five minutes, at one and in the end, and never each second.
"use strict";

for (const clock of document.querySelectorAll("[data-seconds-left]")) {
  const part = (name) => clock.querySelector(`[data-clock-${name}]`);
  const told = part("told");
  const endsAt = Date.now() + Number(clock.dataset.secondsLeft) * 1000;
  const marks = [
    [300, clock.dataset.fiveMinutes],
    [60, clock.dataset.oneMinute],
  ];
  let before = Infinity;

  const end = () => {
    clearInterval(timer);
    const over = part("over");
    told.textContent = over.textContent.trim();
    over.hidden = false;
    if (!clock.dataset.oneMinute) return; // the price: paying asks again
    for (const payable of document.querySelectorAll("[data-needs-time]")) {
      if (payable.contains(document.activeElement)) over.focus();
      payable.hidden = true;
    }
  };

  const tick = () => {
    const left = Math.max(0, Math.round((endsAt - Date.now()) / 1000));
    part("left").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    const words = Number.isFinite(before) && marks.findLast(([mark]) => before > mark && left <= mark)?.[1];
    if (words) told.textContent = words;
    before = left;
    if (left === 0) end();
  };
  const timer = setInterval(tick, 1000);
  tick();
}
