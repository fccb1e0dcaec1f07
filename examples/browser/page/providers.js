import { chooseProvider, sodiumProvider } from 'vcl-protocol';

/** The cryptography of `?crypto=`: `libsodium`, which is a chunk of its own, else noble. */
export async function chooseCrypto() {
  if (new URLSearchParams(location.search).get('crypto') !== 'libsodium') {
    return { name: 'noble', provider: chooseProvider() };
  }
  const { default: sodium } = await import('libsodium-wrappers');
  await sodium.ready;
  return { name: 'libsodium', provider: sodiumProvider(sodium) };
}
