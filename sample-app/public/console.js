'use strict';

/** The tokens that this page has got, each with its user's e-mail. They are lost when the page is closed. */
const tokens = [];
let selected;

const byId = (id) => document.getElementById(id);

/** An element with text, classes and a click handler. Text is never parsed as markup. */
function element(name, { text = '', className = '', onClick } = {}, ...children) {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  if (onClick) made.addEventListener('click', onClick);
  made.append(...children);
  return made;
}

/** Makes a request, and shows it with its answer. */
async function call(method, path, body, token = selected) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token.accessToken}`;
  if (body) headers['Content-Type'] = 'application/json';
  let status = 0;
  let text;
  try {
    const options = { method, headers, body: body && JSON.stringify(body) };
    const response = await fetch(path, options);
    status = response.status;
    text = await response.text();
  } catch {
    text = 'The server did not answer.';
  }
  const answer = parsed(text);
  show(`${method} ${path}`, token, body, status, answer);
  return { ok: status >= 200 && status < 300, answer };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const HIDDEN = ['password', 'currentPassword', 'newPassword', 'refreshToken'];
const shown = (value) =>
  JSON.stringify(value, (key, inner) => (HIDDEN.includes(key) ? '…' : inner), 2);

function show(line, token, body, status, answer) {
  const refused = status === 0 || status >= 400;
  const code = refused && answer && answer.code ? ` ${answer.code}` : '';
  const item = element(
    'li',
    {},
    element('span', {
      text: `${status || '–'}${code} `,
      className: `status${refused ? ' refused' : ''}`,
    }),
    element('code', { text: line }),
    element('span', { text: token ? ` as ${token.email}` : ' without a token', className: 'hint' }),
  );
  if (body) item.append(element('pre', { text: shown(body) }));
  if (answer)
    item.append(element('pre', { text: typeof answer === 'string' ? answer : shown(answer) }));
  byId('log').prepend(item);
}

function showTokens() {
  byId('no-tokens').hidden = tokens.length > 0;
  byId('tokens').replaceChildren(
    ...tokens.map((token) => {
      const action = (text, run) =>
        element('button', {
          text,
          onClick: (event) => {
            event.stopPropagation();
            select(token);
            run();
          },
        });
      return element(
        'div',
        { className: `card${token === selected ? ' selected' : ''}`, onClick: () => select(token) },
        element('strong', { text: token.email }),
        element('span', { text: ` until ${token.expires}`, className: 'hint' }),
        element(
          'p',
          {},
          action('whoami', () => call('GET', '/auth/whoami')),
          ' ',
          action('me', () => call('GET', '/me')),
          ' ',
          action('refresh', () => refresh(token)),
          ' ',
          action('sessions', () => listSessions()),
          ' ',
          action('log out', () => call('POST', '/auth/logout')),
          ' ',
          action('log out everywhere', () => call('POST', '/auth/logout-all')),
        ),
      );
    }),
  );
}

/** Gets new tokens for the refresh token. The old refresh token still works for ten seconds. */
async function refresh(token) {
  const { refreshToken } = token;
  const { ok, answer } = await call('POST', '/auth/refresh', { refreshToken }, null);
  if (!ok) return;
  Object.assign(token, heldFrom(answer));
  showTokens();
}

/** The sessions of the selected token's account, each with a button that ends it. */
async function listSessions() {
  const { ok, answer } = await call('GET', '/auth/sessions');
  byId('sessions').replaceChildren(
    ...(ok ? answer : []).map((session) =>
      element(
        'div',
        { className: 'card' },
        element('strong', { text: session.device || 'a device without a name' }),
        element('span', {
          text: ` ${session.ip} · since ${new Date(session.createdAt).toLocaleTimeString()}${session.current ? ' · this one' : ''}`,
          className: 'hint',
        }),
        element(
          'p',
          {},
          element('button', {
            text: 'end',
            onClick: async () => {
              await call('DELETE', `/auth/sessions/${session.id}`);
              await listSessions();
            },
          }),
        ),
      ),
    ),
  );
}

/** What the page keeps from an answer with tokens. */
function heldFrom({ accessToken, refreshToken, expiresIn }) {
  const expires = new Date(Date.now() + expiresIn * 1000).toLocaleTimeString();
  return { accessToken, refreshToken, expires };
}

function select(token) {
  if (token !== selected) byId('sessions').replaceChildren();
  selected = token;
  showTokens();
}

async function listUsers() {
  const { ok, answer } = await call('GET', '/admin/users');
  if (!ok) return;
  byId('users').replaceChildren(
    ...answer.items.map((user) => {
      const path = `/admin/users/${user.id}`;
      const act = (text, method, where, body) =>
        element('button', {
          text,
          onClick: async () => {
            const outcome = await call(method, where, body);
            if (outcome.ok) await listUsers();
          },
        });
      const toggle =
        user.status === 'active'
          ? act('disable', 'PATCH', path, { status: 'disabled', reason: 'from the console' })
          : act('enable', 'PATCH', path, { status: 'active' });
      return element(
        'div',
        { className: 'card' },
        element('strong', { text: user.email }),
        element('span', { text: ` ${user.roles.join(', ')} · ${user.status}`, className: 'hint' }),
        element(
          'p',
          {},
          toggle,
          ' ',
          act('log out', 'POST', `${path}/logout`, { reason: 'from the console' }),
        ),
      );
    }),
  );
}

byId('login').addEventListener('submit', async (event) => {
  event.preventDefault();
  const { email, password, device } = Object.fromEntries(new FormData(event.target));
  const credentials = { email, password, ...(device && { device }) };
  const { ok, answer } = await call('POST', '/auth/login', credentials, null);
  if (!ok) return;
  tokens.push({ email, ...heldFrom(answer) });
  select(tokens.at(-1));
});

for (const button of document.querySelectorAll('.fill')) {
  button.addEventListener('click', () => {
    const form = byId('login');
    form.elements.email.value = button.dataset.email;
    form.elements.password.value = button.dataset.password;
    form.requestSubmit();
  });
}

for (const button of document.querySelectorAll('.call')) {
  button.addEventListener('click', () => {
    const { method, path, confirm: question } = button.dataset;
    if (!question || window.confirm(question)) void call(method, path);
  });
}

byId('post-article').addEventListener('click', () =>
  call('POST', '/articles', { title: 'From the console', body: new Date().toISOString() }),
);
byId('list-users').addEventListener('click', listUsers);
byId('clear').addEventListener('click', () => byId('log').replaceChildren());
