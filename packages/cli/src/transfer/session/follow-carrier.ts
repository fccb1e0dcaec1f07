import type { CarrierName, VCLConnection } from 'vcl-protocol';

/**
 * Tells what carries a session: at once, and whenever it is another.
 *
 * @returns ends it
 */
export function followCarrier(
  connection: Pick<VCLConnection, 'carrier' | 'subscribe'>,
  onCarrier: (carrier: CarrierName) => void,
): () => void {
  const events = connection.subscribe();
  let told: CarrierName | undefined;
  const look = (): void => {
    const carrier = connection.carrier();
    if (carrier === undefined || carrier === told) return;
    told = carrier;
    onCarrier(carrier);
  };
  void (async () => {
    for await (const { type } of events) {
      // Among those that were dropped may have been a change.
      if (type === 'PathChanged' || type === 'Dropped') look();
    }
  })();
  look();
  return () => events.close();
}
