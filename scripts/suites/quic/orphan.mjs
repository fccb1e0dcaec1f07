// A program with a link over QUIC, which names the process that runs it and waits to be killed.
import { childId, Place } from './place.mjs';

const place = await Place.open();
await place.pair();
process.stdout.write(`${childId()}\n`);
