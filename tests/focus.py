"""What has the focus, stop by stop: seen, in the order that the page is read in, and nothing left out."""

from playwright.sync_api import Page

STOPS_AT_MOST = 400
SEEN = """() => {
    const has = document.activeElement;
    const drawn = [has, has.closest("label"), has.nextElementSibling, has.parentElement.querySelector(".seat-face")];
    const isOutlined = drawn.some((each) => each && getComputedStyle(each).outlineStyle !== "none");
    const { left, top, width, height } = has.getBoundingClientRect();
    const there = document.elementFromPoint(left + width / 2, top + Math.min(height, innerHeight) / 2);
    const isOnTop = [has, ...drawn].some((each) => each && there && (each.contains(there) || there.contains(each)));
    return isOutlined && isOnTop;
}"""
"""Whether what has the focus is outlined, within the window and not under something else."""

START = """() => {
    window.stops = [];
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
    window.scrollTo(0, 0);
}"""
STOP = f"""() => {{
    const has = document.activeElement;
    if (has === document.body || has === window.stops[0]) return "over";
    const before = window.stops.at(-1);
    if (has === before) return ""; // a part of the same field
    window.stops.push(has);
    const faults = ({SEEN})() ? [] : ["is not seen"];
    if (before && !(before.compareDocumentPosition(has) & Node.DOCUMENT_POSITION_FOLLOWING)) {{
        faults.push("stands before in the page");
    }}
    // A menu that is open lies over the page, and the link to the content over the header while it has the focus.
    const boxOf = (each) => (each.closest(".menu-panel")?.previousElementSibling ?? each).getBoundingClientRect();
    if (before && !before.matches(".skip-link")) {{
        const [old, box] = [boxOf(before), boxOf(has)];
        const isFurther = box.top >= old.bottom - 1 || box.left >= old.right - 1;
        const isWithin = box.top >= old.top - 1 && box.left >= old.left - 1;
        if (!isFurther && !isWithin) faults.push("is drawn before");
    }}
    return faults.map((each) => `${{has.outerHTML.slice(0, 160)}} ${{each}}`).join("; ");
}}"""
"""Of what has the focus now: what is wrong with it, after what had it last; `over` after the last one."""

MISSED = """() => {
    const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
    const groups = new Set(window.stops.map((stop) => stop.type === "radio" && stop.name));
    return [...document.querySelectorAll(all)]
        .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.matches(":disabled"))
        .filter((each) => each.tabIndex >= 0 && !each.closest("[inert]"))
        .filter((each) => !window.stops.includes(each))
        .filter((each) => !(each.type === "radio" && groups.has(each.name)))
        .map((each) => each.outerHTML.slice(0, 160));
}"""
"""What can be used and had no stop. Of radio buttons that belong together one has."""


def faults_of_tabbing(page: Page) -> list[str]:
    """From the top of the page by Tab to its end: what is not seen while it has the focus, comes before what it is
    read after, in the page or as it is drawn (further down, or beside it), or is never reached."""
    page.wait_for_load_state()
    page.evaluate(START)
    faults: list[str] = []
    for _stop in range(STOPS_AT_MOST):
        page.keyboard.press("Tab")
        fault = page.evaluate(STOP)
        if fault == "over":
            return faults + [f"{missed} is not reached" for missed in page.evaluate(MISSED)]
        faults += [fault] if fault else []
    return [*faults, "there is no end"]
