// Messages of one length out of a stream of bytes.

/** @returns a function that takes chunks and hands over each message as it becomes whole */
export function splitter(messageBytes, onMessage) {
  let rest = new Uint8Array(0);
  return (chunk) => {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (bytes.length >= messageBytes) {
      onMessage(bytes.subarray(0, messageBytes), false);
      bytes = bytes.subarray(messageBytes);
    }
    rest = bytes.slice();
  };
}
