import type { NativeBlock, Pointer } from 'vcl-protocol/native';

/** Memory with made-up addresses, for libraries that are faked in JavaScript. */
export class FakeMemory {
  readonly #blocks: NativeBlock[] = [];
  #next = 0x1000;

  readonly allocate = (bytes: number): NativeBlock => {
    const memory = new ArrayBuffer(bytes);
    const block = {
      pointer: BigInt(this.#next),
      address: this.#next,
      bytes: new Uint8Array(memory),
      view: new DataView(memory),
    };
    this.#next += bytes + 0x1000;
    this.#blocks.push(block);
    return block;
  };

  /** The memory from an address on. */
  at(pointer: Pointer, bytes: number): Uint8Array {
    const address = Number(pointer);
    const block = this.#blocks.find(
      (one) => address >= one.address && address + bytes <= one.address + one.bytes.length,
    );
    if (block === undefined) throw new Error(`${bytes} bytes at ${address} are not ours`);
    return block.bytes.subarray(address - block.address, address - block.address + bytes);
  }
}
