// A form keeps what it was given in the file NAME.json of the downloads folder; a box that is not ticked is "no".
function keep(name, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(content)], { type: "application/json" }));
  link.download = `${name}.json`;
  link.click();
}

document.querySelector("form")?.addEventListener("submit", event => {
  event.preventDefault();
  const form = event.target;
  const content = Object.fromEntries(new FormData(form));
  for (const box of form.querySelectorAll("input[type=checkbox]")) content[box.name] = box.checked ? "yes" : "no";
  keep(form.dataset.file, content);
  document.querySelector("h1").textContent = "Thank you";
});
