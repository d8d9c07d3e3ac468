/* Names what Django's and Unfold's widgets of the desk leave without a name for screen readers. */
(() => {
    "use strict";

    let count = 0;

    function nameOne(chosen) {
        const select = chosen.closest(".select2-container").previousElementSibling;
        const label = select && select.labels && select.labels[0];
        const shown = chosen.querySelector(".select2-selection__rendered");
        if (!label || !shown) {
            return;
        }
        label.id = label.id || `desk-label-${(count += 1)}`;
        shown.id = shown.id || `desk-chosen-${count}`;
        shown.setAttribute("aria-labelledby", label.id);
        chosen.setAttribute("aria-labelledby", `${label.id} ${shown.id}`);
    }

    function nameAll() {
        document.querySelectorAll(".select2-selection").forEach(nameOne);
        document.querySelectorAll(".help-tooltip[aria-label]:not([role])").forEach((icon) => icon.setAttribute("role", "img"));
    }

    nameAll();
    new MutationObserver(nameAll).observe(document.documentElement, { childList: true, subtree: true });
})();
