import type { Field } from './field.ts';

/** RFC 5646 §2.1, a rule of its grammar for each part; the names are those of the RFC. */
const extlang = '[A-Za-z]{3}(-[A-Za-z]{3}){0,2}';
const language = `([A-Za-z]{2,3}(-(${extlang}))?)|[A-Za-z]{4}|[A-Za-z]{5,8}`;
const script = '[A-Za-z]{4}';
const region = '[A-Za-z]{2}|[0-9]{3}';
const variant = '[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}';
const extension = '[0-9A-WY-Za-wy-z](-[A-Za-z0-9]{2,8})+';
const privateUse = '(x(-[A-Za-z0-9]{1,8})+)';

const langtag =
  `(${language})(-(${script}))?(-(${region}))?` + `(-(${variant}))*(-(${extension}))*(-${privateUse})?`;

/** Tags from before the grammar, which remain valid. */
const irregular = [
  'en-GB-oed',
  ...['ami', 'bnn', 'default', 'enochian', 'hak', 'klingon', 'lux', 'mingo'].map((name) => `i-${name}`),
  ...['navajo', 'pwn', 'tao', 'tay', 'tsu'].map((name) => `i-${name}`),
  ...['BE-FR', 'BE-NL', 'CH-DE'].map((name) => `sgn-${name}`),
].join('|');
const regular = [
  ...['art-lojban', 'cel-gaulish', 'no-bok', 'no-nyn'],
  ...['guoyu', 'hakka', 'min', 'min-nan', 'xiang'].map((name) => `zh-${name}`),
].join('|');

/** A language by its BCP 47 tag, such as `en-GB`; an underscore in place of the hyphen is not one. */
export const languageTag: Field = {
  type: 'string',
  pattern: `^((${langtag})|${privateUse}|((${irregular})|(${regular})))$`,
};
