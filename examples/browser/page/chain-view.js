import { hex } from '../messages.js';

/** Messages that are shown, at most: the last ones. */
const SHOWN = 48;
const DIGITS = 8;

/** Shows one direction of the chain: a block for each message, and how far it is verified. */
export class ChainView {
  #list;
  #verdict;
  #section;
  #count = 0;
  #through = 0;

  /** @param section with a list for the blocks and a `.verdict` */
  constructor(section) {
    this.#section = section;
    this.#list = section.querySelector('ol');
    this.#verdict = section.querySelector('.verdict');
    this.#tell();
  }

  /** @param leaf of the message: its bytes, or the first digits of them */
  add(number, leaf) {
    const digits = typeof leaf === 'string' ? leaf : hex(leaf.subarray(0, DIGITS / 2));
    const block = document.createElement('li');
    block.dataset.number = String(number);
    const label = document.createElement('small');
    label.textContent = String(number);
    const code = document.createElement('code');
    code.textContent = digits;
    block.append(label, code);
    this.#mark(block);
    this.#list.prepend(block);
    while (this.#list.childElementCount > SHOWN) this.#list.lastElementChild.remove();
    this.#count = Math.max(this.#count, number + 1);
    this.#tell();
  }

  /** All messages with a smaller number are covered by a statement whose signature was right. */
  verify(through) {
    this.#through = Math.max(this.#through, through);
    for (const block of this.#list.children) this.#mark(block);
    this.#tell();
  }

  #mark(block) {
    block.classList.toggle('verified', Number(block.dataset.number) < this.#through);
  }

  #tell() {
    const isWhole = this.#count > 0 && this.#through >= this.#count;
    this.#section.dataset.count = String(this.#count);
    this.#section.dataset.through = String(this.#through);
    this.#section.classList.toggle('whole', isWhole);
    this.#verdict.textContent =
      this.#count === 0
        ? 'no messages yet'
        : `${this.#count} messages, signed and verified: ${this.#through}`;
  }
}
