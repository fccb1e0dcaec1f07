import { verifySessionLog } from 'vcl-protocol';
import { bytesText, element } from './elements.js';

const VERDICTS = {
  whole: 'whole: nothing was altered, nothing is missing',
  prefix: 'not altered, but it ends before the session did',
  'unsigned-tail': 'not altered as far as it is signed; the end is not',
  unreadable: 'this is no session log',
  altered: 'altered',
};

/** Verifies a log and shows what it says. */
export async function showVerdict(file) {
  const place = element('verdict');
  place.className = '';
  place.replaceChildren(line(`reading ${file.name}`));
  const report = await verifySessionLog(file);
  place.className = report.status;
  place.dataset.status = report.status;
  place.replaceChildren(
    line(`${file.name}: ${VERDICTS[report.status]}`),
    ...report.sessions.map(sessionTable),
    ...report.problems.slice(0, 5).map(({ message }) => line(message)),
  );
}

function sessionTable(session) {
  const table = document.createElement('table');
  const rows = session.directions.map((direction, i) => {
    const [reliable, lossy] = direction.lanes;
    const messages = reliable.messages + lossy.messages;
    return [
      i === 0 ? 'client' : 'server',
      `${direction.signer.slice(0, 16)}…`,
      `${messages} messages, ${bytesText(reliable.bytes + lossy.bytes)}`,
      `${direction.statements} statements`,
      alterationText(direction),
    ];
  });
  for (const cells of rows) {
    const row = table.insertRow();
    for (const text of cells) row.insertCell().textContent = text;
  }
  return table;
}

function alterationText({ lanes }) {
  const [first] = lanes.flatMap(({ alterations }) => alterations);
  if (first === undefined) return 'signed';
  return `${first.kind} at message ${first.fromMessage} to ${first.toMessage}`;
}

function line(text) {
  const paragraph = document.createElement('p');
  paragraph.textContent = text;
  return paragraph;
}
