/** Names of the columns in exports, compared without case, blanks and underscores. */
const columnNames = new Map<string, 'sourceType' | 'source' | 'destination'>(
  Object.entries({
    sourcetype: 'sourceType',
    mappingtype: 'sourceType',
    type: 'sourceType',
    source: 'source',
    sourcefield: 'source',
    sourceattribute: 'source',
    sourcedata: 'source',
    destination: 'destination',
    destinationpath: 'destination',
    destinationxdmpath: 'destination',
    target: 'destination',
    targetfield: 'destination',
  } as const),
);

/** A rule as a line of CSV has it. */
export interface CsvRule {
  readonly sourceType?: string;
  readonly source?: string;
  readonly destination?: string;
}

/**
 * Reads rules from CSV as Platform's mapping screen exports it, or as a spreadsheet has stored it since: with semicolons
 * or tabs. Without a line of known column names, two columns are
 * source and destination, three have the source type before them.
 */
export function readCsv(text: string): CsvRule[] {
  const [first, ...rest] = csvLines(text, separatorOf(text)).filter((line) =>
    line.some((field) => field.trim() !== ''),
  );
  if (first === undefined) return [];
  const named = first.map((name) => columnNames.get(name.toLowerCase().replaceAll(/[\s_]/g, '')));
  const hasHeader = named.includes('source') && named.includes('destination');
  const columns = hasHeader ? named : defaultColumns(first.length);
  return (hasHeader ? rest : [first, ...rest]).map((line) => {
    const rule: { -readonly [Name in keyof CsvRule]: CsvRule[Name] } = {};
    for (const [index, name] of columns.entries()) {
      const field = line[index];
      if (name !== undefined && field !== undefined && field !== '') rule[name] = field;
    }
    return rule.sourceType === undefined && rule.source !== undefined
      ? { ...rule, sourceType: guessType(rule.source) }
      : rule;
  });
}

function defaultColumns(count: number): readonly ('sourceType' | 'source' | 'destination')[] {
  return count >= 3 ? ['sourceType', 'source', 'destination'] : ['source', 'destination'];
}

/** Calls, texts and operators with blanks around them make an expression; a name may hold blanks and signs itself. */
function guessType(source: string): 'ATTRIBUTE' | 'EXPRESSION' {
  return /\w\s*\(|["']|\s(?:[-+*/%<>?:]|==|!=|and|or|eq|ne)\s/.test(source) ? 'EXPRESSION' : 'ATTRIBUTE';
}

/** The line of column names has no comma in it where commas don't separate. */
function separatorOf(text: string): string {
  const [head = ''] = text.split('\n', 1);
  return [',', ';', '\t'].find((separator) => head.includes(separator)) ?? ',';
}

/** Fields of each line; a field in double quotes may hold separators, line breaks and doubled quotes. */
function csvLines(text: string, separator: string): string[][] {
  const ends = (character = '') => character === separator || character === '\r' || character === '\n';
  const lines: string[][] = [[]];
  let at = 0;
  while (at < text.length) {
    const line = lines[lines.length - 1] ?? [];
    let field = '';
    if (text[at] === '"') {
      for (at += 1; at < text.length; at += 1) {
        if (text[at] !== '"') field += text[at];
        else if (text[at + 1] === '"') {
          field += '"';
          at += 1;
        } else break;
      }
      at += 1;
    }
    while (at < text.length && !ends(text[at])) {
      field += text[at];
      at += 1;
    }
    line.push(field);
    if (text[at] === separator) {
      at += 1;
      if (at === text.length) line.push('');
    } else if (at < text.length) {
      at += text.startsWith('\r\n', at) ? 2 : 1;
      lines.push([]);
    }
  }
  return lines;
}
