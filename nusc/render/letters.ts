/**
 * Lettering drawn as lines, so that pictures do not depend on fonts.
 * @module
 */

/**
 * Strokes by character: pairs of digits are x (0 to 4) and y (0 top, 6 the
 * line, 8 below it). Capitals are written small.
 */
const STROKES: Record<string, string> = {
  "0": "0030360600",
  "1": "011016",
  "2": "003033030636",
  "3": "00303606 0333",
  "4": "000333 3036",
  "5": "300003333606",
  "6": "300006363303",
  "7": "003016",
  "8": "0030360600 0333",
  "9": "330300303606",
  a: "023236060434",
  b: "0006363202",
  c: "32020636",
  d: "3036060232",
  e: "043432020636",
  f: "301016 0323",
  g: "360602323808",
  h: "0006 023236",
  i: "1216 1011",
  j: "222808 2021",
  k: "0006 3204 0436",
  l: "1016",
  m: "06024246 2226",
  n: "06023236",
  o: "0232360602",
  p: "0802323606",
  q: "3832020636",
  r: "060232",
  s: "320204343606",
  t: "101636 0232",
  u: "02063632",
  v: "022642",
  w: "02064642 2226",
  x: "0236 3206",
  y: "020636 323808",
  z: "02320636",
  _: "0737",
  ".": "0506",
  ",": "0507",
  "-": "0434",
  ":": "0203 0506",
  "/": "3006",
  "%": "3006 0001 3536",
  "+": "0434 1216",
  "=": "0333 0535",
  ">": "023406",
};

const ADVANCE = 4.6;

/** SVG path data of a line of text whose top left corner is at x, y. */
export function letters(
  text: string,
  x: number,
  y: number,
  height: number,
): string {
  const unit = height / 8;
  let path = "";
  [...text.toLowerCase()].forEach((character, i) => {
    for (const stroke of STROKES[character]?.split(" ") ?? []) {
      for (let at = 0; at < stroke.length; at += 2) {
        const px = x + (i * ADVANCE + Number(stroke[at])) * unit;
        const py = y + Number(stroke[at + 1]) * unit;
        path += `${at ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`;
      }
    }
  });
  return path;
}

/** Width of a line of text. */
export function textWidth(text: string, height: number): number {
  return text.length * ADVANCE * height / 8;
}

/** An SVG line of text, with a dark edge so that it reads on any image. */
export function textElement(
  text: string,
  x: number,
  y: number,
  height: number,
  colour: string,
): string {
  const path = letters(text, x, y, height);
  const width = Math.max(1, height / 8);
  return `<g fill="none" stroke-linecap="round" stroke-linejoin="round">` +
    `<path d="${path}" stroke="#000" stroke-opacity="0.7" ` +
    `stroke-width="${(2.6 * width).toFixed(1)}"/>` +
    `<path d="${path}" stroke="${colour}" ` +
    `stroke-width="${width.toFixed(1)}"/></g>`;
}
