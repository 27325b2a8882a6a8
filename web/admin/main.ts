// `/admin`: what the node that served this page does, read anew each second.

import './styles/page.css';
import './styles/table.css';
import './styles/graph.css';
import './styles/phone.css';
import { element } from '../canvas/ui/dom.js';
import { LaneHistory } from './model/lane-history.js';
import { AdminApi, AdminError } from './net/admin-api.js';
import { forgetToken, loadToken, saveToken } from './net/token.js';
import { Graph } from './ui/graph.js';
import { LaneTables } from './ui/lane-tables.js';
import { OwnerCard } from './ui/owner-card.js';
import { notice, signIn } from './ui/sign-in.js';
import { summary } from './ui/summary.js';

const INTERVAL_MS = 1_000;

class AdminPage {
  #status = element('p', { class: 'status', role: 'status' });
  #title = element('h1', { class: 'title' }, 'Node');
  #leave = element('button', { class: 'button quiet', type: 'button', hidden: true, onclick: () => this.#ask() }, 'Forget the token');
  #main = element('main');
  #summary = element('div');
  #graph = new Graph(() => void this.#read());
  #owners = new OwnerCard(() => void this.#read());
  #tables = new LaneTables();
  #history = new LaneHistory();
  #api = new AdminApi(loadToken());
  #timer: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    document.body.append(
      element('header', { class: 'top' }, element('span', { class: 'brand' }, 'Troupe'), this.#title, this.#status, this.#leave), this.#main);
    document.addEventListener('visibilitychange', () => document.hidden || this.#read());
    void this.#read();
  }

  /** A page that nobody sees asks for nothing. */
  #schedule(): void {
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => void this.#read(), INTERVAL_MS);
  }

  async #read(): Promise<void> {
    clearTimeout(this.#timer);
    const api = this.#api;
    try {
      const node = await api.node();
      const [lanes, members, tree, placement] = await Promise.all(
        [api.lanes(), api.members(), this.#graph.root === '' ? undefined : api.tree(this.#graph.root), api.placement(this.#owners.topic)]);
      if (api !== this.#api) return;
      this.#history.add(lanes.lanes);
      this.#graph.update(members, tree);
      this.#owners.update(placement);
      this.#tables.update(lanes.lanes, this.#history);
      document.title = `${node.name} – Troupe node`;
      this.#title.textContent = node.name;
      this.#leave.hidden = false;
      const silent = lanes.silent_shards.length > 0 ? `shard ${lanes.silent_shards.join(', ')} is busy: its lanes are missing` : 'live';
      this.#say(silent, silent === 'live' ? 'is-good' : 'is-bad');
      this.#summary.replaceChildren(summary(node));
      // What stays in its place keeps its focus, and an open list of choices stays open.
      if (this.#summary.parentElement === null) this.#main.replaceChildren(this.#summary, this.#graph.element, this.#owners.element, this.#tables.element);
      this.#schedule();
    } catch (error) {
      if (api === this.#api) this.#onFailure(error instanceof AdminError ? error : new AdminError('away', String(error)));
    }
  }

  #onFailure({ failure, message }: AdminError): void {
    if (failure === 'no-token') return this.#ask();
    if (failure === 'wrong-token') return this.#ask(message);
    if (failure === 'too-many') return this.#ask('Too many wrong tokens came from this address. Wait a minute.');
    if (failure === 'closed') {
      this.#say('closed', 'is-bad');
      return this.#main.replaceChildren(notice('This node shows nothing here', 'Set ', element('code', {}, 'admin.token_file'), ' to open it, or use ', element('code', {}, 'troupe ctl'), ' on its machine.'));
    }
    this.#say(`${message} Asking again.`, 'is-bad');
    this.#schedule();
  }

  #ask(problem?: string): void {
    forgetToken();
    clearTimeout(this.#timer);
    this.#api = new AdminApi(undefined);
    this.#leave.hidden = true;
    this.#title.textContent = 'Node';
    this.#say('', '');
    this.#main.replaceChildren(signIn(problem, (token) => {
      saveToken(token);
      this.#api = new AdminApi(token);
      void this.#read();
    }));
  }

  #say(text: string, kind: string): void {
    if (this.#status.textContent === text) return;
    this.#status.textContent = text;
    this.#status.className = `status ${kind}`;
  }
}

new AdminPage().start();
