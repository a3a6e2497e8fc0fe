"use strict";
const steps = [...document.querySelectorAll("article")];
const buttons = [...document.querySelectorAll("#strip button")];
const only = document.getElementById("only");
let current = -1;

// A picture is text in the page until it is looked at; the same picture may belong to several steps.
function load(image) {
    if (image.hasAttribute("href") || !image.dataset.picture) return;
    const picture = document.getElementById(image.dataset.picture);
    image.setAttribute(image instanceof HTMLImageElement ? "src" : "href", picture.textContent);
}

function show(index, scroll = true) {
    if (index < 0 || index >= steps.length) return;
    if (current >= 0) { steps[current].hidden = true; buttons[current].removeAttribute("aria-current"); }
    current = index;
    steps[index].hidden = false;
    steps[index].querySelectorAll("image").forEach(load);
    buttons[index].setAttribute("aria-current", "step");
    if (scroll) buttons[index].scrollIntoView({ block: "nearest", inline: "center" });
    document.getElementById("place").textContent = `${index + 1} of ${steps.length}`;
    history.replaceState(null, "", `#${steps[index].id}`);
}

// The next step in a direction that the filter lets through.
function go(by) {
    let index = current + by;
    while (buttons[index] && buttons[index].hidden) index += by;
    show(index);
}

function filter() {
    for (const [index, button] of buttons.entries())
        button.hidden = only.checked && !("trouble" in steps[index].dataset);
    if (buttons[current] && buttons[current].hidden) show(buttons.findIndex(button => !button.hidden));
}

const lazy = new IntersectionObserver(seen => {
    for (const entry of seen)
        if (entry.isIntersecting) { load(entry.target); lazy.unobserve(entry.target); }
}, { root: document.getElementById("strip"), rootMargin: "0px 300px" });
document.querySelectorAll("#strip img").forEach(image => lazy.observe(image));

buttons.forEach((button, index) => button.addEventListener("click", () => show(index)));
document.querySelectorAll("#times rect[data-step]").forEach(bar =>
    bar.addEventListener("click", () => show(Number(bar.dataset.step))));
document.getElementById("before").addEventListener("click", () => go(-1));
document.getElementById("after").addEventListener("click", () => go(1));
only.addEventListener("change", filter);
addEventListener("keydown", event => {
    if (event.target instanceof HTMLInputElement) return;
    if (event.key === "ArrowLeft") go(-1);
    if (event.key === "ArrowRight") go(1);
});
show(Math.max(0, steps.findIndex(step => `#${step.id}` === location.hash)));
