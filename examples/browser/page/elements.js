/** The element with this id. */
export function element(id) {
  return document.getElementById(id);
}

/**
 * Gives `take` each file that is dropped on `zone`, or chosen by its `input`. What goes wrong is shown
 * by the zone.
 */
export function onDrop(zone, input, take) {
  const takeAll = async (files) => {
    for (const file of files) {
      zone.classList.add('busy');
      try {
        await take(file);
      } finally {
        zone.classList.remove('busy');
      }
    }
  };
  zone.addEventListener('dragover', (event) => {
    event.preventDefault();
    zone.classList.add('over');
  });
  zone.addEventListener('dragleave', () => zone.classList.remove('over'));
  zone.addEventListener('drop', (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    void takeAll([...event.dataTransfer.files]);
  });
  input.addEventListener('change', () => {
    const files = [...input.files];
    // So that the same file can be chosen again.
    input.value = '';
    void takeAll(files);
  });
}

/** A number of bytes as people write it. */
export function bytesText(bytes) {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
