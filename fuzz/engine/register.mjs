// Loaded before everything else in a process of the fuzzer: imports of the packages lead to the
// snapshot that VCL_FUZZ_MODULES names.
import { register } from 'node:module';

const folder = process.env.VCL_FUZZ_MODULES;
if (folder !== undefined) register('./hooks.mjs', import.meta.url, { data: { folder } });
