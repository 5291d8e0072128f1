import assert from "node:assert/strict";
import { distancesOf } from "../../nusc/eval/tracking/distance.ts";

Deno.test("distances equal scikit-learn's to the last bit", () => {
  // numpy 2.4 and OpenBLAS on x86-64:
  // sqrt(maximum(-2 * X @ Y.T + sum(X * X) + sum(Y * Y), 0)).
  const X = RECORDED.objects, Y = RECORDED.tracks;
  const place = ([x, y]: number[]) => ({ x: x!, y: y! });
  const found = distancesOf(X.map(place), Y.map(place), 2);
  const expected = RECORDED.distances.flat().map((d) => d < 2 ? d : NaN);
  assert.deepEqual([...found], expected);
  assert(expected.filter((d) => d < 2).length >= 4);
  const row = distancesOf(X.slice(0, 1).map(place), Y.map(place), 2);
  assert.deepEqual(
    [...row],
    RECORDED.row.map((d) => d < 2 ? d : NaN),
  );
});

Deno.test("squares of distances stay within 1e-8 of the true ones", () => {
  const [object] = RECORDED.objects as [number, number][];
  for (let i = 0; i < 100; i++) {
    const [x, y] = [object![0] + 0.017 * i, object![1] - 0.009 * i];
    const [distance] = distancesOf(
      [{ x: object![0], y: object![1] }],
      [{ x, y }],
      2,
    );
    const exact = Math.hypot(x - object![0], y - object![1]);
    if (exact >= 2) assert(Number.isNaN(distance), `${i}`);
    else assert(Math.abs(distance! ** 2 - exact ** 2) < 1e-8, `${i}`);
  }
});

const RECORDED = {
  "objects": [
    [
      1707.5043856180703,
      1711.9111846047406,
    ],
    [
      1272.988341563213,
      928.7020701322124,
    ],
    [
      580.8960535724847,
      1075.0533211782772,
    ],
    [
      1112.709808129998,
      567.9127908536677,
    ],
  ],
  "tracks": [
    [
      1707.953633080511,
      1712.8920544305158,
    ],
    [
      1273.1520028287198,
      927.9620729337939,
    ],
    [
      1112.1348490067364,
      568.8728023070672,
    ],
    [
      581.0380712808407,
      1073.8408267885695,
    ],
    [
      580.8374662375128,
      1074.2390629968659,
    ],
  ],
  "distances": [
    [
      1.078855364750707,
      896.2355728961298,
      1288.7985213098584,
      1294.6274131425457,
      1294.6057631195545,
    ],
    [
      896.7434060524234,
      0.7578791882111419,
      394.14584616762903,
      707.0080871019803,
      707.2862578236756,
    ],
    [
      1295.027813277889,
      707.7104878343766,
      733.7801956029898,
      1.2207832217641519,
      0.8163631920662212,
    ],
    [
      1290.46221376788,
      394.1791259898945,
      1.1190174190581643,
      733.9196231939483,
      734.3394868401294,
    ],
  ],
  "row": [
    1.078855364750707,
    896.2355728961298,
    1288.7985213098584,
    1294.6274131425457,
    1294.6057631195545,
  ],
};
