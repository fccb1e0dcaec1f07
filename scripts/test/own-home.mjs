// Each file of tests has a directory of its own for identities and known hosts: the user's is neither
// read nor filled, and no port that was someone else's yesterday is taken for an impostor.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const home = mkdtempSync(join(tmpdir(), 'vcl-test-home-'));
process.env.VCL_HOME = home;
afterAll(() => rmSync(home, { recursive: true, force: true }));
