"use strict";
const rows = [...document.querySelectorAll("tbody tr")];
const words = document.getElementById("words"), ending = document.getElementById("ending");

function filter() {
    let shown = 0;
    for (const row of rows) {
        const fits = row.textContent.toLowerCase().includes(words.value.toLowerCase())
            && (!ending.value || row.dataset.ending === ending.value);
        row.hidden = !fits;
        shown += fits;
    }
    document.getElementById("count").textContent = `${shown} of ${rows.length}`;
}

words.addEventListener("input", filter);
ending.addEventListener("change", filter);
filter();
