// Time left until a deadline. The server says how many seconds there are, so a wrong clock here does not matter.
"use strict";

const TELL_AT = [300, 60];

for (const box of document.querySelectorAll("[data-seconds-left]")) {
  const shown = box.querySelector("[data-countdown-shown]");
  const told = box.querySelector("[data-countdown-told]");
  const endsAt = Date.now() + Number(box.dataset.secondsLeft) * 1000;
  let before = Infinity;

  const tick = () => {
    const left = Math.max(0, Math.round((endsAt - Date.now()) / 1000));
    shown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    const passed = TELL_AT.find((mark) => before > mark && left <= mark);
    if (passed && Number.isFinite(before)) told.textContent = passed === 60 ? box.dataset.oneMinute : box.dataset.fiveMinutes;
    if (left === 0) {
      told.textContent = box.dataset.over;
      box.querySelector("[data-countdown-over]").hidden = false;
      clearInterval(timer);
    }
    before = left;
  };
  const timer = setInterval(tick, 1000);
  tick();
}
