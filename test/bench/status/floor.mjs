// The least that a look could do, by Node alone: the list of ledgers, page by page, and the note of what was read of them.
const [url, bucket, source] = process.argv.slice(2);

let token;
let ledgers = 0;
do {
  const page = new URL(`${url}/${bucket}?list-type=2&prefix=ledger/source=${source}/`);
  if (token !== undefined) page.searchParams.set('continuation-token', token);
  const text = await read(page);
  ledgers += text.split('<Key>').length - 1;
  token = /<NextContinuationToken>([^<]+)</.exec(text)?.[1];
} while (token !== undefined);
const note = JSON.parse(await read(`${url}/${bucket}/state/source=${source}/windows.json`));
if (Object.keys(note.ledgers).length !== ledgers) throw new Error('the note is of other ledgers');

async function read(address) {
  // The embedded AWS asks who is calling, and checks no signature.
  const headers = { authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/s3/aws4_request' };
  const answer = await fetch(address, { headers });
  if (!answer.ok) throw new Error(`${address}: HTTP ${answer.status}`);
  return answer.text();
}
