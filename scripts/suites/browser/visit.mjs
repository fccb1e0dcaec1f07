// One page of the example, as somebody in front of the screen uses it.
const VIEWPORT = { width: 1280, height: 900 };

export class Visit {
  page;
  provider;
  /** What `#own-key` shows. */
  ownKey;
  /** Errors of the page. */
  problems = [];
  #browser;
  #server;

  constructor(browser, server) {
    this.#browser = browser;
    this.#server = server;
  }

  /** Opens the page with the key of the server in its address. */
  async open(provider) {
    this.provider = provider;
    const url = new URL(this.#server.url);
    url.search = `crypto=${provider}`;
    const text = await this.goTo(url);
    const used = await this.page.locator('#provider').textContent();
    const problems = text === 'connected' ? [] : [`the page says: ${text}`];
    if (used !== provider) problems.push(`the page uses ${used}`);
    return { problems };
  }

  /** Opens an address, the first time in a profile of its own. @returns what the page says then */
  async goTo(url) {
    this.page ??= await this.#newPage();
    // What differs behind the # only would be the same page.
    await this.page.goto('about:blank');
    await this.page.goto(url.href);
    const state = this.page.locator('#state:is([data-state=connected], [data-state=failed])');
    const text = await state.textContent();
    this.ownKey = await this.page.locator('#own-key').textContent();
    return text;
  }

  async #newPage() {
    const context = await this.#browser.newContext({ viewport: VIEWPORT, colorScheme: 'light' });
    const page = await context.newPage();
    page.on('pageerror', ({ message }) => this.problems.push(`${this.provider}: ${message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.problems.push(`${this.provider}: ${message.text()}`);
    });
    return page;
  }

  async say(text) {
    await this.page.locator('#text').fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** Chooses a file to drop: its path, or an object with name, type and contents. */
  async choose(file) {
    // A browser makes files only of those that a user chose: so one chooses it, and drops that.
    await this.page.evaluate(() => {
      const probe = document.createElement('input');
      probe.type = 'file';
      probe.id = 'probe';
      document.body.append(probe);
    });
    await this.page.locator('#probe').setInputFiles(file);
  }

  /** Drops the file that was chosen. */
  async drop(zone) {
    await this.page.evaluate((selector) => {
      const probe = document.querySelector('#probe');
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(probe.files[0]);
      probe.remove();
      document.querySelector('#verdict').removeAttribute('data-status');
      const target = document.querySelector(selector);
      for (const type of ['dragover', 'drop']) {
        target.dispatchEvent(
          new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }),
        );
      }
    }, zone);
  }

  /** Waits until all that a chain shows is verified. @returns how many messages that are */
  async verifiedChain(id, atLeast, timeout) {
    await this.page.waitForFunction(
      ([name, count]) => {
        const { dataset } = document.getElementById(name);
        return Number(dataset.count) > count && dataset.through === dataset.count;
      },
      [id, atLeast],
      { timeout },
    );
    return Number(await this.page.locator(`#${id}`).getAttribute('data-count'));
  }

  /** What the page says of the log that was dropped last. */
  async verdict(timeout) {
    const place = this.page.locator('#verdict[data-status]');
    await place.waitFor({ timeout, state: 'attached' });
    return await place.getAttribute('data-status');
  }

  async leave(timeout) {
    await this.page.locator('#leave').click();
    await this.page.locator('#state[data-state=ended]').waitFor({ timeout });
  }
}
