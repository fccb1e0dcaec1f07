// What both verifiers must say alike about a log: verdicts, counts, intervals.

/**
 * The facts of a report of either implementation, in one form and without sentences for people.
 *
 * @param report `LogReport` of `@vcl-protocol/core`, or a document of vcl_verify.py
 */
export function factsOf({ status, exitCode, sessions, problems }) {
  return {
    status,
    exitCode,
    problems: problems.map(problemFacts).sort(),
    sessions: sessions.map(sessionFacts),
  };
}

function sessionFacts(session) {
  const { sid, status, clientKey, serverKey, recorder, evidence, payloads, startedTimeMs } =
    session;
  return {
    ...{ sid, status, clientKey, serverKey, recorder, evidence, payloads, startedTimeMs },
    firstTimeMs: session.firstTimeMs ?? null,
    lastTimeMs: session.lastTimeMs ?? null,
    epochs: session.epochs,
    end: session.end ?? null,
    previous: session.previous ?? null,
    problems: session.problems.map(problemFacts).sort(),
    directions: session.directions.map(({ signer, statements, final, lanes }) => ({
      ...{ signer, statements, final },
      lanes: lanes.map(({ messages, bytes, through, gaps, alterations }) => ({
        ...{ messages, bytes, through, gaps },
        alterations: alterations
          .map(
            ({ kind, fromMessage, toMessage, fileOffset }) =>
              `${kind} ${fromMessage} to ${toMessage} at ${fileOffset}`,
          )
          .sort(),
      })),
    })),
  };
}

function problemFacts({ code, fileOffset }) {
  return `${code} at ${fileOffset}`;
}

/**
 * Where two values differ.
 *
 * @returns {string[]} one string each: the place, and both values
 */
export function differences(ours, theirs, place = '') {
  const isTree = (value) => typeof value === 'object' && value !== null;
  if (!isTree(ours) || !isTree(theirs)) {
    return ours === theirs
      ? []
      : [`${place}: ${JSON.stringify(ours)} and ${JSON.stringify(theirs)}`];
  }
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...names].flatMap((name) => differences(ours[name], theirs[name], `${place}.${name}`));
}
