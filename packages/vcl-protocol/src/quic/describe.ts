import { nativePackage, nativeVersion } from './native.js';

/** Whether QUIC can be used here. */
export interface QuicDescription {
  readonly available: boolean;
  /** Why not; undefined when it can. */
  readonly reason: string | undefined;
  /** The version of the package with the binary; undefined without one. */
  readonly version: string | undefined;
}

/** The oldest C library that the binary for Linux runs on. */
const MIN_GLIBC = [2, 34] as const;

let known: QuicDescription | undefined;

/** Whether QUIC can be used here. Nothing native is loaded for that. */
export function describeQuic(): QuicDescription {
  known ??= describe();
  return known;
}

/** Why a C library of this version will not do; undefined when it will. For Linux only. */
export function libraryObstacle(glibcVersion: string | undefined): string | undefined {
  if (glibcVersion === undefined) return 'QUIC needs glibc, and this system has another C library';
  const [major = 0, minor = 0] = glibcVersion.split('.').map(Number);
  const isNewEnough = major > MIN_GLIBC[0] || (major === MIN_GLIBC[0] && minor >= MIN_GLIBC[1]);
  return isNewEnough
    ? undefined
    : `QUIC needs glibc ${MIN_GLIBC.join('.')}, here is ${glibcVersion}`;
}

function describe(): QuicDescription {
  const { platform, arch } = process;
  const name = nativePackage(platform, arch);
  if (name === undefined) return unavailable(`there is no QUIC for ${platform} on ${arch}`);
  const version = nativeVersion();
  if (version === undefined) {
    return unavailable(`QUIC needs the package ${name}: run npm install ${name}`);
  }
  const reason = platform === 'linux' ? libraryObstacle(glibcVersion()) : undefined;
  return { available: reason === undefined, reason, version };
}

function unavailable(reason: string): QuicDescription {
  return { available: false, reason, version: undefined };
}

function glibcVersion(): string | undefined {
  // Without it the report looks up the names of all peers.
  if ('excludeNetwork' in process.report) process.report.excludeNetwork = true;
  const report: unknown = process.report.getReport();
  if (typeof report !== 'object' || report === null || !('header' in report)) return undefined;
  const { header } = report;
  if (typeof header !== 'object' || header === null) return undefined;
  if (!('glibcVersionRuntime' in header)) return undefined;
  return String(header.glibcVersionRuntime);
}
