import { hashData } from 'vcl-protocol';
import { FileIntake, hex, Kind, MAX_FILE_BYTES, readJson, sendFile } from '../messages.js';
import { bytesText, element } from './elements.js';

/** The files that the server has: puts more there, and fetches them. */
export class FileShelf {
  #connection;
  #intake = new FileIntake();
  #links = new Map();

  constructor(connection) {
    this.#connection = connection;
  }

  /** Sends a file of the user to the server. */
  async put(file) {
    if (file.size > MAX_FILE_BYTES) {
      tell(`${file.name} is too long: ${bytesText(MAX_FILE_BYTES)} at most`);
      return;
    }
    const bytes = new Uint8Array(await file.arrayBuffer());
    const sha256 = hex(hashData(bytes));
    tell(`sending ${file.name}`);
    try {
      await sendFile(this.#connection, { name: file.name, bytes, sha256 });
      tell(`sent ${file.name}: ${bytesText(bytes.length)}`, sha256);
    } catch (error) {
      tell(`${file.name} was not sent: ${error.message}`);
    }
  }

  /** A message about files. */
  take(packet) {
    if (packet.type === Kind.FileList) this.#list(readJson(packet) ?? []);
    else if (packet.type === Kind.FileHead) this.#keep(this.#intake.begin(readJson(packet)));
    else if (packet.type === Kind.FilePiece) {
      const file = this.#intake.add(packet.payload);
      if (file === undefined) tell(`receiving: ${Math.round(100 * this.#intake.progress)} %`);
      this.#keep(file);
    }
  }

  #list(heads) {
    const items = heads.map(({ name, size, sha256 }) => {
      const item = document.createElement('li');
      item.dataset.name = name;
      const label = document.createElement('span');
      label.textContent = name;
      const about = document.createElement('small');
      about.textContent = bytesText(size);
      about.title = `SHA-256 ${sha256}`;
      item.append(label, about, this.#linkOf(name) ?? this.#fetchButton(name));
      return item;
    });
    element('files').replaceChildren(...items);
  }

  #fetchButton(name) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Fetch';
    button.addEventListener('click', () => {
      button.disabled = true;
      this.#connection.send(name, { kind: Kind.FileWanted }).catch(({ message }) => tell(message));
    });
    return button;
  }

  #linkOf(name) {
    const made = this.#links.get(name);
    if (made === undefined) return undefined;
    const link = document.createElement('a');
    link.href = made.url;
    link.download = name;
    link.textContent = 'Save';
    link.dataset.sha256 = made.sha256;
    return link;
  }

  #keep(file) {
    if (file === undefined) return;
    const sha256 = hex(hashData(file.bytes));
    if (sha256 !== file.sha256) {
      tell(`${file.name} is not what was announced`);
      return;
    }
    const former = this.#links.get(file.name);
    if (former !== undefined) URL.revokeObjectURL(former.url);
    const url = URL.createObjectURL(new Blob([file.bytes]));
    this.#links.set(file.name, { url, sha256 });
    tell(`received ${file.name}: ${bytesText(file.size)}`, sha256);
    for (const item of element('files').children) {
      if (item.dataset.name !== file.name) continue;
      item.lastElementChild.replaceWith(this.#linkOf(file.name));
    }
  }
}

function tell(text, sha256 = '') {
  const place = element('file-state');
  place.textContent = text;
  place.dataset.sha256 = sha256;
}
