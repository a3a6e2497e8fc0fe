// The pages show what the server keeps and send it commands; they keep nothing themselves.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);

async function send(path, command) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(command),
  });
  if (!response.ok) throw new Error(await response.text());
  show(await response.json());
}

function show(state) {
  const account = one("#account");
  account.textContent = state.signed_in_as ? "Sign out" : "Sign in";
  account.title = state.signed_in_as ?? "";
  account.hidden = false;
  if (one("#customers")) showCustomers(state);
}

// ---------------------------------------------------------------------------------------------------------------------
// Forms: every named control is a value of the command

const values = (form) =>
  Object.fromEntries(
    all("[name]", form).map((control) => {
      if (control.type === "checkbox") return [control.name, control.checked];
      return [control.name, control.type === "number" ? control.valueAsNumber : control.value];
    }),
  );

function fill(form, known) {
  for (const control of all("[name]", form)) {
    if (control.type === "checkbox") control.checked = known[control.name];
    else control.value = known[control.name];
  }
}

for (const form of all("form[data-post]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const message = one(".message", form);
    try {
      await send(form.dataset.post, values(form));
      if (form.dataset.next) location.assign(form.dataset.next);
      message.textContent = form.dataset.done ?? "";
      message.classList.remove("bad");
    } catch (error) {
      message.textContent = error.message;
      message.classList.add("bad");
    }
  });
}

// ---------------------------------------------------------------------------------------------------------------------
// The customer list

function element(tag, text, ...children) {
  const made = document.createElement(tag);
  made.textContent = text;
  made.append(...children);
  return made;
}

function showCustomers(state) {
  const wanted = state.search.toLowerCase();
  const matches = (customer) =>
    !customer.archived && [customer.name, customer.company, customer.city].some((text) => text.toLowerCase().includes(wanted));
  const rows = state.customers.filter(matches).map((customer) => {
    const row = element("tr", "", ...[customer.name, customer.company, customer.city].map((text) => element("td", text)));
    row.dataset.name = customer.name;
    row.classList.toggle("open", customer.name === state.opened);
    return row;
  });
  one("#customers tbody").replaceChildren(...rows);
  const opened = state.customers.find((customer) => customer.name === state.opened);
  const details = opened
    ? [element("h2", "Contact"), element("dl", "", element("dt", "Email"), element("dd", opened.email))]
    : [element("p", "Double-click a customer to see the contact.")];
  one("#details").replaceChildren(...details);
}

const menu = one("#menu");
if (menu) {
  const rowAt = (event) => event.target.closest("tbody tr");
  document.addEventListener("dblclick", (event) => {
    if (rowAt(event)) send("/api/customers/open", { name: rowAt(event).dataset.name });
  });
  document.addEventListener("contextmenu", (event) => {
    const row = rowAt(event);
    menu.hidden = !row;
    if (!row) return;
    event.preventDefault();
    menu.dataset.name = row.dataset.name;
    menu.style.left = `${event.clientX}px`;
    menu.style.top = `${event.clientY}px`;
  });
  document.addEventListener("click", (event) => {
    menu.hidden = true;
    const { command } = event.target.dataset;
    if (command) send(command, { name: menu.dataset.name });
  });
}

// ---------------------------------------------------------------------------------------------------------------------
// Tabs, and what every page does when it opens

for (const tab of all("[role=tab]")) {
  tab.addEventListener("click", () => {
    for (const other of all("[role=tab]")) {
      other.setAttribute("aria-selected", other === tab);
      one(`#${other.getAttribute("aria-controls")}`).hidden = other !== tab;
    }
  });
}

for (const link of all("nav a")) link.classList.toggle("here", link.pathname === location.pathname);

one("#account").addEventListener("click", async (event) => {
  if (!event.target.title) return;
  event.preventDefault();
  await send("/api/sign-out", {});
});

const kept = JSON.parse(one("#state").textContent);
for (const form of all("form[data-fill]")) fill(form, form.dataset.fill ? kept[form.dataset.fill] : kept);
show(kept);
