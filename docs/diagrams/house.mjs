/** The rooms of lib/ as a drawing and as a table. */

const WIDTH = 860;
const COLOURS = {
  request: ['#ddf4ff', ['routes', 'passport', 'interceptors', 'guards', 'decorators', 'transport']],
  taking: ['#ffeff7', ['revocation', 'sessions', 'auth']],
  tokens: ['#fff8c5', ['tokens']],
  freshness: ['#dafbe1', ['freshness']],
  stored: ['#eaeef2', ['log', 'users', 'database']],
  decision: ['#fbefff', ['decision']],
};
const PLAIN = '#f6f8fa';

/** @param floors as in rooms.mjs */
export function houseOf(floors) {
  // As many columns as every number of rooms on a floor divides.
  const columns = 12;
  const rows = floors.map((floor) => {
    const rooms = Object.entries(floor);
    const cells = rooms.map(([name, owns]) =>
      cellOf(name, owns, columns / rooms.length, WIDTH / rooms.length),
    );
    return `<tr>${cells.join('')}</tr>`;
  });
  return `digraph rooms {
    graph [bgcolor="#ffffff" pad=0.25]
    node [shape=plain fontname="Helvetica" fontsize=12 fontcolor="#1f2328"]
    house [label=<<table border="0" cellborder="1" cellspacing="6" cellpadding="6" color="#8c959f">
      ${rows.join('\n      ')}
    </table>>]
  }`;
}

function cellOf(name, owns, columns, width) {
  const colour = Object.values(COLOURS).find(([, rooms]) => rooms.includes(name))?.[0] ?? PLAIN;
  const text = linesOf(owns.replaceAll('`', ''), (width - 20) / 6).map(escaped);
  const words = text.map((line) => `<font point-size="11" color="#59636e">${line}</font>`);
  return `<td colspan="${columns}" width="${width}" bgcolor="${colour}" style="rounded"><b>${name}</b><br/>${words.join('<br/>')}</td>`;
}

/** Broken between words, into lines of at most so many letters. */
function linesOf(text, most) {
  return text.split(' ').reduce(
    (lines, word) => {
      const longer = `${lines.at(-1)} ${word}`.trim();
      return longer.length <= most ? [...lines.slice(0, -1), longer] : [...lines, word];
    },
    [''],
  );
}

const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The same as a table of Markdown, as Prettier writes it. */
export function tableOf(floors) {
  const rooms = floors.flatMap((floor, index) =>
    Object.entries(floor).map(([name, owns]) => [String(index + 1), `\`${name}\``, owns]),
  );
  const rows = [['floor', 'room', 'owns'], ...rooms];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column].length)));
  const lineOf = (row) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const [head, ...body] = rows.map(lineOf);
  return [head, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...body].join('\n');
}
